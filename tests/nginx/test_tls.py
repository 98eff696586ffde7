"""Where TLS ends, what is sent on to https, and what the two behind nginx believe of where a call came from."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from end_to_end.running import free_port
from nginx.conftest import SCOPES, Echo, Site

HSTS = "max-age=31536000"


@pytest.fixture(scope="module")
def reader(site: Site) -> str:
    return site.tokens("read:data").access_token


def test_every_answer_over_https_asks_for_https_from_then_on(site: Site, reader: str) -> None:
    for path, token, status in (
        ("/login", None, 200),
        ("/.well-known/oauth-authorization-server", None, 200),
        ("/healthz", None, 200),
        ("/no-such-page", None, 404),
        ("/api/data", reader, 200),
        ("/api/data", None, 401),
        ("/api/data;x", reader, 400),
        ("/api/none", reader, 403),
    ):
        answer = site.call(path, token)
        assert answer.status_code == status
        assert answer.raw.headers.getlist("Strict-Transport-Security") == [HSTS], path
    too_long = site.call("/login", headers={"X-Long": "a" * 100_000})
    assert (too_long.status_code, too_long.headers["Strict-Transport-Security"]) == (431, HSTS)
    own = site.call("/api/data", reader, headers={"X-Answer-Header": "Strict-Transport-Security: max-age=0"})
    assert own.raw.headers.getlist("Strict-Transport-Security") == [HSTS], "the API cannot switch it off for sign-in"


def test_plain_http_of_a_loopback_installation_asks_for_nothing(site: Site, echo: Echo) -> None:
    with site.beside("plain", "--api", echo.origin) as origin:
        assert "Strict-Transport-Security" not in site.call("/login", origin=origin).headers


@pytest.fixture(scope="module")
def port_80(site: Site, echo: Echo) -> Iterator[str]:
    """What the printed port 80 answers, at another port."""
    http, https = free_port(), free_port()

    def elsewhere(text: str) -> str:
        text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{https} ssl;")
        assert text.count("listen 80;") == 2
        return text.replace("listen 80;", f"listen 127.0.0.1:{http};")

    options = ("--api", echo.origin, "--certificate", str(site.certificate), "--key", str(site.key), "--no-ipv6")
    at = f"http://127.0.0.1:{http}"
    issuer = "https://login.example.com"
    host = ("--api-host", "api.example.com")
    with site.nginx("port-80", *options, *host, change=elsewhere, at=at, OAUTHSRV_ISSUER=issuer):
        yield at


@pytest.mark.parametrize("path", ["/", "/login?next=%2Fx%0D%0A", "/oauth/token", "//evil.example/", "/api/data;x"])
def test_port_80_sends_on_to_https(site: Site, port_80: str, path: str) -> None:
    for method in ("GET", "POST"):
        for host, goes_to in (
            ("login.example.com", "login.example.com"),
            ("api.example.com", "api.example.com"),
            ("evil.example", "login.example.com"),
        ):
            answer = site.call(path, method=method, origin=port_80, headers={"Host": host})
            assert answer.status_code == 308
            assert answer.headers["Location"] == f"https://{goes_to}{path}"


def test_port_80_tells_who_sends_a_token_without_tls(site: Site, port_80: str) -> None:
    answer = site.call("/api/data", "token", origin=port_80, headers={"Host": "api.example.com"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert "Location" not in answer.headers


# TLS ends in front of this nginx


def behind(site: Site, echo: Echo, name: str, *tls_elsewhere: str) -> Any:
    nginx = f"127.0.0.1:{free_port()}"

    def elsewhere(text: str) -> str:
        assert text.count("listen 127.0.0.1:8080;") == 1
        return text.replace("listen 127.0.0.1:8080;", f"listen {nginx};")

    options = ("--api", echo.origin, "--rule", "* /api read:data", "--tls-elsewhere", *tls_elsewhere)
    return site.nginx(name, *options, change=elsewhere, at=f"http://{nginx}")


@pytest.mark.parametrize(
    ("proxies", "believed"), [((), True), (("127.0.0.1",), True), (("10.0.0.7, fd00::/8",), False)], ids=str
)
def test_behind_a_load_balancer_its_word_counts_for_where_a_call_came_from(
    site: Site, echo: Echo, reader: str, proxies: tuple[str, ...], believed: bool
) -> None:
    with behind(site, echo, "balanced", *proxies) as origin:
        # The left one was written by the caller, the right one by the load balancer.
        headers = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9", "X-Forwarded-Proto": "http"}
        answer = site.call("/api/data", reader, origin=origin, headers=headers)
        seen = dict(answer.json()["headers"])
        assert seen["x-forwarded-for"] == seen["x-real-ip"] == ("203.0.113.9" if believed else "127.0.0.1")
        assert seen["x-forwarded-proto"] == "https"
        assert seen["host"] == seen["x-forwarded-host"] == site.origin.removeprefix("https://")
        assert answer.headers["Strict-Transport-Security"] == HSTS


# IPv6


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6: enable it on the loopback interface")
def test_nginx_listens_and_asks_over_ipv6(site: Site, reader: str) -> None:
    echo = Echo("::1")
    issuer = f"http://[::1]:{free_port()}"
    rules = ("--rule", "GET /api read:data")
    try:
        with site.nginx("ipv6", "--api", echo.origin, *rules, OAUTHSRV_ISSUER=issuer) as origin:
            answer = site.call("/api/data", reader, origin=origin)
            assert answer.status_code == 200
            seen = dict(answer.json()["headers"])
            assert (seen["x-forwarded-for"], seen["host"]) == ("::1", issuer.removeprefix("http://"))
        with site.beside("ipv6-server", "--api", echo.origin, OAUTHSRV_LISTEN=echo.address) as origin:
            assert site.call("/login", origin=origin).json()["path"] == "/login"
    finally:
        echo.close()


# What is passed on


FORGED = {
    "X-Forwarded-For": "198.51.100.7",
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "gopher",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Server": "evil",
    "X-Forwarded-Ssl": "evil",
    "X-Forwarded-Scheme": "evil",
    "X-Real-IP": "198.51.100.7",
    "X-Request-Id": "evil",
    "Forwarded": "for=198.51.100.7;host=evil.example",
    "X-OAuth-Subject": "evil",
    "X-OAuth-Client": "evil",
    "X-OAuth-Scope": "evil",
    "X-OAuth-Expires": "evil",
    "X_OAuth_Subject": "evil",
    "Upgrade": "evil",
}
OVERRIDES = {
    "X-HTTP-Method-Override": "DELETE",
    "X-HTTP-Method": "DELETE",
    "X-Method-Override": "DELETE",
    "X-Original-URL": "/api/billing",
    "X-Rewrite-URL": "/api/billing",
}


def test_what_callers_say_about_themselves_is_not_passed_on(site: Site, echo: Echo, reader: str) -> None:
    with site.beside("server", "--api", echo.origin, OAUTHSRV_LISTEN=echo.address) as origin:
        for path in ("/login", "/oauth/token"):
            answer = site.call(path, origin=origin, headers=FORGED | {"Host": "evil.example"})
            check_nothing_forged(answer.json()["headers"])
    for headers in (FORGED | OVERRIDES, {"Connection": "close, X-OAuth-Subject, X-Forwarded-For"}):
        answer = site.call("/api/data", reader, headers=headers | {"Host": "evil.example"})
        assert answer.status_code == 200
        check_nothing_forged(answer.json()["headers"])


def check_nothing_forged(pairs: list[list[str]]) -> None:
    seen = dict(pairs)
    assert len(seen) == len(pairs), "none comes twice"
    for word in ("evil", "198.51.100.7", "gopher", "DELETE"):
        assert word not in str({name: value for name, value in seen.items() if name != "x-oauth-subject"})
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert len(seen["x-request-id"]) == 32


@pytest.mark.parametrize("header", ["X-Accel-Redirect: /login", "X-Accel-Redirect: /_oauth/check"])
def test_the_api_cannot_send_nginx_elsewhere(site: Site, reader: str, header: str) -> None:
    answer = site.call("/api/data", reader, headers={"X-Answer-Header": header})
    assert answer.json()["path"] == "/api/data"


def test_trace_is_refused(site: Site) -> None:
    token = site.tokens(" ".join(SCOPES)).access_token
    assert site.call("/api/data", token, "TRACE").status_code == 405
