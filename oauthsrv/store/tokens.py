"""Access tokens in Redis: one MGET reads everything that decides whether one is good (rule 6)."""

import functools
import secrets
import time
from collections.abc import Mapping
from typing import NamedTuple

import orjson

from oauthsrv.oauth import own_access
from oauthsrv.oauth.credentials import AccessTokenReference, digest, parse_access_token
from oauthsrv.oauth.records import AccessToken, Api, Client
from oauthsrv.oauth.scopes import still_allowed
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.clients import Apis, Clients
from oauthsrv.store.limits import LIMITS, Attempt, Window, key_of
from oauthsrv.store.redis import Redis
from oauthsrv.store.redis_client import Script

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
# What replaces the record of a revoked token for INTENT_TTL, so that no request under way writes it again: of a token
# that expired long ago.
REVOKED = b'{"grant":null,"sub":null,"scopes":[],"resources":[],"iat":0,"exp":0}'

# What `remember` gets if it needs no intent: extend a marker, or create that of a family being inserted.
PROLONG = b""
NEW_FAMILY = b"new"

# KEYS: intent, marker, record, the family's latest access tokens, a counter. A missing marker is created only while the
# intent is the one that was read before the family's row was locked. Revoking the family deletes intent and marker
# together, after its commit, so a request that lost its database session and with it the lock, or one that a hanging
# Redis answers too late, creates nothing. A record that is there stays: it is the same, from a request that came in
# between, or says that this token was revoked since.
REMEMBER = Script(f"""
local is_marked = redis.call('GET', KEYS[2]) == ARGV[2]
if not is_marked and ARGV[1] ~= 'new' and (ARGV[1] == '' or redis.call('GET', KEYS[1]) ~= ARGV[1]) then return {{0}} end
if redis.call('GET', KEYS[3]) ~= '{REVOKED.decode()}' then
  redis.call('SET', KEYS[3], ARGV[4], 'EX', ARGV[5])  -- first: a full Redis lets a script go on that has written
end
if is_marked then redis.call('EXPIRE', KEYS[2], ARGV[3], 'GT')
else redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3]) end
if ARGV[6] ~= '' then
  local kept = {{ARGV[6] .. KEYS[3]}}
  for set, record in string.gmatch(redis.call('GET', KEYS[4]) or '', '({"%x" * SET_DIGITS})(%S+)') do
    if set ~= ARGV[6] and #kept < {SETS_KEPT} then kept[#kept + 1] = set .. record
    elseif record ~= KEYS[3] then redis.call('EXPIRE', record, {LIVES_ON}, 'LT') end
  end
  redis.call('SET', KEYS[4], table.concat(kept, ' '), 'EX', ARGV[3])
end
if ARGV[7] == '0' then return {{1}} end
redis.call('SET', KEYS[5], 0, 'EX', ARGV[7], 'NX')
return {{1, redis.call('INCR', KEYS[5]), redis.call('PTTL', KEYS[5])}}
""")


class MarkerMissing(Exception):
    """The family's marker is gone, and creating it takes an intent: `Tokens.intend`, then lock again."""

    def __init__(self, family_id: str) -> None:
        super().__init__(family_id)
        self.family_id = family_id


class TokenCheck(NamedTuple):
    """The result of one read of Redis: the token and its client if it is good, and what else was requested."""

    token: AccessToken | None = None
    client: Client | None = None
    caller: Client | Api | None = None
    apis: Mapping[str, Api] | None = None


