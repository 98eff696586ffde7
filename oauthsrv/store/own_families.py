"""Families without a user that this process found lately, so that their next token needs no PostgreSQL.

Whether one is still active, its marker says: whoever revokes it deletes that.
"""

import time
from typing import NamedTuple

KEPT_AT_MOST = 10_000
FOUND_AGAIN_EVERY = 1800.0  # seconds: then its row notes that it is in use


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
        """That of the client's epoch, with the `own_key` of its row."""
        until, family = self._kept.get((client_id, key), (0.0, None))
        return family if family and family.epoch == epoch and time.monotonic() < until else None

    def note(self, family: OwnFamily, key: bytes) -> None:
        if len(self._kept) >= KEPT_AT_MOST:
            self._kept.pop(next(iter(self._kept)), None)
        self._kept[(family.client_id, key)] = (time.monotonic() + FOUND_AGAIN_EVERY, family)
