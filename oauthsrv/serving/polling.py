"""Which connections of a worker the kernel watches, and one turn of the loop that serves them.

waitress asks every connection at every turn what to wait for, and has each answered request wake the loop to ask again.
Here a connection stays watched while its request is answered, and is left out only if something arrives too early.
"""

import select
import selectors
from typing import Any

from waitress import wasyncore
from waitress.trigger import trigger

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
FLAGS = {READ: select.POLLIN, WRITE: select.POLLOUT, READ | WRITE: select.POLLIN | select.POLLOUT}


class Watched(dict[int, Any]):
    """waitress' map of what it serves, by file descriptor; whatever is in it is watched for what arrives."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = selectors.DefaultSelector()
        self._watched_for: dict[int, int] = {}
        self._left_out: set[int] = set()

    def __setitem__(self, descriptor: int, served: Any) -> None:
        super().__setitem__(descriptor, served)
        self._left_out.discard(descriptor)
        self._watch(descriptor, served, READ)

    def __delitem__(self, descriptor: int) -> None:
        super().__delitem__(descriptor)
        self._left_out.discard(descriptor)
        self._watch(descriptor, None, 0)
        del self._watched_for[descriptor]

    def turn(self, seconds: float) -> None:
        """Wait so long for something to do, and do all that can be done at once."""
        for key, events in self._selector.select(seconds):
            served: Any = key.data
            if self.get(key.fd) is not served:
                continue  # closed by what came before; the descriptor may be another connection's by now
            possible = events & ~READ if events & READ and not self._may_read(key.fd, served) else events
            if possible:
                wasyncore.readwrite(served, FLAGS[possible])  # type: ignore[arg-type]
            if isinstance(served, trigger):
                self.attend_all()
            elif self.get(key.fd) is served:
                self._attend(key.fd, served)

    def attend_all(self) -> None:
        """Ask each what to wait for: when it was changed by another thread or by the time."""
        for descriptor, served in list(self.items()):
            served.readable()  # where waitress looks at the time, too
            if self.get(descriptor) is served:  # asking can close it
                self._attend(descriptor, served)

    def needs_loop(self, descriptor: int, served: Any) -> bool:
        """Whether the loop has to go on with this connection, whose request was just answered by another thread."""
        return descriptor in self._left_out or bool(served.writable())

    def _may_read(self, descriptor: int, served: Any) -> bool:
        """Leave it out if it takes nothing now, such as the next request before the first one is answered."""
        if served.readable():
            return True
        self._left_out.add(descriptor)
        if served.readable():  # answered just now, by a thread that did not see it left out
            self._left_out.discard(descriptor)
            return True
        return False

    def _attend(self, descriptor: int, served: Any) -> None:
        if descriptor in self._left_out and served.readable():
            self._left_out.discard(descriptor)
        reads = 0 if descriptor in self._left_out else READ
        self._watch(descriptor, served, reads | (WRITE if served.writable() and not served.accepting else 0))

    def _watch(self, descriptor: int, served: Any, events: int) -> None:
        before = self._watched_for.get(descriptor, 0)
        if events == before:
            return
        self._watched_for[descriptor] = events
        if not events:
            self._selector.unregister(descriptor)
        elif not before:
            self._selector.register(descriptor, events, served)
        else:
            self._selector.modify(descriptor, events, served)
