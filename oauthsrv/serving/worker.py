"""One worker: a process that answers requests until its parent stops it."""

import contextlib
import gc
import logging
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, NamedTuple, NoReturn, Protocol
from wsgiref.types import WSGIApplication

from waitress import wasyncore

from oauthsrv.serving import cpus
from oauthsrv.serving.connections import BACKLOG, accept_waiting, close_waiting, is_stuck, look_after, open_server

log = logging.getLogger(__name__)

ACCEPT_AT_ONCE = 64
BETWEEN_LOOKS = 0.25  # seconds
FILES = 4096  # for connections, including those to the databases, with some to spare

DRAIN_SECONDS = 10.0  # at most, for the requests under way at the stop
IDLE_SECONDS = 0.25  # for a request that may be on its way on an idle connection


class ServedApplication(Protocol):
    """The application of a worker, made after the fork, as pools and threads do not survive one."""

    @property
    def wsgi(self) -> WSGIApplication: ...

    def close(self) -> None: ...


class Start(NamedTuple):
    """Everything that a worker gets from its parent."""

    number: int
    cpus: list[int]  # in the order in which workers take them
    listener: socket.socket
    threads: int
    started: int  # a pipe into which the worker writes a byte when it accepts
    parent: int  # a pipe that ends when the parent does


def run(start: Start, make_app: Callable[[], ServedApplication]) -> NoReturn:
    """Live the whole life of a forked worker; never returns into what the parent was doing."""
    code = 1
    try:
        work(start, make_app)
        code = 0
    except SystemExit:
        code = 0  # stopped while starting
    except BaseException:
        log.exception("worker %d failed", start.number)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # no atexit handler or open context of the parent may run twice


def work(start: Start, make_app: Callable[[], ServedApplication]) -> None:
    leave_while_starting()
    threading.Thread(target=leave_with_parent, args=(start.parent,), daemon=True).start()
    cpus.pin(start.cpus, start.number)
    allow_files()
    app = make_app()
    gc.freeze()  # it lives as long as the process, so no request waits while the collector scans it again
    # Behind proxies only the application can find a request's sender.
    server = open_server(
        app.wsgi,
        start.listener,
        start.threads,
        getattr(app, "sender", None),
        answers_too_large=getattr(app, "answers_too_large", False),
    )
    stop = stop_event(server)
    os.set_blocking(start.started, False)
    due = 0.0
    while not stop.is_set():
        if time.monotonic() >= due:
            due = time.monotonic() + BETWEEN_LOOKS
            look_after(server)
            if not is_stuck(server):
                report_alive(start.started)
        turn(server, BETWEEN_LOOKS)
    drain(server)
    server.task_dispatcher.shutdown(timeout=1)
    app.close()


def report_alive(pipe: int) -> None:
    """Write a byte into the pipe, as the parent replaces a worker that stops doing so."""
    with contextlib.suppress(BlockingIOError):  # the parent is stopped, and will find enough of these bytes
        os.write(pipe, b"+")


def leave_with_parent(pipe: int) -> None:
    """End this process immediately when the parent is gone, however it ended, as no one could stop or replace it.

    A pipe works everywhere; only Linux has a signal for this.
    """
    os.read(pipe, 1)
    os._exit(1)


def leave_while_starting() -> None:
    """Remove the parent's signal handlers, and unblock the signals that were blocked during the fork."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the parent decides
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT, signal.SIGHUP})


def allow_files() -> None:
    """Raise the limit on open files: many systems allow 1024, which the connections alone would use up."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def stop_event(server: Any) -> threading.Event:
    stop = threading.Event()

    def stop_soon(number: int, frame: FrameType | None) -> None:
        stop.set()
        server.pull_trigger()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop_soon)
    return stop


def turn(server: Any, seconds: float) -> None:
    # waitress' own run() leaves its loop at a stop, with responses still unsent.
    accepted = server.accepted
    server._map.turn(seconds)
    if server.accepted != accepted and not server.leaving:
        accept_waiting(server, ACCEPT_AT_ONCE)  # as one per turn is too slow against a client that opens thousands
        close_waiting(server)


def drain(server: Any) -> None:
    """Accept no new connection, and answer the requests on existing ones."""
    server.leaving = True
    accept_waiting(server, BACKLOG)
    # Not server.close(), which removes the trigger that wakes the loop for a response.
    wasyncore.dispatcher.close(server)
    began, deadline = time.time(), time.monotonic() + DRAIN_SECONDS
    while server.active_channels and time.monotonic() < deadline:
        for connection in list(server.active_channels.values()):
            if is_idle(connection, began):
                connection.will_close = True
        server._map.attend_all()
        turn(server, 0.05)
    if server.active_channels:
        log.warning("left with %d connections open", len(server.active_channels))


def is_idle(connection: Any, began: float) -> bool:
    # In this order, as a thread writes its response to the buffer before it removes the request.
    if connection.requests or connection.total_outbufs_len:
        return False
    return bool(time.time() > max(connection.last_activity, began) + IDLE_SECONDS)
