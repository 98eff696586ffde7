"""Access tokens in Redis: one MGET reads everything that decides whether one is good (rule 6)."""

import functools
import secrets
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from oauthsrv.oauth import own_access
from oauthsrv.oauth.client_authentication import Authenticated
from oauthsrv.oauth.credentials import AccessTokenReference, digest, parse_access_token
from oauthsrv.oauth.errors import OAuthError
from oauthsrv.oauth.records import AccessToken, Api, AuthorizationCode, Client
from oauthsrv.oauth.scopes import still_allowed
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.clients import Apis, Clients
from oauthsrv.store.limits import COUNT_IN_LUA, LIMITS, Attempt, Window, key_of
from oauthsrv.store.redis import Redis
from oauthsrv.store.redis_client import Script
from oauthsrv.store.usage import Budget, ValuesChanged, budget_of, charge

# Seconds by which a family's marker outlives the longest access token.
MARKER_MARGIN = 60
# Seconds; longer than any request takes, so that one that wakes up later creates nothing.
INTENT_TTL = 60
# A family has one access token per set of scopes and resources, as a client may hold one for each API (RFC 8707), and
# only the latest few, so that a client that refreshes endlessly does not fill the store.
SETS_KEPT = 4
SET_DIGITS = 16
SETS_KNOWN = 1024  # by their hashes, in each process
# Seconds that a superseded access token lives on: requests under way, and other threads of the client, still use it.
LIVES_ON = 60
MARKER = b"1"
# What replaces the record of a revoked token for as long as it would have lived, so that no request under way writes it
# again, however late: of a token that expired long ago.
REVOKED = b'{"grant":null,"sub":null,"scopes":[],"resources":[],"iat":0,"exp":0}'
# Tokens whose records a process has read; past that it forgets them all.
KNOWN_AT_MOST = 2000
ATTEMPTS = 5  # to charge a call while its client is being changed

# What `remember` gets if it needs no intent: extend a marker, or create that of a family being inserted.
PROLONG = b""
NEW_FAMILY = b"new"

# KEYS: intent, marker, record, the family's latest access tokens, a counter. A missing marker is created only while the
# intent is the one that was read before the family's row was locked. Revoking the family deletes intent and marker
# together, after its commit, so a request that lost its database session and with it the lock, or one that a hanging
# Redis answers too late, creates nothing. Where the record is there already, a request came in between: it may say that
# the token was revoked since, and tokens that are later than this one stay as they are. Returns 0 if nothing is
# written, else the state of the counter, as text.
REMEMBER = Script(f"""
{COUNT_IN_LUA}
local is_marked = redis.call('GET', KEYS[2]) == ARGV[2]
if not is_marked and ARGV[1] ~= 'new' and (ARGV[1] == '' or redis.call('GET', KEYS[1]) ~= ARGV[1]) then return 0 end
local was = redis.call('GET', KEYS[3])
if was ~= '{REVOKED.decode()}' then
  redis.call('SET', KEYS[3], ARGV[4], 'EX', ARGV[5])  -- first: a full Redis lets a script go on that has written
end
if is_marked then redis.call('EXPIRE', KEYS[2], ARGV[3], 'GT')
else redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3]) end
if ARGV[6] ~= '' and not was then
  local kept = {{ARGV[6] .. KEYS[3]}}
  for set, record in string.gmatch(redis.call('GET', KEYS[4]) or '', '({"%x" * SET_DIGITS})(%S+)') do
    if set ~= ARGV[6] and #kept < {SETS_KEPT} then kept[#kept + 1] = set .. record
    elseif record ~= KEYS[3] then redis.call('EXPIRE', record, {LIVES_ON}, 'LT') end
  end
  redis.call('SET', KEYS[4], table.concat(kept, ' '), 'EX', ARGV[3])
end
return ARGV[7] == '0' and 1 or count(KEYS[5], ARGV[7])
""")


class MarkerMissing(Exception):
    """The family's marker is gone, and creating it takes an intent: `Tokens.intend`, then lock again."""

    def __init__(self, family_id: str) -> None:
        super().__init__(family_id)
        self.family_id = family_id


