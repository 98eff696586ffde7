"""Used assertions, and the keys that clients publish, both remembered in Redis (RFC 7523 §3)."""

import contextlib
import time
from collections.abc import Mapping, Sequence
from enum import Enum
from math import ceil
from typing import Any, NamedTuple, cast

import orjson

from oauthsrv.oauth.client_assertions import CLOCK_SKEW
from oauthsrv.oauth.credentials import digest
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.redis import Redis
from oauthsrv.store.redis_client import RedisClient, Script

# An assertion made before this Redis began to remember may have been used, known only to an earlier Redis. `began` has
# one field, the run_id of the server: it begins again after a restart or a failover, which may lose the last writes,
# and after everything was deleted.
SPEND = Script("""
local began = redis.call('HGET', KEYS[1], ARGV[1])
if not began then
  redis.call('UNLINK', KEYS[1])
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  began = ARGV[2]
end
if tonumber(ARGV[3]) < tonumber(began) then return 'old' end
if tonumber(began) > 0 and tonumber(ARGV[3]) <= tonumber(began) + tonumber(ARGV[5]) then return 'early' end
return redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[4]) and 'first' or 'again'
""")


# Seconds that an assertion is remembered after it expires, as the clocks of our machines may differ.
CLOCKS = 60


class Use(Enum):
    FIRST = b"first"
    AGAIN = b"again"
    # Unknowable: it was made before this Redis began to remember, or may have been, by a clock that is ahead.
    OLD = b"old"
    EARLY = b"early"


def spend(redis: Redis, client_id: str, jti: str, *, issued_at: float, expires_at: float) -> Use:
    """Spend an assertion in one step, so that one of a hundred simultaneous requests is the first. Unix times."""
    now = time.time()
    keys = [began_key(redis), redis.key("j", digest(f"{client_id} {jti}").hex())]
    seconds = max(1, ceil(expires_at - now)) + CLOCKS
    return Use(SPEND.run(redis.connection(), keys, redis.run_id, str(now), str(issued_at), seconds, CLOCK_SKEW))


def begin(redis: Redis, client: RedisClient, *, since: float) -> None:
    """Start remembering, unless this server already does; `since` 0 if no assertion was ever used before."""
    run_id = client.info("server")["run_id"]
    if client.hexists(began_key(redis), run_id):
        return
    with contextlib.suppress(StoreUnavailable):  # a full Redis: the first use begins it then
        client.unlink(began_key(redis))
        client.hset(began_key(redis), run_id, str(since))


def began_key(redis: Redis) -> bytes:
    return redis.key("n", "")


# Keys

KEYS_TTL = 86_400  # seconds that loaded keys stay in use while their address can't be reached


class KnownKeys(NamedTuple):
    """The keys loaded from an address, until when they are fresh, and why loading has failed since."""

    keys: Sequence[Mapping[str, Any]] = ()
    fresh_until: float = 0.0  # Unix time
    failure: str = ""


def find_keys(redis: Redis, uri: str) -> KnownKeys:
    found = cast("list[bytes | None]", redis.connection().hmget(keys_key(redis, uri), ["loaded", "failure"]))
    loaded, failure = found
    keys, fresh_until = orjson.loads(loaded) if loaded else ((), 0.0)
    return KnownKeys(keys, fresh_until, (failure or b"").decode())


def keep_keys(redis: Redis, uri: str, keys: Sequence[Mapping[str, Any]], fresh_until: float) -> None:
    key = keys_key(redis, uri)
    pipe = redis.connection().pipeline(transaction=True)
    pipe.hset(key, mapping={"loaded": orjson.dumps((keys, fresh_until)), "failure": ""})
    pipe.expire(key, KEYS_TTL)
    pipe.execute()


def keep_failure(redis: Redis, uri: str, failure: str) -> None:
    """Note a failure beside the keys loaded before, which stay in use for as long as they are kept."""
    pipe = redis.connection().pipeline(transaction=True)
    pipe.hset(keys_key(redis, uri), "failure", failure)
    pipe.expire(keys_key(redis, uri), KEYS_TTL, nx=True)
    pipe.execute()


def keys_key(redis: Redis, uri: str) -> bytes:
    return redis.key("e", digest(uri).hex())
