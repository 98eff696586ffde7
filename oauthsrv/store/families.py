"""Families: the record of a row, and rotations of this process whose sealed successor is to be erased."""

import time
from collections import deque
from datetime import timedelta
from typing import Any

from oauthsrv.oauth.records import Family, known

# Housekeeping's walk along all families erases what exceeds this.
SEALED_AT_MOST = 200_000
MARGIN = 1.0  # seconds: PostgreSQL's clock is the one that counts


def family_record(row: Any, max_age: int) -> Family:
    lists = ("scopes", "resources", "rotations")
    # A lowered OAUTHSRV_REFRESH_MAX_AGE holds for families that exist already.
    expires_at = min(row.expires_at, row.created_at + timedelta(seconds=max_age))
    return Family(
        **known(Family, row._asdict())
        | {name: tuple(getattr(row, name)) for name in lists}
        | {"expires_at": expires_at}
    )


class Sealed:
    """Families that this process rotated, in the order in which their grace time ends (rule 5)."""

    def __init__(self) -> None:
        self._due: deque[tuple[float, str]] = deque(maxlen=SEALED_AT_MOST)

    def note(self, family_id: str, grace: float) -> None:
        if grace:
            self._due.append((time.monotonic() + grace + MARGIN, family_id))

    def return_all(self, family_ids: list[str]) -> None:
        self._due.extendleft((0.0, family_id) for family_id in family_ids)

    def take_due(self, at_most: int) -> list[str]:
        """Those whose time has come, in one order for all processes; they are forgotten here."""
        now = time.monotonic()
        taken: set[str] = set()
        while len(taken) < at_most and self._due and self._due[0][0] <= now:
            taken.add(self._due.popleft()[1])
        return sorted(taken)
