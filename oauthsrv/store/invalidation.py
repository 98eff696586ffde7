"""Invalidation: delete in Redis what was revoked or changed, and notify guards, in one step (rule 6).

A guard caches answers, so it subscribes to a channel that announces what is no longer valid. Channel and counter share
a name made from the issuer, which guards are configured with. Each message is `<number> <JSON>`; the script that sends
it raises the counter to that number. A guard that finds the counter above the last number it received has missed a
message, and drops its cache.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from oauthsrv.store.clients import Clients
from oauthsrv.store.redis import Redis
from oauthsrv.store.redis_client import RedisClient
from oauthsrv.store.tokens import INTENT_TTL, REVOKED, Tokens

AT_ONCE = 1000  # names per script, as Redis does nothing else while one runs

# KEYS: the channel, then what is deleted; the last ARGV[3] of them are records of access tokens. In place of one comes
# what keeps a request under way from writing it again, if it was there, or may have been in a Redis that was emptied:
# after a deletion, as a full Redis lets a script go on that has written.
SCRIPT = f"""
local deleted = 0
for n = 2, #KEYS do
  local left, was = redis.call('TTL', KEYS[n]), redis.call('UNLINK', KEYS[n])
  if n > #KEYS - ARGV[3] and (was == 1 or ARGV[2] == 'always') then
    redis.call('SET', KEYS[n], '{REVOKED.decode()}', 'EX', math.max(left, {INTENT_TTL}))
  end
  deleted = deleted + was
end
if deleted > 0 or ARGV[2] == 'always' then
  redis.call('PUBLISH', KEYS[1], redis.call('INCR', KEYS[1]) .. ' ' .. ARGV[1])
end
return deleted
"""


def channel(issuer: str) -> str:
    """The name of the channel, and of its counter."""
    return f"oauthsrv:ended:{issuer}"


class Invalidator:
    def __init__(self, redis: Redis, tokens: Tokens, clients: Clients, issuer: str) -> None:
        self._redis = redis
        self._tokens = tokens
        self._clients = clients
        self._channel = channel(issuer)

    def invalidate(
        self,
        *,
        families: Iterable[str] = (),
        clients: Iterable[str] = (),
        tokens: Iterable[bytes] = (),
        on: RedisClient | None = None,
        again: bool = False,
    ) -> None:
        """Invalidate after a commit: families and clients by their ids, access tokens by their SHA-256.

        `again`: it was most likely done before, so guards are notified only of what was still there.
        """
        redis = on or self._redis.connection()
        targets = [
            *(("families", family_id, self._keys_of_family(family_id)) for family_id in families),
            *(("clients", client_id, [self._clients.stamp_key(client_id)]) for client_id in clients),
            *(("tokens", token_hash.hex(), [self._tokens.token_key(token_hash)]) for token_hash in tokens),
        ]
        for at in range(0, len(targets), AT_ONCE):
            part = targets[at : at + AT_ONCE]
            message: dict[str, list[str]] = {}
            for kind, name, _ in part:
                message.setdefault(kind, []).append(name)
            tokens_here = len(message.get("tokens", ()))
            keys: list[Any] = [self._channel, *(key for _, _, of_one in part for key in of_one)]
            redis.eval(SCRIPT, len(keys), *keys, orjson.dumps(message), "" if again else "always", tokens_here)

    def forget_families(self, families: Sequence[str]) -> None:
        """Delete what its epoch already makes invalid; guards know that from the client's stamp."""
        redis = self._redis.connection()
        for at in range(0, len(families), AT_ONCE):
            redis.unlink(*(key for one in families[at : at + AT_ONCE] for key in self._keys_of_family(one)))

    def _keys_of_family(self, family_id: str) -> list[bytes]:
        """The marker, and the intent of a request that could otherwise create it again (store.tokens)."""
        return [self._tokens.marker_key(family_id), self._tokens.intent_key(family_id)]

    def open_channel(self, on: RedisClient) -> None:
        """Create the counter. Guards trust only a Redis that has it, as another one would never notify them."""
        on.set(self._channel, 0, nx=True)
