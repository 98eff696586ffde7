"""PostgreSQL: a connection for each thread, transactions, and the named queries of sql/queries."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import aiosql
import psycopg2
from aiosql.adapters.pyformat import PyFormatAdapter
from psycopg2.extensions import TRANSACTION_STATUS_IDLE
from psycopg2.extensions import connection as Connection
from psycopg2.extras import NamedTupleCursor

from oauthsrv import places
from oauthsrv.store import StoreUnavailable

# A statement that hangs is worse than one that fails: the caller is told to come back.
TIMEOUTS = "-c lock_timeout=5s -c statement_timeout=10s -c idle_in_transaction_session_timeout=30s"


class Database:
    """One connection for each thread that asks, made again when it was lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._mine = threading.local()
        self._all: weakref.WeakSet[Connection] = weakref.WeakSet()
        self._losses = 0

    def connection(self) -> Connection:
        held: Connection | None = getattr(self._mine, "connection", None)
        if held is not None and not held.closed:
            if self._mine.losses == self._losses:
                return held
            held.close()
        # Read before connecting: a loss noticed meanwhile must not be taken for this connection's.
        self._mine.losses = self._losses
        try:
            made = psycopg2.connect(
                self._url,
                cursor_factory=NamedTupleCursor,
                options=TIMEOUTS,
                connect_timeout=2,
                application_name="oauthsrv",
            )
        except psycopg2.OperationalError as error:
            raise StoreUnavailable(f"PostgreSQL: {error}") from error
        self._mine.connection = made
        self._all.add(made)
        return made

    def lost(self) -> None:
        """A connection broke: the other threads' connections are older than that and are made again too."""
        self._losses += 1

    def close(self) -> None:
        for held in list(self._all):
            held.close()


@contextmanager
def transaction(database: Database) -> Iterator[Connection]:
    """All or nothing; the rows it locked are free again, and its changes seen, when the block is left."""
    with _guarded(database) as db, db:
        yield db


@contextmanager
def reading(database: Database) -> Iterator[Connection]:
    """Single statements, each a transaction of its own; two round trips cheaper than `transaction`."""
    with _guarded(database) as db:
        if db.info.transaction_status != TRANSACTION_STATUS_IDLE:
            # Within a transaction of this thread: a Redis that came back in the midst of it is swept first.
            yield db
            return
        db.autocommit = True
        try:
            yield db
        finally:
            if not db.closed:
                db.autocommit = False


@contextmanager
def _guarded(database: Database) -> Iterator[Connection]:
    db = database.connection()
    try:
        yield db
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        if db.closed:
            database.lost()
        raise StoreUnavailable(f"PostgreSQL: {error}") from error


class _Lists(PyFormatAdapter):
    """aiosql's own select is a generator, which would run after its transaction has ended."""

    def select(  # type: ignore[override]
        self, conn: Connection, query_name: str, sql: str, parameters: Any, record_class: Any = None
    ) -> list[Any]:
        with conn.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()


def _load() -> SimpleNamespace:
    """Each file of sql/queries as a namespace of its own: `sql.clients.find(db, client_id=…)`."""
    adapter: Callable[..., Any] = _Lists
    return SimpleNamespace(
        **{path.stem: aiosql.from_path(path, adapter) for path in sorted((places.SQL / "queries").glob("*.sql"))}
    )


sql: Any = _load()
