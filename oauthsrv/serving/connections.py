"""A worker's connections: which request is next, which connection is closed for a new one, how a refusal ends."""

import functools
import heapq
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from wsgiref.types import WSGIApplication

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.utilities import Error, RequestEntityTooLarge

from oauthsrv.addresses import counted_address
from oauthsrv.serving.messages import ErrorResponseTask, RequestParser, ResponseTask
from oauthsrv.serving.polling import Watched
from oauthsrv.serving.threads import Threads

BACKLOG = 1024
CONNECTIONS = 1000
WAITING_FROM = 800  # above this number, connections that are only waiting are closed for new ones
IDLE_LIMIT_SECONDS = 120  # longer than proxies keep a connection, or a request could arrive just as it is closed
BODY_BYTES = 1 << 20
HEADER_BYTES = 256 << 10

REQUEST_SECONDS = 30.0  # for a request to arrive whole: a slow sender must not hold a connection forever

LINGER_SECONDS = 2.0
LINGER_BYTES = 16 << 20

ALIVE = "/healthz"
# For a thread to take one of the waiting requests. The longest that a request may keep a thread is half of it.
STUCK_SECONDS = 60.0

Sender = Callable[[Mapping[str, str]], str]


class _Answered(threading.local):
    answers: "ClientConnection | None" = None


_thread = _Answered()


def open_server(
    wsgi: WSGIApplication,
    listener: socket.socket,
    threads: int,
    sender: Sender | None,
    *,
    answers_too_large: bool = False,
) -> Any:
    """The waitress server; `sender` finds the sender of a request in its WSGI environment.

    `answers_too_large`: the application answers bodies over the limit, marked by deadline.TOO_LARGE in the environment.
    """
    server: Any = create_server(
        wsgi,
        map=Watched(),
        _dispatcher=Threads(threads, functools.partial(sender_of_request, sender)),  # type: ignore[arg-type]
        sockets=[listener],
        backlog=BACKLOG,
        connection_limit=CONNECTIONS,
        channel_timeout=IDLE_LIMIT_SECONDS,
        max_request_header_size=HEADER_BYTES,
        max_request_body_size=BODY_BYTES,
        # X-Forwarded-* reaches the application, which knows the trusted proxies.
        clear_untrusted_proxy_headers=False,
        expose_tracebacks=False,
        ident=None,
    )
    server.channel_class = ClientConnection
    server.leaving = False
    server.answers_too_large = answers_too_large
    server.taken_at = time.monotonic()
    server.add_task = functools.partial(hand_over, server.task_dispatcher)
    server.pull_trigger = functools.partial(wake_loop, server.trigger.pull_trigger)
    server.accepted = 0
    return server


def is_stuck(server: Any) -> bool:
    """Whether requests wait, and no thread has taken one for longer than any request may take."""
    if not server.task_dispatcher.queue:
        server.taken_at = time.monotonic()
    return bool(time.monotonic() - server.taken_at > STUCK_SECONDS)


def hand_over(threads: Any, connection: Any) -> None:
    """Let a thread answer; the loop itself must always be able to say that this process is alive."""
    if connection.is_receiving and getattr(connection.requests[0], "path", "") == ALIVE:
        connection.is_for_the_loop = True  # only later, as its lock is held now
    else:
        threads.add_task(connection)


def wake_loop(wake: Callable[[], None]) -> None:
    """Wake it only if there is something to do: most answers are sent by the thread that made them."""
    one = _thread.answers
    if one is None or one.needs_loop:
        wake()


def look_after(server: Any) -> None:
    """Do what is due several times a second, and would be too expensive at every turn of the loop."""
    server._map.attend_all()
    for one in list(server.active_channels.values()):
        one.give_up_late()
    close_waiting(server)  # in case all were busy when the last new connection came


def close_waiting(server: Any) -> None:
    """Close connections without a whole request, so that one sender with many cannot keep others out.

    The sender with the most loses the one that has waited longest. Not while waitress handles its events: a new
    connection could get the closed one's descriptor, and with it its event.
    """
    excess = len(server._map) - WAITING_FROM
    if excess <= 0:
        return
    by_sender: dict[str, list[ClientConnection | Lingering]] = {}
    for one in server._map.values():
        if isinstance(one, ClientConnection | Lingering) and one.is_waiting:
            by_sender.setdefault(one.sender, []).append(one)
    for connections in by_sender.values():
        connections.sort(key=lambda one: one.seconds_waited)
    order = [(-len(connections), sender) for sender, connections in by_sender.items()]
    heapq.heapify(order)
    for _ in range(excess):
        if not order:
            return
        size, sender = heapq.heappop(order)
        by_sender[sender].pop().drop()
        if by_sender[sender]:
            heapq.heappush(order, (size + 1, sender))


def accept_waiting(server: Any, at_most: int) -> None:
    """Take the connections that the kernel has accepted.

    Needed before the listener closes, which would reset all of them unanswered.
    """
    for _ in range(at_most):
        known = server.accepted
        server.handle_accept()
        if server.accepted == known:
            return


