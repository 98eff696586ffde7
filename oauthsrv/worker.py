"""One worker: a process that answers requests with waitress until it is told to stop."""

import functools
import heapq
import logging
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, NamedTuple, NoReturn, Protocol
from wsgiref.types import WSGIApplication

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import Error

from oauthsrv import deadline, liveness
from oauthsrv.arrival import Request
from oauthsrv.turns import Turns

log = logging.getLogger(__name__)

BACKLOG = 1024
CONNECTIONS = 1000
WAITING_FROM = 800  # with more connections than this, the ones that are only waiting make room for new ones
ACCEPT_AT_ONCE = 64
IDLE_LIMIT_SECONDS = 120  # more than proxies keep a connection, or a request would come just as it is closed
FILES = 4096  # connections, and those to the databases, with room
BODY_BYTES = 1 << 20
HEADER_BYTES = 256 << 10

DRAIN_SECONDS = 10.0  # at most, for the requests under way when the stop comes
IDLE_SECONDS = 0.25  # for a request that may be on its way on a connection kept alive

REQUEST_SECONDS = 30.0  # for a request to arrive whole, or who sends slowly would hold a connection for ever

LINGER_SECONDS = 2.0
LINGER_BYTES = 16 << 20


class Application(Protocol):
    """What a worker serves. It is made after the fork, as pools and threads do not survive one."""

    @property
    def wsgi(self) -> WSGIApplication: ...

    def close(self) -> None: ...


class Post(NamedTuple):
    """What the parent hands to a worker."""

    number: int
    first_cpu: int
    listener: socket.socket
    threads: int
    started: int  # a pipe: the worker writes a byte into it when it accepts
    parent: int  # a pipe that ends when the parent does


def run(post: Post, make_app: Callable[[], Application]) -> NoReturn:
    """The whole life of a forked worker; never returns into what the parent was doing."""
    code = 1
    try:
        work(post, make_app)
        code = 0
    except SystemExit:
        code = 0  # told to stop while it started
    except BaseException:
        log.exception("worker %d failed", post.number)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # no atexit handler or open context of the parent's may run a second time


def work(post: Post, make_app: Callable[[], Application]) -> None:
    leave_while_starting()
    threading.Thread(target=liveness.leave_with_parent, args=(post.parent,), daemon=True).start()
    pin(post.number, post.first_cpu)
    allow_files()
    app = make_app()
    server = open_server(app.wsgi, post.listener, post.threads)
    # While no request has come yet. Whose one is, behind proxies, the application knows.
    server.task_dispatcher.queue = Turns(functools.partial(sender_of_request, getattr(app, "sender", None)))
    stop = told_to_stop(server)
    os.set_blocking(post.started, False)
    while not stop.is_set():
        if not liveness.is_stuck(server):
            liveness.give_sign(post.started)
        turn(server, 1.0)
    drain(server)
    server.task_dispatcher.shutdown(timeout=1)
    app.close()


def leave_while_starting() -> None:
    """Takes the parent's signal handlers away and lets the signals in, which were held back over the fork."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the parent decides
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT, signal.SIGHUP})


def pin(number: int, first_cpu: int) -> None:
    """Keeps all threads on one CPU: across several they fight for the interpreter's lock, ten times as slow."""
    if not hasattr(os, "sched_setaffinity"):
        return
    allowed = sorted(os.sched_getaffinity(0))
    try:
        os.sched_setaffinity(0, {allowed[(first_cpu + number) % len(allowed)]})
    except OSError as error:
        log.warning("not pinned to a CPU: %s", error)


