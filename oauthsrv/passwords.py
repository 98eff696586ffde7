"""Passwords: what one must be, and bcrypt in one thread of its own behind a fair queue (rule 1, rule 13).

A hash takes a quarter of a second of a whole CPU. One thread, niced and free to run on any CPU, leaves
the pinned CPU of the request threads alone, and never more than a few of those wait for it.
"""

from __future__ import annotations

import base64
import contextlib
import hmac
import itertools
import os
import sys
import threading
import unicodedata
from collections import deque
from collections.abc import Callable
from typing import Any

import bcrypt

COST = 12
LEAST_CHARACTERS = 10
MOST_BYTES = 1024
WAIT_SECONDS = 30.0
NICENESS = 3  # enough for others to go first; with more, signing in would starve on a busy machine

# Told when this module is imported, which is before a worker pins itself to one of them.
CPUS = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


Count = Callable[[], Callable[[], None]]


class Busy(Exception):
    """Too many passwords wait to be checked; come again in `retry_after` seconds."""

    retry_after = 3


def why_refused(password: str) -> str | None:
    """What is wrong with a new password, for the person who typed it."""
    # First, as normalising takes the square of the length.
    if len(password.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        return f"Use at most {MOST_BYTES:,} bytes; this has more."
    length = len(unicodedata.normalize("NFC", password))
    if length < LEAST_CHARACTERS:
        return f"Use at least {LEAST_CHARACTERS} characters; this has {length}."
    return None


def digested(password: str) -> bytes:
    """64 bytes of text for any password: bcrypt itself ends at a NUL and refuses more than 72 bytes.

    Keyed, so that a digest stolen elsewhere cannot be tried here without its password; normalised,
    as keyboards differ in how they write the same letter.
    """
    text = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    return base64.b64encode(hmac.digest(b"oauthsrv password", text, "sha384"))


class Passwords:
    """Hashes and checks passwords; at most `waiting_at_most` threads wait at any time, the others get Busy."""

    def __init__(self, waiting_at_most: int, cost: int = COST) -> None:
        self._cost = cost
        self._queue = FairQueue(waiting_at_most)
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def hash(self, password: str, address: str = "") -> str:
        """The hash to keep; `address` is whom the queue counts. Raises Busy."""
        digest = digested(password)
        return str(self._perform(lambda: bcrypt.hashpw(digest, bcrypt.gensalt(self._cost)).decode(), address))

    def verify(self, password: str, password_hash: str | None, address: str = "", count: Count | None = None) -> bool:
        """Whether it is that password; without a hash it takes as long and is False. Raises Busy.

        `count` is called when it is this one's turn: it counts the attempt, may raise, and returns what
        takes that back. So only an attempt that is made is counted, and of many right ones one at a time.
        """
        digest = digested(password)

        def work() -> bool:
            give_back = count() if count else None
            if password_hash is None:
                bcrypt.hashpw(digest, bcrypt.gensalt(self._cost))
                return False
            is_right = bcrypt.checkpw(digest, password_hash.encode())
            if is_right and give_back:
                give_back()
            return is_right

        return bool(self._perform(work, address))

    def close(self) -> None:
        with self._changed:
            self._closed = True
            while job := self._queue.take():
                job.turn_away()
                self._queue.done()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _perform(self, work: Callable[[], Any], address: str) -> Any:
        job = Job(work, address)
        with self._changed:
            if self._closed:
                raise Busy
            left = self._queue.add(job)
            if left is not None:
                left.turn_away()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="passwords", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        if not job.finished.wait(WAIT_SECONDS):
            with self._changed:
                self._queue.drop(job)
            raise Busy
        return job.answer()

    def _run(self) -> None:
        step_aside()
        while True:
            with self._changed:
                job = self._queue.take()
                while job is None:
                    if self._closed:
                        return
                    self._changed.wait()
                    job = self._queue.take()
            job.perform()
            with self._changed:
                self._queue.done()


class Job:
    """One password at work, and the thread that waits for it."""

    numbers = itertools.count()

    def __init__(self, work: Callable[[], Any], address: str) -> None:
        self.work = work
        self.address = address
        self.number = next(self.numbers)
        self.finished = threading.Event()
        self.result: Any = None
        self.error: BaseException | None = None

    def perform(self) -> None:
        try:
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
    """Who is next: one address after the other, so that nobody's many requests stand before another's one."""

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self._lines: dict[str, deque[Job]] = {}  # by address, in the order of their turns
        self._running: Job | None = None

    def add(self, job: Job) -> Job | None:
        """Who has to leave for want of room: nobody, the newest of the address with the most, or the newcomer.

        An address gives way only to one that will still have no more than it.
        """
        left = None
        if self._size() >= self._at_most:
            crowd = max(self._lines, key=self._crowd, default=None)
            if crowd is None or self._count(crowd) <= self._count(job.address) + 1:
                return job
            left = self._lines[crowd][-1]
            self.drop(left)
        self._lines.setdefault(job.address, deque()).append(job)
        return left

    def take(self) -> Job | None:
        """The next one, which counts as long as it runs."""
        if not self._lines:
            return None
        address, line = next(iter(self._lines.items()))
        self._running = line.popleft()
        del self._lines[address]
        if line:
            self._lines[address] = line
        return self._running

    def done(self) -> None:
        self._running = None

    def drop(self, job: Job) -> None:
        line = self._lines.get(job.address)
        if line is not None and job in line:
            line.remove(job)
            if not line:
                del self._lines[job.address]

    def _size(self) -> int:
        return sum(map(len, self._lines.values())) + (self._running is not None)

    def _crowd(self, address: str) -> tuple[int, int]:
        return self._count(address), self._lines[address][-1].number

    def _count(self, address: str) -> int:
        is_running = self._running is not None and self._running.address == address
        return len(self._lines.get(address, ())) + is_running


def step_aside() -> None:
    """For the thread that calls it: any CPU, and whoever else wants one first."""
    # Linux alone has both for one thread; elsewhere they would move the whole process.
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, CPUS)
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