def sender_of_request(sender: Sender | None, channel: Any) -> str:
    address = str(channel.addr[0]) if channel.addr else ""
    if sender is None or not channel.requests:
        return address
    forwarded = channel.requests[0].headers.get("X_FORWARDED_FOR", "")
    return sender({"REMOTE_ADDR": address, "HTTP_X_FORWARDED_FOR": forwarded})


class RequestTimeout(Error):
    code = 408
    reason = "Request Timeout"


class ClientConnection(HTTPChannel):
    """A connection whose client receives a refusal, and on which a request must arrive in time.

    If a closed socket has unread input, the kernel resets it, and the sender of a body that is too large would see a
    broken connection instead of the 413 (RFC 9112 §9.6).
    """

    socket: Any
    server: Any
    request: Any
    requests: Any
    requests_lock: Any
    _map: Watched
    _fileno: int
    parser_class = RequestParser
    task_class = ResponseTask
    error_task_class = ErrorResponseTask
    refused = False
    arriving_since = 0.0
    is_receiving = False
    is_for_the_loop = False

    def __init__(self, server: Any, sock: socket.socket, addr: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(server, sock, addr, *args, **kwargs)
        self.sender = counted_address(str(addr[0]))
        server.accepted += 1

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for a request, or for the rest of one."""
        return not self.requests

    @property
    def seconds_waited(self) -> float:
        if self.request is not None:
            return time.monotonic() - self.arriving_since
        return time.time() - self.last_activity

    def drop(self) -> None:
        self.refused = False
        self.handle_close()

    def received(self, data: bytes) -> bool:
        if self.request is None:
            self.arriving_since = time.monotonic()
        self.is_receiving = True
        taken = bool(super().received(data))
        self.is_receiving = False
        if self.is_for_the_loop:
            self.is_for_the_loop = False
            self.service()
        return taken

    def service(self) -> None:
        self.server.taken_at = time.monotonic()
        if self.server.answers_too_large and isinstance(self.requests[0].error, RequestEntityTooLarge):
            self.requests[0].error, self.refused = None, True
        _thread.answers = self
        try:
            super().service()
        finally:
            _thread.answers = None

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Send, and leave closing a broken connection to the loop: it may be asking just now what to watch."""
        try:
            return int(self.socket.send(data))
        except BlockingIOError:
            return 0
        except OSError:
            self.will_close = True
            return 0

    def write_soon(self, data: Any) -> int:
        """Send what the socket takes at once, and buffer only the rest.

        What is buffered the loop tries to send: again and again while this thread does, which keeps it from going on.
        """
        if not isinstance(data, bytes):
            return int(super().write_soon(data))
        with self.outbuf_lock:  # else the loop could close it first, and its descriptor be another's
            sent = self.send(data) if self.connected and not self.total_outbufs_len else 0
            if sent < len(data):
                super().write_soon(data[sent:])
        return len(data)

    def _flush_some(self, do_close: bool = True) -> bool:
        with self.outbuf_lock:  # waitress' loop sends without it what a thread sends too, after "100 Continue"
            return bool(super()._flush_some(do_close))  # type: ignore[misc]

    def _flush_some_if_lockable(self, do_close: bool = True) -> None:
        """Wait for the thread that is sending, for the same reason."""
        with self.outbuf_lock:
            super()._flush_some_if_lockable(do_close)  # type: ignore[misc]

    @property
    def needs_loop(self) -> bool:
        return self._map.needs_loop(self._fileno, self)

    def give_up_late(self) -> None:
        """Answer 408 to a request that did not arrive whole in time."""
        if self.request is None or time.monotonic() <= self.arriving_since + REQUEST_SECONDS:
            return
        with self.requests_lock:
            late, self.request = self.request, None
            late.error = RequestTimeout(f"The request took longer than {REQUEST_SECONDS:.0f} seconds to arrive.")
            late.completed = True
            self.requests.append(late)
            if len(self.requests) == 1:
                self.server.add_task(self)

    def handle_close(self) -> None:
        if self.refused and self.connected:
            handed_over, self.socket = self.socket, None
            super().handle_close()
            Lingering(handed_over, self._map, self.sender)
        else:
            super().handle_close()


class Lingering(wasyncore.dispatcher):
    """A connection that was answered and closed on our side: what still arrives is dropped for a moment."""

    is_waiting = True

    def __init__(self, connected: socket.socket, map: dict[int, Any], sender: str) -> None:
        super().__init__(connected, map)
        self.sender = sender
        self.until = time.monotonic() + LINGER_SECONDS
        self.dropped = 0
        try:
            connected.shutdown(socket.SHUT_WR)
        except OSError:
            self.close()

    @property
    def seconds_waited(self) -> float:
        return time.monotonic() - self.until + LINGER_SECONDS

    def drop(self) -> None:
        self.close()

    def readable(self) -> bool:
        # Called at every turn of the loop, so a good place to check the time.
        if time.monotonic() > self.until or self.dropped > LINGER_BYTES:
            self.close()
            return False
        return True

    def writable(self) -> bool:
        return False

    def handle_read(self) -> None:
        self.dropped += len(self.recv(1 << 16))

    def handle_close(self) -> None:
        self.close()
