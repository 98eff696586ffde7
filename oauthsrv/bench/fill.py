"""`oauthsrv bench fill`: a database as full as that of a large product, to measure on.

One transaction: indexes are dropped and made again, as writing them row by row takes an hour for ten million families,
and an interrupted fill leaves the database as it was.
"""

from collections.abc import Iterator

from oauthsrv import deadline
from oauthsrv.server import Server
from oauthsrv.store import definitions
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import reading, sql, transaction

BATCH = 20_000  # families; a multiple of what one user and one grant have
FAMILIES_PER_CLIENT = 1000
FEWEST_CLIENTS = 10
LONGEST_SECONDS = 3600.0  # for the cleaning up
INDEX_PART = 0.5  # of the time: that indexes take


class HoldsUsers(Exception):
    """The databases have users that bench did not add."""


def rounded(families: int) -> int:
    """The number of families that `fill` adds for this number."""
    return -(-families // BATCH) * BATCH


def fill(server: Server, families: int) -> Iterator[float]:
    """Add so many families, with their users, apps, grants, events and usage; yields what part is done."""
    families = rounded(families)
    server.database.waits_for_disk = False
    with transaction(server.database) as db:
        if sql.bench.has_others(db):
            raise HoldsUsers
        sql.bench.begin_fill(db)
        first = rounded(sql.bench.count_families(db))
        dropped = definitions.drop(db)
        for done in write_rows(db, first, first + families):
            yield done / families * (1 - INDEX_PART)
        for number, definition in enumerate(dropped, 1):
            definitions.add(db, definition)
            yield 1 - INDEX_PART * (1 - number / len(dropped))
    with deadline.within(LONGEST_SECONDS), reading(server.database) as db:
        sql.bench.no_limit(db)
        sql.bench.vacuum(db)
        sql.bench.usual_limit(db)


def write_rows(db: Connection, first: int, end: int) -> Iterator[int]:
    clients = max(FEWEST_CLIENTS, end // FAMILIES_PER_CLIENT)
    known = max(FEWEST_CLIENTS, first // FAMILIES_PER_CLIENT) if first else 0
    for at in range(first, end, BATCH):
        part = {"first": at, "last": at + BATCH, "of": end}
        sql.bench.fill_users(db, **part)
        if at == first:
            sql.bench.fill_clients(db, first=known + 1, last=clients)
        sql.bench.fill_grants(db, clients=clients, **part)
        sql.bench.fill_consents(db, **part)
        sql.bench.fill_families(db, clients=clients, **part)
        sql.bench.fill_events(db, clients=clients, **part)
        yield at + BATCH - first
    sql.bench.fill_usage(db, clients=clients)
