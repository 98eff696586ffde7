"""Calls at APIs: counted in Redis where they are checked, taken from there into PostgreSQL in batches.

Kind u is one hash with a field for each hour, client and kind of call; v is the batch on its way, which is
u under another name. A batch has a number of its own, so that one written twice counts once.
"""

from __future__ import annotations

import secrets
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from redis import WatchError
from redis.exceptions import ResponseError

from oauthsrv.oauth.records import Client
from oauthsrv.store.database import Database, sql, transaction
from oauthsrv.store.limits import Attempt, Window, count_in, look, window

if TYPE_CHECKING:
    from oauthsrv.store.redis import Redis

HOUR = 3600
KEPT = 7 * 86_400  # seconds that counts wait for a PostgreSQL that is away
BATCH_NUMBER = b"batch"


class Field(NamedTuple):
    """The name of a counter in the hash."""

    hour: int  # Unix time of its beginning
    client_id: str
    kind: str

    def text(self) -> str:
        return f"{self.hour}:{self.client_id}:{self.kind}"


def count_call(redis: Redis, client: Client, grant_id: str | None, uses: int) -> Window:
    """Charge good calls to the client, and to the grant where the client shares its calls out; one round trip.

    The answer is the window that is nearest to its end of calls. A call beyond it is a refusal.
    """
    counted = [(Attempt("calls", client.client_id), client.calls_per_hour)]
    if client.grant_share_percent is not None and grant_id is not None:
        share = max(1, client.calls_per_hour * client.grant_share_percent // 100)
        counted.append((Attempt("share", grant_id), share))
    pipe = redis.connection().pipeline(transaction=True)
    for attempt, _ in counted:
        count_in(pipe, redis, attempt, uses)
    note_in(pipe, redis, client.client_id, "calls", uses)
    answers = pipe.execute()
    windows = [window(attempt, answers[3 * n : 3 * n + 3], most) for n, (attempt, most) in enumerate(counted)]
    nearest = min(windows, key=lambda one: one.most - one.counted)
    if nearest.is_over:
        pipe = redis.connection().pipeline(transaction=True)
        note_in(pipe, redis, client.client_id, "calls", -uses)
        note_in(pipe, redis, client.client_id, "refusals", uses)
        pipe.execute()
    return nearest


def window_of(redis: Redis, client_id: str, calls_per_hour: int) -> Window | None:
    """What a client has used of its hour; None while it has no hour under way."""
    return look(redis, Attempt("calls", client_id), most=calls_per_hour)


def count_refusal(redis: Redis, client_id: str) -> None:
    pipe = redis.connection().pipeline(transaction=True)
    note_in(pipe, redis, client_id, "refusals", 1)
    pipe.execute()


def note_in(pipe: object, redis: Redis, client_id: str, kind: str, number: int) -> None:
    hour = int(time.time()) // HOUR * HOUR
    pipe.hincrby(redis.key("u", ""), Field(hour, client_id, kind).text(), number)  # type: ignore[attr-defined]
    pipe.expire(redis.key("u", ""), KEPT)  # type: ignore[attr-defined]


def flush(redis: Redis, database: Database) -> None:
    """Write what was counted until now; what another process is writing is left to it."""
    counted, batch = redis.key("u", ""), redis.key("v", "")
    connection = redis.connection()
    with suppress(ResponseError):  # nothing was counted since
        connection.renamenx(counted, batch)
    connection.hsetnx(batch, BATCH_NUMBER, secrets.token_hex(16))
    fields: dict[bytes, bytes] = connection.hgetall(batch)  # type: ignore[assignment]
    number = fields.pop(BATCH_NUMBER, None)
    if number is None:
        return  # another process was done with it this very moment
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
            pass  # another process has done with it


def write(database: Database, number: str, fields: dict[bytes, bytes]) -> None:
    totals: dict[tuple[int, str], dict[str, int]] = {}
    for name, value in fields.items():
        hour, client_id, kind = name.decode().split(":")
        totals.setdefault((int(hour), client_id), {"calls": 0, "refusals": 0})[kind] += int(value)
    with transaction(database) as db:
        if sql.usage.add_batch(db, batch_id=number) is None:
            return
        sql.usage.add(
            db,
            hours=[hour for hour, _ in totals],
            client_ids=[client_id for _, client_id in totals],
            calls=[total["calls"] for total in totals.values()],
            refusals=[total["refusals"] for total in totals.values()],
        )
