"""A worker that is alive and answers nobody is replaced (rule 8)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from held import eventually
from processes.conftest import SECONDS, Process, Start

DEADLOCKED = Path(__file__).with_name("deadlocked.py")
THREADS = 4


@pytest.fixture
def process(starting: Start) -> Process:
    process = starting(program=DEADLOCKED, OAUTHSRV_THREADS=str(THREADS))
    process.await_ready()
    return process


def ask(process: Process, **headers: str) -> int | None:
    """None: there was no answer, or none that was waited for."""
    try:
        return requests.get(f"{process.url}/login", headers=headers, timeout=3).status_code
    except (requests.ConnectionError, requests.Timeout):
        return None


@pytest.mark.parametrize(("how", "requests_of_it"), [("thread", 2 * THREADS), ("loop", 1), ("interpreter", 1)])
def test_rule_8_a_worker_that_is_deadlocked_is_replaced(process: Process, how: str, requests_of_it: int) -> None:
    assert ask(process) == 200
    before = process.workers()
    with ThreadPoolExecutor(requests_of_it) as threads:
        list(threads.map(lambda _: ask(process, **{"X-Block": how}), range(requests_of_it)))
    # A call during that time may wait in vain; without a restart the callers are served again.
    eventually(lambda: ask(process) == 200 and process.workers() not in ([], before), seconds=60)
    assert "hangs and is killed" in process.log()


def test_a_worker_with_one_thread_left_serves_on(process: Process) -> None:
    before = process.workers()
    for _ in range(THREADS - 1):
        ask(process, **{"X-Block": "thread"})
    for _ in range(10):
        assert requests.get(f"{process.url}/login", timeout=SECONDS).status_code == 200
    assert process.workers() == before
