"""Marks of last use: noted in the process, written to PostgreSQL in batches."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from oauthsrv.store.database import Database, sql, transaction

BATCH = 500  # an exchange waits for one batch's grants
DAY = 86_400  # seconds
KEPT_AT_MOST = 100_000  # of each kind, while PostgreSQL is away


class Mark(NamedTuple):
    at: float  # Unix time
    address: str
    calls: int = 0  # since the last flush


class Marks:
    """When and from where each grant and each client secret was last used, and the calls made with each grant; which
    self-registered clients got a token today."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._grants: dict[Any, Mark] = {}
        self._secrets: dict[Any, Mark] = {}
        self._clients: dict[Any, Mark] = {}
        self._today = (0, set[str]())  # the day, and the clients noted on it

    def grant_used(self, grant_id: str, address: str, calls: int = 1) -> None:
        self._note(self._grants, grant_id, address, calls)

    def secret_used(self, secret_hash: bytes, address: str) -> None:
        self._note(self._secrets, secret_hash, address)

    def client_used(self, client_id: str) -> None:
        """Note that the client got a token. Cheap, except for its first on a day in this process."""
        day, known = int(time.time()) // DAY, self._today
        if known[0] != day or len(known[1]) >= KEPT_AT_MOST:
            known = self._today = (day, set())
        if client_id not in known[1]:
            known[1].add(client_id)
            self._note(self._clients, client_id, "")

    def flush(self) -> Iterator[None]:
        """Write what was noted, in batches; what cannot be written is kept for the next time."""
        yield from self._write(self._grants, sql.grants.note_used)
        yield from self._write(self._secrets, lambda db, calls, **marks: sql.clients.note_secrets_used(db, **marks))
        yield from self._write(self._clients, lambda db, keys, **_: sql.clients.note_used(db, client_ids=keys))

    def _write(self, marks: dict[Any, Mark], note: Callable[..., int]) -> Iterator[None]:
        while batch := self._take(marks):
            try:
                with transaction(self._database) as db:
                    times, addresses, calls = zip(*batch.values(), strict=True)
                    note(db, keys=list(batch), times=list(times), addresses=list(addresses), calls=list(calls))
            except Exception:
                self._keep(marks, batch)
                raise
            yield

    def _take(self, marks: dict[Any, Mark]) -> dict[Any, Mark]:
        with self._lock:
            return dict(marks.popitem() for _ in range(min(BATCH, len(marks))))

    def _keep(self, marks: dict[Any, Mark], batch: dict[Any, Mark]) -> None:
        """Put back what could not be written. A mark noted since then is later, and stays."""
        with self._lock:
            for key, mark in batch.items():
                newer = marks.get(key)
                marks[key] = newer._replace(calls=newer.calls + mark.calls) if newer else mark

    def _note(self, marks: dict[Any, Mark], key: str | bytes, address: str, calls: int = 0) -> None:
        with self._lock:
            known = marks.get(key)
            if known is not None or len(marks) < KEPT_AT_MOST:
                marks[key] = Mark(time.time(), address, known.calls + calls if known else calls)
