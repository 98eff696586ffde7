"""How often something may happen: the table of limits, and their counters in Redis (kind l).

A window begins with the first attempt and ends by itself: its expiry is set at its creation alone, so
who goes on trying is not locked out for ever. What is taken before the attempt is given back when it
succeeds, so a hundred attempts at once cannot all slip through before the first of them is counted.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from redis.client import Pipeline

from oauthsrv.oauth.credentials import digest

if TYPE_CHECKING:
    from oauthsrv.store.redis import Redis


class Limit(NamedTuple):
    most: int
    seconds: int
    counts: str


LIMITS = {
    # Failures, given back where there was none.
    "login_account": Limit(10, 900, "failed sign-ins to one e-mail, from browsers that never signed in to it"),
    "login_browser": Limit(10, 900, "failed sign-ins of one browser to an account it signed in to before"),
    "login_address": Limit(100, 900, "failed sign-ins from one address"),
    "signup_address": Limit(50, 3600, "sign-ups from one address with an e-mail that has an account already"),
    "confirm_user": Limit(10, 900, "wrong passwords of somebody signed in, who is asked for it again"),
    "proof_address": Limit(100, 60, "failed client authentications from one address; a right one is never held up"),
    # Use, of a client that proved itself. An administrator can set another number for each client.
    "calls": Limit(1000, 3600, "calls at APIs with tokens of one client"),
    "share": Limit(1000, 3600, "calls at APIs with tokens of one grant, where its client shares its calls out"),
    "token": Limit(6000, 60, "requests of one client at the token endpoint"),
}


class Window(NamedTuple):
    """How a limit stands after an attempt was counted."""

    name: str
    most: int
    seconds: int
    counted: int
    resets_in: int  # seconds, at least 1

    @property
    def is_over(self) -> bool:
        return self.counted > self.most

    @property
    def left(self) -> int:
        return max(0, self.most - self.counted)


class TooMany(Exception):
    """The limit is reached; its window ends in `retry_after` seconds."""

    def __init__(self, window: Window) -> None:
        super().__init__(window.name)
        self.window = window
        self.retry_after = window.resets_in


class Taken(NamedTuple):
    key: bytes
    seconds: int
    until: float  # by this process's monotonic clock: the end of the window it was taken in


def key_of(redis: Redis, name: str, whom: str) -> bytes:
    # Hashed, as a name may be somebody's e-mail, and may be long.
    return redis.key("l", f"{name}:{digest(whom).hex()}")


def count_in(pipe: Pipeline, key: bytes, name: str, cost: int = 1) -> None:
    """Three commands of a pipeline; `window` reads their answers."""
    pipe.set(key, 0, ex=LIMITS[name].seconds, nx=True)
    pipe.incrby(key, cost)
    pipe.ttl(key)


def window(name: str, answers: list[int], most: int | None = None) -> Window:
    limit = LIMITS[name]
    _, counted, resets_in = answers
    return Window(name, limit.most if most is None else most, limit.seconds, counted, max(1, resets_in))


def count(redis: Redis, name: str, whom: str, *, cost: int = 1, most: int | None = None) -> Window:
    """Counts one attempt, in one atomic round trip; `most` where it is not the table's."""
    pipe = redis.connection().pipeline(transaction=True)
    count_in(pipe, key_of(redis, name, whom), name, cost)
    return window(name, pipe.execute(), most)


def take(redis: Redis, name: str, whom: str) -> Taken:
    """Counts one attempt that may be given back; raises TooMany when there were as many as may be."""
    counted = count(redis, name, whom)
    if counted.is_over:
        raise TooMany(counted)
    return Taken(key_of(redis, name, whom), counted.seconds, time.monotonic() + counted.resets_in)


def give_back(redis: Redis, *taken: Taken) -> None:
    """The attempt did not fail. A window that is over took its count with it."""
    open_still = [one for one in taken if time.monotonic() < one.until]
    if not open_still:
        return
    pipe = redis.connection().pipeline(transaction=True)
    for one in open_still:
        # Should it end this very moment, DECR must not leave a counter behind that never ends.
        pipe.set(one.key, 0, ex=one.seconds, nx=True)
        pipe.decr(one.key)
    pipe.execute()