class TokenCheck:
    """The result of one read of Redis: the token and its client if it is good, and what else was requested.

    `window` is the state of the limit after `uses` calls were charged; `refusal` says why none was, and `proved` who
    proved to be the caller before that.
    """

    token: AccessToken | None = None
    client: Client | None = None
    caller: Client | Api | None = None
    apis: Mapping[str, Api] = MappingProxyType({})
    budget: Budget | None = None
    proved: Authenticated[Any] | None = None
    uses = 0
    window: Window | None = None
    refusal: OAuthError | None = None


# How many calls to charge for a good token; raises OAuthError if the request is refused.
Charging = Callable[[AccessToken, TokenCheck], int]


class _Known(NamedTuple):
    """A good token in this process: its record, and what that means under this record of its client."""

    keys: list[bytes]
    signs: list[bytes]  # the marker's value, if it has a family
    record: bytes
    client: Client
    token: AccessToken  # with only the scopes that its client is still allowed
    budget: Budget


class _Question(NamedTuple):
    """What a check reads: the keys of the token if the text is one, then the stamps of its caller and of the APIs."""

    token_hash: bytes
    known: _Known | None
    reference: AccessTokenReference | AccessToken | None
    own_keys: list[bytes]
    keys: list[bytes]
    caller_id: str | None
    with_apis: bool


