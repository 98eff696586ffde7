"""The loopback listener: its ports, the one answer it takes, and all the rest that browsers send."""

from __future__ import annotations

import contextlib
import queue
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
import requests

from end_to_end.running import free_port
from oauthsrv.client import ErrorCode, OAuthProvider
from oauthsrv.client.callback import CallbackListener, Outcome, listening
from oauthsrv.client.results import Trouble

MINE = OAuthProvider("mine", issuer="https://a.example", redirect_ports=())
LOCALHOST = replace(MINE, redirect_host="localhost", redirect_ports=(8080,), any_free_port=False)

has_ipv6 = pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")


@contextlib.contextmanager
def taken(port: int, family: socket.AddressFamily = socket.AF_INET) -> Iterator[None]:
    with socket.create_server(("127.0.0.1" if family == socket.AF_INET else "::1", port), family=family):
        yield


def test_the_ports_are_tried_in_their_order() -> None:
    first, second = free_port(), free_port()
    provider = replace(MINE, redirect_ports=(first, second))
    with listening(provider) as listener:
        assert listener.redirect_uri == f"http://127.0.0.1:{first}/callback"
    with taken(first), listening(provider) as listener:
        assert listener.port == second
    with taken(first), taken(second), listening(provider) as listener:
        assert listener.port not in (first, second, 0)


def test_the_usual_ports_are_those_people_register() -> None:
    assert OAuthProvider("mine").redirect_ports == (8080, 3000, 57548)
    assert OAuthProvider("mine").any_free_port


def test_two_logins_at_once_get_two_ports() -> None:
    provider = replace(MINE, redirect_ports=(free_port(),))
    with listening(provider) as one, listening(provider) as other:
        assert one.port != other.port


def test_listed_ports_only_means_no_other() -> None:
    port = free_port()
    provider = replace(MINE, redirect_ports=(port,), any_free_port=False)
    with taken(port), pytest.raises(Trouble, match=str(port)) as failed, listening(provider):
        pass
    assert failed.value.failure.code is ErrorCode.AUTH_FAILED


@has_ipv6
def test_localhost_is_both_loopback_addresses() -> None:
    port = free_port()
    with listening(replace(LOCALHOST, redirect_ports=(port,))) as listener:
        assert listener.redirect_uri == f"http://localhost:{port}/callback"
        for host in ("127.0.0.1", "::1"):
            socket.create_connection((host, port), 5).close()


@has_ipv6
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_localhost_needs_a_port_that_is_free_in_both(family: socket.AddressFamily) -> None:
    """Otherwise the browser could reach another program at the same address."""
    first, second = free_port(), free_port()
    with taken(first, family), listening(replace(LOCALHOST, redirect_ports=(first, second))) as listener:
        assert listener.port == second


def test_nobody_listens_beyond_the_loopback_interface() -> None:
    with listening(MINE) as listener:
        assert {server.server_address[0] for server in listener.servers} == {"127.0.0.1"}


@dataclass
class Waiting:
    listener: CallbackListener
    outcomes: queue.SimpleQueue[Outcome] = field(default_factory=queue.SimpleQueue)

    def get(self, path: str) -> requests.Response:
        return requests.get(f"http://127.0.0.1:{self.listener.port}{path}", timeout=10)


def read(query: str) -> Outcome:
    if "denied" in query:
        return Trouble("You said <no>.", ErrorCode.AUTH_CANCELLED)
    if "wrong" in query:
        return Trouble("Not <this> one.", ErrorCode.AUTH_FAILED)
    return query


@pytest.fixture
def waiting() -> Iterator[Waiting]:
    with listening(MINE) as listener:
        waiting = Waiting(listener)
        listener.serve(read, waiting.outcomes.put)
        yield waiting


def test_one_answer_is_taken_and_a_friendly_page_shown(waiting: Waiting) -> None:
    page = waiting.get("/callback?code=c&state=s")
    assert page.status_code == 200
    assert "go back to the terminal" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "code" not in page.text
    assert waiting.outcomes.get(timeout=5) == "code=c&state=s"
    again = waiting.get("/callback?code=other&state=s")
    assert (again.status_code, "Already answered" in again.text) == (409, True)
    assert waiting.outcomes.empty()


@pytest.mark.parametrize(
    "path",
    ["/favicon.ico", "/", "/callback", "/callback?x=1", "/callback/", "/other?code=c&state=s"],
)
def test_strays_are_sent_away_and_waited_past(waiting: Waiting, path: str) -> None:
    assert waiting.get(path).status_code == 404
    assert waiting.outcomes.empty()
    assert waiting.get("/callback?code=c").status_code == 200


def test_other_methods_are_no_answer(waiting: Waiting) -> None:
    for method in ("POST", "PUT", "HEAD", "OPTIONS"):
        url = f"http://127.0.0.1:{waiting.listener.port}/callback?code=c&state=s"
        assert requests.request(method, url, timeout=10).status_code == 501
    assert waiting.outcomes.empty()


@pytest.mark.parametrize(
    ("query", "status", "heading"), [("error=denied", 200, "Not allowed"), ("code=wrong", 400, "This did not work")]
)
def test_the_page_says_what_came_of_it_and_escapes_it(waiting: Waiting, query: str, status: int, heading: str) -> None:
    page = waiting.get(f"/callback?{query}")
    assert (page.status_code, heading in page.text) == (status, True)
    assert "<this>" not in page.text
    assert isinstance(waiting.outcomes.get(timeout=5), Trouble)


def test_connections_that_say_nothing_or_half_a_word_or_break_hold_nobody_up(waiting: Waiting) -> None:
    """Chromium opens connections ahead that it never uses."""
    where = ("127.0.0.1", waiting.listener.port)
    with contextlib.ExitStack() as stack:
        for said in (
            b"",
            b"GET /callb",
            b"GET /callback?code=slow HTTP/1.1\r\nHost: x\r\n",
            b"\x16\x03\x01\x02\x00",
            b"\r\n",
        ):
            silent = stack.enter_context(socket.create_connection(where, 5))
            silent.sendall(said)
        broken = socket.create_connection(where, 5)
        broken.sendall(b"GET /callback?code=broken HTTP/1.1\r\n")
        broken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        broken.close()
        assert waiting.get("/callback?code=quick").status_code == 200
    assert waiting.outcomes.get(timeout=5) == "code=quick"


def test_who_leaves_before_the_page_has_still_answered(waiting: Waiting) -> None:
    gone = socket.create_connection(("127.0.0.1", waiting.listener.port), 5)
    gone.sendall(b"GET /callback?code=c HTTP/1.1\r\nHost: x\r\n\r\n")
    gone.close()
    assert waiting.outcomes.get(timeout=5) == "code=c"


def test_a_request_of_64_kibibytes_is_refused_and_waited_past(waiting: Waiting) -> None:
    assert waiting.get("/callback?code=" + "x" * 70_000).status_code == 414
    assert waiting.get("/callback?code=c").status_code == 200


def test_the_port_is_free_again_afterwards() -> None:
    port = free_port()
    for _ in range(2):
        only = replace(MINE, redirect_ports=(port,), any_free_port=False)
        with listening(only) as listener:
            listener.serve(read, lambda outcome: None)
            assert requests.get(f"{listener.redirect_uri}?code=c", timeout=10).ok
