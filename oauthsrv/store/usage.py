"""Calls to APIs: counted in Redis where they are checked, moved into PostgreSQL in batches.

Kind u is one hash with a field for each hour, client and kind (calls, or why they were refused); v is the batch on its
way, which is u renamed. Each batch has a number, so that one written twice counts once. Kind a says which two users of
an app called last: the share of one user applies while there is a second one.
"""

import secrets
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from redis import WatchError
from redis.exceptions import ResponseError

from oauthsrv.oauth.records import Client
from oauthsrv.store.database import Database, sql, transaction
from oauthsrv.store.limits import LIMITS, Attempt, Window, key_of, look
from oauthsrv.store.redis import Redis
from oauthsrv.store.redis_client import Script

HOUR = 3600
KEPT = 7 * 86_400  # seconds that counts wait while PostgreSQL is away
BATCH_NUMBER = b"batch"
CALLS = "calls"

DEFAULT_SHARE = 25  # percent of an app's calls that one user may make while another uses the app
SHARED_FROM = 100  # calls an hour: below that, a quarter would be too little to work with


# Refused calls are charged to no one. A share's window ends with that of the calls it is a part of.
# ARGV: the prefix of this hour's and client's fields, cost, calls, share, and whether it applies to a lone user too.
CHARGE = Script(f"""
local calls, usage, active, share = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local cost, seconds = tonumber(ARGV[2]), {LIMITS["calls"].seconds}
local left, refused = tonumber(ARGV[3]) - tonumber(redis.call('GET', calls) or 0), 'calls_limit'
local is_shared = false
if share then
  local now = tonumber(redis.call('TIME')[1])
  if redis.call('ZADD', active, now, share) == 1 then redis.call('ZREMRANGEBYRANK', active, 0, -3) end
  redis.call('EXPIRE', active, seconds)
  is_shared = ARGV[5] == '1' or redis.call('ZCOUNT', active, now - seconds, '+inf') > 1
  local of_share = is_shared and tonumber(ARGV[4]) - tonumber(redis.call('GET', share) or 0) or left
  if of_share < left then left, refused = of_share, 'share_limit' end
end
local charged = math.max(0, math.min(cost, left))
if charged > 0 then
  redis.call('SET', calls, 0, 'EX', seconds, 'NX')
  redis.call('INCRBY', calls, charged)
  if share then
    redis.call('SET', share, 0, 'PX', math.max(1, redis.call('PTTL', calls)), 'NX')
    redis.call('INCRBY', share, charged)
  end
  redis.call('HINCRBY', usage, ARGV[1] .. '{CALLS}', charged)
end
if charged < cost then redis.call('HINCRBY', usage, ARGV[1] .. refused, cost - charged) end
redis.call('EXPIRE', usage, {KEPT})
local function state(key) return tonumber(redis.call('GET', key) or 0), redis.call('PTTL', key) end
local answer = {{charged, state(calls)}}
if is_shared then answer[4], answer[5] = state(share) end
return answer
""")


def count_call(redis: Redis, client: Client, subject: str | None, uses: int = 1) -> Window:
    """Charge good calls to the client and to the user its token acts for, in one step.

    Returns the window with the fewest calls left; it is over if not all of the calls fit. A share that an administrator
    set always applies, the default one only if a second user called within the last hour. It belongs to the user and
    not to the grant, or allowing an app again would begin a new share.
    """
    calls = Attempt("calls", client.client_id, client.calls_per_hour)
    attempts, keys = [calls], [key_of(redis, calls), redis.key("u", "")]
    if subject is not None and (most := share_of(client)):
        attempts.append(Attempt("share", f"{client.client_id} {subject}", most))
        keys += [redis.key("a", client.client_id), key_of(redis, attempts[1])]
    charged, *states = CHARGE.run(
        redis.connection(),
        keys,
        field(client.client_id, ""),
        uses,
        client.calls_per_hour,
        attempts[-1].most or 0,
        0 if client.grant_share_percent is None else 1,
    )
    pairs = zip(states[::2], states[1::2], strict=True)
    windows = [attempt.window(*state) for attempt, state in zip(attempts, pairs, strict=False)]
    nearest = min(windows, key=lambda one: one.left)
    return nearest if charged == uses else nearest._replace(counted=nearest.most + 1)


