"""The schema: numbered files of sql/migrations, forward only, each in a transaction of its own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from psycopg2.extensions import connection as Connection

from oauthsrv import places
from oauthsrv.store.database import Database, reading, sql, transaction

# Any number that nobody else uses in this database.
LOCK = 0x6F617574687372


class MigrationRefused(Exception):
    """The database and the files do not fit; the message says how."""


@dataclass(frozen=True)
class Migration:
    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def load(folder: Path) -> list[Migration]:
    return [
        Migration(int(path.stem.split("_", 1)[0]), path.stem, path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.sql"))
    ]


def migrate(database_url: str, folder: Path | None = None) -> list[str]:
    """Apply what is missing; the names of what was applied.

    Several processes may start at once: the lock is taken before anything is looked at,
    since even CREATE TABLE IF NOT EXISTS races with itself.
    """
    migrations = load(folder or places.SQL / "migrations")
    database = Database(database_url, waits_without_limit=True)
    try:
        with reading(database) as db:
            sql.migrations.lock(db, number=LOCK)
            sql.migrations.make_table(db)
            missing = _missing(db, migrations)
        for migration in missing:
            _apply(database, migration)
        return [migration.name for migration in missing]
    finally:
        database.close()  # which frees the lock


def _apply(database: Database, migration: Migration) -> None:
    with transaction(database) as db:
        with db.cursor() as cursor:
            cursor.execute(migration.text)
        sql.migrations.add(db, number=migration.number, name=migration.name, checksum=migration.checksum)


def _missing(db: Connection, migrations: list[Migration]) -> list[Migration]:
    applied = {row.number: row for row in sql.migrations.applied(db)}
    known = {migration.number for migration in migrations}
    for number, row in applied.items():
        if number not in known:
            raise MigrationRefused(
                f"the database has migration {row.name}, which this version does not know: use a newer one"
            )
    for migration in migrations:
        if migration.number in applied and applied[migration.number].checksum != migration.checksum:
            raise MigrationRefused(
                f"migration {migration.name} was changed after it had been applied: restore the file"
            )
    return [migration for migration in migrations if migration.number not in applied]
