"""The sweep: delete from Redis whatever PostgreSQL says was revoked or changed (rule 7).

It completes revocations that were committed but could not be brought into force, and corrects a Redis that restored
older data. It only ever deletes, so running it twice, or in two processes, does no harm. Each Redis is swept whole
once; from then on the sweep looks only at what was revoked since the last one.
"""

from collections.abc import Callable, Iterator
from typing import Any

from oauthsrv.store import sessions
from oauthsrv.store.clients import Apis, Clients
from oauthsrv.store.database import Database, reading, sql
from oauthsrv.store.invalidation import Invalidator
from oauthsrv.store.redis import Redis
from oauthsrv.store.redis_client import RedisClient
from oauthsrv.store.tokens import MARKER_MARGIN

PAGE = 1000
ALL = 4_000_000_000  # seconds: longer than anything is kept

Pages = Iterator[list[Any]]
Steps = Iterator[None]


class Sweep:
    """`longest_access_ttl`: how many seconds an access token can live."""

    def __init__(
        self,
        database: Database,
        redis: Redis,
        invalidator: Invalidator,
        clients: Clients,
        apis: Apis,
        longest_access_ttl: int,
    ) -> None:
        self._database = database
        self._redis = redis
        self._invalidator = invalidator
        self._lists = (apis, clients.ids)
        self._back = longest_access_ttl + 2 * MARKER_MARGIN

    def if_new(self, redis: RedisClient) -> bool:
        """Sweep a new Redis whole before it is trusted, unless that was done; True if it is the very first Redis."""
        name = name_of(redis)
        with reading(self._database) as db:
            seen = sql.housekeeping.sweep(db)
        if seen.redis == name and not seen.is_ahead:
            return False
        for _ in self.whole(redis):
            pass
        with reading(self._database) as db:
            # Transactions not committed when it began may have been missed; the next sweep looks at those.
            sql.housekeeping.swept_whole(db, redis=name, seen=seen.now)
        return seen.redis is None

    def whole(self, redis: RedisClient) -> Steps:
        """Sweep as far back as an access token can live, and every session that was ended individually."""
        self._invalidator.open_channel(redis)
        by_time = {"at": "ended_at", "after": "family_id"}
        yield from self._families(
            redis, self._pages(sql.families.ended_since, by_time, seconds=self._back, at=None, after="")
        )
        yield from self._keys(
            redis, self._pages(sql.ended_keys.ended_since, {"after": "key_hash"}, seconds=ALL, after=b"")
        )
        yield from self._clients(
            redis, self._pages(sql.clients.changed_since, {"after": "client_id"}, seconds=self._back, after="")
        )
        self._forget_lists(redis)

    def recent(self, redis: RedisClient) -> Steps:
        """Sweep what was revoked since the last sweep, each revocation once, however large."""
        self._invalidator.open_channel(redis)
        with reading(self._database) as db:
            seen = sql.housekeeping.sweep(db)
        if seen.redis != name_of(redis) or seen.is_ahead:
            self.if_new(redis)
            return
        for at, before in committed(seen.now, since=int(seen.at)):
            yield from self._between(redis, at=at, before=before, seen=seen.seen)
        with reading(self._database) as db:
            sql.housekeeping.swept_new(db, redis=seen.redis, seen=seen.now)

    def _between(self, redis: RedisClient, **transactions: str) -> Steps:
        def pages(query: Callable[..., list[Any]], number: str, key: str, first: str | bytes = "") -> Pages:
            return self._pages(query, {"at": number, "after": key}, after=first, **transactions)

        yield from self._families(redis, pages(sql.families.ended_between, "ended_in", "family_id"))
        yield from self._keys(redis, pages(sql.ended_keys.ended_between, "ended_in", "key_hash", b""))
        for _ in self._clients(redis, pages(sql.clients.changed_between, "changed_in", "client_id")):
            self._forget_lists(redis)
            yield
        with reading(self._database) as db:
            apis = sql.apis.changed_between(db, **transactions)
        if apis:
            self._invalidator.invalidate(clients=[row.client_id for row in apis], on=redis, again=True)
            self._forget_lists(redis)

    def _families(self, redis: RedisClient, pages: Pages) -> Steps:
        for rows in pages:
            self._invalidator.invalidate(families=[row.family_id for row in rows], on=redis, again=True)
            yield

    def _keys(self, redis: RedisClient, pages: Pages) -> Steps:
        """Access tokens and sessions that were ended individually."""
        for rows in pages:
            tokens = [row.key_hash for row in rows if row.kind == "access_token"]
            self._invalidator.invalidate(tokens=tokens, on=redis, again=True)
            sessions.delete_hashes(self._redis, [row.key_hash for row in rows if row.kind == "session"], redis)
            yield

    def _clients(self, redis: RedisClient, pages: Pages) -> Steps:
        for rows in pages:
            self._invalidator.invalidate(clients=[row.client_id for row in rows], on=redis, again=True)
            yield

    def _forget_lists(self, redis: RedisClient) -> None:
        redis.unlink(*(kept.stamp_key(kept.NAME) for kept in self._lists))

    def _pages(self, query: Callable[..., list[Any]], last: dict[str, str], **values: Any) -> Pages:
        """Every row of a query, in pages; `last` maps the parameters to the columns they continue from."""
        while True:
            with reading(self._database) as db:
                rows = query(db, at_most=PAGE, **values)
            if not rows:
                return
            yield rows
            values |= {name: getattr(rows[-1], column) for name, column in last.items()}


def name_of(redis: RedisClient) -> str:
    """The name of this run of a Redis database: a restart may restore older data, and each database has its own."""
    number = redis.connection_pool.connection_kwargs.get("db") or 0
    return f"{redis.info('server')['run_id']}/{number}"


def committed(snapshot: str, since: int) -> Iterator[tuple[str, str]]:
    """The ranges of transactions from `since` that had ended at a snapshot (xmin:xmax:xip,…).

    Those under way are left out, or each sweep would read their rows only to find them not yet visible.
    """
    _, end, under_way = snapshot.split(":")
    at = since
    for number in [*sorted(int(text) for text in under_way.split(",") if text), int(end)]:
        if number > at:
            yield str(at), str(number)
        at = max(at, number + 1)
