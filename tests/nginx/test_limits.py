"""What one address may do at a time, and how fast: nobody takes the site from the others."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Iterator

import pytest
import requests

from end_to_end.running import SECONDS, eventually, free_port
from nginx.conftest import RULES, Echo, Site
from serving.conftest import Start, start

__all__ = ["start"]  # the fixture

SLOW_BODY = "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n{more}\r\nx"
ELSEWHERE = "127.0.0.9"  # on Linux all of 127.0.0.0/8 is this machine


def connected(origin: str, source: str = "127.0.0.1") -> socket.socket:
    host, _, port = origin.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=SECONDS, source_address=(source, 0))


@contextlib.contextmanager
def holding(origin: str, sent: str, number: int) -> Iterator[list[socket.socket]]:
    held: list[socket.socket] = []
    try:
        for _ in range(number):
            held.append(connected(origin))
            held[-1].sendall(sent.encode())
        yield held
    finally:
        for one in held:
            one.close()


def asked(origin: str, path: str, source: str = ELSEWHERE, method: str = "GET", **headers: str) -> tuple[int, str]:
    lines = [f"{method} {path} HTTP/1.1", "Host: x", "Connection: close", *map(": ".join, headers.items())]
    with connected(origin, source) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return int(answer.split()[1]), answer.decode()


def test_slow_bodies_of_one_address_do_not_take_the_site_from_others(site: Site, echo: Echo) -> None:
    with site.beside("slow-bodies", "--api", echo.origin) as origin:
        with holding(origin, SLOW_BODY.format(path="/login", more=""), 1950):
            for path in ("/login", "/oauth/token", "/healthz", "/.well-known/oauth-authorization-server"):
                assert asked(origin, path)[0] in (200, 405), path
            assert asked(origin, "/login", source="127.0.0.1")[0] == 200, "its readers are answered"
            status, answer = asked(origin, "/login", source="127.0.0.1", method="POST", **{"Content-Length": "5"})
            assert status == 429
            assert answer.count("<h1>") == 1
            assert "Retry-After: 2" in answer
        eventually(lambda: asked(origin, "/healthz", source="127.0.0.1")[0] == 200)


def test_a_body_for_the_server_has_a_time_in_all(site: Site, echo: Echo, start: Start) -> None:
    server = start(make_app="from oauthsrv.serving import connections; connections.REQUEST_SECONDS = 1")
    with site.beside("body-time", "--api", echo.origin, OAUTHSRV_LISTEN=server.address) as origin:
        with connected(origin) as slow:
            slow.sendall(SLOW_BODY.format(path="/login", more="").encode())
            slow.settimeout(0.1)
            answer = b""

            def is_answered() -> bool:
                nonlocal answer
                with contextlib.suppress(TimeoutError):
                    slow.sendall(b"x")  # it goes on sending, which is no reason to wait longer
                    answer += slow.recv(4096)
                return bool(answer)

            eventually(is_answered)
            assert answer.startswith(b"HTTP/1.1 408 ")
        body = b"x" * 900_000
        assert requests.post(origin + "/login", body, timeout=SECONDS).status_code == 200
        assert requests.post(origin + "/login", iter([body]), timeout=SECONDS).status_code == 200


def test_slow_bodies_of_a_good_token_leave_the_api_to_others(site: Site, echo: Echo) -> None:
    token = site.tokens("read:data write:data").access_token
    rules = [part for rule in RULES for part in ("--rule", rule)]
    with site.beside("slow-calls", "--api", echo.origin, *rules) as origin:
        slow = SLOW_BODY.format(path="/api/data", more=f"Authorization: Bearer {token}\r\n")
        with holding(origin, slow, 300) as held:
            good = {"Authorization": f"Bearer {token}"}
            assert asked(origin, "/api/data", **good)[0] == 200
            status, answer = asked(origin, "/api/data", "127.0.0.1", "POST", **good, **{"Content-Length": "5"})
            assert (status, "too_many_requests" in answer) == (429, True)
            assert asked(origin, "/login", source="127.0.0.1")[0] == 200, "sign-in has places of its own"
            refused = held[-1].recv(4096)
            assert b" 429 " in refused.splitlines()[0]


@pytest.mark.parametrize("sent", ["", "GET / HTTP/1.1\r\nHost: x\r\nX-Sl"], ids=["nothing", "half a header"])
def test_idle_connections_do_not_take_the_site(site: Site, echo: Echo, sent: str) -> None:
    with site.beside("idle", "--api", echo.origin) as origin, holding(origin, sent, 2100):
        for _ in range(3):
            assert asked(origin, "/login")[0] == 200


def test_a_header_has_ten_seconds_in_all(site: Site, echo: Echo) -> None:
    quick = lambda text: text.replace("client_header_timeout 10s", "client_header_timeout 1s")  # noqa: E731
    with site.beside("slow-header", "--api", echo.origin, change=quick) as origin, connected(origin) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\n")
        slow.settimeout(0.1)

        def is_closed() -> bool:
            try:
                slow.sendall(b"X: y\r\n")  # it goes on sending, which is no reason to wait longer
                return slow.recv(1) == b""
            except TimeoutError:
                return False
            except ConnectionError:
                return True

        eventually(is_closed)


@pytest.mark.parametrize(
    ("path", "burst", "sent", "kind"),
    [("/login", 100, 400, "text/html"), ("/oauth/token", 1000, 3000, "application/json")],
)
def test_one_address_signs_in_and_asks_for_tokens_only_so_fast(
    site: Site, echo: Echo, path: str, burst: int, sent: int, kind: str
) -> None:
    """Sent one behind the other on one connection: only the rate can refuse them. The echo stands for the server."""
    # Slower than printed, so that a slow machine reaches the limit too.
    slower = lambda text: re.sub(r"rate=[0-9]+r/s", "rate=1r/s", text)  # noqa: E731
    with site.beside("rate", "--api", echo.origin, change=slower, OAUTHSRV_LISTEN=echo.address) as origin:
        with requests.Session() as session:
            statuses = [session.post(origin + path, timeout=SECONDS).status_code for _ in range(burst)]
            assert set(statuses) == {200}
            while (answer := session.post(origin + path, timeout=SECONDS)).status_code == 200:
                sent -= 1
                assert sent, "never refused"
            assert answer.status_code == 429
            assert answer.headers["Retry-After"] == "2"
            assert answer.headers["Content-Type"].startswith(kind)
            assert session.get(origin + path, timeout=SECONDS).status_code == 200
        assert asked(origin, path, method="POST")[0] == 200, "another address"


@pytest.mark.parametrize(
    ("address", "sender"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2"),
        ("2001:db8:1:2::5", "2001:db8:1:2"),
        ("2001:db8::5", "2001:db8::"),
        ("2001:db8:0:0:1:2:3:4", "2001:db8::"),
        ("::1", "::"),
    ],
)
def test_limits_count_a_whole_ipv6_network(site: Site, senders: str, address: str, sender: str) -> None:
    answer = site.call("/login", origin=senders, headers={"X-Forwarded-For": address})
    assert answer.headers["X-Sender"] == sender


@pytest.fixture(scope="module")
def senders(site: Site, echo: Echo) -> Iterator[str]:
    """Behind a load balancer, with the key of the limits shown."""

    def change(text: str) -> str:
        text = text.replace("listen 127.0.0.1:8080;", f"listen {nginx};")
        return text.replace("location / {", "location / {\n            add_header X-Sender $oauth_sender;")

    nginx = f"127.0.0.1:{free_port()}"
    with site.nginx("senders", "--api", echo.origin, "--tls-elsewhere", change=change, at=f"http://{nginx}"):
        yield f"http://{nginx}"
