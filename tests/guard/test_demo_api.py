"""The demo API of the tour: each route needs its scope, each user has data of their own, bad input gets a message."""

from __future__ import annotations

import pytest
from webtest import TestApp, TestResponse

import make
import play
from browser import Browser
from guard.conftest import MakeGuard
from oauthsrv import __main__ as command_line
from oauthsrv.demo_api import DemoApi
from oauthsrv.server import Server

SCOPES = ("read:profile", "write:profile", "read:data", "write:data", "read:billing")


@pytest.fixture
def demo(make_guard: MakeGuard) -> TestApp:
    return TestApp(DemoApi(make_guard("verify")).wsgi)


@pytest.fixture
def app(server: Server) -> make.App:
    return make.app(server, scopes=SCOPES)


def token(connection: play.Connection, app: make.App, *scopes: str) -> str:
    code = play.code(connection.browser, app, scope=" ".join(scopes), prompt="consent")
    return str(play.exchange(connection.browser, app, code).json["access_token"])


def call(demo: TestApp, method: str, path: str, token: str, body: object = None) -> TestResponse:
    headers = {"Authorization": f"Bearer {token}"}
    if method == "GET":
        return demo.get(path, headers=headers, status="*")
    return getattr(demo, f"{method.lower()}_json")(path, body, headers=headers, status="*")


CALLS = {
    ("GET", "/api/profile"): "read:profile",
    ("PUT", "/api/profile"): "write:profile",
    ("GET", "/api/data"): "read:data",
    ("POST", "/api/data"): "write:data",
    ("GET", "/api/billing"): "read:billing",
}


@pytest.mark.parametrize("scope", SCOPES)
def test_each_call_needs_its_scope(server: Server, browser: Browser, demo: TestApp, app: make.App, scope: str) -> None:
    text = token(play.tokens(server, browser, app), app, scope)
    for (method, path), needed in CALLS.items():
        answer = call(demo, method, path, text, {"text": "x"} if path == "/api/data" else {})
        if needed == scope:
            assert answer.status_int in (200, 201), answer
        else:
            assert (answer.status_int, answer.json["error"]) == (403, "insufficient_scope")
            assert f'scope="{needed}"' in answer.headers["WWW-Authenticate"]


def test_what_is_written_is_read_and_is_ones_own(
    server: Server, browser: Browser, demo: TestApp, app: make.App
) -> None:
    ada = token(play.tokens(server, browser, app), app, *SCOPES)
    bob = token(play.tokens(server, browser.another(), app), app, *SCOPES)
    assert call(demo, "PUT", "/api/profile", ada, {"display_name": "Ada"}).json["display_name"] == "Ada"
    assert call(demo, "GET", "/api/profile", ada).json["display_name"] == "Ada"
    assert call(demo, "GET", "/api/profile", bob).json["display_name"] == ""
    assert call(demo, "POST", "/api/data", ada, {"text": "one"}).json == {"number": 1, "text": "one"}
    assert call(demo, "GET", "/api/data", ada).json == {"items": [{"number": 1, "text": "one"}]}
    assert call(demo, "GET", "/api/data", bob).json == {"items": []}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/api/profile", {"admin": "yes"}),
        ("PUT", "/api/profile", {"display_name": 5}),
        ("PUT", "/api/profile", {"display_name": "x" * 81}),
        ("PUT", "/api/profile", ["display_name"]),
        ("POST", "/api/data", {}),
        ("POST", "/api/data", {"text": None}),
        ("POST", "/api/data", "text"),
        ("POST", "/api/data", {"text": "x" * 1001}),
    ],
)
def test_bad_input_gets_a_message(
    server: Server, browser: Browser, demo: TestApp, app: make.App, method: str, path: str, body: object
) -> None:
    text = token(play.tokens(server, browser, app), app, *SCOPES)
    answer = call(demo, method, path, text, body)
    assert (answer.status_int, answer.json["error"]) == (400, "invalid_request")


def test_a_body_that_is_not_json_gets_a_message(server: Server, browser: Browser, demo: TestApp, app: make.App) -> None:
    headers = {"Authorization": f"Bearer {token(play.tokens(server, browser, app), app, *SCOPES)}"}
    for body, kind in (("{", "application/json"), ("{}", "text/plain"), ("x" * 200_000, "application/json")):
        answer = demo.post("/api/data", body, headers=headers | {"Content-Type": kind}, status="*")
        assert (answer.status_int, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("options", "settings", "why"),
    [
        (["--listen", "nowhere"], {}, "--listen is wrong"),
        ([], {"OAUTHSRV_GUARD_CLIENT_SECRET": "sec_1"}, "client_id"),
        ([], {"OAUTHSRV_GUARD_ADDRESS": "10.0.0.5:8000"}, "address must be an origin"),
        ([], {"OAUTHSRV_ISSUER": "login.example.com"}, "OAUTHSRV_ISSUER"),
    ],
    ids=str,
)
def test_what_cannot_be_right_stops_the_start(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    settings: dict[str, str],
    why: str,
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert command_line.main(["demo-api", *options]) == 1
    assert why in capsys.readouterr().err


def test_an_unknown_path_is_answered_in_json(demo: TestApp) -> None:
    assert demo.get("/api/nothing", status=404).json["error"] == "404 Not Found"
    assert demo.delete("/api/data", status=405).json["error"] == "405 Method Not Allowed"
