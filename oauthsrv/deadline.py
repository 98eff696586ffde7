"""The deadline of a request: every wait inside it draws on what remains (rule 8)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

Way = TypeVar("Way")
Made = TypeVar("Made")

# Of a request, from its arrival: a client gives up after two seconds, and what it is answered takes time too.
REQUEST_SECONDS = 1.8
# With less left than this nothing is begun: it would not be done in time, and a store would seem to hang that does not.
LEAST_SECONDS = 0.2
# Of each wait of a command or of housekeeping, which no client waits for.
UNHURRIED_SECONDS = 60.0

# The key of WSGI's environ under which the worker says when a request arrived, by the monotonic clock.
ARRIVED = "oauthsrv.arrived"


class _Mine(threading.local):
    until: float | None = None


_mine = _Mine()


@contextmanager
def until(moment: float) -> Iterator[None]:
    """This thread's waits end at `moment` of the monotonic clock."""
    earlier, _mine.until = _mine.until, moment
    try:
        yield
    finally:
        _mine.until = earlier


def within(seconds: float) -> AbstractContextManager[None]:
    return until(time.monotonic() + seconds)


def is_set() -> bool:
    """Whether somebody waits for what this thread does."""
    return _mine.until is not None


def moment() -> float:
    """When the wait that begins now must have ended."""
    return time.monotonic() + UNHURRIED_SECONDS if _mine.until is None else _mine.until


def is_near() -> bool:
    """Whether it is too late to begin anything."""
    return left() < LEAST_SECONDS


def left() -> float:
    """Seconds for the wait that begins now; not positive when the time is over."""
    return UNHURRIED_SECONDS if _mine.until is None else _mine.until - time.monotonic()


def in_turn(ways: Sequence[Way], attempt: Callable[[Way], Made], errors: tuple[type[Exception], ...]) -> Made:
    """What `attempt` makes of the first way that does not fail; each has its share of the time that is left."""
    for number, way in enumerate(ways[:-1]):
        with within(left() / (len(ways) - number)):
            try:
                return attempt(way)
            except errors:
                continue
    return attempt(ways[-1])
