"""Families without a user that this process used recently, so that their next token needs no PostgreSQL.

Their markers say whether they are still active, as revoking a family deletes its marker.
"""

import time
from typing import NamedTuple

KEPT_AT_MOST = 10_000
FOUND_AGAIN_EVERY = 1800.0  # seconds until its row notes again that it is in use


class OwnFamily(NamedTuple):
    client_id: str
    family_id: str
    grant_id: str
    epoch: int
    subject: None = None


class OwnFamilies:
    def __init__(self) -> None:
        self._kept: dict[tuple[str, bytes], tuple[float, OwnFamily]] = {}

    def find(self, client_id: str, epoch: int, key: bytes) -> OwnFamily | None:
        """The family of the client's epoch with that `own_key`, if it is known."""
        until, family = self._kept.get((client_id, key), (0.0, None))
        return family if family and family.epoch == epoch and time.monotonic() < until else None

    def note(self, family: OwnFamily, key: bytes) -> None:
        if len(self._kept) >= KEPT_AT_MOST:
            self._kept.pop(next(iter(self._kept.copy())), None)  # other threads change it too
        self._kept[(family.client_id, key)] = (time.monotonic() + FOUND_AGAIN_EVERY, family)
