"""Device codes in Redis: requested by a device, answered by a user, polled by the device (RFC 8628 §3).

What is here may be lost: PostgreSQL decides which use of an allowed device code is the first (rule 2).
"""

from typing import Any, NamedTuple

import orjson

from oauthsrv.oauth.credentials import digest
from oauthsrv.oauth.records import AuthorizationCode, DeviceRequest, known
from oauthsrv.store.authorization import code_record
from oauthsrv.store.redis import Redis
from oauthsrv.store.redis_client import Script

DENIED = b"denied"
# Milliseconds that a poll may come early, as two polls do not take equally long to arrive.
EARLY = 1000

# KEYS: the record, its user code. Nothing is written if the user code is in use.
ADD = Script("""
if not redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2], 'NX') then return 0 end
redis.call('HSET', KEYS[1], 'client', ARGV[3], 'request', ARGV[4], 'interval', ARGV[5], 'polled', 0)
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
""")

# Only the first user who allows it can; returns whether this is that user.
CLAIM = Script("""
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('HEXISTS', KEYS[1], 'answer') == 1 then return 0 end
redis.call('HSETNX', KEYS[1], 'user', ARGV[1])
return redis.call('HGET', KEYS[1], 'user') == ARGV[1] and 1 or 0
""")

# The first answer counts.
ANSWER = Script("""
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
return redis.call('HSETNX', KEYS[1], 'answer', ARGV[1])
""")

# Returns client and answer; without an answer, whether the poll came too early, which makes the interval longer.
POLL = Script("""
local client, answer, interval, polled = unpack(redis.call('HMGET', KEYS[1], 'client', 'answer', 'interval', 'polled'))
if client ~= ARGV[1] or answer then return {client, answer, 0} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local is_early = now + ARGV[2] < polled + interval * 1000
redis.call('HSET', KEYS[1], 'polled', now)
if is_early then redis.call('HINCRBY', KEYS[1], 'interval', ARGV[3]) end
return {client, false, is_early and 1 or 0}
""")


class StoredDevice(NamedTuple):
    """A request found by its user code. `user_id` is the user who is allowing it, or has allowed it."""

    hash: str  # of its device code
    request: DeviceRequest
    is_answered: bool
    user_id: str | None


class Polled(NamedTuple):
    """`client_id` is None if there is no such device code; `code` is the code of an allowed one."""

    client_id: str | None
    is_denied: bool
    code: AuthorizationCode | None
    is_early: bool


def add(
    redis: Redis, device_code: str, user_code_hash: bytes, request: DeviceRequest, seconds: int, every: int
) -> bool:
    """Store a new request; False if the user code is in use."""
    name = digest(device_code).hex()
    keys = [_key(redis, name), redis.key("y", user_code_hash.hex())]
    values = (name, seconds, request.client_id, orjson.dumps(request), every)
    return bool(ADD.run(redis.connection(), keys, *values))


def find(redis: Redis, user_code_hash: bytes) -> StoredDevice | None:
    found: Any = redis.connection().get(redis.key("y", user_code_hash.hex()))
    if found is None:
        return None
    name = found.decode()
    fields: Any = redis.connection().hmget(_key(redis, name), ["request", "answer", "user"])
    request, answer, user_id = fields
    if request is None:
        return None
    values = known(DeviceRequest, orjson.loads(request))
    values |= {"scopes": tuple(values["scopes"]), "resources": tuple(values["resources"])}
    return StoredDevice(name, DeviceRequest(**values), answer is not None, user_id and user_id.decode())


def claim(redis: Redis, device: StoredDevice, user_id: str) -> bool:
    return bool(CLAIM.run(redis.connection(), [_key(redis, device.hash)], user_id))


def allow(redis: Redis, device: StoredDevice, code: AuthorizationCode) -> bool:
    """Allow the request; False if it was answered before, or has expired."""
    return bool(ANSWER.run(redis.connection(), [_key(redis, device.hash)], orjson.dumps(code._asdict())))


def deny(redis: Redis, device: StoredDevice) -> bool:
    return bool(ANSWER.run(redis.connection(), [_key(redis, device.hash)], DENIED))


def poll(redis: Redis, device_code: str, client_id: str, slower: int) -> Polled:
    """The answer to a device's poll. Another client's code is not touched; early polls add `slower` to the interval."""
    name = digest(device_code).hex()
    owner, answer, is_early = POLL.run(redis.connection(), [_key(redis, name)], client_id, EARLY, slower)
    code = code_record(answer) if answer and answer != DENIED else None
    return Polled(owner.decode() if owner else None, answer == DENIED, code, bool(is_early))


def _key(redis: Redis, name: str) -> bytes:
    return redis.key("x", name)
