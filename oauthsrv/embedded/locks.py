"""Locks between processes (flock): the kernel drops them with the last process that holds them, kill -9 included.

A forked child shares its parent's locks. A started program holds one only if it was handed the descriptor
(`pass_fds`), because Python closes all others on exec.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oauthsrv.embedded.folders import EmbeddedError, SystemAccount

FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.1  # seconds between tries


def tries(seconds: float) -> Iterator[None]:
    """A first try immediately, then others after growing pauses, until the time is up."""
    deadline = time.monotonic() + seconds
    pause = FIRST_PAUSE
    while True:
        yield
        if time.monotonic() > deadline:
            return
        time.sleep(pause)
        pause = min(pause * 1.2, LONGEST_PAUSE)


@contextmanager
def lock_file(path: Path, account: SystemAccount) -> Iterator[int]:
    """The open lock file, not yet locked."""
    descriptor = account.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def folder_lock(folder: Path) -> Iterator[int]:
    """The open folder, not yet locked: a lock on it cannot be deleted without deleting what it guards."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def share(lock: int) -> None:
    fcntl.flock(lock, fcntl.LOCK_SH)


def try_alone(lock: int) -> bool:
    """Lock it exclusively if no other process has locked it; otherwise our shared lock is released too."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fcntl.flock(lock, fcntl.LOCK_UN)
        return False
    return True


@contextmanager
def alone(path: Path, account: SystemAccount, patience: float) -> Iterator[None]:
    """One process at a time gets past this."""
    with lock_file(path, account) as lock:
        if not any(try_alone(lock) for _ in tries(patience)):
            raise EmbeddedError(
                f"Another process has been starting or stopping the databases for {patience:.0f} seconds. "
                f"`fuser {path}` names it; end it and try again."
            )
        yield
