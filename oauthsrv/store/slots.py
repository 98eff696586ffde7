"""How many requests may wait for PostgreSQL at the same time: checks of tokens need the other threads (rule 8)."""

from __future__ import annotations

import time
from queue import Empty, SimpleQueue

from oauthsrv import deadline

SECONDS = 0.4  # for another request to be done with its slot: PostgreSQL answers in milliseconds


class Slots:
    def __init__(self, threads: int) -> None:
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(max(1, threads - max(1, threads // 4))):
            self._free.put(None)
        self._moved_at = time.monotonic()

    def take(self) -> bool:
        """Whether there is one; while nothing moves, only the first few wait for one."""
        try:
            self._free.get_nowait()
        except Empty:
            if time.monotonic() - self._moved_at > SECONDS or not self._wait():
                return False
        self._moved_at = time.monotonic()
        return True

    def give_back(self) -> None:
        self._moved_at = time.monotonic()
        self._free.put(None)

    def _wait(self) -> bool:
        try:
            self._free.get(timeout=max(0.0, min(SECONDS, deadline.left())))
        except Empty:
            return False
        return True
