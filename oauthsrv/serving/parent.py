"""The parent: binds one listening socket, keeps N workers on it, and stops them without losing a response."""

import contextlib
import ctypes
import errno
import gc
import logging
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from oauthsrv.serving import cpus
from oauthsrv.serving.connections import BACKLOG
from oauthsrv.serving.worker import DRAIN_SECONDS, ServedApplication, Start, run
from oauthsrv.setting_values import Listen

log = logging.getLogger(__name__)

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

BIND_SECONDS = 2.0  # workers of an earlier server may still be stopping
STOP_SECONDS = DRAIN_SECONDS + 5  # then a worker that is still running is killed

HUNG_SECONDS = 10.0  # a worker that writes nothing for so long, instead of a byte each second, is killed and replaced
START_SECONDS = 60.0  # until the first byte

STEADY_SECONDS = 1.0  # a worker that dies sooner after its start is replaced only after a pause
BACK_OFF_SECONDS = 0.1  # doubled by each such death
BACK_OFF_LIMIT = 2.0
GIVE_UP_AFTER = 5  # deaths at the start in a row, with no worker running


class CannotListen(Exception):
    """The address cannot be bound; the message says why."""


@dataclass
class Worker:
    number: int
    pid: int
    pipe: int  # has a byte when the worker accepts and each second after that, and ends when it is gone
    ready_at: float | None = None
    heard_at: float = field(default_factory=time.monotonic)

    @property
    def hangs_from(self) -> float:
        return self.heard_at + (START_SECONDS if self.ready_at is None else HUNG_SECONDS)


@dataclass
class Workers:
    """The running workers, and those waiting to be started again."""

    spawn: Callable[[int], Worker]
    ready: Callable[[], None]
    running: dict[int, Worker] = field(default_factory=dict)  # by pipe
    due: dict[int, float] = field(default_factory=dict)  # number: when to start it
    early_deaths: int = 0
    failed_starts: int = 0
    was_ready: bool = False

    def start_due(self) -> None:
        for number in [number for number, at in self.due.items() if at <= time.monotonic()]:
            del self.due[number]
            worker = self.spawn(number)
            self.running[worker.pipe] = worker

    def seconds_to_next(self) -> float | None:
        """The seconds until a worker is to be started, or may count as hung; None if there is nothing to wait for."""
        moments = [*self.due.values(), *(worker.hangs_from for worker in self.running.values())]
        return max(0.0, min(moments) - time.monotonic()) if moments else None

    def kill_hung(self) -> None:
        """Kill workers that are stopped or stuck, as their connections wait; they are replaced as if they had died."""
        for worker in self.running.values():
            if worker.hangs_from <= time.monotonic():
                log.error("worker %d (process %d) hangs and is killed", worker.number, worker.pid)
                os.kill(worker.pid, signal.SIGKILL)
                worker.heard_at = time.monotonic()

    def heard(self, pipe: int) -> None:
        if os.read(pipe, 4096):
            worker = self.running[pipe]
            worker.heard_at = time.monotonic()
            worker.ready_at = worker.ready_at or worker.heard_at
            if not self.was_ready:
                self.was_ready = True
                self.ready()
        else:
            worker, end = self.remove(pipe)
            log.warning("worker %d (process %d) %s", worker.number, worker.pid, end)
            self.replace(worker)

    def remove(self, pipe: int) -> tuple[Worker, str]:
        """Remove a worker that is gone, or was just killed, and say how it ended."""
        worker = self.running.pop(pipe)
        os.close(pipe)
        return worker, reap(worker.pid)

    def signal_all(self, number: signal.Signals) -> None:
        for worker in self.running.values():
            # The process id is still its own, as only reap() frees it.
            os.kill(worker.pid, number)

    def replace(self, worker: Worker) -> None:
        now = time.monotonic()
        self.failed_starts = self.failed_starts + 1 if worker.ready_at is None else 0
        if worker.ready_at is not None and now - worker.ready_at >= STEADY_SECONDS:
            self.early_deaths = 0
            self.due[worker.number] = now
        else:
            self.due[worker.number] = now + min(BACK_OFF_SECONDS * 2**self.early_deaths, BACK_OFF_LIMIT)
            self.early_deaths += 1

    def is_hopeless(self) -> bool:
        none_is_ready = all(worker.ready_at is None for worker in self.running.values())
        return none_is_ready and self.failed_starts >= GIVE_UP_AFTER


