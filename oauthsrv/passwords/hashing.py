"""Passwords: bcrypt in one thread of its own behind a fair queue (rule 1, rule 13).

A hash takes a quarter of a second of a whole CPU. One thread, niced and free to run on any CPU, leaves
the CPU of the request threads alone, and only a few of those ever wait for it.
"""

import base64
import contextlib
import hmac
import os
import sys
import threading
import time
import unicodedata
from collections.abc import Callable
from typing import Any

import bcrypt

from oauthsrv.passwords.queue import Busy, FairQueue, Job, Standing

COST = 12
SECONDS = 0.25  # of one hash at that cost, until some were measured
NICENESS = 3  # enough for others to go first; with more, signing in would starve on a busy machine

# Read when this module is imported, before a worker pins itself to one of them.
CPUS = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()

Count = Callable[[], Callable[[], None]]


def digested(password: str) -> bytes:
    """64 bytes of text for any password: bcrypt itself ends at a NUL and refuses more than 72 bytes.

    Keyed, so that a digest stolen elsewhere cannot be tried here without its password; normalized,
    as keyboards differ in how they write the same letter.
    """
    text = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    return base64.b64encode(hmac.digest(b"oauthsrv password", text, "sha384"))


class Passwords:
    """Hashes and checks passwords; at most `waiting_at_most` threads wait at any time, the others get Busy."""

    def __init__(self, waiting_at_most: int, cost: int = COST) -> None:
        self._cost = cost
        self._queue = FairQueue(waiting_at_most)
        self._seconds = SECONDS * 2 ** (cost - COST)
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def hash(self, password: str, address: str = "", standing: Standing = Standing.NEW) -> str:
        """The hash to store; the queue takes turns by `address`. Raises Busy."""
        digest = digested(password)
        return str(self._perform(lambda: bcrypt.hashpw(digest, bcrypt.gensalt(self._cost)).decode(), address, standing))

    def verify(
        self,
        password: str,
        password_hash: str | None,
        address: str = "",
        count: Count | None = None,
        standing: Standing = Standing.NEW,
    ) -> bool:
        """Whether the password is right; without a hash it takes as long and is False. Raises Busy.

        `count` is called when it is this job's turn: it counts the attempt, may raise, and returns a function that
        takes the count back. So only attempts that are made count, and right ones only while they run.
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

        return bool(self._perform(work, address, standing))

    def close(self) -> None:
        with self._changed:
            self._closed = True
            while job := self._queue.take():
                job.turn_away()
                self._queue.done()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _perform(self, work: Callable[[], Any], address: str, standing: Standing = Standing.NEW) -> Any:
        job = Job(work, address, standing)
        with self._changed:
            if self._closed:
                raise Busy
            leaving = self._queue.add(job)
            if leaving is not None:
                leaving.turn_away()
            self._turn_late_ones_away()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="passwords", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        if not job.finished.wait(job.until - time.monotonic()):
            with self._changed:
                self._queue.drop(job)
            raise Busy
        return job.answer()

    def _turn_late_ones_away(self) -> None:
        for job in self._queue.late(self._seconds):
            job.turn_away()

    def _run(self) -> None:
        step_aside()
        while True:
            with self._changed:
                job = self._queue.take(self._seconds)
                while job is None:
                    if self._closed:
                        return
                    self._changed.wait()
                    job = self._queue.take(self._seconds)
            began = time.monotonic()
            job.perform()
            with self._changed:
                if job.error is None:
                    self._seconds += (time.monotonic() - began - self._seconds) / 4
                self._queue.done()
                self._turn_late_ones_away()


def step_aside() -> None:
    """Let the calling thread run on any CPU, and after all others."""
    # Linux alone has both for one thread; elsewhere they would move the whole process.
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, CPUS)
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
