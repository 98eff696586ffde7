"""The sweep: strike in Redis whatever PostgreSQL says was ended (rule 7).

It finishes an ending that was committed but could not be struck, and undoes a Redis that came
back with older data. It only ever deletes, so running it twice, or in two processes, does no harm.
"""

from __future__ import annotations

from collections.abc import Iterator
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


def sweep(server: Server, redis: RedisClient, *, sessions_of_all_time: bool = False) -> None:
    """Look back as long as an access token can live; before a new Redis is believed, at every session ended too."""
    back = server.installation.longest_access_ttl + 2 * SIGN_MARGIN
    server.strikes.open_channel(redis)
    with reading(server.database) as db:
        for rows in _pages(sql.families.ended_since, db, "family_id", seconds=back, first=""):
            server.strikes.strike(families=[row.family_id for row in rows], on=redis, again=True)
        ended = ALL if sessions_of_all_time else back
        for rows in _pages(sql.ended_keys.ended_since, db, "key_hash", seconds=ended, first=b""):
            of = {kind: [bytes(row.key_hash) for row in rows if row.kind == kind] for kind in ENDED_KINDS}
            server.strikes.strike(tokens=of["access_token"], on=redis, again=True)
            sessions.strike_hashes(server.redis, of["session"], on=redis)
        for rows in _pages(sql.clients.changed_since, db, "client_id", seconds=back, first=""):
            server.strikes.strike(clients=[row.client_id for row in rows], on=redis, again=True)
    lists = (server.apis, server.clients.ids)
    redis.unlink(*(kept.stamp_key(kept.NAME) for kept in lists))


def _pages(query: Any, db: Any, key: str, *, seconds: int, first: str | bytes) -> Iterator[list[Any]]:
    after = first
    while rows := query(db, seconds=seconds, after=after, at_most=PAGE):
        yield rows
        after = getattr(rows[-1], key)
