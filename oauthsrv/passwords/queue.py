"""Passwords that wait to be hashed: which is next, and which is refused (rule 13).

A hash takes a quarter of a second, so a request has time for few of them. Networks take turns, and so do the
addresses within them: many requests of one sender do not keep a single one of another waiting.
"""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from typing import Any

from oauthsrv import deadline
from oauthsrv.addresses import counted_network

AFTERWARDS = 0.4  # seconds of a request for what comes after its hash: a session, a page
UNHURRIED = 30.0  # seconds for a command

# A network with more requests than this in about a minute waits behind the others, even before any of them fails:
# a person who is refused tries again a few times, a program hundreds of times.
OFTEN = 10
MINUTE_HALF = 30.0  # seconds
NETWORKS_KEPT = 10_000


class Busy(Exception):
    """Too many passwords wait to be checked; try again in `retry_after` seconds."""

    retry_after = 3


class Standing(IntEnum):
    KNOWN = 0  # of a browser that signed in to this account before, or is signed in
    NEW = 1
    SUSPECT = 2  # of an address with several failures lately, or of a network with many requests: the others go first


class Job:
    """One password to hash or check, and the thread that waits for it."""

    numbers = itertools.count()

    def __init__(self, work: Callable[[], Any], address: str, standing: Standing = Standing.NEW) -> None:
        self.work = work
        self.address = address
        self.network = counted_network(address)
        self.standing = standing
        self.number = next(self.numbers)
        self.added_at = time.monotonic()
        self.until = deadline.moment() - AFTERWARDS if deadline.is_set() else self.added_at + UNHURRIED
        self.finished = threading.Event()
        self.result: Any = None
        self.error: BaseException | None = None

    def perform(self) -> None:
        try:
            with deadline.until(self.until):
                self.result = self.work()
        except BaseException as error:
            self.error = error
        self.finished.set()

    def turn_away(self) -> None:
        self.error = Busy()
        self.finished.set()

    def answer(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.result


class FairQueue:
    """A queue of at most `at_most` jobs, including the running one, and a quarter more from known browsers."""

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self._for_known = max(1, at_most // 4)
        self._waiting: list[Job] = []
        self._running: Job | None = None
        self._ends_at = 0.0
        self._requests = RequestCounts()
        self._turns: dict[str, int] = {}  # when a network or address had its last one, while it has more

    def add(self, job: Job) -> Job | None:
        """The job that has to leave if the queue is full: the newest of the largest network, or `job` itself."""
        self._requests.add(job)
        self._waiting.append(job)
        places = self._at_most + (self._for_known if job.standing is Standing.KNOWN else 0)
        if self._size() <= places:
            return None
        leaving = self._leaving(job)
        self.drop(leaving)
        return leaving

    def take(self, seconds: float = 0.0) -> Job | None:
        """The next job. It keeps its place while it runs, which is expected to take `seconds`."""
        job = next(self._order(), None)
        if job is None:
            return None
        self._waiting.remove(job)
        self._running, self._ends_at = job, time.monotonic() + seconds
        left = {name for one in self._waiting for name in (one.network, one.address)}
        self._turns = {name: turn for name, turn in _served(self._turns, job).items() if name in left}
        return job

    def done(self) -> None:
        self._running = None

    def drop(self, job: Job) -> bool:
        """Remove a job; whether it still waited."""
        is_there = job in self._waiting
        if is_there:
            self._waiting.remove(job)
        return is_there

    def late(self, seconds: float) -> list[Job]:
        """Remove and return the jobs that would not be done in time; one hash takes `seconds`.

        The next one stays until its time is over: otherwise, where hashes are slow, none would ever be done.
        """
        ends = max(time.monotonic(), self._ends_at) if self._running is not None else time.monotonic()
        late = []
        for place, job in enumerate(self._order()):
            if ends + seconds <= job.until or (place == 0 and time.monotonic() < job.until):
                ends += seconds
            else:
                late.append(job)
        for job in late:
            self.drop(job)
        return late

    def _order(self) -> Iterator[Job]:
        """All that wait, in the order in which they run if no other job is added."""
        waiting, turns = list(self._waiting), self._turns
        while waiting:
            job = min(waiting, key=lambda one: self._rank(one, turns))
            waiting.remove(job)
            turns = _served(turns, job)
            yield job

    def _leaving(self, job: Job) -> Job:
        """A network gives way only to one that will still have no more jobs; then the same for its addresses."""
        suspect = [one for one in self._waiting if self._is_suspect(one)]
        candidates = suspect or self._waiting
        for kind in ("network", "address"):
            counts = self._counts(kind, candidates)
            crowd = max(counts, key=lambda name: counts[name])
            own = getattr(job, kind)
            if job in candidates and counts[crowd] <= counts[own]:
                crowd = own
            candidates = [one for one in candidates if getattr(one, kind) == crowd]
        return max(candidates, key=lambda one: (one.standing, one.number))

    def _counts(self, kind: str, jobs: Sequence[Job]) -> Counter[str]:
        counts = Counter(getattr(one, kind) for one in jobs)
        if self._running is not None and (running := getattr(self._running, kind)) in counts:
            counts[running] += 1
        return counts

    def _rank(self, job: Job, turns: dict[str, int]) -> tuple[bool, int, int, Standing, int]:
        """The lowest is next. A known browser goes first only among equals, or one could keep all others waiting."""
        turn_of_network, turn_of_address = (turns.get(name, 0) for name in (job.network, job.address))
        return self._is_suspect(job), turn_of_network, turn_of_address, job.standing, job.number

    def _is_suspect(self, job: Job) -> bool:
        is_frequent = self._requests.of(job.network) > OFTEN
        return job.standing is Standing.SUSPECT or (job.standing is Standing.NEW and is_frequent)

    def _size(self) -> int:
        return len(self._waiting) + (self._running is not None)


class RequestCounts:
    """The requests of each network, in this half of a minute and in the one before."""

    def __init__(self) -> None:
        self._now: Counter[str] = Counter()
        self._before: Counter[str] = Counter()
        self._since = 0.0

    def add(self, job: Job) -> None:
        passed = job.added_at - self._since
        if passed > MINUTE_HALF or len(self._now) >= NETWORKS_KEPT:
            self._before = Counter() if passed > 2 * MINUTE_HALF else self._now
            self._now, self._since = Counter(), job.added_at
        self._now[job.network] += 1

    def of(self, network: str) -> int:
        return self._now[network] + self._before[network]


def _served(turns: dict[str, int], job: Job) -> dict[str, int]:
    turn = max(turns.values(), default=0) + 1
    return turns | {job.network: turn, job.address: turn}
