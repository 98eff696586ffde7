"""The Bottle plugin: no route of an application, of a mounted or of a merged one is open unless it says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import bottle
import pytest
from webtest import TestApp

from guard.test_rules import Answering
from oauthsrv.guard import BottlePlugin, Guard

GOOD = {"Authorization": "Bearer x"}  # reads data, not billing


@pytest.fixture
def guard() -> Iterator[Guard]:
    guard = Answering("https://login.example.com")
    yield guard
    guard.close()


def child(rule: str = "/bill") -> Any:
    app = bottle.Bottle()
    app.get(rule, callback=lambda: "the bill", scopes="read:billing")
    app.get("/data", callback=lambda: "data", scopes="read:data")
    app.get("/open", callback=lambda: "open", public=True)
    app.get("/said-nothing", callback=lambda: "something")
    return app


def parent(guard: Guard, **options: Any) -> Any:
    app = bottle.Bottle()
    app.install(BottlePlugin(guard, **options))
    return app


def mounted(guard: Guard, under: str = "/child/") -> Any:
    app = parent(guard)
    app.mount(under, child())
    return app


def mounted_as_wsgi(guard: Guard) -> Any:
    return mounted(guard, "/child")


def mounted_before(guard: Guard) -> Any:
    app = bottle.Bottle()
    app.mount("/child/", child())
    app.install(BottlePlugin(guard))
    return app


def mounted_as_wsgi_before(guard: Guard) -> Any:
    app = bottle.Bottle()
    app.mount("/child", child())
    app.install(BottlePlugin(guard))
    return app


def with_routes_later(guard: Guard) -> Any:
    app, later = parent(guard), bottle.Bottle()
    app.mount("/child", later)
    later.merge(child())
    return app


def nested(guard: Guard) -> Any:
    app, middle = parent(guard), bottle.Bottle()
    middle.merge(child())
    outer = bottle.Bottle()
    outer.mount("/ild/", middle)
    app.mount("/ch", outer)
    return Renamed(app)


class Renamed:
    """The nested application, whose paths are /ch/ild/…, under the names of the others."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        environ["PATH_INFO"] = environ["PATH_INFO"].replace("/child/", "/ch/ild/")
        return self.app(environ, start_response)


def merged(guard: Guard) -> Any:
    app, other = parent(guard), bottle.Bottle()
    other.mount("/child/", child())
    app.merge(other)
    return app


def merged_as_routes_before(guard: Guard) -> Any:
    app, other = bottle.Bottle(), bottle.Bottle()
    other.mount("/child/", child())
    app.merge(other.routes)
    app.install(BottlePlugin(guard))
    return app


def mounted_twice(guard: Guard) -> Any:
    app, one = parent(guard), child()
    app.mount("/first/", one)
    app.mount("/child", one)
    return app


WAYS = (
    *(mounted, mounted_as_wsgi, mounted_before, mounted_as_wsgi_before, with_routes_later, nested),
    *(merged, merged_as_routes_before, mounted_twice),
)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("make_app", WAYS)
def test_routes_of_other_applications_are_guarded(guard: Guard, make_app: Callable[[Guard], Any]) -> None:
    app = TestApp(make_app(guard))
    assert app.get("/child/bill", status="*").status_int == 401
    assert app.get("/child/bill", headers=GOOD, status="*").status_int == 403
    assert app.get("/child/data", headers=GOOD, status="*").text == "data"
    assert app.get("/child/open").text == "open"
    assert app.get("/child/said-nothing", status="*").status_int == 401
    assert app.get("/child/said-nothing", headers=GOOD, status="*").status_int == 403


def test_a_child_that_has_a_guard_of_its_own_keeps_it(guard: Guard) -> None:
    own = child()
    own.install(BottlePlugin(guard))
    app = parent(guard)
    app.mount("/child/", own)
    assert TestApp(app).get("/child/bill", headers=GOOD, status="*").status_int == 403


