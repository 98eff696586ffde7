"""The sweep: delete in Redis whatever PostgreSQL says was ended (rule 7).

It finishes an ending that was committed and could not be brought into force, and undoes a Redis that came back with
older data. It only ever deletes, so running it twice, or in two processes, does no harm. One Redis is swept whole once;
from then on only what was ended since the last sweep is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from redis import Redis as RedisClient

from oauthsrv.store import sessions
from oauthsrv.store.database import reading, sql
from oauthsrv.store.tokens import SIGN_MARGIN

if TYPE_CHECKING:
    from oauthsrv.server import Server

PAGE = 1000
ENDED_KINDS = ("access_token", "session")
ALL = 4_000_000_000  # seconds: longer than anything can be remembered


def sweep_if_new(server: Server, redis: RedisClient) -> None:
    """Before a Redis is believed: swept whole, unless it is the one that was, by whichever process."""
    name = name_of(redis)
    with reading(server.database) as db:
        seen = sql.housekeeping.sweep(db)
    if seen.redis == name and not seen.is_ahead:
        return
    for _ in sweep_whole(server, redis):
        pass
    with reading(server.database) as db:
        # What was not committed when it began can have been missed: the next sweep looks at that.
        sql.housekeeping.swept_whole(db, redis=name, seen=seen.now)


def name_of(redis: RedisClient) -> str:
    """Another one after a restart, which may have loaded older data; and another one for each database in it."""
    number = redis.connection_pool.connection_kwargs.get("db") or 0
    return f"{redis.info('server')['run_id']}/{number}"


def sweep_whole(server: Server, redis: RedisClient) -> Iterator[None]:
    """As far back as an access token can live, and every session that was ended one by one."""
    back = server.installation.longest_access_ttl + 2 * SIGN_MARGIN
    server.strikes.open_channel(redis)
    for rows in _by_time(server, back):
        server.strikes.strike(families=[row.family_id for row in rows], on=redis, again=True)
        yield
    for rows in _by_key(server, sql.ended_keys.ended_since, "key_hash", b"", seconds=ALL):
        strike_keys(server, redis, rows)
        yield
    for rows in _by_key(server, sql.clients.changed_since, "client_id", "", seconds=back):
        server.strikes.strike(clients=[row.client_id for row in rows], on=redis, again=True)
        yield
    unlink_lists(server, redis)


def sweep_new(server: Server, redis: RedisClient) -> Iterator[None]:
    """What was ended since the last sweep: each ending is looked at once, however large it was."""
    server.strikes.open_channel(redis)
    with reading(server.database) as db:
        seen = sql.housekeeping.sweep(db)
    if seen.redis != name_of(redis) or seen.is_ahead:
        sweep_if_new(server, redis)
        return
    for at, before in committed(seen.now, since=int(seen.at)):
        yield from sweep_between(server, redis, at=at, before=before, seen=seen.seen)
    with reading(server.database) as db:
        sql.housekeeping.swept_new(db, redis=seen.redis, seen=seen.now)


def sweep_between(server: Server, redis: RedisClient, **transactions: str) -> Iterator[None]:
    for rows in _by_transaction(server, sql.families.ended_between, "ended_in", "family_id", "", **transactions):
        server.strikes.strike(families=[row.family_id for row in rows], on=redis, again=True)
        yield
    for rows in _by_transaction(server, sql.ended_keys.ended_between, "ended_in", "key_hash", b"", **transactions):
        strike_keys(server, redis, rows)
        yield
    for rows in _by_transaction(server, sql.clients.changed_between, "changed_in", "client_id", "", **transactions):
        server.strikes.strike(clients=[row.client_id for row in rows], on=redis, again=True)
        unlink_lists(server, redis)
        yield
    with reading(server.database) as db:
        apis = sql.apis.changed_between(db, **transactions)
    if apis:
        server.strikes.strike(clients=[row.client_id for row in apis], on=redis, again=True)
        unlink_lists(server, redis)


def committed(snapshot: str, since: int) -> Iterator[tuple[str, str]]:
    """The transactions from `since` that were over at a snapshot (xmin:xmax:xip,…), from each first to its last.

    What one under way has written is left out, or each sweep would read all of it to see that it is not there yet.
    """
    _, end, under_way = snapshot.split(":")
    at = since
    for number in [*sorted(int(text) for text in under_way.split(",") if text), int(end)]:
        if number > at:
            yield str(at), str(number)
        at = max(at, number + 1)


def unlink_lists(server: Server, redis: RedisClient) -> None:
    lists = (server.apis, server.clients.ids)
    redis.unlink(*(kept.stamp_key(kept.NAME) for kept in lists))


def strike_keys(server: Server, redis: RedisClient, rows: list[Any]) -> None:
    of = {kind: [bytes(row.key_hash) for row in rows if row.kind == kind] for kind in ENDED_KINDS}
    server.strikes.strike(tokens=of["access_token"], on=redis, again=True)
    sessions.strike_hashes(server.redis, of["session"], on=redis)


def _by_time(server: Server, seconds: int) -> Iterator[list[Any]]:
    at: datetime | None = None
    after = ""
    while True:
        with reading(server.database) as db:
            rows = sql.families.ended_since(db, seconds=seconds, at=at, after=after, at_most=PAGE)
        if not rows:
            return
        yield rows
        at, after = rows[-1].ended_at, rows[-1].family_id


def _by_key(
    server: Server, query: Callable[..., list[Any]], key: str, after: str | bytes, *, seconds: int
) -> Iterator[list[Any]]:
    while True:
        with reading(server.database) as db:
            rows = query(db, seconds=seconds, after=after, at_most=PAGE)
        if not rows:
            return
        yield rows
        after = getattr(rows[-1], key)


def _by_transaction(
    server: Server,
    query: Callable[..., list[Any]],
    number: str,
    key: str,
    after: str | bytes,
    *,
    at: str,
    before: str,
    seen: str,
) -> Iterator[list[Any]]:
    while True:
        with reading(server.database) as db:
            rows = query(db, at=at, after=after, before=before, seen=seen, at_most=PAGE)
        if not rows:
            return
        yield rows
        at, after = getattr(rows[-1], number), getattr(rows[-1], key)
