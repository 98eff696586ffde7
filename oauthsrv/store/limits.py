"""How often something may fail, or be made: the table of limits, and their counters in Redis (kind l).

A window begins with the first attempt and ends by itself: its expiry is set at its creation alone, so
who goes on trying is not locked out for ever. What is taken before the attempt is given back when it
succeeds, so a hundred attempts at once cannot all slip through before the first of them is counted.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from oauthsrv.oauth.credentials import digest

if TYPE_CHECKING:
    from oauthsrv.store.redis import Redis


class Limit(NamedTuple):
    most: int
    seconds: int
    counts: str


LIMITS = {
    "login_account": Limit(10, 900, "failed sign-ins to one e-mail, from browsers that never signed in to it"),
    "login_browser": Limit(10, 900, "failed sign-ins of one browser to an account it signed in to before"),
    "login_address": Limit(100, 900, "failed sign-ins from one address"),
    "signup_address": Limit(100, 3600, "sign-ups from one address, also with an e-mail that has an account"),
    "consent_user": Limit(200, 600, "consent pages shown to one person: each is kept until it is answered"),
    "confirm_user": Limit(10, 900, "wrong passwords of somebody signed in, who is asked for it again"),
}


class TooMany(Exception):
    """The limit is reached; its window ends in `retry_after` seconds."""

    def __init__(self, name: str, retry_after: int) -> None:
        super().__init__(name)
        self.retry_after = retry_after


class Attempt(NamedTuple):
    """What is counted by which limit, and for whom."""

    limit: str
    whom: str


class Taken(NamedTuple):
    key: bytes
    seconds: int
    remaining: int
    until: float  # by this process's monotonic clock: the end of the window it was taken in


def check(redis: Redis, *attempts: Attempt) -> None:
    """Raises TooMany where `take` would, and counts nothing: before one waits in a queue."""
    pipe = redis.connection().pipeline(transaction=False)
    for attempt in attempts:
        pipe.get(key_of(redis, attempt))
        pipe.ttl(key_of(redis, attempt))
    answers = iter(pipe.execute())
    for attempt, count, remaining in zip(attempts, answers, answers, strict=True):
        if count is not None and int(count) >= LIMITS[attempt.limit].most:
            raise TooMany(attempt.limit, max(1, remaining))


def take(redis: Redis, *attempts: Attempt) -> list[Taken]:
    """Counts all of them or none; raises TooMany when there were as many as may be."""
    taken: list[Taken] = []
    for attempt in attempts:
        count, one = take_one(redis, attempt)
        taken.append(one)
        if count > LIMITS[attempt.limit].most:
            give_back(redis, *taken)
            raise TooMany(attempt.limit, max(1, one.remaining))
    return taken


def take_one(redis: Redis, attempt: Attempt) -> tuple[int, Taken]:
    """In one atomic round trip."""
    key, seconds = key_of(redis, attempt), LIMITS[attempt.limit].seconds
    pipe = redis.connection().pipeline(transaction=True)
    pipe.set(key, 0, ex=seconds, nx=True)
    pipe.incr(key)
    pipe.ttl(key)
    _, count, remaining = pipe.execute()
    return count, Taken(key, seconds, remaining, time.monotonic() + remaining)


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
