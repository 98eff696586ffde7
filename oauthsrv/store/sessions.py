"""Browser sessions, in Redis under the SHA-256 of the cookie's secret (kind s), and a list per user (kind b)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import orjson

from oauthsrv.oauth.credentials import digest
from oauthsrv.oauth.records import known
from oauthsrv.store.redis import Redis
from oauthsrv.store.redis_client import RedisClient

DAY = 86_400
IDLE = 14 * DAY
LONGEST = 90 * DAY
MOST = 50  # per user


@dataclass(frozen=True, slots=True)
class Session:
    """`began_at` is by PostgreSQL's clock, which also says when a user's sessions were ended."""

    user_id: str
    began_at: datetime
    auth_time: datetime
    confirmed_at: datetime
    # From the sign-in; empty in records older than these fields.
    browser: str = ""
    address: str = ""

    def outlives(self, sessions_ended_at: datetime | None) -> bool:
        return sessions_ended_at is None or self.began_at > sessions_ended_at

    def is_over(self, now: datetime) -> bool:
        """Whether 90 days have passed since the sign-in, however often it was renewed."""
        return now - self.auth_time >= timedelta(seconds=LONGEST)


@dataclass(frozen=True, slots=True)
class Listed:
    """One of a user's sessions, as a page lists it."""

    key_hash: bytes
    session: Session
    last_active: datetime

    @property
    def session_id(self) -> str:
        """The session's id on pages; it reveals neither the cookie nor the key."""
        return hashlib.sha256(self.key_hash).hexdigest()[:16]


def remember(redis: Redis, secret: str, session: Session) -> list[bytes]:
    """Store a session; returns the hashes of the user's oldest ones beyond the limit, which the caller ends."""
    pipe = redis.connection().pipeline(transaction=True)
    pipe.set(key(redis, secret), orjson.dumps(session), ex=IDLE)
    pipe.zadd(user_key(redis, session.user_id), {digest(secret): session.began_at.timestamp()})
    pipe.expire(user_key(redis, session.user_id), LONGEST)
    pipe.zrange(user_key(redis, session.user_id), 0, -MOST - 1)
    *_, too_many = pipe.execute()
    return too_many  # type: ignore[no-any-return]


def find(redis: Redis, secret: str) -> Session | None:
    """The session of this cookie. Each use extends it by two weeks, up to 90 days in all.

    Those count from the sign-in: a replacement session gets a new `began_at`.
    """
    record = redis.connection().getex(key(redis, secret), ex=IDLE)
    if record is None:
        return None
    session = read(record)  # type: ignore[arg-type]
    return None if session.is_over(datetime.now(UTC)) else session


def of_user(redis: Redis, user_id: str) -> list[Listed]:
    """The user's sessions in Redis, the last active first; PostgreSQL may know that some were ended.

    Each use resets the time to live to IDLE, so what is left of it says when that was.
    """
    hashes: list[bytes] = redis.connection().zrange(user_key(redis, user_id), 0, -1)  # type: ignore[assignment]
    pipe = redis.connection().pipeline(transaction=False)
    for key_hash in hashes:
        pipe.get(key_of_hash(redis, key_hash))
        pipe.ttl(key_of_hash(redis, key_hash))
    answers = pipe.execute()
    now = datetime.now(UTC)
    found = [
        Listed(key_hash, read(record), now - timedelta(seconds=max(0, IDLE - ttl)))
        for key_hash, record, ttl in zip(hashes, answers[::2], answers[1::2], strict=True)
        if record is not None
    ]
    active = [one for one in found if not one.session.is_over(now)]
    return sorted(active, key=lambda one: one.last_active, reverse=True)


def confirm(redis: Redis, secret: str, session: Session) -> None:
    """Note that the password was just confirmed. A session that was ended is not made again (XX)."""
    confirmed = replace(session, confirmed_at=datetime.now(UTC))
    redis.connection().set(key(redis, secret), orjson.dumps(confirmed), xx=True, keepttl=True)


def delete(redis: Redis, user_id: str, *hashes: bytes) -> None:
    pipe = redis.connection().pipeline(transaction=True)
    pipe.unlink(*(key_of_hash(redis, one) for one in hashes))
    pipe.zrem(user_key(redis, user_id), *hashes)
    pipe.execute()


def delete_hashes(redis: Redis, hashes: Iterable[bytes], on: RedisClient) -> None:
    keys = [key_of_hash(redis, secret_hash) for secret_hash in hashes]
    if keys:
        on.unlink(*keys)


def key(redis: Redis, secret: str) -> bytes:
    return key_of_hash(redis, digest(secret))


def key_of_hash(redis: Redis, secret_hash: bytes) -> bytes:
    return redis.key("s", secret_hash.hex())


def user_key(redis: Redis, user_id: str) -> bytes:
    return redis.key("b", user_id)


def read(record: bytes) -> Session:
    values = known(Session, orjson.loads(record))
    times = {name: datetime.fromisoformat(values[name]) for name in ("began_at", "auth_time", "confirmed_at")}
    return Session(**values | times)
