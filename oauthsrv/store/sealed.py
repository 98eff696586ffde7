"""Rotations of this process whose sealed successor is to be erased when the grace time is over (rule 5)."""

from __future__ import annotations

import time
from collections import deque

# Beyond that the walk along all families erases what was not remembered.
KEPT_AT_MOST = 200_000
MARGIN = 1.0  # seconds: PostgreSQL's clock is the one that counts


class Sealed:
    """Families in the order in which their grace time ends, which is the same for all of a process."""

    def __init__(self) -> None:
        self._due: deque[tuple[float, str]] = deque(maxlen=KEPT_AT_MOST)

    def note(self, family_id: str, grace: float) -> None:
        if grace:
            self._due.append((time.monotonic() + grace + MARGIN, family_id))

    def put_back(self, family_ids: list[str]) -> None:
        self._due.extendleft((0.0, family_id) for family_id in family_ids)

    def take_due(self, at_most: int) -> list[str]:
        """Those whose time has come, in one order for all processes; they are forgotten here."""
        now = time.monotonic()
        taken: set[str] = set()
        while len(taken) < at_most and self._due and self._due[0][0] <= now:
            taken.add(self._due.popleft()[1])
        return sorted(taken)