def share_of(client: Client) -> int | None:
    """How many of the hour's calls one user may make; None if that is unlimited."""
    percent = share_percent(client.grant_share_percent, client.calls_per_hour)
    return None if percent == 100 else max(1, client.calls_per_hour * percent // 100)


def share_percent(own: int | None, calls_per_hour: int) -> int:
    """The share of one user: the client's own, or the default."""
    return own or (DEFAULT_SHARE if calls_per_hour >= SHARED_FROM else 100)


def window_of(redis: Redis, client_id: str, calls_per_hour: int) -> Window | None:
    """What a client has used of its hour; None if no hour is under way."""
    return look(redis, Attempt("calls", client_id, calls_per_hour))


def count_refusal(redis: Redis, client_id: str, problem: str) -> None:
    pipe = redis.connection().pipeline(transaction=True)
    pipe.hincrby(redis.key("u", ""), field(client_id, problem), 1)
    pipe.expire(redis.key("u", ""), KEPT)
    pipe.execute()


def field(client_id: str, kind: str) -> str:
    """The name of a counter in the hash; `kind` is CALLS, or the problem of refused ones."""
    return f"{int(time.time()) // HOUR * HOUR}:{client_id}:{kind}"


def flush(redis: Redis, database: Database) -> None:
    """Write what was counted so far; a batch that another process is writing is left to it."""
    counted, batch = redis.key("u", ""), redis.key("v", "")
    connection = redis.connection()
    with suppress(ResponseError):  # nothing was counted since
        connection.renamenx(counted, batch)
    connection.hsetnx(batch, BATCH_NUMBER, secrets.token_hex(16))
    fields: dict[bytes, bytes] = connection.hgetall(batch)  # type: ignore[assignment]
    number = fields.pop(BATCH_NUMBER, None)
    if number is None:
        return  # another process finished it just now
    if fields:
        write(database, number.decode(), fields)
    with connection.pipeline() as pipe:
        try:
            pipe.watch(batch)  # type: ignore[no-untyped-call]
            if pipe.hget(batch, BATCH_NUMBER) == number:
                pipe.multi()
                pipe.unlink(batch)
                pipe.execute()
        except WatchError:
            pass  # another process finished it


def write(database: Database, number: str, fields: dict[bytes, bytes]) -> None:
    good: Counter[tuple[int, str]] = Counter()
    refused: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    for name, value in fields.items():
        hour, client_id, kind = name.decode().split(":")
        if kind == CALLS:
            good[int(hour), client_id] += int(value)
        else:
            refused[int(hour), client_id][kind] += int(value)
    with transaction(database) as db:
        if sql.usage.add_batch(db, batch_id=number) is None:
            return
        add(db, good, refused)


Hour = tuple[int, str]  # Unix time, and the client


def add(db: Any, good: Mapping[Hour, int], refused: Mapping[Hour, Mapping[str, int]]) -> None:
    hours = sorted({*good, *refused})
    sql.usage.add(
        db,
        hours=[hour for hour, _ in hours],
        client_ids=[client_id for _, client_id in hours],
        calls=[good.get(key, 0) for key in hours],
        refusals=[sum(refused.get(key, {}).values()) for key in hours],
    )
    reasons = [(*key, problem, count) for key in hours for problem, count in refused.get(key, {}).items()]
    if reasons:
        of_hour, client_ids, problems, counts = map(list, zip(*reasons, strict=True))
        sql.usage.add_reasons(db, hours=of_hour, client_ids=client_ids, problems=problems, counts=counts)
