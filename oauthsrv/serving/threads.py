"""The threads of a worker, and whose request is next."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)


class Turns:
    """Requests that wait for a thread: senders take turns, so that one with many does not keep others waiting.

    `sender_of` returns the sender of a request. Not safe for threads by itself.
    """

    def __init__(self, sender_of: Callable[[Any], str]) -> None:
        self._sender_of = sender_of
        self._lines: dict[str, deque[Any]] = {}  # in the order of their turns
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def append(self, task: Any) -> None:
        self._lines.setdefault(self._sender_of(task), deque()).append(task)
        self._size += 1

    def popleft(self) -> Any:
        sender, line = next(iter(self._lines.items()))
        task = line.popleft()
        del self._lines[sender]
        if line:
            self._lines[sender] = line
        self._size -= 1
        return task


class Threads:
    """What waitress calls its task dispatcher.

    The thread that became idle last is the next to work, as most of what it needs is still in the CPU's caches.
    """

    def __init__(self, count: int, sender_of: Callable[[Any], str]) -> None:
        self.queue = Turns(sender_of)
        self.lock = threading.Lock()
        self._idle: list[threading.Lock] = []  # of each a lock that it waits for
        self._for_idle: deque[Any] = deque()  # an idle thread was woken for each, so whose turn it is does not matter
        self._is_over = False
        self._threads = [threading.Thread(target=self._work, name=f"request-{n}", daemon=True) for n in range(count)]
        for thread in self._threads:
            thread.start()

    def add_task(self, connection: Any) -> None:
        with self.lock:
            waiting = self._idle.pop() if self._idle else None
            (self.queue if waiting is None else self._for_idle).append(connection)
        if waiting is not None:
            waiting.release()

    def shutdown(self, timeout: float) -> None:
        """Let each finish its request, for so many seconds together; what none of them began is dropped."""
        until = time.monotonic() + timeout
        with self.lock:
            self._is_over = True
            idle, self._idle = self._idle, []
        for waiting in idle:
            waiting.release()
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _work(self) -> None:
        waiting = threading.Lock()
        waiting.acquire()
        while not self._is_over:
            with self.lock:
                line = self._for_idle or self.queue
                connection = line.popleft() if line else None
                if connection is None and not self._is_over:
                    self._idle.append(waiting)
            if connection is None:
                waiting.acquire(blocking=not self._is_over)
                continue
            try:
                connection.service()
            except BaseException:
                log.exception("a request was not answered")
