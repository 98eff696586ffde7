"""The guard in front of Flask as WSGI middleware, and as Bottle plugin: rules, refusals, identity headers."""

from __future__ import annotations

from typing import Any

import bottle
import flask
import pytest
from webtest import TestApp, TestResponse

import make
import play
from guard.conftest import MakeGuard, Served
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients.limits import set_limits
from oauthsrv.guard import BottlePlugin, Guard
from oauthsrv.server import Server

RULES = [
    ("OPTIONS", "/", None),
    ("GET HEAD", "/api/profile", "read:profile"),
    ("PUT", "/api/profile", ("write:profile",)),
    ("GET", "/api/billing", "read:billing"),
    ("GET", "/api/data", "read:data"),
    ("*", "/api/data", "write:data"),
    ("GET", "/healthz", None),
]


def flask_app(guard: Guard) -> Any:
    app = flask.Flask(__name__)
    app.wsgi_app = guard.protect(app.wsgi_app, RULES)

    @app.route("/", defaults={"path": ""}, methods=["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"])
    @app.route("/<path:path>", methods=["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"])
    def everything(path: str) -> Any:
        token = flask.request.environ.get("oauthsrv.token")
        identity = {name: value for name, value in flask.request.headers.items() if name.lower().startswith("x-oauth")}
        return flask.jsonify(path=path, subject=token and token.subject, identity=identity)

    return app


def bottle_app(guard: Guard) -> Any:
    app = bottle.Bottle()
    app.install(BottlePlugin(guard))

    def seen(path: str = "") -> Any:
        token = bottle.request.environ.get("oauthsrv.token")
        headers = dict(bottle.request.headers.items())
        identity = {name: value for name, value in headers.items() if name.lower().startswith("x-oauth")}
        return {"path": path, "subject": token and token.subject, "identity": identity}

    app.get("/api/profile", callback=seen, scopes="read:profile")
    app.put("/api/profile", callback=seen, scopes=("write:profile",))
    app.get("/api/billing", callback=seen, scopes="read:billing")
    app.get("/api/data", callback=seen, scopes="read:data")
    app.post("/api/data", callback=seen, scopes="write:data")
    app.get("/healthz", callback=seen, public=True)
    return app


@pytest.fixture(params=[flask_app, bottle_app])
def product(request: pytest.FixtureRequest, make_guard: MakeGuard) -> TestApp:
    return TestApp(request.param(make_guard()))


@pytest.fixture
def behind_flask(make_guard: MakeGuard) -> TestApp:
    return TestApp(flask_app(make_guard()))


def call(app: TestApp, method: str, path: str, token: str | None = None, **headers: str) -> TestResponse:
    if token is not None:
        headers.setdefault("Authorization", f"Bearer {token}")
    return app.request(path, method=method, headers=headers, status="*")


def refusal(answer: TestResponse) -> tuple[int, str]:
    return answer.status_int, answer.json["error"]


def test_a_good_token_is_let_through(product: TestApp, connection: play.Connection) -> None:
    answer = call(product, "GET", "/api/data", connection.access_token)
    assert answer.status_int == 200
    assert answer.json["subject"] == connection.user.user_id
    assert answer.headers["RateLimit-Policy"] == '"calls";q=1000;w=3600'


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/profile", 200),
        ("GET", "/api/data", 200),
        ("PUT", "/api/profile", 200),
        ("POST", "/api/data", 403),
        ("GET", "/api/billing", 403),
    ],
)
def test_each_call_needs_its_scope(
    product: TestApp, server: Server, connection: play.Connection, method: str, path: str, status: int
) -> None:
    """The connection's token reads profile and data; the one made here writes the profile too."""
    app = make.app(server, scopes=("read:profile", "write:profile", "read:data", "read:billing"))
    code = play.code(connection.browser, app, scope="read:profile write:profile read:data")
    token = play.exchange(connection.browser, app, code).json["access_token"]
    answer = call(product, method, path, token)
    assert answer.status_int == status
    if status == 403:
        assert refusal(answer) == (403, "insufficient_scope")
        needed = {"/api/data": "write:data", "/api/billing": "read:billing"}[path]
        assert f'scope="{needed}"' in answer.headers["WWW-Authenticate"]


def test_without_a_token_the_challenge_names_no_error(product: TestApp, api: make.App) -> None:
    for headers in ({}, {"Authorization": "Basic eDp5"}):
        answer = call(product, "GET", "/api/data", **headers)
        assert answer.status_int == 401
        challenge = answer.headers["WWW-Authenticate"]
        assert challenge.startswith("Bearer ")
        assert "error" not in challenge
        assert f"oauth-protected-resource/{api.client_id}" in challenge


