"""A request of the server to itself: it goes through all guards, and the outer one goes on after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bottle
import pytest
from webtest import TestApp

from browser import COOKIE
from oauthsrv.app import wsgi
from oauthsrv.routes.itself import OwnRequest, OwnResponse, send
from oauthsrv.server import Server

Outer = Callable[[Callable[[], Any]], TestApp]


def router(app: Any) -> bottle.Bottle:
    return app.args[0]


@pytest.fixture
def outer(server: Server) -> Outer:
    """The server with one more handler, at /outer."""

    def with_handler(handler: Callable[[], Any]) -> TestApp:
        app = wsgi(server)
        router(app).route("/outer", ["GET", "POST"], handler)
        return TestApp(app, extra_environ={"REMOTE_ADDR": "192.0.2.77"}, lint=True)

    return with_handler


def test_guards_and_handlers_answer_as_they_answer_everybody(outer: Outer) -> None:
    answers: list[OwnResponse] = []

    def handler() -> str:
        answers.append(send(OwnRequest("POST", "/oauth/token", fields=(("grant_type", "ü & =+"),))))
        answers.append(send(OwnRequest("GET", "/oauth/verify", headers=(("Authorization", "Bearer x"),))))
        answers.append(send(OwnRequest("GET", "/oauth/token")))
        answers.append(send(OwnRequest("GET", "/nowhere")))
        return "done"

    assert outer(handler).get("/outer").text == "done"
    token, verify, wrong_method, nowhere = answers
    assert token.status == "401 Unauthorized"
    assert dict(token.headers)["Access-Control-Allow-Origin"] == "*"
    assert b"invalid_client" in token.body
    assert 'error="invalid_token"' in dict(verify.headers)["Www-Authenticate"]
    assert (wrong_method.status[:3], nowhere.status[:3]) == ("405", "404")


def test_no_cookie_goes_along_and_the_sender_is_the_same(server: Server) -> None:
    seen: list[Any] = []

    def inner() -> str:
        seen.append(dict(bottle.request.environ))
        return "in"

    app = wsgi(server)
    router(app).route("/inner", "GET", inner)
    router(app).route("/outer", "GET", lambda: send(OwnRequest("GET", "/inner", fields=(("a", "b c"),))).body)
    browser = TestApp(app, extra_environ={"REMOTE_ADDR": "192.0.2.77", "HTTP_X_FORWARDED_FOR": "198.51.100.7"})
    browser.set_cookie(COOKIE, "x")
    assert browser.get("/outer?q=1").text == "in"
    (environ,) = seen
    assert "HTTP_COOKIE" not in environ
    assert (environ["REMOTE_ADDR"], environ["HTTP_X_FORWARDED_FOR"]) == ("192.0.2.77", "198.51.100.7")
    assert environ["QUERY_STRING"] == "a=b%20c"


def test_what_is_being_answered_is_the_same_afterwards(outer: Outer) -> None:
    def handler() -> bottle.HTTPResponse:
        before = (bottle.request.environ, bottle.request.path, bottle.request.query_string)
        send(OwnRequest("GET", "/nowhere"))
        assert before == (bottle.request.environ, bottle.request.path, bottle.request.query_string)
        return bottle.HTTPResponse("created", 201, Set_Cookie="a=b")

    answer = outer(handler).get("/outer?x=y")
    assert (answer.status_int, answer.text) == (201, "created")
    assert answer.headers.getall("Set-Cookie") == ["a=b"]
    assert "Content-Security-Policy" not in answer.headers, "of the page inside"


def test_an_answer_that_says_nothing_more_is_a_good_one(outer: Outer) -> None:
    """The status of the inner answer stays inside."""

    def handler() -> str:
        assert send(OwnRequest("GET", "/nowhere")).status == "404 Not Found"
        return "well"

    assert outer(handler).get("/outer").status_int == 200


def test_what_fails_inside_is_an_answer_and_what_fails_after_it_fails_outside(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[OwnResponse] = []

    def broken() -> None:
        raise RuntimeError

    def handler() -> None:
        seen.append(send(OwnRequest("GET", "/broken")))
        raise bottle.HTTPError(418)

    app = wsgi(server)
    router(app).route("/broken", "GET", broken)
    router(app).route("/outer", "GET", handler)
    assert TestApp(app).get("/outer", expect_errors=True).status_int == 418
    assert seen[0].status == "500 Internal Server Error"
