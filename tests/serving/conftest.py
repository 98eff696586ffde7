"""A server with workers, started and stopped by tests."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from oauthsrv.serving.connections import open_server

ROOT = Path(__file__).resolve().parent.parent.parent


MEGABYTE = 1 << 20
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LARGE = 8 << 20

PROGRAM = """
import os, signal, sys, threading, time
from oauthsrv import logs
from oauthsrv.serving import parent
from oauthsrv.setting_values import Listen

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may ignore it, and the parent obeys that

class App:
    def wsgi(self, environ, start_response):
        path = environ["PATH_INFO"]
        if path == "/slow":
            time.sleep(1)
        if path == "/die":
            os._exit(7)
        body = {
            "/large": b"x" * (8 << 20),
            "/cpus": repr(sorted(os.sched_getaffinity(0))).encode() if hasattr(os, "sched_getaffinity") else b"",
            "/forwarded": environ.get("HTTP_X_FORWARDED_FOR", "").encode(),
        }.get(path, str(os.getpid()).encode())
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]

    def close(self):
        print("closed", flush=True)

def make_app():
    MAKE_APP
    return App()

logs.configure()
host, port, workers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
try:
    listener = parent.bind(Listen(host, port))
    code = parent.serve(listener, workers, 4, make_app, lambda address: print(address, flush=True))
except parent.CannotListen as error:
    print(error, flush=True)
    code = 3
print("returned", flush=True)
sys.exit(code)
"""


class Running:
    def __init__(self, popen: subprocess.Popen[str], host: str) -> None:
        self.popen = popen
        self.host = host
        self.address = self.line()
        self.port = int(self.address.rpartition(":")[2]) if self.address[-1:].isdigit() else 0

    def line(self) -> str:
        assert self.popen.stdout
        return self.popen.stdout.readline().strip()

    def rest(self) -> list[str]:
        assert self.popen.stdout
        return self.popen.stdout.read().split()

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.host, self.port, timeout=15)

    def get(self, path: str = "/", **headers: str) -> http.client.HTTPResponse:
        connection = self.connect()
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        return connection.getresponse()

    def worker(self) -> int:
        return int(self.get().read())

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.popen.send_signal(number)
        return self.popen.wait(20)


Start = Callable[..., Running]


@pytest.fixture
def start() -> Iterator[Start]:
    with contextlib.ExitStack() as stack:

        def start(workers: int = 1, host: str = "127.0.0.1", port: int = 0, make_app: str = "pass") -> Running:
            program = PROGRAM.replace("MAKE_APP", make_app)
            popen = subprocess.Popen(
                [sys.executable, "-c", program, host, str(port), str(workers)],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            stack.callback(popen.wait)
            stack.callback(popen.kill)
            return Running(popen, host)

        yield start


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A worker whose parent is gone may wait, dead, until its exit code is fetched.
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def eventually(question: Callable[[], bool], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if question():
                return True
        time.sleep(0.02)
    return False


def can_be_bound(port: int) -> bool:
    with contextlib.suppress(OSError), socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        probe.listen()
        return True
    return False


class Queued:
    """Threads that begin when the test says so."""

    def __init__(self) -> None:
        self.queue: list[Any] = []
        self.add_task = self.queue.append


def answer(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Length", str(LARGE))])
    return [b"x" * LARGE]


@pytest.fixture
def server() -> Iterator[Any]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = open_server(answer, listener, 0, None)
        threads = Queued()
        server.add_task, server.threads = threads.add_task, threads
        yield server
        for connection in list(server.active_channels.values()):
            connection.drop()
        server.close()


def asked(server: Any, sent: bytes) -> tuple[socket.socket, Any]:
    """A client that sent so much, and its connection, whose request waits for a thread."""
    client = socket.create_connection(server.socket.getsockname(), timeout=10)
    client.sendall(sent)
    while not server.threads.queue:
        server._map.turn(1)
    return client, server.threads.queue.pop()
