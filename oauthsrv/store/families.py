"""Families: the record of a row, and this process's rotations whose sealed successor is to be erased."""

import time
from collections import deque
from datetime import timedelta
from typing import Any

from oauthsrv.oauth.records import Family, known

# Housekeeping's walk through all families erases the rest.
SEALED_AT_MOST = 200_000
MARGIN = 1.0  # seconds, as PostgreSQL's clock decides


def family_record(row: Any, max_age: int) -> Family:
    lists = ("scopes", "resources", "rotations")
    # A lowered OAUTHSRV_REFRESH_MAX_AGE applies to existing families too.
    expires_at = min(row.expires_at, row.created_at + timedelta(seconds=max_age))
    return Family(
        **known(Family, row._asdict())
        | {name: tuple(getattr(row, name)) for name in lists}
        | {"expires_at": expires_at}
    )


class Sealed:
    """The families that this process rotated, in the order in which their grace time ends (rule 5)."""

    def __init__(self) -> None:
        self._due: deque[tuple[float, str]] = deque(maxlen=SEALED_AT_MOST)

    def note(self, family_id: str, grace: float) -> None:
        if grace:
            self._due.append((time.monotonic() + grace + MARGIN, family_id))

    def return_all(self, family_ids: list[str]) -> None:
        self._due.extendleft((0.0, family_id) for family_id in family_ids)

    def take_due(self, at_most: int) -> list[str]:
        """Remove and return the families that are due, in an order that is the same in all processes."""
        now = time.monotonic()
        taken: set[str] = set()
        while len(taken) < at_most and self._due and self._due[0][0] <= now:
            taken.add(self._due.popleft()[1])
        return sorted(taken)
