"""How often something may fail, or be made: the table of limits, and their counters in Redis (kind l).

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
    "signup_address": Limit(100, 3600, "sign-ups from one address, also with an e-mail that has an account"),
    "consent_user": Limit(200, 600, "consent pages shown to one person: each is kept until it is answered"),
    "confirm_user": Limit(10, 900, "wrong passwords of somebody signed in, who is asked for it again"),
    "invite_user": Limit(20, 3600, "invitations by one developer, also to e-mails without an account"),
    "invite_address": Limit(100, 3600, "invitations from one address: the answer tells who has an account"),
    "logo_user": Limit(30, 3600, "pictures that one person sends as logos: each is drawn anew"),
    "proof_address": Limit(100, 60, "failed client authentications from one address; a right one is never held up"),
    # Use, of a client that proved itself. An administrator can set another number for each client.
    "calls": Limit(1000, 3600, "good calls at APIs with tokens of one app"),
    "share": Limit(1000, 3600, "the same, of one user of the app"),
    "token": Limit(6000, 60, "requests of one app at the token endpoint"),
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


class Attempt(NamedTuple):
    """What is counted by which limit, and for whom."""

    limit: str
    whom: str


class Taken(NamedTuple):
    key: bytes
    seconds: int
    until: float  # by this process's monotonic clock: the end of the window it was taken in


def check(redis: Redis, *attempts: Attempt) -> None:
    """Raises TooMany where `take` would, and counts nothing: before one waits in a queue."""
    pipe = redis.connection().pipeline(transaction=False)
    for attempt in attempts:
        pipe.get(key_of(redis, attempt))
        pipe.ttl(key_of(redis, attempt))
    answers = iter(pipe.execute())
    for attempt, counted, resets_in in zip(attempts, answers, answers, strict=True):
        # As it would stand after one more.
        after = window(attempt, [0, int(counted or 0) + 1, resets_in])
        if after.is_over:
            raise TooMany(after)


def look(redis: Redis, attempt: Attempt, *, most: int | None = None) -> Window | None:
    """How it stands, counting nothing; None while no window is open. `most` where it is not the table's."""
    pipe = redis.connection().pipeline(transaction=True)
    pipe.get(key_of(redis, attempt))
    pipe.ttl(key_of(redis, attempt))
    counted, resets_in = pipe.execute()
    return None if counted is None else window(attempt, [0, int(counted), resets_in], most)


def take(redis: Redis, *attempts: Attempt) -> list[Taken]:
    """Counts all of them or none; raises TooMany when there were as many as may be."""
    taken: list[Taken] = []
    for attempt in attempts:
        counted = count(redis, attempt)
        taken.append(Taken(key_of(redis, attempt), counted.seconds, time.monotonic() + counted.resets_in))
        if counted.is_over:
            give_back(redis, *taken)
            raise TooMany(counted)
    return taken


def count(redis: Redis, attempt: Attempt, *, cost: int = 1, most: int | None = None) -> Window:
    """Counts in one atomic round trip; `most` where it is not the table's."""
    pipe = redis.connection().pipeline(transaction=True)
    count_in(pipe, redis, attempt, cost)
    return window(attempt, pipe.execute(), most)


def count_in(pipe: Pipeline, redis: Redis, attempt: Attempt, cost: int = 1) -> None:
    """Three commands of a pipeline; `window` reads their answers."""
    key = key_of(redis, attempt)
    pipe.set(key, 0, ex=LIMITS[attempt.limit].seconds, nx=True)
    pipe.incrby(key, cost)
    pipe.ttl(key)


def window(attempt: Attempt, answers: list[int], most: int | None = None) -> Window:
    limit = LIMITS[attempt.limit]
    _, counted, resets_in = answers
    return Window(attempt.limit, limit.most if most is None else most, limit.seconds, counted, max(1, resets_in))


def key_of(redis: Redis, attempt: Attempt) -> bytes:
    # Hashed, as it may be somebody's e-mail, and may be long.
    return redis.key("l", f"{attempt.limit}:{digest(attempt.whom).hex()}")


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
