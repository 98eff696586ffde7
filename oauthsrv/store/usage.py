"""Calls to APIs: counted in Redis where they are checked, moved into PostgreSQL in batches.

Kind u is one hash with a field for each hour, client and kind (calls, or why they were refused); v is the batch on its
way, which is u renamed. Each batch has a number, so that one written twice counts once. Kind a says which two users of
an app called last: the share of one user applies while there is a second one.
"""

import functools
import secrets
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from redis import WatchError
from redis.exceptions import ResponseError

from oauthsrv.oauth.records import Client
from oauthsrv.store.database import Database, sql, transaction
from oauthsrv.store.limits import COUNTERS_KEPT, LIMITS, Attempt, Window, key_of, look
from oauthsrv.store.redis import PROOF_TTL, Redis
from oauthsrv.store.redis_client import Script

HOUR = 3600
KEPT = 7 * 86_400  # seconds that counts wait while PostgreSQL is away
BATCH_NUMBER = b"batch"
CALLS = "calls"

DEFAULT_SHARE = 25  # percent of an app's calls that one user may make while another uses the app
SHARED_FROM = 100  # calls an hour: below that, a quarter would be too little to work with


class Budget(NamedTuple):
    """What calls are charged to: an app, and the share of one of its users if that is limited."""

    client_id: str
    keys: tuple[bytes, ...]
    limits: tuple[int, int, int]  # calls, the share, and whether it applies to a lone user too
    attempts: tuple[Attempt, ...]


class ValuesChanged(Exception):
    """What the decision to charge rested on has changed; `values` are the new ones."""

    def __init__(self, values: list[bytes | None]) -> None:
        super().__init__()
        self.values = values


# KEYS: those that the decision to charge rests on, a proof of writing, and the counters. ARGV: how many of the first,
# and their values; the time, cost, client, calls, share, and whether it applies to a lone user too. All is counted at
# first, and what does not fit is taken back: refused calls are charged to no one. A share's window ends with that of
# the calls it is a part of. Returns the keys' values, if they have changed; or what was charged, and the state of the
# counter that has the fewest left: as text, which costs Redis a quarter of what a list does.
CHARGE = Script(f"""
local known = tonumber(ARGV[1])
local proof, calls, usage, active, share = unpack(KEYS, known + 1)
if known > 0 then
  local values = redis.call('MGET', unpack(KEYS, 1, known))
  for n = 1, known do
    if values[n] ~= ARGV[n + 1] then
      redis.call('SET', proof, '1', 'EX', {PROOF_TTL})
      return values
    end
  end
end
local now, cost, client, of_calls, of_share, always = unpack(ARGV, known + 2)
now, cost = tonumber(now), tonumber(cost)
local counted, milliseconds = redis.call('INCRBY', calls, cost), redis.call('PTTL', calls)
if milliseconds < 0 then
  milliseconds = {LIMITS["calls"].seconds * 1000}
  redis.call('PEXPIRE', calls, milliseconds)
end
local left, nearest, refused = math.max(0, of_calls - counted + cost), 0, 'calls_limit'
if share then
  local of_user = redis.call('INCRBY', share, cost)
  if of_user == cost then redis.call('PEXPIRE', share, milliseconds) end
  if redis.call('ZADD', active, now, share) == 1 then redis.call('ZREMRANGEBYRANK', active, 0, -3) end
  redis.call('EXPIRE', active, {HOUR})
  if always == '1' or redis.call('ZCOUNT', active, now - {HOUR}, '+inf') > 1 then
    local left_to_user = math.max(0, of_share - of_user + cost)
    if left_to_user < left then left, nearest, refused, counted = left_to_user, 1, 'share_limit', of_user end
  end
end
local charged = math.min(cost, left)
local function note(kind, many)
  local field = (now - now % {HOUR}) .. ':' .. client .. ':' .. kind
  if redis.call('HINCRBY', usage, field, many) == many then redis.call('EXPIRE', usage, {KEPT}) end
end
if charged > 0 then note('{CALLS}', charged) end
if charged < cost then
  redis.call('DECRBY', calls, cost - charged)
  if share then redis.call('DECRBY', share, cost - charged) end
  note(refused, cost - charged)
end
return string.format('%d %d %d %d', charged, nearest, counted - cost + charged, milliseconds)
""")


def budget_of(redis: Redis, client: Client, subject: str | None) -> Budget:
    """The budget for calls with a token of this client that acts for `subject`.

    A share that an administrator set always applies, the default one only if a second user called within the last hour.
    It belongs to the user and not to the grant, or allowing an app again would begin a new share.
    """
    share = None if subject is None else share_of(client)
    is_always = 0 if client.grant_share_percent is None else 1
    return _budget(redis, client.client_id, client.calls_per_hour, subject if share else None, share or 0, is_always)


@functools.lru_cache(COUNTERS_KEPT)  # most tokens of a client have the same one
def _budget(redis: Redis, client_id: str, most: int, subject: str | None, share: int, is_always: int) -> Budget:
    calls = Attempt("calls", client_id, most)
    keys = (redis.key("w", ""), key_of(redis, calls), redis.key("u", ""))
    if subject is None:
        return Budget(client_id, keys, (most, 0, 0), (calls,))
    of_user = Attempt("share", f"{client_id} {subject}", share)
    of_both = (*keys, redis.key("a", client_id), key_of(redis, of_user))
    return Budget(client_id, of_both, (most, share, is_always), (calls, of_user))


def charge(redis: Redis, budget: Budget, uses: int, keys: Sequence[bytes] = (), values: Sequence[Any] = ()) -> Window:
    """Charge good calls in one step, while `keys` have `values`: otherwise raises ValuesChanged, and charges no one.

    Returns the window with the fewest calls left; it is over if not all of the calls fit.
    """
    client_id, counters, limits, attempts = budget
    facts = (int(time.time()), uses, client_id, *limits)
    answer = CHARGE.run(redis.connection(), (*keys, *counters), len(keys), *values, *facts)
    if isinstance(answer, list):
        raise ValuesChanged(answer)
    charged, nearest, counted, milliseconds = map(int, answer.split())
    window = attempts[nearest].window(counted, milliseconds)
    return window if charged == uses else window._replace(counted=window.most + 1)


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
