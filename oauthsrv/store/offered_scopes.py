"""The scopes that metadata lists, as this process last read them: whoever reads metadata waits for no database."""

from __future__ import annotations

from oauthsrv.store.database import Database, reading, sql


class OfferedScopes:
    """Known when the process starts; read after each of its own changes, and by housekeeping every two seconds."""

    def __init__(self, database: Database, known: tuple[str, ...] | None = None) -> None:
        self._database = database
        self._latest = known or ()
        if known is None:
            self.refresh()

    def latest(self) -> tuple[str, ...]:
        """In the order they are shown, without those that were retired."""
        return self._latest

    def refresh(self) -> None:
        """Raises StoreUnavailable, and keeps what was known."""
        with reading(self._database) as db:
            self._latest = tuple(row.scope for row in sql.scopes.every(db) if not row.retired)
