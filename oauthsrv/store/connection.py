"""One connection to PostgreSQL, whose waits end at a deadline, and whose transactions need few messages.

psycopg2 calls `_wait` for everything it waits for, also while connecting. libpq's own time limits don't help: either
the server has to keep them, and one that hangs doesn't, or they start over for each host (`connect_timeout`).
"""

import json
import select
import time
from typing import Any

import psycopg2
from psycopg2 import extensions
from psycopg2.extras import Json, NamedTupleCursor

from oauthsrv import deadline
from oauthsrv.store.breaker import Breaker
from oauthsrv.store.prepared import Prepared

# Longer than the server's own statement_timeout, so a working server would have answered by now.
SUSPICIOUS_SECONDS = 1.3
CONNECT_SECONDS = 10.0  # for the connections of the start itself
# While connecting, a connection has further states, of which psycopg2 names only the first.
ESTABLISHED = (extensions.STATUS_READY, extensions.STATUS_BEGIN, extensions.STATUS_PREPARED)
SLICE_SECONDS = 0.1  # how late a wait may notice that the breaker opened

# The text of a query → its prepared statement, and the type of its rows, whose columns cannot change.
PREPARED: dict[str, Prepared] = {}
ROW_TYPES: dict[str, Any] = {}

# PostgreSQL's numbers of these types. psycopg2 would make memoryviews, which never equal bytes.
BYTEA, BYTEA_ARRAY = 17, 1001
JSONB = 3802


class Unanswered(psycopg2.OperationalError):
    """PostgreSQL gave no answer within the deadline."""


class Connection(extensions.connection):
    """A connection in psycopg2's autocommit mode, as psycopg2 would send separate messages for BEGIN and COMMIT."""

    def __init__(self, dsn: str, **options: Any) -> None:
        self.breaker: Breaker | None = None
        self.before = ""  # sent in one message with the next statement
        self.in_transaction = False
        self.decides = False  # what it waits for may be committed: nobody gives it up before its deadline
        self.prepared: set[str] = set()  # names
        self.is_pooled = False
        self.reader: select.poll | None = None  # waits for an answer, once the connection is established
        # PostgreSQL's clock minus ours, and when that was measured.
        self.clock = 0.0
        self.clock_read_at = float("-inf")
        super().__init__(dsn, **options)

    def established(self) -> None:
        """Prepare to wait for answers: the socket stays the same from now on."""
        self.autocommit = True
        self.reader = select.poll()
        self.reader.register(self.fileno(), select.POLLIN)

    def commit(self) -> None:
        """Commit also in autocommit, where psycopg2's own does nothing."""
        with self.cursor() as cursor:
            cursor.execute("COMMIT")


class Cursor(NamedTupleCursor):
    connection: Connection
    query_text = ""

    def execute(self, query: Any, vars: Any = None) -> None:
        self.query_text, self.Record = query, ROW_TYPES.get(query)
        self._send(self.text_of(query, vars), vars)

    def _make_nt(self) -> Any:
        made = super()._make_nt()  # type: ignore[misc]
        if self.query_text in PREPARED:
            ROW_TYPES[self.query_text] = made
        return made

    def text_of(self, query: str, vars: Any) -> str:
        """The text that runs the query: EXECUTE, if it can be prepared, which happens at its first use in a connection.

        Not behind a pooler, where a connection is many sessions, each of which would keep the statement for others.
        """
        db, statement = self.connection, PREPARED.get(query)
        if statement is None or db.is_pooled:
            return query
        if statement.name not in db.prepared:
            self._send(statement.prepare)
            db.prepared.add(statement.name)
        return statement.execute(vars)

    def _send(self, query: str, vars: Any = None) -> None:
        db = self.connection
        if db.before:
            query = f"{db.before}{query}"
        try:
            extensions.cursor.execute(self, query, vars)  # the class between would forget the type of the rows
        finally:
            # If values cannot be encoded, nothing was sent, and the transaction has not begun.
            if db.in_transaction and db.get_transaction_status() != extensions.TRANSACTION_STATUS_IDLE:
                db.before = ""


def _wait(connection: extensions.connection) -> None:
    """Wait until there is an answer; psycopg2 closes the connection after an exception."""
    state = connection.poll()
    reader = getattr(connection, "reader", None)
    if state == extensions.POLL_READ and reader and reader.poll(min(SLICE_SECONDS, max(0.0, deadline.left())) * 1000):
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
    """How long an answer that did not come at once is waited for, and when its absence becomes suspicious."""

    def __init__(self, connection: extensions.connection) -> None:
        self._breaker: Breaker | None = None
        self._decides = False
        self._until = time.monotonic() + CONNECT_SECONDS
        if isinstance(connection, Connection):
            self._breaker, self._until = connection.breaker, deadline.moment()
            self._decides = connection.decides
        elif connection.status in ESTABLISHED:
            self._until = float("inf")  # a migration takes as long as it takes
        self._suspicious_from = min(self._until, time.monotonic() + SUSPICIOUS_SECONDS - SLICE_SECONDS)

    def milliseconds(self) -> float:
        return min(SLICE_SECONDS, max(0.0, self._until - time.monotonic())) * 1000

    def check(self) -> None:
        now = time.monotonic()
        if self._breaker is not None:
            if now >= self._suspicious_from:
                self._breaker.suspect()
            if self._breaker.is_open and not self._decides:
                raise Unanswered("no answer, and the breaker is open")
        if now >= self._until:
            raise Unanswered("timeout expired: no answer in time")


def _bytes(value: Any, cursor: Any) -> bytes | None:
    return None if value is None else bytes(BINARY(value, cursor))


def _json(value: Any, cursor: Any) -> Any:
    return None if value is None else decode_json(value)[0]


BINARY: Any = psycopg2.BINARY
decode_json = json.JSONDecoder().raw_decode  # PostgreSQL writes no spaces around the value, so none are looked for
extensions.register_type(one := extensions.new_type((BYTEA,), "BYTES", _bytes))
extensions.register_type(extensions.new_array_type((BYTEA_ARRAY,), "BYTES[]", one))
extensions.register_type(extensions.new_type((JSONB,), "JSON", _json))
extensions.register_adapter(dict, Json)
extensions.set_wait_callback(_wait)