def hello(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


def test_another_application_is_mounted_with_scopes_or_not_at_all(guard: Guard) -> None:
    app = parent(guard)
    with pytest.raises(ValueError, match="mounted"):
        app.mount("/wsgi", hello)
    app.mount("/bill", hello, scopes="read:billing")
    app.mount("/data", hello, scopes="read:data")
    app.mount("/open", hello, public=True)
    app.mount("/rules", guard.protect(hello, [("GET", "/rules/data", "read:data")]))
    there = TestApp(app)
    assert there.get("/bill/x", status="*").status_int == 401
    assert there.get("/bill/x", headers=GOOD, status="*").status_int == 403
    assert there.get("/data/x", headers=GOOD).text == "hello"
    assert there.get("/open/x").text == "hello"
    assert there.get("/rules/data", headers=GOOD).text == "hello"
    assert there.get("/rules/bill", headers=GOOD, status="*").status_int == 403


WRONG: list[dict[str, Any]] = [
    {"scope": "read:data"},
    {"scopes": "read:data", "pubilc": True},
    {"public": "no"},
    {"public": "yes"},
    {"public": 1},
    {"public": None},
    {"public": True, "scopes": "read:data"},
    {"scopes": None},
    {"scopes": ""},
    {"scopes": True},
    {"scopes": 5},
    {"scopes": {"read:data": True}},
    {"scopes": ["read:data write:data"]},
    {"scopes": [None]},
    {"scopes": b"read:data"},
    {"scopes": "read:data", "skip": True},
    {"scopes": "read:data", "skip": ["oauthsrv"]},
    {"scopes": "read:data", "skip": [BottlePlugin]},
]


@pytest.mark.parametrize("options", WRONG, ids=str)
def test_what_cannot_be_meant_raises_where_the_route_is_defined(guard: Guard, options: dict[str, Any]) -> None:
    app = parent(guard)
    with pytest.raises((ValueError, TypeError)):
        app.get("/data", callback=str, **options)
    assert app.routes == []
    before = bottle.Bottle()
    before.get("/data", callback=str, **options)
    with pytest.raises((ValueError, TypeError)):
        before.install(BottlePlugin(guard))
    with pytest.raises((ValueError, TypeError)):
        app.mount("/child/", before)
    with pytest.raises((ValueError, TypeError)):
        parent(guard).merge(before)


def test_options_of_other_plugins_are_named_once(guard: Guard) -> None:
    app = parent(guard, known=["database"])
    app.get("/data", callback=lambda: "data", scopes=("read:data",), database="db")
    assert TestApp(app).get("/data", headers=GOOD).text == "data"


def test_a_route_that_says_nothing_is_refused_and_logged(guard: Guard, caplog: pytest.LogCaptureFixture) -> None:
    app = parent(guard)
    app.get("/data", callback=lambda: "data")
    app.get("/any", callback=lambda: "any", scopes=())
    assert TestApp(app).get("/data", status="*").status_int == 401
    assert TestApp(app).get("/data", headers=GOOD, status="*").json["error"] == "access_denied"
    assert any("no rule" in line for line in caplog.messages)
    assert TestApp(app).get("/any", headers=GOOD).text == "any"


def test_a_second_guard_for_one_application_is_refused(guard: Guard) -> None:
    with pytest.raises(ValueError, match="already"):
        parent(guard).install(BottlePlugin(guard))


ORIGIN = "https://app.example"
PREFLIGHT = {
    "Origin": ORIGIN,
    "Access-Control-Request-Method": "GET",
    "Access-Control-Request-Headers": "authorization",
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_plugin_answers_preflights_and_lets_scripts_read_everything(guard: Guard) -> None:
    app = parent(guard, origins=[ORIGIN], preflight="answer")
    app.get("/data", callback=lambda: "data", scopes="read:data")
    app.mount("/child", child())
    there = TestApp(app)
    for path in ("/data", "/child/data", "/nothing"):
        answer = there.options(path, headers=PREFLIGHT)
        assert answer.status_int == 204
        assert answer.headers.getall("Access-Control-Allow-Origin") == [ORIGIN]
        assert answer.headers["Access-Control-Allow-Headers"] == "authorization"
    for path, status in (("/data", 200), ("/child/data", 200), ("/child/bill", 403), ("/nothing", 404)):
        answer = there.get(path, headers=GOOD | {"Origin": ORIGIN}, status=status)
        assert answer.headers.getall("Access-Control-Allow-Origin") == [ORIGIN], path
        assert (
            there.get(path, headers=GOOD | {"Origin": "https://evil.example"}, status=status).headers.get(
                "Access-Control-Allow-Origin"
            )
            is None
        )
    assert there.options("/data", headers={"Origin": ORIGIN}, status="*").status_int == 405
