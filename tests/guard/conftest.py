"""A guard in front of the server as it answers over HTTP, with the databases of the suite."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from waitress.server import create_server

import make
import play
from browser import wsgi
from held import eventually
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.flows.clients.limits import set_limits
from oauthsrv.guard import (
    Guard,
    Refused,
)
from oauthsrv.server import Server
from oauthsrv.store.limits import Attempt, key_of


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
            # A busy machine may take long; tests of the timeout give their own.
            guard = Guard(server.settings.issuer, **{"address": served.address, "timeout": 10.0} | options)
            stack.callback(guard.close)
            return guard

        yield make_guard


def refused(ask: Callable[[], Any]) -> Refused:
    with pytest.raises(Refused) as caught:
        ask()
    return caught.value


# Limits


def at_its_limit(server: Server, connection: play.Connection, calls: int = 2) -> None:
    set_limits(server, connection.app.client_id, calls, by=Actor())


# With answers kept


@pytest.fixture
def keeping(make_guard: MakeGuard, found: Any, connection: play.Connection) -> Guard:
    """Its memory is warm: one token is known to be good."""
    guard = make_guard(redis_url=found.redis_url)
    warm_up(guard, connection)
    return guard


def warm_up(guard: Guard, connection: play.Connection) -> None:
    def is_kept() -> bool:
        guard.check(connection.access_token, "read:data")
        assert guard._memory is not None
        return len(guard._memory) == 1

    eventually(is_kept)


def calls(server: Server, connection: play.Connection) -> int:
    counted = server.redis.connection().get(key_of(server.redis, Attempt("calls", connection.app.client_id)))
    return int(counted or 0)


def end_token(server: Server, connection: play.Connection) -> None:
    assert (
        play.post(connection.browser, "/oauth/revoke", connection.app, token=connection.access_token).status_int == 200
    )


def end_family(server: Server, connection: play.Connection) -> None:
    assert (
        play.post(connection.browser, "/oauth/revoke", connection.app, token=connection.refresh_token).status_int == 200
    )


def end_grant(server: Server, connection: play.Connection) -> None:
    page = connection.browser.get("/account/apps")
    play.form_with(page, "csrf")
    [form] = [form for form in page.forms.values() if form.action.endswith("/end")]
    assert form.submit().status_int == 303


def disable(server: Server, connection: play.Connection) -> None:
    assert revocations.disable_user(server, connection.user.user_id, by=Actor())


def suspend(server: Server, connection: play.Connection) -> None:
    assert review.suspend_client(server, connection.app.client_id, by=Actor())


def delete(server: Server, connection: play.Connection) -> None:
    assert revocations.delete_client(server, connection.app.client_id, by=Actor())


def end_tokens(server: Server, connection: play.Connection) -> None:
    assert revocations.revoke_client_tokens(server, connection.app.client_id, by=Actor())


REVOCATIONS = (end_token, end_family, end_grant, disable, suspend, delete, end_tokens)
