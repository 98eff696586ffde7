"""Tokens that apps got for themselves, without a user: refused unless the rule says that it accepts apps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import bottle
import flask
import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from webtest import TestApp

import make
import play
from browser import Browser
from guard.conftest import MakeGuard, refused
from held import eventually
from oauthsrv.guard import BottlePlugin, Guard, InvalidToken, Token
from oauthsrv.guard.fastapi import Require as FastapiRequire
from oauthsrv.guard.flask import Require as FlaskRequire
from oauthsrv.guard.rules import Needed, Rules
from oauthsrv.server import Server

RULES = [("GET", "/reports", "read:data", "apps"), ("GET", "/people", "read:data"), ("GET", "/healthz", None)]


@pytest.fixture
def app(server: Server) -> make.App:
    return make.machine(server, "read:data")


@pytest.fixture
def token(browser: Browser, app: make.App) -> str:
    return str(play.own_token(browser, app).json["access_token"])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_only_a_check_that_accepts_apps_accepts_one(
    make_guard: MakeGuard, way: str, app: make.App, token: str, connection: play.Connection
) -> None:
    guard = make_guard(way)
    assert isinstance(refused(lambda: guard.check(token, "read:data")), InvalidToken)
    checked = guard.check(token, "read:data", apps=True)
    assert (checked.subject, checked.client_id, checked.is_of_app) == (app.client_id, app.client_id, True)
    assert not guard.check(connection.access_token, "read:data", apps=True).is_of_app
    assert isinstance(refused(lambda: asyncio.run(guard.acheck(token, "read:data"))), InvalidToken)
    assert asyncio.run(guard.acheck(token, "read:data", apps=True)).is_of_app


def test_an_answer_in_memory_is_for_calls_that_accept_apps_too(make_guard: MakeGuard, found: Any, token: str) -> None:
    guard = make_guard(redis_url=found.redis_url)

    def is_kept() -> bool:
        assert guard.check(token, "read:data", apps=True).is_of_app
        assert guard._memory is not None
        return len(guard._memory) == 1

    eventually(is_kept)
    assert isinstance(refused(lambda: guard.check(token, "read:data")), InvalidToken)
    eventually(is_kept)
    guard.report()
    assert guard.check(token, "read:data", apps=True).is_of_app


def protected(guard: Guard) -> Any:
    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ["HTTP_X_OAUTH_SUBJECT"].encode()]

    return guard.protect(application, RULES)


def with_bottle(guard: Guard) -> Any:
    app = bottle.Bottle()
    app.install(BottlePlugin(guard))
    subject = lambda: bottle.request.environ["HTTP_X_OAUTH_SUBJECT"]  # noqa: E731
    app.get("/reports", callback=subject, scopes="read:data", apps=True)
    app.get("/people", callback=subject, scopes="read:data")
    return app


def with_flask(guard: Guard) -> Any:
    app, require = flask.Flask(__name__), FlaskRequire(guard)
    app.get("/reports")(require("read:data", apps=True)(lambda: flask.request.environ["HTTP_X_OAUTH_SUBJECT"]))
    app.get("/people", endpoint="people")(require("read:data")(lambda: "people"))
    return app


@pytest.mark.parametrize("product", [protected, with_bottle, with_flask])
def test_a_product_accepts_them_where_it_says_so(
    make_guard: MakeGuard, app: make.App, token: str, product: Callable[[Guard], Any]
) -> None:
    caller = TestApp(product(make_guard()))
    assert caller.get("/reports", headers=bearer(token)).text == app.client_id
    answer = caller.get("/people", headers=bearer(token), status=401)
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_fastapi_accepts_them_where_it_says_so(make_guard: MakeGuard, app: make.App, token: str) -> None:
    product, require = FastAPI(), FastapiRequire(make_guard())
    by_app, by_user = Depends(require("read:data", apps=True)), Depends(require("read:data"))

    @product.get("/reports")
    async def reports(token: Token = by_app) -> str:
        return str(token.subject)

    @product.get("/people")
    async def people(token: Token = by_user) -> str:
        return str(token.subject)

    caller = TestClient(product)
    assert caller.get("/reports", headers=bearer(token)).json() == app.client_id
    assert caller.get("/people", headers=bearer(token)).status_code == 401


def test_a_rule_for_another_spelling_keeps_apps_out() -> None:
    rules = Rules([("GET", "/data", "read:data"), ("GET", "/data.csv", "read:data", "apps"), ("GET", "/", (), "apps")])
    assert rules.needed("GET", "/data.csv") == Needed(("read:data", "read:data"), apps=False)
    assert rules.needed("GET", "/other") == Needed((), apps=True)


@pytest.mark.parametrize("options", [{"apps": True}, {"apps": "yes", "scopes": "read:data"}])
def test_a_route_with_a_mistake_is_refused(make_guard: MakeGuard, options: dict[str, Any]) -> None:
    product = bottle.Bottle()
    product.install(BottlePlugin(make_guard()))
    with pytest.raises((ValueError, TypeError), match="apps"):
        product.get("/reports", callback=str, **options)