class Tokens:
    def __init__(self, redis: Redis, clients: Clients, apis: Apis, longest_access_ttl: int) -> None:
        self._redis = redis
        self._clients = clients
        self._apis = apis
        self._marker_ttl = longest_access_ttl + MARKER_MARGIN

    def check(self, text: str, *, caller_id: str | None = None, with_apis: bool = False) -> TokenCheck:
        """Check `text`; the same MGET reads the client or API that introspects it, and all APIs."""
        reference = parse_access_token(text)
        keys = [] if reference is None else self._keys(text, reference)
        own = len(keys)
        if caller_id:
            keys.append(self._clients.stamp_key(caller_id))
        if with_apis:
            keys.append(self._apis.stamp_key(self._apis.NAME))
        if not keys:
            return TokenCheck()
        # If nothing will be charged afterwards: a Redis that is full, or has become a replica, refuses.
        values = self._redis.read_with_write(keys) if caller_id else self._redis.read(keys)
        apis = self._apis.resolve(self._apis.NAME, values.pop()) or {} if with_apis else None
        caller = self._clients.resolve(caller_id, values.pop()) if caller_id else None
        token, client = (None, None) if reference is None else self._judge(reference, values[:own])
        return TokenCheck(token, client, caller, apis)

    def _judge(
        self, reference: AccessTokenReference, values: list[bytes | None]
    ) -> tuple[AccessToken | None, Client | None]:
        """Accept only on positive signs: the record, the family's marker if it has a family, the client's stamp.

        The result has only the scopes that its client is still allowed.
        """
        record, *marker, stamp = values
        if record is None or marker not in ([MARKER], []):
            return None, None
        token = _read(record, reference)
        client = self._clients.resolve(reference.client_id, stamp)
        if isinstance(client, Client) and token.epoch > client.epoch:
            # The process that raised the epoch has not deleted the stamp yet, or was killed before it could.
            client = self._clients.load_again(reference.client_id)
        if not isinstance(client, Client) or client.suspended or token.epoch != client.epoch:
            return None, None
        narrowed = _narrowed(token, client)
        if narrowed is None or narrowed.expires_at <= time.time():
            return None, None
        return narrowed, client

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
        record, kept = self.token_key(digest(text)), self._redis.key("k", token.family_id)
        counter, seconds = (key_of(self._redis, counting), LIMITS[counting.limit].seconds) if counting else (record, 0)
        keys = [self.intent_key(token.family_id), self.marker_key(token.family_id), record, kept, counter]
        # A client's own tokens supersede none: each of its machines has one.
        own_set = "" if token.subject is None else set_of(token.scopes, token.resources)
        values = (intent, MARKER, self._marker_ttl, _written(token), lifetime, own_set, seconds)
        is_written, *counted = REMEMBER.run(self._redis.connection(), keys, *values)
        if is_written:
            return counting.window(*counted) if counting else None
        if intent == PROLONG:
            raise MarkerMissing(token.family_id)
        raise StoreUnavailable("Redis: the family was revoked, or its intent was lost")

    def subject_of(self, text: str) -> str | None:
        """The subject in a token's record: empty if it acts for no user, None without a record."""
        record = self._redis.connection().get(self.token_key(digest(text)))
        return None if record in (None, REVOKED) else orjson.loads(record)["sub"] or ""

    def forget(self, text: str, family_id: str) -> None:
        """Delete the record of a token that was never handed out, as its family could not be inserted."""
        keys = self.token_key(digest(text)), self.marker_key(family_id), self._redis.key("k", family_id)
        self._redis.connection().unlink(*keys)

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

    def _keys(self, text: str, reference: AccessTokenReference) -> list[bytes]:
        keys = [self.token_key(digest(text))]
        if reference.family_id:
            keys.append(self.marker_key(reference.family_id))
        keys.append(self._clients.stamp_key(reference.client_id))
        return keys


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


def _written(token: AccessToken) -> bytes:
    """The record to store, without the client and family, which are in the token's text."""
    return orjson.dumps(
        {
            "grant": token.grant_id,
            "sub": token.subject,
            "scopes": token.scopes,
            "resources": token.resources,
            "iat": token.issued_at,
            "exp": token.expires_at,
            "epoch": token.epoch,
        }
    )


def _read(record: bytes, reference: AccessTokenReference) -> AccessToken:
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