class Tokens:
    def __init__(self, redis: Redis, clients: Clients, apis: Apis, longest_access_ttl: int) -> None:
        self._redis = redis
        self._clients = clients
        self._apis = apis
        self.marker_ttl = longest_access_ttl + MARKER_MARGIN
        self._known: dict[bytes, _Known] = {}  # by the tokens' hashes

    def check(
        self, text: str, *, caller_id: str | None = None, with_apis: bool = False, charging: Charging | None = None
    ) -> TokenCheck:
        """Check `text`; the same MGET reads the client or API that introspects it, and all APIs.

        With `charging`, calls are charged in the step that reads: what this process knows decides how many, and is
        decided again if Redis has something else.
        """
        question = self._question(text, caller_id, with_apis)
        if not question.keys:
            return TokenCheck()
        if charging is None:
            return self._judged(question, self._values(question))
        return self._charged(question, charging)

    def _charged(self, question: _Question, charging: Charging) -> TokenCheck:
        known = self._expected(question)
        values = known or self._values(question)
        for _ in range(ATTEMPTS):
            checked = self._judged(question, values)
            checked.uses = _uses(checked, charging)
            # A stamp that was missing has been made by now.
            if checked.budget and checked.uses and None not in values:
                try:
                    checked.window = charge(self._redis, checked.budget, checked.uses, question.keys, values)
                    return checked
                except ValuesChanged as changed:
                    values = changed.values
            elif checked.uses or values is known:
                values = self._values(question)
            else:
                return checked
        raise StoreUnavailable("Redis: what decides about the token changed at every attempt")

    def _question(self, text: str, caller_id: str | None, with_apis: bool) -> _Question:
        token_hash = digest(text)
        known = self._known.get(token_hash)
        reference = parse_access_token(text) if known is None else known.token
        own_keys = known.keys if known else self._keys(token_hash, reference) if reference else []
        keys = own_keys.copy()
        if caller_id:
            keys.append(self._clients.stamp_key(caller_id))
        if with_apis:
            keys.append(self._apis.stamp_key(self._apis.NAME))
        return _Question(token_hash, known, reference, own_keys, keys, caller_id, with_apis)

    def _values(self, question: _Question) -> list[bytes | None]:
        """Read them, for a caller from a Redis that takes writes, as nothing may be written afterwards."""
        return self._redis.read_with_write(question.keys) if question.caller_id else self._redis.read(question.keys)

    def _expected(self, question: _Question) -> list[bytes | None] | None:
        """The values that make a call good as far as this process knows; None if it does not know all of them.

        A client that introspects its own tokens is charged nothing.
        """
        known, stamps = question.known, []
        if question.caller_id:
            stamp, caller = self._clients.kept(question.caller_id)
            if not isinstance(caller, Api):
                return None
            stamps.append(stamp)
        if question.with_apis:
            stamps.append(self._apis.kept(self._apis.NAME)[0])
        if known is None:
            return None
        expected = [known.record, *known.signs, self._clients.kept(known.client.client_id)[0], *stamps]
        return None if None in expected else expected

    def _judged(self, question: _Question, values: list[bytes | None]) -> TokenCheck:
        checked, own = TokenCheck(), len(question.own_keys)
        if question.caller_id:
            checked.caller = self._clients.resolve(question.caller_id, values[own])
        if question.with_apis:
            checked.apis = self._apis.resolve(self._apis.NAME, values[-1]) or checked.apis
        record, *marker, stamp = values[:own] or (None, None)
        if record is None or question.reference is None or (marker and marker[0] != MARKER):
            return checked
        client = self._clients.resolve(question.reference.client_id, stamp)
        known = question.known
        if known is None or known.client is not client or known.record != record:
            known = self._learned(question, record, client)
        if known is not None and known.token.expires_at > time.time():
            checked.token, checked.client, checked.budget = known.token, known.client, known.budget
        return checked

    def _learned(self, question: _Question, record: bytes, client: Client | Api | None) -> _Known | None:
        """Accept only on positive signs: the record, the family's marker if it has a family, the client's stamp."""
        assert question.reference
        token = _read(record, question.reference)
        if isinstance(client, Client) and token.epoch > client.epoch:
            # The process that raised the epoch has not deleted the stamp yet, or was killed before it could.
            client = self._clients.load_again(token.client_id)
        if not isinstance(client, Client) or client.suspended or token.epoch != client.epoch:
            return None
        narrowed = _narrowed(token, client)
        if narrowed is None:
            return None
        if len(self._known) >= KNOWN_AT_MOST:
            self._known.clear()
        known = self._known[question.token_hash] = _Known(
            question.own_keys,
            [MARKER] if token.family_id else [],
            record,
            client,
            narrowed,
            budget_of(self._redis, client, narrowed.subject),
        )
        return known

    def intend(self, family_id: str) -> bytes:
        """The intent that `remember` needs to create a marker; call this before locking the family's row.

        All requests get the same value until the family is revoked. Extending it is harmless, as a new one is random.
        """
        key, fresh = self.intent_key(family_id), secrets.token_hex(8).encode()
        pipe = self._redis.connection().pipeline(transaction=False)
        pipe.set(key, fresh, nx=True, get=True, ex=INTENT_TTL)
        pipe.expire(key, INTENT_TTL)
        there, _ = pipe.execute()
        return there or fresh

    def remember(
        self,
        text: str,
        token: AccessToken,
        lifetime: int,
        intent: bytes,
        counting: Attempt | None = None,
    ) -> Window | None:
        """Write a new token's record and its family's marker; limit the life of the tokens it supersedes.

        `counting` is counted in the same trip, and its window is returned.

        PROLONG is for a family that is active, or was a moment ago; it may raise MarkerMissing. An intent is for a
        transaction that read the intent, then locked the family's row, and sees the family active; it raises
        StoreUnavailable if the intent has changed, as the family was revoked or Redis was emptied.

        NEW_FAMILY is for a family whose row is inserted next: no one can revoke the family before that row is
        committed, and only then is the token handed out.
        """
        assert token.family_id
        record, marker, kept = self.keys_to_write(text, token.family_id)
        counter, seconds = (key_of(self._redis, counting), LIMITS[counting.limit].seconds) if counting else (record, 0)
        keys = (self.intent_key(token.family_id), marker, record, kept, counter)
        # A client's own tokens supersede none: each of its machines has one.
        own_set = "" if token.subject is None else set_of(token.scopes, token.resources)
        values = (intent, MARKER, self.marker_ttl, _written(token), lifetime, own_set, seconds)
        written = REMEMBER.run(self._redis.connection(), keys, *values)
        if written:
            return counting.window(*map(int, written.split())) if counting else None
        if intent == PROLONG:
            raise MarkerMissing(token.family_id)
        raise StoreUnavailable("Redis: the family was revoked, or its intent was lost")

    def subject_of(self, text: str) -> str | None:
        """The subject in a token's record: empty if it acts for no user, None without a record."""
        record = self._redis.connection().get(self.token_key(digest(text)))
        return None if record in (None, REVOKED) else orjson.loads(record)["sub"] or ""

    def forget(self, text: str, family_id: str) -> None:
        """Delete a token that was never handed out, and the keys of its family, which has no row."""
        self._redis.connection().unlink(*self.keys_to_write(text, family_id))

    def keys_to_write(self, text: str, family_id: str) -> tuple[bytes, bytes, bytes]:
        """The keys of a new access token: its record, and its family's marker and latest access tokens."""
        return self.token_key(digest(text)), self.marker_key(family_id), self._redis.key("k", family_id)

    def find(self, text: str) -> AccessToken | None:
        """The record of a token whose family is active."""
        reference = parse_access_token(text)
        assert reference and reference.family_id
        keys = [self.token_key(digest(text)), self.marker_key(reference.family_id)]
        record, marker = self._redis.read(keys)
        return _read(record, reference) if record is not None and marker == MARKER else None

    def intent_key(self, family_id: str) -> bytes:
        return self._redis.key("i", family_id)

    def marker_key(self, family_id: str) -> bytes:
        return self._redis.key("f", family_id)

    def token_key(self, token_hash: bytes) -> bytes:
        return self._redis.key("t", token_hash.hex())

    def _keys(self, token_hash: bytes, reference: AccessTokenReference | AccessToken) -> list[bytes]:
        marker = [self.marker_key(reference.family_id)] if reference.family_id else []
        return [self.token_key(token_hash), *marker, self._clients.stamp_key(reference.client_id)]


