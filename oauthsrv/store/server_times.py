"""How long this server took for each client's requests: counted in the process, written to PostgreSQL in batches.

Only requests proved to be the client's count, or anyone could change what its developers see.
"""

import threading
import time
from bisect import bisect_left
from itertools import islice
from typing import Any

from oauthsrv.store.database import Database, sql, transaction

BATCH = 500
KEPT_AT_MOST = 10_000  # keys, while PostgreSQL is away
HOUR = 3600
# Milliseconds. A row's places count the requests that took up to each of these, and the last one those that took
# longer, so only ever add at the end.
BOUNDS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 1800)
SECONDS = tuple(bound / 1000 for bound in BOUNDS)


Key = tuple[str, int, str]  # the client, the hour as a Unix time, the endpoint


class ServerTimes:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._counts: dict[Key, list[int]] = {}

    def note(self, client_id: str, endpoint: str, seconds: float, *, at: float | None = None) -> None:
        """Count a request, made `at` a Unix time, or now."""
        hour = int(time.time() if at is None else at) // HOUR * HOUR
        key, place = (client_id, hour, endpoint), bisect_left(SECONDS, seconds)
        with self._lock:
            counts = self._counts.get(key)
            if counts is None:
                if len(self._counts) >= KEPT_AT_MOST:
                    return
                counts = self._counts[key] = [0] * (len(BOUNDS) + 1)
            counts[place] += 1

    def flush(self) -> None:
        """Write what was noted; what cannot be written is kept for the next time."""
        while batch := self._take():
            try:
                with transaction(self._database) as db:
                    sql.server_times.add(db, **_columns(batch))
            except Exception:
                self._keep(batch)
                raise

    def _take(self) -> dict[Key, list[int]]:
        with self._lock:
            return {key: self._counts.pop(key) for key in list(islice(self._counts, BATCH))}

    def _keep(self, batch: dict[Key, list[int]]) -> None:
        with self._lock:
            for key, counts in batch.items():
                newer = self._counts.get(key, [0] * len(counts))
                self._counts[key] = [one + other for one, other in zip(counts, newer, strict=True)]


def _columns(batch: dict[Key, list[int]]) -> dict[str, list[Any]]:
    client_ids, hours, endpoints = map(list, zip(*batch, strict=True))
    return {
        "client_ids": client_ids,
        "hours": hours,
        "endpoints": endpoints,
        # As text, as an array's arrays would need to have one length.
        "counts": ["{" + ",".join(map(str, counts)) + "}" for counts in batch.values()],
    }


def quantile(counts: list[int], share: float) -> int | None:
    """The least of BOUNDS, in milliseconds, that this share of the requests did not exceed; None if all are less."""
    left = share * sum(counts)
    for bound, count in zip(BOUNDS, counts, strict=False):
        left -= count
        if left <= 0:
            return bound
    return None
