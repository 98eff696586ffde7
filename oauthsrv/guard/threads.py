"""Threads in which coroutines check tokens: the event loop never waits, and no coroutine waits for long."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from oauthsrv.guard.refusals import Unavailable

T = TypeVar("T")

AT_MOST = 32  # each has one connection


class Threads:
    """`seconds`: how long a coroutine waits, including the wait for a free thread."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.begin()

    def begin(self) -> None:
        """Reset, at the start and after a fork, as threads are not copied."""
        self._starting = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """Run `function` in a thread, and return or raise what it does; Unavailable if that takes too long."""
        with self._starting:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(AT_MOST, thread_name_prefix="oauthsrv guard: checks")
            running = self._pool.submit(function, *args)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(running), self._seconds)
        except TimeoutError as error:
            raise Unavailable(f"no answer within {self._seconds} seconds") from error

    def close(self) -> None:
        with self._starting:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)
