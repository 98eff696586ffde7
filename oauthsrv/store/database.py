"""PostgreSQL: a connection for each thread, transactions, and the named queries of sql/queries."""

import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from types import SimpleNamespace
from typing import Any, NoReturn

import aiosql
import aiosql.query_loader
import psycopg2
from aiosql.adapters.pyformat import PyFormatAdapter
from psycopg2 import errors
from psycopg2.extensions import parse_dsn

from oauthsrv import deadline, places
from oauthsrv.store import StoreUnavailable, TooLate, ValueTaken
from oauthsrv.store.breaker import PROBE_SECONDS, Breaker, Slots
from oauthsrv.store.connection import PREPARED, Connection, Cursor, Unanswered
from oauthsrv.store.prepared import prepared
from oauthsrv.store.resolver import addresses

log = logging.getLogger(__name__)

# Sent to libpq unless DATABASE_URL says otherwise. No `options`, which poolers refuse.
DEFAULTS = {
    "application_name": "oauthsrv",
    "target_session_attrs": "read-write",  # never a replica, which may not know what was revoked
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "5000",
}
CONNECT_SECONDS = 10.0  # at most, when no request waits
CLOCK_SECONDS = 60.0  # that a measured difference between PostgreSQL's clock and ours is trusted

# The server or the connection failed. Statements that are wrong or violate a constraint are the caller's errors.
UNAVAILABLE = (psycopg2.OperationalError, psycopg2.InternalError, psycopg2.InterfaceError, OSError)


class NotCommitted(Exception):
    """A rehearsal reached its first write, or the end of a transaction."""


class _ThreadConnection(threading.local):
    connection: Connection | None = None
    losses = -1
    depth = 0
    has_slot = False
    rehearses = False


