"""State: the only package that knows PostgreSQL and Redis."""

from __future__ import annotations


class StoreUnavailable(Exception):
    """PostgreSQL or Redis does not answer right now; handlers answer 503 with Retry-After."""


class TooLate(StoreUnavailable):
    """The request has waited too long already, so the store was not asked."""


class ValueTaken(Exception):
    """Another row already has this value, which must be unique."""


class CannotStart(Exception):
    """PostgreSQL or Redis can't be used: one line that names the setting, the reason, and what to do."""

    @classmethod
    def because(cls, setting: str, reason: str, remedy: str) -> CannotStart:
        return cls(f"{setting}: {reason.rstrip('. ')}. {remedy}.")
