"""A lock for each service, among threads and processes: the system drops it with whoever holds it, kill -9 included."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oauthsrv.client.results import ErrorCode, Trouble

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.05  # seconds between tries


class LockHeld(Trouble):
    """Somebody else has had the lock all the time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"Another process has been renewing or changing this login for {seconds:.0f} seconds. Try again.",
            ErrorCode.TIMEOUT,
        )


@contextmanager
def file_lock(path: Path, seconds: float) -> Iterator[None]:
    """Alone among all who lock `path`; LockHeld after `seconds`.

    The file stays: were it deleted, the next one would lock another file of that name.
    Each call opens it anew, so that threads of one process keep each other out too.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        deadline, pause = time.monotonic() + seconds, FIRST_PAUSE
        while not try_lock(descriptor):
            if time.monotonic() > deadline:
                raise LockHeld(seconds)
            # The system wakes nobody at a deadline, and a wait without one would be as long as others please.
            threading.Event().wait(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)
        yield
    finally:
        os.close(descriptor)


def try_lock(descriptor: int) -> bool:
    if sys.platform == "win32":
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
    else:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


class ThreadLocks:
    """The same for what lives in one process alone."""

    def __init__(self) -> None:
        self.own = threading.Lock()
        self.locks: dict[str, threading.Lock] = {}

    @contextmanager
    def lock(self, name: str, seconds: float) -> Iterator[None]:
        with self.own:
            lock = self.locks.setdefault(name, threading.Lock())
        if not lock.acquire(timeout=seconds):
            raise LockHeld(seconds)
        try:
            yield
        finally:
            lock.release()
