"""The deadline of a request: each of its waits takes from the time that is left (rule 8)."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

Way = TypeVar("Way")
Made = TypeVar("Made")

# Per request, from its arrival: a client gives up after two seconds, and the response takes time too.
REQUEST_SECONDS = 1.8
# With less time left nothing is started: it would not finish, and the store would seem to hang.
LEAST_SECONDS = 0.2
# For each wait of a command or of housekeeping, which no client waits for.
UNHURRIED_SECONDS = 60.0

# The key in WSGI's environ for the moment when a request arrived, by the monotonic clock.
ARRIVED = "oauthsrv.arrived"
# The key that marks a body over the limit: it is dropped, and the request refused.
TOO_LARGE = "oauthsrv.too_large"


class _OfThread(threading.local):
    until: float | None = None


_thread = _OfThread()


class until:
    """A block in which this thread's waits end at `moment` of the monotonic clock."""

    __slots__ = ("_earlier", "_moment")

    def __init__(self, moment: float) -> None:
        self._moment = moment

    def __enter__(self) -> None:
        self._earlier, _thread.until = _thread.until, self._moment

    def __exit__(self, *_error: object) -> None:
        _thread.until = self._earlier


def within(seconds: float) -> until:
    return until(time.monotonic() + seconds)


def is_set() -> bool:
    """Whether a request waits for this thread."""
    return _thread.until is not None


def moment() -> float:
    """The end of a wait that begins now."""
    until = _thread.until
    return time.monotonic() + UNHURRIED_SECONDS if until is None else until


def is_near() -> bool:
    """Whether it is too late to start anything."""
    until = _thread.until
    return until is not None and until - time.monotonic() < LEAST_SECONDS


def left() -> float:
    """Seconds for a wait that begins now; zero or less when time is up."""
    until = _thread.until
    return UNHURRIED_SECONDS if until is None else until - time.monotonic()


def in_turn(ways: Sequence[Way], attempt: Callable[[Way], Made], errors: tuple[type[Exception], ...]) -> Made:
    """The result of `attempt` for the first of `ways` that does not fail; each gets a share of the time left."""
    for number, way in enumerate(ways[:-1]):
        with within(left() / (len(ways) - number)):
            try:
                return attempt(way)
            except errors:
                continue
    return attempt(ways[-1])