class Database:
    """One connection per thread that needs one, replaced when it is lost."""

    def __init__(self, url: str, *, threads: int = 16) -> None:
        self._targets = targets(url)
        self._mine = _ThreadConnection()
        self._all: weakref.WeakSet[Connection] = weakref.WeakSet()
        self._losses = 0
        self._slots = Slots(threads)
        self.breaker = Breaker("PostgreSQL", self._probe)
        self.waits_for_disk = True  # at each commit; never False while requests are served

    def take(self) -> Connection:
        """This thread's connection, until `give_back`. Raises StoreUnavailable."""
        mine = self._mine
        if mine.depth == 0:
            self.breaker.check()
            if deadline.is_near():
                raise TooLate("PostgreSQL: the request has waited too long already")
            if deadline.is_set():
                if not self._slots.take():
                    self.breaker.suspect()
                    raise StoreUnavailable("PostgreSQL: too many requests are waiting for it already")
                mine.has_slot = True
        mine.depth += 1
        try:
            return self._connected(mine)
        except BaseException as error:
            self.give_back()
            if isinstance(error, UNAVAILABLE):
                raise self.unavailable(error) from error
            raise

    def give_back(self) -> None:
        mine = self._mine
        mine.depth -= 1
        if mine.depth == 0 and mine.has_slot:
            mine.has_slot = False
            self._slots.give_back()

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Let this thread's transactions do everything but commit, and its other statements only read.

        Raises NotCommitted at the first that would have succeeded.
        """
        self._mine.rehearses = True
        try:
            yield
        finally:
            self._mine.rehearses = False

    @property
    def rehearses(self) -> bool:
        return self._mine.rehearses

    @property
    def is_nested(self) -> bool:
        return self._mine.depth > 1

    def unavailable(self, error: Exception, held: Connection | None = None) -> StoreUnavailable:
        """The error for the caller; a connection that broke, or leads to a replica, is not used again."""
        if isinstance(error, errors.ReadOnlySqlTransaction) and held is not None:
            held.close()
        if isinstance(error, Unanswered):
            self.breaker.suspect()  # it may be this process, or one row: only if the probe gets no answer either …
        elif held is None or held.closed:
            self._losses += 1  # the other threads' connections are older than that, and are replaced too
            self.breaker.suspect()
        return StoreUnavailable(f"PostgreSQL: {str(error).strip()}")

    def before(self) -> str:
        """Text to send before a statement; empty in a request, where limits set on the role or database apply."""
        if deadline.is_set():
            return ""
        return str(sql.deadlines.no_request.sql + ("" if self.waits_for_disk else sql.deadlines.no_disk.sql))

    def close(self) -> None:
        self.breaker.close()
        for held in list(self._all):
            held.close()

    def _connected(self, mine: _ThreadConnection) -> Connection:
        held = mine.connection
        if held is not None:
            if not held.closed and (mine.losses == self._losses or mine.depth > 1):
                return held
            held.close()
        # Read before connecting, so that a loss noticed during that isn't taken for this connection's.
        mine.losses = self._losses
        made = mine.connection = self._connect()
        made.breaker = self.breaker
        self._all.add(made)
        return made

    def _connect(self) -> Connection:
        """Connect to the first host that accepts; each gets its share of the remaining time."""
        with deadline.until(min(deadline.moment(), time.monotonic() + CONNECT_SECONDS)):
            return deadline.in_turn(self._targets, self._connect_to, UNAVAILABLE)

    def _connect_to(self, host: dict[str, str]) -> Connection:
        made = deadline.in_turn(ways_to(host), _connect_by, UNAVAILABLE)
        made.established()
        made.is_pooled = sql.deadlines.process(made) != made.get_backend_pid()
        self._targets = [host, *(other for other in self._targets if other is not host)]
        return made

    def _probe(self) -> None:
        with deadline.within(PROBE_SECONDS):
            try:
                with closing(self._connect()) as made:
                    sql.deadlines.clock(made)
            except Unanswered as error:
                self._losses += 1  # … the server hangs, and may be another one when it answers again
                raise StoreUnavailable(str(error)) from error
            except UNAVAILABLE as error:
                log.warning("PostgreSQL: %s", str(error).strip())


def targets(url: str) -> list[dict[str, str]]:
    """Connection parameters, one set per host, as libpq would spend the whole timeout on the first one."""
    given = DEFAULTS | parse_dsn(url) | {"client_encoding": "UTF8"}
    lists = {name: given[name].split(",") for name in ("host", "hostaddr", "port") if given.get(name)}
    count = max((len(values) for name, values in lists.items() if name != "port"), default=1)
    if count == 1 or given["target_session_attrs"] == "prefer-standby":
        return [given]
    each = {name: values * count if len(values) == 1 else values for name, values in lists.items()}
    return [given | {name: values[number] for name, values in each.items()} for number in range(count)]


def ways_to(host: dict[str, str]) -> list[dict[str, str]]:
    """One set per address of the host's name, so that libpq calls no resolver; certificates still have to match it."""
    name = host.get("host", "")
    if not name or name.startswith(("/", "@")) or "," in name or host.get("hostaddr"):
        return [host]
    try:
        return [host | {"hostaddr": address} for address in addresses(name)]
    except TimeoutError as error:
        raise Unanswered(str(error)) from error


def _connect_by(way: dict[str, str]) -> Connection:
    return psycopg2.connect(connection_factory=Connection, cursor_factory=Cursor, **way)


@contextmanager
def transaction(database: Database) -> Iterator[Connection]:
    """Do all or nothing; leaving the block releases the locked rows and makes the changes visible.

    In a request nothing is committed after the request's deadline, even if PostgreSQL reads late what was sent.
    """
    with _guarded(database) as db:
        assert not db.in_transaction, "a transaction within a transaction"
        db.before, db.in_transaction = f"BEGIN;{database.before()}", True
        try:
            yield db
            if database.rehearses:
                raise NotCommitted
            _commit(db)
        except BaseException:
            _roll_back(db)
            raise
        finally:
            db.before, db.in_transaction = "", False


@contextmanager
def reading(database: Database) -> Iterator[Connection]:
    """Run single statements, each a transaction of its own."""
    with _guarded(database) as db:
        if db.in_transaction or (database.rehearses and database.is_nested):
            yield db
            return
        rehearses = database.rehearses
        db.before = "BEGIN READ ONLY;" if rehearses else database.before()
        try:
            yield db
        finally:
            db.before = ""
            if rehearses:
                _roll_back(db)


@contextmanager
def _guarded(database: Database) -> Iterator[Connection]:
    db = database.take()
    try:
        yield db
    except (psycopg2.Error, OSError) as error:
        _raise_ours(database, db, error)
    finally:
        database.give_back()


