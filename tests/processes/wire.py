"""A TCP proxy in front of a database: what it takes it passes on, drops, keeps back, or does not even accept."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

from oauthsrv.embedded import Databases

SIZE = 1 << 16


class Side:
    """One end of a connection, and what is to be written into it."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self.unsent = bytearray()
        self.is_ended = False  # the other end closed
        self.other: Side = self
        self.is_lost = False  # some of its bytes were dropped: nothing that comes later makes sense


class Wire:
    """Listens on 127.0.0.1 and connects to a Unix socket.

    drop(): what comes is read and lost, on old connections and on new ones; also that an end closed.
    keep(): what comes is kept back and passed on later, as by a network that was cut in two for a while.
    refuse(): as drop(), and nobody accepts: the queue of the kernel is full, and connecting never ends.
    passing(): again; connections of which something was dropped stay mute until both ends have closed them.
    """

    def __init__(self, target: str) -> None:
        self._target = target
        self._mode = "pass"
        self._selector = selectors.DefaultSelector()
        self._lock = threading.Lock()
        self._sides: set[Side] = set()
        self._queued: list[socket.socket] = []
        self._is_done = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._listener.setblocking(False)
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Wire:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_done = True
        self._thread.join(10)
        for each in (self._listener, *self._queued, *(side.socket for side in self._sides)):
            each.close()

    def passing(self) -> None:
        with self._lock:
            self._mode = "pass"
            self._listener.listen(128)
            for each in self._queued:
                each.close()
            self._queued.clear()

    def drop(self) -> None:
        with self._lock:
            self._mode = "drop"

    def keep(self) -> None:
        with self._lock:
            self._mode = "keep"

    def refuse(self) -> None:
        with self._lock:
            self._mode = "refuse"
            self._listener.listen(0)
            for _ in range(2):  # the queue holds one more than it is given
                queued = socket.socket()
                queued.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    queued.connect(("127.0.0.1", self.port))
                self._queued.append(queued)

    def _run(self) -> None:
        while not self._is_done:
            with self._lock:
                self._turn()
            # Outside of the lock, so that whoever changes the mode need not wait.
            self._selector.select(0.05)

    def _turn(self) -> None:
        if self._mode != "refuse":
            self._accept()
        for side in list(self._sides):
            if side in self._sides:
                self._serve(side)
        self._selector.close()
        self._selector = selectors.DefaultSelector()
        if self._mode != "refuse":
            self._selector.register(self._listener, selectors.EVENT_READ)
        for side in self._sides:
            if events := self._events(side):
                self._selector.register(side.socket, events)

    def _events(self, side: Side) -> int:
        events = 0
        if not side.is_ended and self._mode != "keep":
            events |= selectors.EVENT_READ
        if side.unsent and self._mode == "pass":
            events |= selectors.EVENT_WRITE
        return events

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                near, far = Side(self._listener.accept()[0]), Side(socket.socket(socket.AF_UNIX))
                try:
                    far.socket.connect(self._target)
                except OSError:  # the other side has gone
                    self._close(near)
                    continue
                near.other, far.other = far, near
                for side in (near, far):
                    side.socket.setblocking(False)
                    self._sides.add(side)

    def _serve(self, side: Side) -> None:
        if self._mode == "keep":
            return
        self._read(side)
        if self._mode != "pass":
            return
        try:
            if side.unsent:
                del side.unsent[: side.socket.send(side.unsent)]
        except BlockingIOError:
            return
        except OSError:
            side.unsent.clear()
        if side.other.is_ended and not side.unsent:
            self._close(side)

    def _read(self, side: Side) -> None:
        while not side.is_ended:
            try:
                data = side.socket.recv(SIZE)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                side.is_ended = True
            elif self._mode != "pass":
                side.is_lost = side.other.is_lost = True
            elif not side.is_lost:
                side.other.unsent += data

    def _close(self, side: Side) -> None:
        for each in (side, side.other):
            self._sides.discard(each)
            each.socket.close()


@contextlib.contextmanager
def postgresql(found: Databases) -> Iterator[tuple[Wire, str]]:
    """The wire to PostgreSQL, and the URL through it."""
    parts = urlsplit(found.database_url)
    [sockets] = parse_qs(parts.query)["host"]
    with Wire(str(Path(sockets) / ".s.PGSQL.5432")) as wire:
        yield wire, f"postgresql://{parts.username}@127.0.0.1:{wire.port}{parts.path}"


@contextlib.contextmanager
def redis(found: Databases) -> Iterator[tuple[Wire, str]]:
    with Wire(urlsplit(found.redis_url).path) as wire:
        yield wire, f"redis://127.0.0.1:{wire.port}/0"
