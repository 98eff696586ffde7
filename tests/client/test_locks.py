"""Locks between threads and processes."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from oauthsrv.client import FileTokenStorage, MemoryTokenStorage
from oauthsrv.client.backends import LockHeld
from oauthsrv.client.storage import LoginStorage

HOLDER = """
import sys
from oauthsrv.client import FileTokenStorage
with FileTokenStorage(sys.argv[1]).lock("mine", 5):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(params=["file", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> LoginStorage:
    return FileTokenStorage(tmp_path) if request.param == "file" else MemoryTokenStorage()


def test_threads_pass_one_by_one(storage: LoginStorage) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(20):
            with storage.lock("mine", 20):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(most), max(most)) == (160, 1)


def test_services_do_not_wait_for_each_other(storage: LoginStorage) -> None:
    with storage.lock("mine", 1), storage.lock("other", 0):
        pass


def test_who_waits_too_long_gets_a_failure(storage: LoginStorage) -> None:
    with storage.lock("mine", 1), pytest.raises(LockHeld), storage.lock("mine", 0.05):
        pass


def holder(folder: Path) -> subprocess.Popen[str]:
    held = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert held.stdout
    assert held.stdout.readline() == "held\n"
    return held


def test_another_process_waits_and_then_gets_the_lock(tmp_path: Path) -> None:
    storage, held = FileTokenStorage(tmp_path), holder(tmp_path)
    try:
        with pytest.raises(LockHeld), storage.lock("mine", 0.05):
            pass
        held.communicate("\n", timeout=10)
        with storage.lock("mine", 5):
            pass
    finally:
        held.kill()
        held.wait()


def test_a_process_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    held = holder(tmp_path)
    held.kill()
    held.wait()
    with FileTokenStorage(tmp_path).lock("mine", 5):
        pass