def test_two_tokens_at_once_are_refused(product: TestApp, served: Served, connection: play.Connection) -> None:
    text = connection.access_token
    for answer in (
        call(product, "GET", "/api/data", Authorization=f"Bearer {text}, Bearer {text}"),
        call(product, "GET", "/api/data", Authorization=f"Bearer {text} {text}"),
        call(product, "GET", f"/api/data?access_token={text}", text),
    ):
        assert refusal(answer) == (400, "invalid_request")
    assert served.asked == []


@pytest.mark.parametrize("name", ["access_token", "access%5Ftoken", "%61ccess_token"])
def test_a_token_in_the_address_is_not_taken(
    product: TestApp, served: Served, connection: play.Connection, name: str
) -> None:
    answer = call(product, "GET", f"/api/data?a=b&{name}={connection.access_token}")
    assert refusal(answer) == (400, "invalid_request")
    assert served.asked == []


@pytest.mark.parametrize("text", ["x", "", "oat_" + "A" * 85, "oat_" + "\xff" * 86, "a" * 1_000_000])
def test_garbage_is_refused_without_asking(product: TestApp, served: Served, text: str) -> None:
    answer = call(product, "GET", "/api/data", text)
    assert refusal(answer) == (401, "invalid_token")
    assert served.asked == []


def test_identity_headers_of_a_caller_never_arrive(product: TestApp, connection: play.Connection) -> None:
    forged = {"X-OAuth-Subject": "usr_admin", "X-OAuth-Scope": "everything", "X-OAuth-Roles": "admin"}
    answer = call(product, "GET", "/api/data", connection.access_token, **forged)
    assert answer.json["identity"] == {
        "X-Oauth-Subject": connection.user.user_id,
        "X-Oauth-Client": connection.app.client_id,
        "X-Oauth-Scope": "read:profile read:data",
        "X-Oauth-Expires": answer.json["identity"]["X-Oauth-Expires"],
    }
    open_to_all = call(product, "GET", "/healthz", **forged).json
    assert (open_to_all["subject"], open_to_all["identity"]) == (None, {})


def test_what_no_rule_covers_is_refused(behind_flask: TestApp, connection: play.Connection) -> None:
    for method, path in (("GET", "/"), ("GET", "/api"), ("GET", "/api/profiles"), ("DELETE", "/api/profile")):
        assert refusal(call(behind_flask, method, path, connection.access_token)) == (403, "access_denied")


def test_a_rule_covers_what_is_below_its_path(behind_flask: TestApp, connection: play.Connection) -> None:
    assert call(behind_flask, "GET", "/api/data/2026/1", connection.access_token).status_int == 200
    assert refusal(call(behind_flask, "DELETE", "/api/data/2026/1", connection.access_token)) == (
        403,
        "insufficient_scope",
    )


@pytest.mark.parametrize(
    "path", ["/api//billing", "/api/./billing", "/api/data/../billing", "//api/billing", "/api/data/..\\billing"]
)
def test_an_address_that_two_programs_may_read_differently_is_refused(
    make_guard: MakeGuard, connection: play.Connection, path: str
) -> None:
    """As a server hands it on, which need not tidy it."""
    app = flask_app(make_guard())
    answers: list[str] = []
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "HTTP_AUTHORIZATION": f"Bearer {connection.access_token}",
    }
    app.wsgi_app(environ, lambda status, headers: answers.append(status))
    assert answers == ["400 Bad Request"]


def test_what_is_open_to_everybody_asks_nobody(product: TestApp, served: Served) -> None:
    assert call(product, "GET", "/healthz").status_int == 200
    assert served.asked == []


def test_a_refusal_of_head_has_no_body(behind_flask: TestApp) -> None:
    answer = call(behind_flask, "HEAD", "/api/profile")
    assert (answer.status_int, answer.body) == (401, b"")


def test_a_limit_is_shown_with_its_headers(product: TestApp, server: Server, connection: play.Connection) -> None:
    set_limits(server, connection.app.client_id, 1, by=Actor())
    assert call(product, "GET", "/api/data", connection.access_token).status_int == 200
    answer = call(product, "GET", "/api/data", connection.access_token)
    assert refusal(answer) == (429, "too_many_requests")
    assert 3590 < int(answer.headers["Retry-After"]) <= 3600
    assert answer.headers["RateLimit"].startswith('"calls";r=0;t=')


def test_a_server_that_is_away_is_a_503(make_guard: MakeGuard, connection: play.Connection) -> None:
    app = TestApp(flask_app(make_guard(address="http://127.0.0.1:1")))
    answer = call(app, "GET", "/api/data", connection.access_token)
    assert refusal(answer) == (503, "temporarily_unavailable")
    assert answer.headers["Retry-After"] == "2"


@pytest.mark.parametrize("rule", [("GET", "api", None), ("", "/api", None)])
def test_a_rule_that_cannot_be_right_is_refused_at_the_start(
    make_guard: MakeGuard, rule: tuple[str, str, None]
) -> None:
    with pytest.raises(ValueError, match="rule"):
        make_guard().protect(lambda environ, start_response: [], [rule])
