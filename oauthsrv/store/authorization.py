"""Authorization requests under way, in Redis: pushed by their client, waiting for a sign-in, shown on a consent page,
answered with a code.

A code is only read here and expires by itself: PostgreSQL decides which use is the first (rule 2). An answer takes its
consent question.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import orjson

from oauthsrv.oauth.credentials import digest, hash_of_code
from oauthsrv.oauth.records import AuthorizationCode, known
from oauthsrv.store.database import Database, reading, sql
from oauthsrv.store.redis import Redis
from oauthsrv.store.redis_client import Script
from oauthsrv.store.tokens import record_start, set_of

QUESTION_TTL = 3600  # seconds that a consent page can be answered
PUSHED_TTL = 60  # seconds in which a pushed request must be used
CLAIMED_TTL = 3600  # seconds in which the browser that used it can go on


@dataclass(frozen=True, slots=True)
class Question:
    """What a consent page, or the warning before it, showed to which user; the decision is about exactly this."""

    browser_hash: str
    user_id: str
    query: str
    shown: str  # a digest of what the page showed
    pushed: str = ""  # the name of the pushed request behind it
    is_warning: bool = False


def remember_pending(redis: Redis, ticket: str, sealed: bytes, seconds: int) -> None:
    """Store a sealed request that waits for a sign-in and is too long for a URL."""
    redis.connection().set(_key(redis, "p", ticket), sealed, ex=seconds)


def find_pending(redis: Redis, ticket: str) -> bytes | None:
    return redis.connection().get(_key(redis, "p", ticket))  # type: ignore[return-value]


# The first browser gets the request, and no other afterwards. KEYS: the request; ARGV: the browser, its seconds.
CLAIM = Script("""
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
if redis.call('HSETNX', KEYS[1], 'browser', ARGV[1]) == 1 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
if redis.call('HGET', KEYS[1], 'browser') ~= ARGV[1] then return false end
return redis.call('HMGET', KEYS[1], 'query', 'run_id')
""")


def remember_pushed(redis: Redis, name: str, query: str) -> None:
    key = _key(redis, "r", name)
    pipe = redis.connection().pipeline(transaction=True)
    pipe.hset(key, mapping={"query": query, "run_id": redis.run_id})
    pipe.expire(key, PUSHED_TTL)
    pipe.execute()


def claim_pushed(redis: Redis, name: str, browser: str) -> str | None:
    """The query of a pushed request, reserved for this browser from now on.

    None if there is none, if another browser has it, or if it was pushed to an earlier run of Redis: restored data
    could contain a request that was answered.
    """
    found = CLAIM.run(redis.connection(), [_key(redis, "r", name)], browser, CLAIMED_TTL)
    if not found or found[1].decode() != redis.run_id:
        return None
    query: str = found[0].decode()
    return query


def forget_pushed(redis: Redis, name: str) -> None:
    redis.connection().unlink(_key(redis, "r", name))


# A Lua pattern for the record of a code. It captures the hash of what the token is for, the start of the token's record
# without its last brace, and the client ID. No value can imitate the `},"client_id":"` between them: JSON escapes a
# quote inside a string, and after the quote that ends a value comes a comma or a bracket, never a name.
CODE_PATTERN = '^{"set":"(%x+)","token":({.-)},"client_id":"([^"]*)"'


def remember_code(redis: Redis, text: str, code: AuthorizationCode, lifetime: int) -> None:
    """Store a code, with the start of its access token's record, which store/early_tokens.py copies.

    A code that was stored before an upgrade gives its token the format of the older version.
    """
    record = {"set": set_of(code.scopes, code.resources), "token": record_start(code)} | code._asdict()
    redis.connection().set(code_key(redis, text), orjson.dumps(record), ex=lifetime)


def code_key(redis: Redis, text: str) -> bytes:
    return _key(redis, "c", text)


def find_code(redis: Redis, text: str, found: Mapping[bytes, bytes | None]) -> AuthorizationCode | None:
    """The record of a code; `found` are the values of keys that were already read."""
    key = code_key(redis, text)
    record = found[key] if key in found else redis.connection().get(key)
    return None if record is None else code_record(record)  # type: ignore[arg-type]


def can_redeem(redis: Redis, database: Database, text: str) -> bool:
    """Whether a code could be exchanged now; for information only."""
    code = find_code(redis, text, {})
    if code is None:
        return False
    with reading(database) as db:
        return bool(sql.families.can_redeem(db, code_hash=hash_of_code(text), grant_id=code.grant_id))


def code_record(record: bytes) -> AuthorizationCode:
    values = known(AuthorizationCode, orjson.loads(record))
    return AuthorizationCode(**values | {"scopes": tuple(values["scopes"]), "resources": tuple(values["resources"])})


def remember_question(redis: Redis, ticket: str, question: Question) -> None:
    connection = redis.connection()
    record = asdict(question) | {"run_id": redis.run_id}
    connection.set(_key(redis, "q", ticket), orjson.dumps(record), ex=QUESTION_TTL)


def note_answered(redis: Redis, ticket: str, question: Question) -> None:
    """Note the answered question, so that a page submitted twice can say how to go on; for information only."""
    redis.connection().set(_key(redis, "d", ticket), orjson.dumps(question), ex=QUESTION_TTL)


def find_answered(redis: Redis, ticket: str) -> Question | None:
    record = redis.connection().get(_key(redis, "d", ticket))
    return None if record is None else Question(**known(Question, orjson.loads(record)))


def take_question(redis: Redis, ticket: str) -> Question | None:
    """Read and delete the question: if two answers race, one gets it.

    It is valid for one run of Redis: restored data could contain a question that was answered.
    """
    record = redis.connection().getdel(_key(redis, "q", ticket))
    if record is None:
        return None
    values = orjson.loads(record)
    return Question(**known(Question, values)) if values["run_id"] == redis.run_id else None


def note_warned(redis: Redis, question: Question) -> None:
    """Note that this browser's user read the warning about this request, and went on."""
    redis.connection().set(_warned(redis, question), b"1", ex=QUESTION_TTL)


def was_warned(redis: Redis, question: Question) -> bool:
    return bool(redis.connection().exists(_warned(redis, question)))


def forget_warned(redis: Redis, question: Question) -> None:
    """Forget, once the user has decided, that they read the warning: the next request shows it again."""
    redis.connection().unlink(_warned(redis, question))


def _warned(redis: Redis, question: Question) -> bytes:
    of = (question.browser_hash, question.user_id, question.query, question.shown)
    return _key(redis, "h", orjson.dumps(of).decode())


def _key(redis: Redis, kind: str, secret: str) -> bytes:
    return redis.key(kind, digest(secret).hex())
