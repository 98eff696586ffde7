"""When something behind nginx is away or slow: one kind of answer, for programs and for people."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import html5lib
import pytest
import requests

from end_to_end.running import free_port
from nginx.conftest import APP, Echo, Site

PROTOCOL = (
    "/oauth/par",
    "/oauth/token",
    "/oauth/revoke",
    "/oauth/introspect",
    "/oauth/verify",
    "/.well-known/oauth-authorization-server",
    "/.well-known/anything",
    "/healthz",
    "/readyz",
)
PAGES = ("/", "/login", "/oauth/authorize?client_id=x", "/account/apps", "/developer", "/admin/users", "/healthzzz")


def check_json(answer: requests.Response) -> None:
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["error"] == "temporarily_unavailable"


def check_page(answer: requests.Response) -> None:
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    document = html5lib.HTMLParser(strict=True).parse(answer.text)
    assert len(list(document.iter("{http://www.w3.org/1999/xhtml}h1"))) == 1


@pytest.fixture(scope="module")
def dead(site: Site) -> Iterator[str]:
    """Neither the server nor the API is there."""
    nobody, nobody_either = free_port(), free_port()
    options = ("--api", f"http://127.0.0.1:{nobody}", "--origin", APP, "--rule", "GET /api/open -")
    with site.beside("dead", *options, OAUTHSRV_LISTEN=f"127.0.0.1:{nobody_either}") as origin:
        yield origin


@pytest.mark.parametrize("path", PROTOCOL)
def test_without_the_server_programs_read_json(site: Site, dead: str, path: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        answer = site.call(path, method=method, origin=dead)
        check_json(answer)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", PAGES)
def test_without_the_server_people_read_a_page(site: Site, dead: str, path: str) -> None:
    for method in ("GET", "POST"):
        check_page(site.call(path, method=method, origin=dead))


def test_without_the_api_its_callers_read_json(site: Site, dead: str) -> None:
    answer = site.call("/api/open", origin=dead, headers={"Origin": APP})
    check_json(answer)
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    check_json(site.call("/api/other", origin=dead))


def test_what_never_answers_is_a_503_too(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"

        def sooner(text: str) -> str:
            text = text.replace("proxy_read_timeout 40s;", "proxy_read_timeout 1s;")
            text = text.replace("proxy_read_timeout 5s;", "proxy_read_timeout 1s;")
            return text.replace("proxy_pass http://api", "proxy_read_timeout 1s; proxy_pass http://api")

        rules = ("--rule", "GET /api/open -", "--rule", "GET /api/data read:data")
        with site.beside(
            "silent", "--api", f"http://{address}", *rules, OAUTHSRV_LISTEN=address, change=sooner
        ) as origin:
            check_page(site.call("/login", origin=origin))
            check_json(site.call("/oauth/token", method="POST", origin=origin))
            check_json(site.call("/api/open", origin=origin))
            check_json(site.call("/api/data", "token", origin=origin))


def test_the_servers_own_503_passes_as_it_is(site: Site, echo: Echo) -> None:
    with site.beside("own-503", "--api", echo.origin, OAUTHSRV_LISTEN=echo.address) as origin:
        for path in ("/login", "/oauth/token"):
            headers = {"X-Answer-With": "503", "X-Answer-Header": "Retry-After: 7"}
            answer = site.call(path, origin=origin, headers=headers)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
            assert answer.json()["path"] == path


def test_long_headers_of_an_answer_pass(site: Site, echo: Echo) -> None:
    """A redirect carries the state of an app: with nginx's own buffers it was a 502."""
    with site.beside("long", "--api", echo.origin, OAUTHSRV_LISTEN=echo.address) as origin:
        for path in ("/oauth/authorize", "/oauth/token"):
            answer = site.call(path, origin=origin, headers={"X-Answer-With": "303", "X-Answer-Long": "50000"})
            assert (answer.status_code, len(answer.headers["Location"])) == (303, 50_001)
