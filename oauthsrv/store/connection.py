"""One connection to PostgreSQL: waits that end at a deadline, and transactions of few messages.

psycopg2 calls `_wait` for everything it waits for, also while connecting, as libpq's own time limits are the
server's to keep (a server that hangs keeps none) or count for each host again (`connect_timeout`).
"""

import select
import time
from typing import Any

import psycopg2
from psycopg2 import extensions
from psycopg2.extras import Json, NamedTupleCursor

from oauthsrv import deadline
from oauthsrv.store.breaker import Breaker
from oauthsrv.store.prepared import Prepared

# Beyond the server's own statement_timeout: a working server would have answered by now.
SUSPICIOUS_SECONDS = 1.3
CONNECT_SECONDS = 10.0  # of the start's own connections
# While it connects a connection has others, of which psycopg2 names only the first.
ESTABLISHED = (extensions.STATUS_READY, extensions.STATUS_BEGIN, extensions.STATUS_PREPARED)
SLICE_SECONDS = 0.1  # how late a wait notices that the breaker was opened

# Text of a query → what it is run by.
PREPARED: dict[str, Prepared] = {}

# PostgreSQL's numbers of these types; psycopg2's own cast makes memoryviews, which are equal to no bytes.
BYTEA, BYTEA_ARRAY = 17, 1001


class Unanswered(psycopg2.OperationalError):
    """PostgreSQL gave no answer within the deadline."""


class Connection(extensions.connection):
    """Always in autocommit for psycopg2, which would send a message of its own for BEGIN and COMMIT each."""

    def __init__(self, dsn: str, **options: Any) -> None:
        self.breaker: Breaker | None = None
        self.before = ""  # what goes out in one message with the next statement
        self.in_transaction = False
        self.prepared: set[str] = set()  # names
        self.is_pooled = False
        # PostgreSQL's clock minus ours, and when that was found.
        self.clock = 0.0
        self.clock_read_at = float("-inf")
        super().__init__(dsn, **options)

    def commit(self) -> None:
        """psycopg2's own does nothing in autocommit."""
        with self.cursor() as cursor:
            cursor.execute("COMMIT")


class Cursor(NamedTupleCursor):
    connection: Connection

    def execute(self, query: Any, vars: Any = None) -> None:
        self._send(self.text_of(query), vars)

    def text_of(self, query: str) -> str:
        """What runs the query: a statement that is prepared at its first use in this connection, if it can be.

        Behind a pooler a connection is many sessions, and each would keep it for others.
        """
        db, statement = self.connection, PREPARED.get(query)
        if statement is None or db.is_pooled:
            return query
        if statement.name not in db.prepared:
            self._send(statement.prepare)
            db.prepared.add(statement.name)
        return statement.execute

    def _send(self, query: str, vars: Any = None) -> None:
        db = self.connection
        if db.before:
            query = f"{db.before}{query}"
        try:
            super().execute(query, vars)  # type: ignore[no-untyped-call]
        finally:
            # Of values that cannot be written into it nothing was sent, and the transaction has not begun.
            if db.in_transaction and db.get_transaction_status() != extensions.TRANSACTION_STATUS_IDLE:
                db.before = ""


def _wait(connection: extensions.connection) -> None:
    """Return when there is an answer; after an exception psycopg2 closes the connection."""
    state = connection.poll()
    if state == extensions.POLL_OK:
        return
    patience = Patience(connection)
    while state != extensions.POLL_OK:
        poller = select.poll()
        poller.register(connection.fileno(), select.POLLIN if state == extensions.POLL_READ else select.POLLOUT)
        while not poller.poll(patience.milliseconds()):
            patience.check()
        state = connection.poll()


class Patience:
    """How long one answer is waited for, and when its absence becomes suspicious."""

    def __init__(self, connection: extensions.connection) -> None:
        self._breaker: Breaker | None = None
        self._until = time.monotonic() + CONNECT_SECONDS
        if isinstance(connection, Connection):
            self._breaker, self._until = connection.breaker, deadline.moment()
        elif connection.status in ESTABLISHED:
            self._until = float("inf")  # a migration takes as long as it takes
        self._suspicious_from = min(self._until, time.monotonic() + SUSPICIOUS_SECONDS)

    def milliseconds(self) -> float:
        return min(SLICE_SECONDS, max(0.0, self._until - time.monotonic())) * 1000

    def check(self) -> None:
        now = time.monotonic()
        if self._breaker is not None:
            if now >= self._suspicious_from:
                self._breaker.suspect()
            if self._breaker.is_open:
                raise Unanswered("no answer, and none is to be expected")
        if now >= self._until:
            raise Unanswered("timeout expired: no answer in time")


def _bytes(value: Any, cursor: Any) -> bytes | None:
    return None if value is None else bytes(BINARY(value, cursor))


BINARY: Any = psycopg2.BINARY
extensions.register_type(one := extensions.new_type((BYTEA,), "BYTES", _bytes))
extensions.register_type(extensions.new_array_type((BYTEA_ARRAY,), "BYTES[]", one))
extensions.register_adapter(dict, Json)
extensions.set_wait_callback(_wait)
