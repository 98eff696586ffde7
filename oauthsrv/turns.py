"""Requests that wait for a thread: senders take turns, so that one with many does not keep another one waiting."""

from collections import deque
from collections.abc import Callable
from typing import Any


class Turns:
    """A queue as waitress uses it, under its lock; `sender_of` says whose a task is."""

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
