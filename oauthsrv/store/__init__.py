"""State: the only package that knows PostgreSQL and Redis."""

from __future__ import annotations


class StoreUnavailable(Exception):
    """PostgreSQL or Redis gives no answer right now; handlers answer 503 with Retry-After."""


class TooLate(StoreUnavailable):
    """The request had waited too long already: the store was not asked."""


class ValueTaken(Exception):
    """Another row has this value already, which only one may have."""


class CannotStart(Exception):
    """What PostgreSQL or Redis refuses: one line that names the setting, the reason, and what to do."""

    @classmethod
    def because(cls, setting: str, reason: str, remedy: str) -> CannotStart:
        return cls(f"{setting}: {reason.rstrip('. ')}. {remedy}.")