def serve(
    listener: socket.socket,
    workers: int,
    threads: int,
    make_app: Callable[[], ServedApplication],
    ready: Callable[[str], None],
) -> int:
    """Serve until a stop signal; returns the exit code.

    `listener` comes from `bind`. `make_app` is called in each worker; `ready` once here, with the address, when the
    first worker accepts. Call it in the main thread, with no connection open that a fork would share.
    """
    with contextlib.ExitStack() as stack:
        address = str(Listen(*listener.getsockname()[:2]))
        parent_pipe, held = os.pipe()  # `held` closes only with this process, even when it is killed
        stack.callback(os.close, parent_pipe)
        stack.callback(os.close, held)
        signals = stack.enter_context(stop_signals())
        order = cpus.choose()

        def spawn(number: int) -> Worker:
            return fork(number, lambda pipe: work(number, pipe))

        def work(number: int, pipe: int) -> NoReturn:
            for inherited in (held, signals):
                os.close(inherited)
            run(Start(number, order, listener, threads, started=pipe, parent=parent_pipe), make_app)

        settle_memory()
        now = time.monotonic()
        running = Workers(spawn, lambda: ready(address), due=dict.fromkeys(range(workers), now))
        try:
            return watch(running, signals)
        finally:
            listener.close()
            stop(running)


def settle_memory() -> None:
    """Return what the start has freed, and let the workers share the rest."""
    gc.collect()
    gc.freeze()  # otherwise their collectors would write to every object
    # Only of glibc. Where Python may not keep bytecode (PYTHONDONTWRITEBYTECODE), compiling it leaves 11 MB.
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)


def watch(workers: Workers, signals: int) -> int:
    """Replace workers that die, until a stop signal (0), or until that is hopeless (1)."""
    while True:
        workers.start_due()
        heard, _, _ = select.select([signals, *workers.running], [], [], workers.seconds_to_next())
        if signals in heard:
            return 0
        for pipe in heard:
            workers.heard(pipe)
        workers.kill_hung()  # after hearing, as this process may have been stopped itself
        if workers.is_hopeless():
            log.error("workers keep dying at their start: giving up")
            return 1


def stop(workers: Workers) -> None:
    """Let the workers finish what they are doing, and kill those that take too long."""
    workers.signal_all(signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while workers.running and time.monotonic() < deadline:
        heard, _, _ = select.select(list(workers.running), [], [], deadline - time.monotonic())
        for pipe in heard:
            if not os.read(pipe, 1):
                workers.remove(pipe)
    workers.signal_all(signal.SIGKILL)
    for pipe in list(workers.running):
        workers.remove(pipe)


def fork(number: int, work: Callable[[int], NoReturn]) -> Worker:
    pipe, workers_end = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()  # or buffered text would be written twice
    # Blocked during the fork, as a handler of the parent must not run in the child.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            os.close(pipe)
            work(workers_end)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        os.close(workers_end)
    return Worker(number, pid, pipe)


def reap(pid: int) -> str:
    """Wait for a process, and say how it ended. By its id, as the parent has other children: databases."""
    try:
        _, status = os.waitpid(pid, 0)
    except ChildProcessError:  # if our starter left SIGCHLD ignored
        return "is gone"
    code = os.waitstatus_to_exitcode(status)
    return f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}"


@contextlib.contextmanager
def stop_signals() -> Iterator[int]:
    """A pipe that becomes readable when this process gets a stop signal."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    earlier_pipe = signal.set_wakeup_fd(write_end)
    # Not SIGHUP if it is ignored, as the server is then meant to outlive its terminal.
    numbers = [number for number in STOP_SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    earlier = {number: signal.signal(number, lambda *_: None) for number in numbers}
    try:
        yield read_end
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(earlier_pipe)
        os.close(read_end)
        os.close(write_end)


def bind(listen: Listen) -> socket.socket:
    """Bind one listening socket: the kernel gives each connection to a free worker. Raises CannotListen."""
    family, address = resolve(listen)
    deadline = time.monotonic() + BIND_SECONDS
    while True:
        try:
            return listening(family, address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            raise CannotListen(refusal(listen, error)) from None


def refusal(listen: Listen, error: OSError) -> str:
    remedies = {
        errno.EADDRINUSE: "Stop the process that listens there, or choose another port",
        errno.EACCES: "Ports below 1024 need special privileges: choose another one",
        errno.EADDRNOTAVAIL: "It is not an address of this machine",
    }
    remedy = remedies.get(error.errno or 0, "Give an address of this machine, or a name that resolves to one")
    return f"OAUTHSRV_LISTEN: cannot listen on {listen}: {error.strerror}. {remedy}."


def resolve(listen: Listen) -> tuple[int, Any]:
    try:
        found = socket.getaddrinfo(listen.host, listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise CannotListen(refusal(listen, error)) from None
    # If a name such as localhost has both, IPv4, as every client tries it.
    family, _, _, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return family, address


def listening(family: int, address: Any) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # Otherwise IPv4 addresses would look like ::ffff:…, which no trusted proxy has.
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        # Here and not in a worker: two servers could both bind, but only one can listen.
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
