"""A guard in front of the server as it answers over HTTP, with the databases of the suite."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from waitress.server import create_server

import make
from oauthsrv.app import wsgi
from oauthsrv.guard import Guard
from oauthsrv.server import Server


class Served:
    """The server at an address of its own; it notes what it was asked, and may be held or let fail."""

    def __init__(self, server: Server) -> None:
        self.app = wsgi(server)
        self.asked: list[tuple[str, str]] = []
        self.connections: set[tuple[str, int]] = set()
        self.instead: Callable[..., Any] | None = None
        self.before: Callable[[], None] | None = None
        self.http = create_server(self, host="127.0.0.1", port=0, threads=8, ident=None)
        self.address = f"http://127.0.0.1:{self.http.effective_port}"
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        while not self.stopped.is_set():
            self.http.asyncore.loop(timeout=1, map=self.http._map, count=1)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        self.asked.append((environ["PATH_INFO"], environ["QUERY_STRING"]))
        self.connections.add((environ["REMOTE_ADDR"], environ["REMOTE_PORT"]))
        if self.instead is not None:
            return self.instead(environ, start_response)
        answer = self.app(environ, start_response)
        if self.before is not None:
            self.before()
        return answer

    @property
    def checks(self) -> int:
        """How often it was asked about a token."""
        return sum(path in ("/oauth/verify", "/oauth/introspect") for path, _ in self.asked)

    def close(self) -> None:
        self.stopped.set()
        self.http.pull_trigger()
        self.thread.join()
        self.http.task_dispatcher.shutdown(timeout=1)
        self.http.close()


@pytest.fixture
def served(server: Server) -> Iterator[Served]:
    served = Served(server)
    yield served
    served.close()


MakeGuard = Callable[..., Guard]


@pytest.fixture
def api(server: Server) -> make.App:
    return make.api(server)


@pytest.fixture(params=["introspection", "verify"])
def way(request: pytest.FixtureRequest) -> str:
    """Both ways of asking; a test that does not name it asks by introspection."""
    return str(request.param)


@pytest.fixture
def make_guard(server: Server, served: Served, api: make.App) -> Iterator[MakeGuard]:
    with contextlib.ExitStack() as stack:

        def make_guard(way: str = "introspection", **options: Any) -> Guard:
            if way == "introspection":
                options = {"client_id": api.client_id, "client_secret": api.client_secret} | options
            guard = Guard(server.settings.issuer, **{"address": served.address} | options)
            stack.callback(guard.close)
            return guard

        yield make_guard
