"""When the older of an app's two secrets can be retired: one rule for all pages that speak of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from oauthsrv.pages import ago

UNUSED_FOR = timedelta(hours=24)  # then whoever used a secret has moved to the other one


class Secret(Protocol):
    """A row of the query register.secrets."""

    @property
    def hint(self) -> str: ...
    @property
    def last_used_at(self) -> datetime | None: ...
    @property
    def last_used_from(self) -> str | None: ...


class Advice(NamedTuple):
    """What to do about two secrets."""

    is_safe: bool  # to retire the older one
    text: str


def whether_to_retire(old: Secret, new: Secret, now: datetime) -> Advice:
    if new.last_used_at is None:
        return Advice(False, f"The new one (ending in {new.hint}) hasn’t been used yet. Switch your app to it.")
    if old.last_used_at is None:
        return Advice(True, f"The old one (ending in {old.hint}) was never used: safe to delete.")
    whence = f" from {old.last_used_from}" if old.last_used_from else ""
    last = f"The old one (ending in {old.hint}) was used {ago(old.last_used_at, now)}{whence}"
    if now - old.last_used_at < UNUSED_FOR:
        return Advice(False, f"{last}. Switch that part of your app to the new one before you delete the old one.")
    if new.last_used_at < old.last_used_at:
        return Advice(False, f"{last}, and the new one hasn’t been used since. Wait until your app uses the new one.")
    return Advice(True, f"The old one (ending in {old.hint}) hasn’t been used for 24 hours: safe to delete.")
