"""The schema: the numbered files of sql/migrations, forward only, each in a transaction of its own."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import errors
from psycopg2.extensions import connection as Connection

from oauthsrv import places
from oauthsrv.store import CannotStart, database_check
from oauthsrv.store.database import sql

log = logging.getLogger(__name__)

# Any number that nothing else uses in this database.
LOCK = 0x6F617574687372

WAIT_SECONDS = 300.0  # for another process that migrates, or another session that uses a table
SAY_EVERY = 10.0

# A file's state before it was frozen, and what to do where that was applied; named by the start of its checksum.
EARLIER = places.SQL / "earlier"


@dataclass(frozen=True)
class Migration:
    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True)
class PendingStep:
    """A migration to apply, or to bring up to date if an earlier state of its file was applied."""

    migration: Migration
    text: str
    is_new: bool


def load(folder: Path) -> list[Migration]:
    return [
        Migration(int(path.stem.split("_", 1)[0]), path.stem, path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.sql"))
    ]


def migrate(database_url: str, folder: Path | None = None) -> list[str]:
    """Apply what is missing, set the time limits of sessions, and return the names of what was applied.

    Several processes may start at once: each step takes the lock first, and looks again. Raises CannotStart.
    """
    migrations = load(folder or places.SQL / "migrations")
    with closing(database_check.connect(database_url)) as db:
        try:
            server = database_check.check_server(db)
            applied = _apply_missing(db, server, migrations)
            _set_limits(db)
        except psycopg2.Error as error:
            raise database_check.refusal_in_sql(error, server.role, server.database) from error
    with closing(database_check.connect(database_url)) as db, db:
        database_check.check_limits(db)
    return applied


def _apply_missing(db: Connection, server: Any, migrations: list[Migration]) -> list[str]:
    applied: list[str] = []
    with db:
        is_missing = not sql.migrations.is_made(db) or _next(db, migrations) is not None
    if is_missing:
        database_check.check_may_create(server)
    while is_missing:
        step = _locked(db, lambda db: _perform_next(db, migrations))
        is_missing = step is not None
        if step is not None and step.is_new:
            applied.append(step.migration.name)
    return applied


def _perform_next(db: Connection, migrations: list[Migration]) -> PendingStep | None:
    sql.migrations.make_table(db)
    step = _next(db, migrations)
    if step is None:
        return None
    with db.cursor() as cursor:
        cursor.execute(step.text)
    number, checksum = step.migration.number, step.migration.checksum
    if step.is_new:
        sql.migrations.add(db, number=number, name=step.migration.name, checksum=checksum)
    else:
        sql.migrations.set_checksum(db, number=number, checksum=checksum)
    return step


def _next(db: Connection, migrations: list[Migration]) -> PendingStep | None:
    """The next step. Files applied in an earlier state come first, as later files build on the frozen one."""
    applied = {row.number: row for row in sql.migrations.applied(db)}
    known = {migration.number for migration in migrations}
    for number, row in applied.items():
        if number not in known:
            raise CannotStart(
                f"DATABASE_URL: the database has migration {row.name}, which this version does not know: "
                "use a newer version"
            )
    for migration in migrations:
        if migration.number in applied and applied[migration.number].checksum != migration.checksum:
            return PendingStep(migration, _update_of(migration, applied[migration.number].checksum), is_new=False)
    for migration in migrations:
        if migration.number not in applied:
            return PendingStep(migration, migration.text, is_new=True)
    return None


def _update_of(migration: Migration, checksum: str) -> str:
    path = EARLIER / f"{migration.name}.{checksum[:16]}.sql"
    if not path.is_file():
        raise CannotStart(
            f"DATABASE_URL: migration {migration.name} was changed after it had been applied: restore the file"
        )
    return path.read_text(encoding="utf-8")


@contextmanager
def _transaction(db: Connection) -> Iterator[None]:
    """A transaction like `with db`, which would also try to roll back a connection that a signal has closed."""
    try:
        yield
    except BaseException:
        if not db.closed:
            db.rollback()
        raise
    db.commit()


def _locked(db: Connection, work: Callable[[Connection], Any]) -> Any:
    """Do `work` in a transaction with the lock of all that migrate; tries again while another session holds a lock."""
    until = time.monotonic() + WAIT_SECONDS
    say_at = time.monotonic()
    while True:
        try:
            with _transaction(db):
                sql.migrations.wait_for_a_lock(db)
                sql.migrations.lock(db, number=LOCK)
                return work(db)
        except (errors.LockNotAvailable, errors.DeadlockDetected):
            if time.monotonic() > until:
                raise CannotStart(
                    "DATABASE_URL: the tables cannot be brought up to date: another session has held a lock for five "
                    "minutes. Find it with: SELECT pid, query FROM pg_stat_activity WHERE state <> 'idle';"
                ) from None
            if time.monotonic() >= say_at:
                log.warning("waiting for another session, to bring the tables up to date")
                say_at = time.monotonic() + SAY_EVERY


def _set_limits(db: Connection) -> None:
    with db:
        unlimited = database_check.limits_to_set(db)
    for limit in unlimited:
        # Refused to a role that acts for another one, and impossible on some systems: `check_limits` reports it.
        with suppress(errors.InsufficientPrivilege, errors.InvalidParameterValue):
            _locked(db, partial(database_check.set_limit, limit))
    if unlimited:
        with suppress(psycopg2.Error), db:
            sql.migrations.leave(db)
