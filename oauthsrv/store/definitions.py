"""Indexes and constraints of the large tables, dropped before a bulk load and created again afterwards."""

from typing import Any

from oauthsrv import deadline
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import sql

LONGEST_SECONDS = 3600.0  # for an index of ten million rows on a slow disk


def drop(db: Connection) -> list[Any]:
    """Drop all of them in this transaction; returns what `add` needs, in the order to call it."""
    found: list[Any] = sql.bench.definitions(db)
    for definition in reversed(found):
        _execute(db, definition.dropped)
    return found


def add(db: Connection, definition: Any) -> None:
    with deadline.within(LONGEST_SECONDS):
        _execute(db, definition.added)


def _execute(db: Connection, statement: str) -> None:
    """Run a statement that PostgreSQL itself wrote."""
    with db.cursor() as cursor:
        cursor.execute(statement)