def decide(database: Database, query: Callable[..., Any], **values: Any) -> Any:
    """The result of a single statement, which is a transaction of its own and changes nothing after the deadline.

    The statement gets the request's deadline as `deadline`, in Unix time of PostgreSQL.
    """
    db = database.take()
    try:
        assert not (db.in_transaction or database.rehearses), "it would decide at once"
        db.before = database.before()
        until = _deadline_by_its_clock(db)
        db.decides = True
        found = query(db, deadline=until, **values)
        if found is None:
            db.clock_read_at = float("-inf")  # one of the clocks may have been changed
        return found
    except (psycopg2.Error, OSError) as error:
        _raise_ours(database, db, error)
    finally:
        db.before, db.decides = "", False
        database.give_back()


def _raise_ours(database: Database, db: Connection, error: Exception) -> NoReturn:
    if isinstance(error, errors.UniqueViolation):
        raise ValueTaken from error
    # Without an error code, the connection was cut in the middle of a response.
    if isinstance(error, UNAVAILABLE) or type(error) is psycopg2.DatabaseError:
        raise database.unavailable(error, db) from error
    raise error


def _commit(db: Connection) -> None:
    if db.before:
        return  # no statement was sent
    cursor: Cursor
    with db.cursor() as cursor:  # type: ignore[assignment]
        if not deadline.is_set():
            cursor.execute("COMMIT")
            return
        values = {"deadline": _deadline_by_its_clock(db)}
        check = cursor.text_of(sql.deadlines.cancel_after.sql, values).rstrip().rstrip(";")
        db.decides = True
        try:
            cursor.execute(f"{check};COMMIT", values)
        except errors.QueryCanceled:
            db.clock_read_at = float("-inf")  # one of the clocks may have been changed
            raise
        finally:
            db.decides = False


def _roll_back(db: Connection) -> None:
    if db.closed or db.before:
        return
    if deadline.left() <= 0:
        db.close()  # which also rolls back, and needs no answer
        return
    try:
        with db.cursor() as cursor:
            cursor.execute("ROLLBACK")
    except UNAVAILABLE:
        db.close()


def _deadline_by_its_clock(db: Connection) -> float:
    """This request's deadline as Unix time of PostgreSQL.

    The clock difference is measured when the answer arrives, so the time the answer took makes it too small: better too
    early than too late. It compares wall clocks, which both move on while a machine sleeps.
    """
    now = time.time()
    if not 0 <= now - db.clock_read_at < CLOCK_SECONDS:
        its_now = sql.deadlines.clock(db).timestamp()
        now = db.clock_read_at = time.time()
        db.clock = its_now - now
    return float(now + deadline.left() + db.clock)


class _Adapter(PyFormatAdapter):
    """Runs queries; aiosql's own returns rows from a generator, which would run after its transaction has ended."""

    def select(  # type: ignore[override]
        self, conn: Connection, query_name: str, sql: str, parameters: Any, record_class: Any = None
    ) -> list[Any]:
        return self._done(conn, sql, parameters).fetchall()  # type: ignore[no-any-return]

    def select_one(self, conn: Connection, query_name: str, sql: str, parameters: Any, record_class: Any = None) -> Any:
        return self._done(conn, sql, parameters).fetchone()

    def _done(self, conn: Connection, sql: str, parameters: Any) -> Any:
        cursor = conn.cursor()
        cursor.execute(sql, parameters)
        return cursor


def _load() -> SimpleNamespace:
    """Load each file of sql/queries as a namespace: `sql.clients.find(db, client_id=…)`."""
    # It takes a seventh of a start, and PostgreSQL takes comments as they are.
    aiosql.query_loader._remove_ml_comments = str  # type: ignore[assignment]
    adapter: Callable[..., Any] = _Adapter
    return SimpleNamespace(
        **{path.stem: aiosql.from_path(path, adapter) for path in sorted((places.SQL / "queries").glob("*.sql"))}
    )


sql: Any = _load()
PREPARED.update(
    {query.sql: prepared(query.sql) for query in (sql.families.rotate, sql.families.add, sql.deadlines.cancel_after)}
)
