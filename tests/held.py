"""Work that run at the same time: each can be held at a point of the test's choice, and let go on."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest

import rows
from oauthsrv.server import Server
from oauthsrv.store.database import Database, transaction

PATIENCE = 20.0  # seconds for what takes milliseconds: only a failing test waits so long


def eventually(question: Callable[[], Any], seconds: float = PATIENCE) -> None:
    """Returns as soon as the answer is yes; fails when it stays no."""
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def done(steps: Iterable[None]) -> None:
    """A task of housekeeping from its beginning to its end; what it raises is raised here."""
    for _ in steps:
        pass


class Gate:
    """Whoever comes first stops here until the gate is opened; the others pass."""

    def __init__(self) -> None:
        self._first = threading.Lock()
        self._reached = threading.Event()
        self._opened = threading.Event()

    def pass_through(self) -> None:
        if self._first.acquire(blocking=False):
            self._reached.set()
            assert self._opened.wait(PATIENCE), "nobody opened the gate"

    def await_arrival(self) -> None:
        assert self._reached.wait(PATIENCE), "nobody came to the gate"

    def open(self) -> None:
        self._opened.set()


@contextlib.contextmanager
def holding(module: ModuleType, work: Callable[[], Any]) -> Iterator[tuple[Gate, Future[Any]]]:
    """`work` under way in a thread of its own, with what it first changes in `module` written and not committed."""
    gate = Gate()

    @contextlib.contextmanager
    def held(database: Database) -> Iterator[Any]:
        with transaction(database) as db:
            yield db
            gate.pass_through()

    def held_statement(database: Database, query: Callable[..., Any], **values: Any) -> Any:
        """What is committed with its only statement otherwise."""
        with held(database) as db:
            return query(db, deadline=time.time() + PATIENCE, **values)

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as threads:
        patch.setattr(module, "transaction", held)
        patch.setattr(module, "decide", held_statement, raising=False)
        result = threads.submit(work)
        try:
            gate.await_arrival()
            yield gate, result
        finally:
            gate.open()


@contextlib.contextmanager
def held_at(
    gate: Gate, target: Any, step: str, held: Callable[..., Any], work: Callable[[], Any]
) -> Iterator[tuple[Gate, Future[Any]]]:
    """`work` under way in a thread of its own, with `held` as this step of `target`; it has arrived at the gate."""
    with pytest.MonkeyPatch.context() as patch, in_parallel(work) as result:
        patch.setattr(target, step, held)
        try:
            gate.await_arrival()
            yield gate, result
        finally:
            gate.open()


@contextlib.contextmanager
def in_parallel(work: Callable[[], Any]) -> Iterator[Future[Any]]:
    with ThreadPoolExecutor(1) as threads:
        yield threads.submit(work)


def a_lock_is_awaited(server: Server) -> bool:
    return waiting_for_a_lock(server) > 0


def waiting_for_a_lock(server: Server) -> int:
    """How many connections, as PostgreSQL itself says."""
    [row] = rows.rows(
        server,
        "SELECT count(*) AS waiting FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()",
    )
    return int(row.waiting)
