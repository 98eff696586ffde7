"""Browsers and the guard: preflights need no token, and refusals can be read by the app they are for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from waitress.server import create_server
from webtest import TestApp

import make
import play
from browser import Browser
from end_to_end.chromium import launched
from end_to_end.running import Listener
from guard.conftest import MakeGuard
from guard.test_rules import Answering
from oauthsrv.demo_api import DemoApi
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients.limits import set_limits
from oauthsrv.guard import Guard
from oauthsrv.server import Server

APP = "https://app.example"
RULES = [("GET", "/data", "read:data"), ("GET", "/billing", "read:billing")]
PREFLIGHT = {
    "Origin": APP,
    "Access-Control-Request-Method": "PUT",
    "Access-Control-Request-Headers": "authorization,content-type",
}
EXPOSED = "WWW-Authenticate, Retry-After, RateLimit, RateLimit-Policy"


@pytest.fixture
def guard() -> Iterator[Guard]:
    guard = Answering("https://login.example.com")
    yield guard
    guard.close()


Ask = Callable[..., tuple[int, dict[str, str], bytes]]


def by_wsgi(
    guard: Guard, method: str, path: str, headers: dict[str, str], own: Any = (), **options: Any
) -> tuple[int, dict[str, str], bytes]:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        assert not [name for name in environ if name.startswith("HTTP_X_OAUTH_") and "oauthsrv.token" not in environ]
        start_response("200 OK", list(own))
        return [environ["REQUEST_METHOD"].encode()]

    shown: list[Any] = []
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path}
    environ |= {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()}
    body = b"".join(guard.protect(app, RULES, **options)(environ, lambda *given: shown.extend(given)))
    return int(shown[0].split()[0]), {name.lower(): value for name, value in shown[1]}, body


def by_asgi(
    guard: Guard, method: str, path: str, headers: dict[str, str], own: Any = (), **options: Any
) -> tuple[int, dict[str, str], bytes]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert not [
            name for name, _ in scope["headers"] if name.startswith(b"x-oauth") and "oauthsrv.token" not in scope
        ]
        sent = [(name.lower().encode(), value.encode()) for name, value in own]
        await send({"type": "http.response.start", "status": 200, "headers": sent})
        await send({"type": "http.response.body", "body": scope["method"].encode()})

    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    sent = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": sent}
    asyncio.run(guard.asgi(app, RULES, **options)(scope, None, send))
    shown = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
    return messages[0]["status"], shown, b"".join(message.get("body", b"") for message in messages)


@pytest.fixture(params=[by_wsgi, by_asgi])
def ask(request: pytest.FixtureRequest) -> Ask:
    return request.param


def test_a_preflight_reaches_the_application_without_a_token(guard: Guard, ask: Ask) -> None:
    for path in ("/data", "/billing", "/without-a-rule"):
        assert ask(guard, "OPTIONS", path, PREFLIGHT | {"X-OAuth-Subject": "usr_admin"})[::2] == (200, b"OPTIONS")
    assert ask(guard, "OPTIONS", "/data;x", PREFLIGHT)[0] == 400


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("OPTIONS", {}),
        ("OPTIONS", {"Origin": APP}),
        ("OPTIONS", {"Access-Control-Request-Method": "PUT"}),
        ("OPTIONS", {"Origin": "", "Access-Control-Request-Method": "PUT"}),
        ("OPTIONS", {"Origin": APP, "Access-Control-Request-Method": " "}),
        ("GET", PREFLIGHT),
        ("POST", PREFLIGHT | {"X-HTTP-Method-Override": "OPTIONS"}),
    ],
)
def test_what_is_no_preflight_is_checked(guard: Guard, ask: Ask, method: str, headers: dict[str, str]) -> None:
    for preflight in ("pass", "answer"):
        assert ask(guard, method, "/data", headers, origins=[APP], preflight=preflight)[0] == 401


def test_the_guard_answers_preflights_if_configured_to(guard: Guard, ask: Ask) -> None:
    status, headers, body = ask(guard, "OPTIONS", "/data", PREFLIGHT, origins=[APP], preflight="answer")
    assert (status, body) == (204, b"")
    assert headers["access-control-allow-origin"] == APP
    assert headers["access-control-allow-methods"] == "PUT"
    assert headers["access-control-allow-headers"] == "authorization,content-type"
    evil = PREFLIGHT | {"Origin": "https://evil.example"}
    _, headers, _ = ask(guard, "OPTIONS", "/data", evil, origins=[APP], preflight="answer")
    assert not [name for name in headers if name.startswith("access-control-allow")]
    odd = PREFLIGHT | {"Access-Control-Request-Method": "A B", "Access-Control-Request-Headers": "x\ty"}
    _, headers, _ = ask(guard, "OPTIONS", "/data", odd, origins=[APP], preflight="answer")
    assert "access-control-allow-methods" not in headers


GOOD = {"Authorization": "Bearer x", "Origin": APP}


def test_refusals_can_be_read_by_the_scripts_of_a_listed_origin(guard: Guard, ask: Ask) -> None:
    for path, sent, expected in (
        ("/data", {"Origin": APP}, 401),
        ("/billing", GOOD, 403),
        ("/without-a-rule", GOOD, 403),
        ("/data;x", GOOD, 400),
    ):
        status, headers, _ = ask(guard, "GET", path, sent, origins=[APP])
        assert status == expected
        assert headers["access-control-allow-origin"] == APP
        assert headers["access-control-expose-headers"] == EXPOSED
        assert headers["vary"] == "Origin"
        assert "access-control-allow-credentials" not in headers
        for other in ("https://evil.example", "null", APP + ".evil.example", ""):
            _, headers, _ = ask(guard, "GET", path, sent | {"Origin": other}, origins=[APP])
            assert "access-control-allow-origin" not in headers
            assert headers["vary"] == "Origin"
        assert ask(guard, "GET", path, sent, origins=["*"])[1]["access-control-allow-origin"] == "*"
        assert "access-control-allow-origin" not in ask(guard, "GET", path, sent)[1]


def test_what_the_application_says_itself_stays(guard: Guard, ask: Ask) -> None:
    own = [("Access-Control-Allow-Origin", "https://of-the-api.example")]
    for preflight in ("pass", "answer"):
        _, headers, _ = ask(guard, "GET", "/data", GOOD, own, origins=[APP], preflight=preflight)
        assert headers["access-control-allow-origin"] == "https://of-the-api.example"
    assert "access-control-allow-origin" not in ask(guard, "GET", "/data", GOOD, origins=[APP])[1]
    answered = ask(guard, "GET", "/data", GOOD, origins=[APP], preflight="answer")[1]
    assert answered["access-control-allow-origin"] == APP


@pytest.mark.parametrize(
    "options",
    [
        {"origins": APP},
        {"origins": ["app.example"]},
        {"origins": [APP + "/"]},
        {"origins": ["https://App.example"]},
        {"origins": [None]},
        {"origins": [APP], "preflight": "anwser"},
        {"preflight": "answer"},
        {"origins": [APP], "preflight": True},
    ],
    ids=str,
)
def test_options_that_cannot_be_meant_raise_at_the_start(guard: Guard, options: dict[str, Any]) -> None:
    for protect in (guard.protect, guard.asgi):
        with pytest.raises((ValueError, TypeError)):
            protect(lambda *given: None, RULES, **options)


# A single-page app in Chromium

CALL = """async ([address, token, method]) => {
  const sent = { method, headers: { Authorization: `Bearer ${token}` } }
  if (method !== 'GET') {
    sent.headers['Content-Type'] = 'application/json'
    sent.body = JSON.stringify({ text: 'hello' })
  }
  const answer = await fetch(address, sent)
  const headers = Object.fromEntries(answer.headers.entries())
  return { status: answer.status, headers, body: await answer.json() }
}"""


def test_a_single_page_app_in_chromium_calls_the_demo_api_allowed_and_refused(
    make_guard: MakeGuard, server: Server, browser: Browser
) -> None:
    app = make.app(server, scopes=("read:data", "write:data"))
    connection = play.tokens(server, browser, app=None)
    code = play.code(connection.browser, app, scope="read:data write:data")
    token = str(play.exchange(connection.browser, app, code).json["access_token"])
    with Listener() as spa, Listener() as other, launched() as chromium:
        demo = DemoApi(make_guard("verify"), [spa.origin])
        http = create_server(demo.wsgi, host="127.0.0.1", port=0)
        serving = threading.Thread(target=http.run, daemon=True)
        serving.start()
        origin = f"http://127.0.0.1:{http.effective_port}"
        page = chromium.new_page()
        page.goto(spa.origin)

        def call(path: str, token: str = token, method: str = "GET") -> dict[str, Any]:
            answer: dict[str, Any] = page.evaluate(CALL, [origin + path, token, method])
            return answer

        assert call("/api/data", method="POST")["body"] == {"number": 1, "text": "hello"}
        allowed = call("/api/data")
        assert (allowed["status"], len(allowed["body"]["items"])) == (200, 1)
        assert allowed["headers"]["ratelimit"].startswith('"calls"')
        refused = call("/api/billing")
        assert (refused["status"], refused["body"]["error"]) == (403, "insufficient_scope")
        assert 'scope="read:billing"' in refused["headers"]["www-authenticate"]
        refused = call("/api/data", "garbage")
        assert (refused["status"], refused["body"]["error"]) == (401, "invalid_token")
        assert call("/api/nothing")["status"] == 404
        set_limits(server, app.client_id, 1, by=Actor())
        refused = call("/api/data")
        assert (refused["status"], refused["body"]["error"]) == (429, "too_many_requests")
        assert int(refused["headers"]["retry-after"]) > 0

        # On a page of another origin the script sees nothing.
        page.goto(other.origin)
        failed = page.evaluate("address => fetch(address).catch(error => String(error))", origin + "/api/data")
        assert "Failed to fetch" in failed
        http.close()


def test_without_origins_the_demo_api_allows_no_scripts(make_guard: MakeGuard) -> None:
    answer = TestApp(DemoApi(make_guard("verify")).wsgi).options("/api/data", headers=PREFLIGHT, status="*")
    assert answer.status_int == 405
