"""Marks of last use: noted in the process, written to PostgreSQL in batches."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from oauthsrv.store.database import Database, sql, transaction

BATCH = 1000
KEPT_AT_MOST = 100_000  # of each kind, while PostgreSQL is away


class Marks:
    """When each grant and each client secret was last used; the latest mark of each is enough."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._grants: dict[Any, float] = {}
        self._secrets: dict[Any, float] = {}

    def grant_used(self, grant_id: str) -> None:
        self._note(self._grants, grant_id)

    def secret_used(self, secret_hash: bytes) -> None:
        self._note(self._secrets, secret_hash)

    def flush(self) -> None:
        """Write what was noted; what cannot be written is kept for the next time."""
        self._write(self._grants, sql.grants.note_used)
        self._write(self._secrets, sql.clients.note_secrets_used)

    def _write(self, marks: dict[Any, float], note: Callable[..., int]) -> None:
        while batch := self._take(marks):
            try:
                with transaction(self._database) as db:
                    note(db, keys=list(batch), times=list(batch.values()))
            except Exception:
                with self._lock:
                    marks.update(batch | marks)  # a mark made meanwhile is the later one
                raise

    def _take(self, marks: dict[Any, float]) -> dict[Any, float]:
        with self._lock:
            return dict(marks.popitem() for _ in range(min(BATCH, len(marks))))

    def _note(self, marks: dict[Any, float], key: str | bytes) -> None:
        with self._lock:
            if len(marks) < KEPT_AT_MOST or key in marks:
                marks[key] = time.time()
