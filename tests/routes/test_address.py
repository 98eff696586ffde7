"""Nothing is silently left out of an address (rule 12), and HEAD has no effects."""

from __future__ import annotations

import json
from unittest.mock import Mock
from wsgiref.util import setup_testing_defaults

import pytest

import make
import play
import rows
from browser import Browser, wsgi
from oauthsrv import deadline
from oauthsrv.routes import MAP
from oauthsrv.server import Server

METHODS = ("GET", "HEAD", "POST", "OPTIONS", "DELETE", "FOO")


def ask(
    server: Server, path: bytes, method: str = "GET", target: str | None = None, *, too_large: bool = False
) -> tuple[int, dict[str, str], bytes]:
    """Straight through WSGI, as WebTest itself fails on paths that are not UTF-8; `target` is what was sent."""
    environ: dict[str, object] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path.decode("latin-1"),
        deadline.TOO_LARGE: too_large,
    }
    if target is not None:
        environ["REQUEST_URI"] = target
    setup_testing_defaults(environ)
    answered = Mock()
    body = b"".join(wsgi(server)(environ, answered))
    status, headers = answered.call_args.args[:2]
    return int(status[:3]), dict(headers), body


@pytest.mark.parametrize("path", [b"/login", b"/none", b"/oauth/none", b"/static/oauthsrv.css"])
def test_a_head_is_answered_like_a_get_without_the_body(server: Server, path: bytes) -> None:
    status, headers, body = ask(server, path)
    head_status, head_headers, head_body = ask(server, path, "HEAD")
    assert body
    assert (head_status, head_headers.keys(), head_body) == (status, headers.keys(), b"")


@pytest.mark.parametrize("path", [b"/login", b"/oauth/token", b"/oauth/introspect"])
def test_a_body_that_the_server_did_not_take_reaches_no_handler(server: Server, path: bytes) -> None:
    assert ask(server, path, "POST", too_large=True)[0] == 413


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "path",
    [
        *(b"/\xff", b"/\xffoauth/verify", b"/oauth/\xffverify", b"/oauth/verify\xff", b"/login\xff", b"/lo\xe2\x82gin"),
        *(b"/\xed\xa0\x80login", b"/\xc0\xaflogin", b"/healthz\xfe", b"/.well-known/\xffoauth-authorization-server"),
        *(b"/oauth/authorize\xff", b"/developer/apps/cli_0\x80", b"/static/oauthsrv.css\xbf"),
    ],
)
def test_rule_12_a_path_that_is_not_utf_8_or_holds_controls_is_refused(
    server: Server, path: bytes, method: str
) -> None:
    status, headers, body = ask(server, path, method)
    assert status == 400
    if headers["Content-Type"] == "application/json":
        assert method == "HEAD" or json.loads(body)["error"] == "invalid_request"
    is_for_programs = path.startswith((b"/oauth/", b"/.well-known/")) and b"authorize" not in path
    assert (headers["Content-Type"] == "application/json") == is_for_programs
    assert (headers.get("Access-Control-Allow-Origin") == "*") == path.startswith(b"/.well-known/")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "path", [b"/login\0", b"/log\x7fin", b"/developer/apps/cli_0/edit\n", b"/static/oauthsrv.css\n"]
)
def test_rule_12_nothing_is_at_a_path_with_controls(server: Server, path: bytes, method: str) -> None:
    assert ask(server, path, method)[0] == 404


@pytest.mark.parametrize("path", sorted({path for _, path, _, _ in MAP if "<" not in path}))
def test_rule_12_no_address_of_the_map_answers_under_another_spelling(server: Server, path: str) -> None:
    for method in METHODS:
        for spelled in (path.encode() + b"\xff", path.encode() + b"\n", b"/" + path.encode(), path.encode() + b"//"):
            assert ask(server, spelled, method)[0] in (400, 404), (method, spelled)


@pytest.mark.parametrize(
    ("path", "target", "expected"),
    [
        # As waitress takes them apart.
        (b"/login", "//login", 404),
        (b"/login", "/%2Flogin", 404),
        (b"/oauth/verify", "/oauth%2fverify", 404),
        (b"/login", "/login#top", 400),
        (b"/login", "/lo\tgin", 400),
        (b"/login", "javascript:/login", 400),
        (b"/login", "ftp://elsewhere.example/login", 400),
        (b"", "?x", 400),
        (b"/login%zz", "/login%zz", 400),
        (b"/login", "http://elsewhere.example//login", 404),
        (b"/login", "/login?next=//x%2f%zz", 200),
        (b"/login", "HTTP://elsewhere.example/login", 200),
        (b"", "http://elsewhere.example", 200),
    ],
)
def test_rule_12_an_address_is_judged_as_it_was_sent(server: Server, path: bytes, target: str, expected: int) -> None:
    assert ask(server, path, target=target)[0] == expected


def test_a_wrong_method_says_which_are_right(server: Server) -> None:
    for path in (b"/login", b"/oauth/authorize", b"/healthz"):
        status, headers, _ = ask(server, path, "DELETE")
        assert status == 405
        assert "GET" in headers["Allow"], path


def test_what_programs_ask_for_is_answered_as_json(server: Server) -> None:
    for path in (b"/oauth/nothing", b"/oauth/token/", b"/healthz/x", b"/.well-known/nothing", b"/.well-known/"):
        status, headers, body = ask(server, path)
        assert (status, headers["Content-Type"]) == (404, "application/json"), path
        assert json.loads(body)["error"] == "not_found"
    assert ask(server, b"/oauth/authorize/x")[1]["Content-Type"].startswith("text/html")


def kept(server: Server) -> tuple[set[bytes], list[object]]:
    """All that a request could leave behind."""
    tables = rows.rows(server, "SELECT relname FROM pg_stat_user_tables ORDER BY relname")
    counts = [rows.rows(server, f'SELECT count(*) AS rows FROM "{table.relname}"')[0].rows for table in tables]
    return set(server.redis.connection().keys("*")), counts


def test_head_has_no_effects(server: Server, browser: Browser) -> None:
    """Scanners of mail and previews of links ask so."""
    person = make.user(server, admin=True)
    app = make.app(server, person)
    play.sign_in(browser, person)
    play.code(browser, app)
    query = "?" + "&".join(
        f"{name}={value}" for name, value in play.request_of(app, state="x", scope="read:data").items()
    )
    addresses = {path.replace("<client_id>", app.client_id) for method, path, _, _ in MAP if method in ("GET", "ANY")}
    for who in (browser, browser.another()):
        for address in sorted(addresses):
            if "<" not in address:
                who.get(address)  # what a first look makes: a stamp, a logo
        before = kept(server)
        for address in sorted(addresses - {f"/{name}" for name in ("oauth/token", "oauth/revoke", "oauth/introspect")}):
            answer = who.head(address + (query if address == "/oauth/authorize" else "?code=x&state=y"))
            assert answer.status_int < 500, address
            assert "code=" not in answer.headers.get("Location", ""), address
        assert kept(server) == before