def _uses(checked: TokenCheck, charging: Charging) -> int:
    """How many calls to charge, if any."""
    if checked.token is None:
        return 0
    try:
        return charging(checked.token, checked)
    except OAuthError as error:
        checked.refusal = error
        return 0


def _narrowed(token: AccessToken, client: Client) -> AccessToken | None:
    """The token with only what its client is still allowed; None if that is nothing."""
    if token.subject is None:
        return own_access.still_allowed(token, client)
    scopes = still_allowed(token.scopes, client.scopes)
    if scopes == token.scopes:
        return token
    return token._replace(scopes=scopes) if scopes else None


@functools.lru_cache(SETS_KNOWN)
def set_of(scopes: tuple[str, ...], resources: tuple[str, ...]) -> str:
    """A short hash of what a token is for, in whatever order."""
    return digest(f"{sorted(scopes)} {sorted(resources)}").hex()[:SET_DIGITS]


def record_start(of: AccessToken | AuthorizationCode) -> dict[str, Any]:
    """The fields of a token's record that its code decides; they come first, as store/early_tokens.py copies them."""
    return {"grant": of.grant_id, "sub": of.subject, "scopes": of.scopes, "resources": of.resources}


def record_end(issued_at: int, expires_at: int, epoch: int) -> dict[str, int]:
    """The other fields: Unix times, and the client's epoch."""
    return {"iat": issued_at, "exp": expires_at, "epoch": epoch}


def _written(token: AccessToken) -> bytes:
    """The record to store, without the client and family, which are in the token's text."""
    return orjson.dumps(record_start(token) | record_end(token.issued_at, token.expires_at, token.epoch))


def _read(record: bytes, reference: AccessTokenReference | AccessToken) -> AccessToken:
    values = orjson.loads(record)
    return AccessToken(
        client_id=reference.client_id,
        family_id=reference.family_id,
        grant_id=values["grant"],
        subject=values["sub"],
        scopes=tuple(values["scopes"]),
        resources=tuple(values["resources"]),
        issued_at=values["iat"],
        expires_at=values["exp"],
        epoch=values.get("epoch", 0),
    )