def allow_files() -> None:
    """Many systems allow 1024 open files, which the connections alone would use up."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def open_server(wsgi: WSGIApplication, listener: socket.socket, threads: int) -> Any:
    server: Any = create_server(
        wsgi,
        sockets=[listener],
        threads=threads,
        backlog=BACKLOG,
        connection_limit=CONNECTIONS,
        channel_timeout=IDLE_LIMIT_SECONDS,
        asyncore_use_poll=True,
        max_request_header_size=HEADER_BYTES,
        max_request_body_size=BODY_BYTES,
        # X-Forwarded-* reaches the application, which knows whose it may believe.
        clear_untrusted_proxy_headers=False,
        expose_tracebacks=False,
        ident=None,
    )
    server.channel_class = Connection
    server.leaving = False
    server.taken_at = time.monotonic()
    server.add_task = functools.partial(liveness.hand_over, server.task_dispatcher)
    server.accepted = 0
    return server


def told_to_stop(server: Any) -> threading.Event:
    stop = threading.Event()

    def tell(number: int, frame: FrameType | None) -> None:
        stop.set()
        server.pull_trigger()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, tell)
    return stop


def turn(server: Any, seconds: float) -> None:
    # Turned by hand: waitress' own run() leaves its loop at a stop, with answers still unsent.
    server.asyncore.loop(timeout=seconds, use_poll=True, map=server._map, count=1)
    if not server.leaving:
        accept_waiting(server, ACCEPT_AT_ONCE)  # one a turn is too slow against somebody who opens thousands
        make_room(server)


def make_room(server: Any) -> None:
    """Closes connections without a whole request, so that nobody can keep others out by holding many.

    Whoever holds most loses the one that has waited longest. Not while waitress goes through its events: a descriptor
    that is closed and taken again would get the event of the one before.
    """
    excess = len(server._map) - WAITING_FROM
    if excess <= 0:
        return
    held: dict[bytes, list[Connection | Lingering]] = {}
    for one in server._map.values():
        if isinstance(one, Connection | Lingering) and one.is_waiting:
            held.setdefault(one.sender, []).append(one)
    for connections in held.values():
        connections.sort(key=lambda one: one.seconds_waited)
    order = [(-len(connections), sender) for sender, connections in held.items()]
    heapq.heapify(order)
    for _ in range(excess):
        if not order:
            return
        size, sender = heapq.heappop(order)
        held[sender].pop().drop()
        if held[sender]:
            heapq.heappush(order, (size + 1, sender))


def drain(server: Any) -> None:
    """Takes no new connection, and answers what came on those it has."""
    server.leaving = True
    accept_waiting(server, BACKLOG)
    # Not server.close(), which takes the trigger away that wakes the loop for an answer.
    wasyncore.dispatcher.close(server)
    began, deadline = time.time(), time.monotonic() + DRAIN_SECONDS
    while server.active_channels and time.monotonic() < deadline:
        for connection in list(server.active_channels.values()):
            if is_idle(connection, began):
                connection.will_close = True
        turn(server, 0.05)
    if server.active_channels:
        log.warning("left with %d connections open", len(server.active_channels))


def accept_waiting(server: Any, at_most: int) -> None:
    """Takes the connections that the kernel has accepted.

    At the end all of them: closing the listener would reset them unanswered.
    """
    for _ in range(at_most):
        known = server.accepted
        server.handle_accept()
        if server.accepted == known:
            return


def is_idle(connection: Any, began: float) -> bool:
    # In this order: a thread that ends a request has put its answer into the buffer before.
    if connection.requests or connection.total_outbufs_len:
        return False
    return bool(time.time() > max(connection.last_activity, began) + IDLE_SECONDS)


def sender_of(address: str) -> bytes:
    """Whose connections are counted together: an IPv4 address, or the /64 that one IPv6 subscriber has."""
    if ":" not in address:
        return address.encode()
    return socket.inet_pton(socket.AF_INET6, address.partition("%")[0])[:8]


def sender_of_request(sender: Callable[[Mapping[str, str]], str] | None, channel: Any) -> str:
    address = str(channel.addr[0]) if channel.addr else ""
    if sender is None or not channel.requests:
        return address
    forwarded = channel.requests[0].headers.get("X_FORWARDED_FOR", "")
    return sender({"REMOTE_ADDR": address, "HTTP_X_FORWARDED_FOR": forwarded})


class Answer(WSGITask):
    channel: Any
    request: Any

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ[deadline.ARRIVED] = self.request.arrived
        return environ

    def build_response_header(self) -> bytes:
        if self.channel.server.leaving:
            self.request.headers["CONNECTION"] = "close"
        return super().build_response_header()


class Refusal(ErrorTask):
    channel: Any

    def execute(self) -> None:
        self.channel.refused = True
        super().execute()


class RequestTimeout(Error):
    code = 408
    reason = "Request Timeout"


class Connection(HTTPChannel):
    """A connection whose refusal is heard, and on which a request must arrive in time.

    Closing a socket that holds unread input makes the kernel reset it, and the sender of a body that is
    too large would see a broken connection instead of the 413 (RFC 9112 §9.6).
    """

    socket: Any
    server: Any
    request: Any
    requests: Any
    requests_lock: Any
    _map: dict[int, Any]
    parser_class = Request
    task_class = Answer
    error_task_class = Refusal
    refused = False
    arriving_since = 0.0
    is_receiving = False
    is_for_the_loop = False

    def __init__(self, server: Any, sock: socket.socket, addr: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(server, sock, addr, *args, **kwargs)
        self.sender = sender_of(str(addr[0]))
        server.accepted += 1

    @property
    def is_waiting(self) -> bool:
        """For a request, or for the rest of one."""
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
        super().service()

    def writable(self) -> bool:
        # Asked at every turn of the loop, so the place to notice the time.
        if self.request is not None and time.monotonic() > self.arriving_since + REQUEST_SECONDS:
            self.give_up()
        return bool(super().writable())

    def give_up(self) -> None:
        """Answers 408 to a request that does not come to its end."""
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
    """A connection that was answered and closed on our side: what still comes is dropped for a moment."""

    is_waiting = True

    def __init__(self, connected: socket.socket, map: dict[int, Any], sender: bytes) -> None:
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
        # Asked at every turn of the loop, so the place to notice the time.
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
