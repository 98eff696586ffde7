"""A request of the server to itself: it goes through all guards, and the outer one goes on after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bottle import HTTPError, HTTPResponse
from webtest import TestApp

from browser import COOKIE, wsgi
from oauthsrv.routes.itself import OwnRequest, send
from oauthsrv.routes.request import Request
from oauthsrv.server import Server

Outer = Callable[[Callable[[Request], HTTPResponse]], TestApp]


def add(app: Any, path: str, handler: Callable[[Request], HTTPResponse]) -> None:
    app.args[1].add(path, "GET", handler)


@pytest.fixture
def outer(server: Server) -> Outer:
    """The server with one more handler, at /outer."""

    def with_handler(handler: Callable[[Request], HTTPResponse]) -> TestApp:
        app = wsgi(server)
        add(app, "/outer", handler)
        return TestApp(app, extra_environ={"REMOTE_ADDR": "192.0.2.77"}, lint=True)

    return with_handler


def test_guards_and_handlers_answer_as_they_answer_everybody(outer: Outer) -> None:
    answers: list[HTTPResponse] = []

    def handler(request: Request) -> HTTPResponse:
        answers.append(send(OwnRequest("POST", "/oauth/token", fields="grant_type=%C3%BC%20%26%20%3D%2B"), request))
        answers.append(send(OwnRequest("GET", "/oauth/verify", authorization="Bearer x"), request))
        answers.append(send(OwnRequest("GET", "/oauth/token"), request))
        answers.append(send(OwnRequest("GET", "/nowhere"), request))
        return HTTPResponse("done")

    assert outer(handler).get("/outer").text == "done"
    token, verify, wrong_method, nowhere = answers
    assert token.status_line == "401 Unauthorized"
    assert dict(token.headerlist)["Access-Control-Allow-Origin"] == "*"
    assert b"invalid_client" in token.body
    assert 'error="invalid_token"' in dict(verify.headerlist)["WWW-Authenticate"]
    assert (wrong_method.status_code, nowhere.status_code) == (405, 404)


def test_no_cookie_goes_along_and_the_sender_is_the_same(server: Server) -> None:
    seen: list[Any] = []

    def inner(request: Request) -> HTTPResponse:
        seen.append(dict(request.environ))
        return HTTPResponse("in")

    app = wsgi(server)
    add(app, "/inner", inner)
    add(app, "/outer", lambda request: HTTPResponse(send(OwnRequest("GET", "/inner", "a=b%20c"), request).body))
    browser = TestApp(app, extra_environ={"REMOTE_ADDR": "192.0.2.77", "HTTP_X_FORWARDED_FOR": "198.51.100.7"})
    browser.set_cookie(COOKIE, "x")
    assert browser.get("/outer?q=1").text == "in"
    (environ,) = seen
    assert "HTTP_COOKIE" not in environ
    assert (environ["REMOTE_ADDR"], environ["HTTP_X_FORWARDED_FOR"]) == ("192.0.2.77", "198.51.100.7")
    assert environ["QUERY_STRING"] == "a=b%20c"


def test_nothing_of_the_inner_answer_is_in_the_outer_one(outer: Outer) -> None:
    def handler(request: Request) -> HTTPResponse:
        before = dict(request.environ)
        assert send(OwnRequest("GET", "/nowhere"), request).status_line == "404 Not Found"
        assert request.environ == before
        return HTTPResponse("created", 201, Set_Cookie="a=b")

    answer = outer(handler).get("/outer?x=y")
    assert (answer.status_int, answer.text) == (201, "created")
    assert answer.headers.getall("Set-Cookie") == ["a=b"]
    assert "Content-Security-Policy" not in answer.headers, "of the page inside"


def test_what_fails_inside_is_an_answer_and_what_fails_after_it_fails_outside(server: Server) -> None:
    seen: list[HTTPResponse] = []

    def broken(_request: Request) -> HTTPResponse:
        raise RuntimeError

    def handler(request: Request) -> HTTPResponse:
        seen.append(send(OwnRequest("GET", "/broken"), request))
        raise HTTPError(418)

    app = wsgi(server)
    add(app, "/broken", broken)
    add(app, "/outer", handler)
    assert TestApp(app).get("/outer", expect_errors=True).status_int == 418
    assert seen[0].status_line == "500 Internal Server Error"
