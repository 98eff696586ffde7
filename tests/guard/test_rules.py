"""Rules are about decoded paths: no spelling of a path gets around the rule that names it, by WSGI or by ASGI."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

from guard.conftest import MakeGuard
from oauthsrv.guard import AccessDenied, Guard, InsufficientScope, InvalidRequest, Token, TokenMissing
from oauthsrv.guard.rules import Rules, check_address

RULES = [
    ("*", "/api/billing", "read:billing"),
    ("*", "/zürich", "read:billing"),
    ("DELETE", "/api/data", "write:data"),
    ("GET", "/healthz", None),
    ("*", "/api", "read:data"),
]

# Each is billing to some program: by case, by decoding, by resolving, by trimming, by a suffix.
BILLING = (
    "/api/billing",
    "/api/billing/",
    "/api/Billing",
    "/api/BILLING/2024",
    "/api/billing;a=1",
    "/api;/billing",
    "/api/billing%3b",
    "/api/billing.json",
    "/api/billing.JSON",
    "/api/billing.",
    "/api/billing./",
    "/api/billing%2ejson",
    "/api/billing%20",
    "/api/%20billing",
    "/api/%c2%a0billing",
    "/api/billing+",
    "/api/billing:export",
    "/api/billing(1)",
    "/api/billing,1",
    "/api/billing~",
    "/api/billing%00",
    "/api/billing%0a",
    "/api/billing%7f",
    "/api/billing%ff",
    "/api/billing%c0%af",
    "/api/billing%ed%a0%80",
    "/api/billing%e2%80%8b",
    "/api/billing%25",
    "/api/billing%253b",
    "/api/%2562illing",
    "/api/%62illing",
    "/api/%42illing",
    "/api//billing",
    "//api/billing",
    "/api/./billing",
    "/api/data/../billing",
    "/api/data/%2e%2e/billing",
    "/api/data/..%2fbilling",
    "/api/data/..%5cbilling",
    "/api\\billing",
    "/api/%2fbilling",
    "/api%2fbilling",
    "/api/billing%2f",
    "/api/billing%23",
    "/api/billing%3fx",
    "/api/%ef%bc%a2illing",  # a wide B, which some programs normalize
    "/x/../api/billing",
    "/z%C3%BCrich",
    "/Z%C3%9CRICH",
    "/zu%CC%88rich",
    "/z%C3%BCrich.json",
    "/z%FCrich",
)


class Answering(Guard):
    """Every token reads data, and nothing else."""

    def check(self, token: str, scopes: Any = (), resource: str | None = None, *, apps: bool = False) -> Token:
        if not set(scopes) <= {"read:data"}:
            raise InsufficientScope(scopes)
        return Token("usr_1", "cli_1", ("read:data",), 2_000_000_000)


@pytest.fixture
def guard() -> Iterator[Guard]:
    guard = Answering("https://login.example.com")
    yield guard
    guard.close()


Ask = Callable[..., int]


def by_wsgi(guard: Guard, rules: Any, method: str, path: str, token: str | None = "x", **server: str) -> int:
    """The status of a call, as servers hand it on: decoded, as latin-1 (PEP 3333)."""
    statuses: list[str] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return []

    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        **({"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {}),
        **server,
    }
    guard.protect(app, rules)(environ, lambda status, headers, *more: statuses.append(status))
    return int(statuses[0].split()[0])


def by_asgi(guard: Guard, rules: Any, method: str, path: str, token: str | None = "x") -> int:
    statuses: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http",
        "method": method,
        "path": unquote_to_bytes(path).decode("utf-8", "replace"),
        "raw_path": path.encode(),
        "headers": [(b"authorization", f"Bearer {token}".encode())] if token else [],
    }
    asyncio.run(guard.asgi(app, rules)(scope, None, send))
    return statuses[0]


@pytest.fixture(params=[by_wsgi, by_asgi])
def ask(request: pytest.FixtureRequest) -> Ask:
    return request.param


def test_no_spelling_of_a_path_gets_around_the_rule_that_names_it(guard: Guard, ask: Ask) -> None:
    passed = [path for path in BILLING for method in ("GET", "HEAD", "POST") if ask(guard, RULES, method, path) == 200]
    assert passed == []
    assert ask(guard, RULES, "GET", "/api/data") == 200
    assert ask(guard, RULES, "GET", "/api/billings") == 200, "another word is another path"
    assert ask(guard, RULES, "GET", "/api/caf%C3%A9%20au%20lait/1.json") == 200


def test_a_path_in_two_parts_is_put_together(guard: Guard) -> None:
    for script, path in (("/api", "/billing"), ("/z\xc3\xbc", "rich"), ("/api/billing", "")):
        assert by_wsgi(guard, RULES, "GET", path, SCRIPT_NAME=script) == 403
    assert by_wsgi(guard, RULES, "GET", "/api/data/x", REQUEST_URI="/api/data%2Fx?a=%2F") == 400
    assert by_wsgi(guard, RULES, "GET", "/api/data/x", RAW_URI="/api/data/x?a=%2F") == 200


def test_a_rule_may_be_written_encoded(guard: Guard, ask: Ask) -> None:
    rules = [("*", "/z%C3%BCrich", "read:billing"), ("*", "/", "read:data")]
    assert ask(guard, rules, "GET", "/z%C3%BCrich/1") == 403
    assert ask(guard, rules, "GET", "/bern") == 200


def test_head_is_get_and_case_of_a_method_is_none(guard: Guard, ask: Ask) -> None:
    assert ask(guard, [("GET", "/api", "read:data")], "HEAD", "/api") == 200
    assert ask(guard, RULES, "delete", "/api/data") == 403, "Flask and Django call it DELETE"
    with pytest.raises(ValueError, match="GET"):
        guard.protect(lambda environ, start_response: [], [("HEAD", "/api", None)])


def test_what_is_open_is_open_under_its_own_spelling_alone(guard: Guard, ask: Ask) -> None:
    assert ask(guard, RULES, "GET", "/healthz", None) == 200
    for path in ("/healthz.secret", "/HEALTHZ", "/healthz:admin"):
        assert ask(guard, RULES, "GET", path, None) == 401
        assert ask(guard, RULES, "GET", path) == 403


def test_a_path_without_a_rule_is_logged_and_plainly_refused(
    guard: Guard, ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    assert ask(guard, RULES, "GET", "/reports") == 403
    [line] = caplog.messages
    assert "no rule" in line
    assert "/reports" in line
    assert ask(guard, RULES, "GET", "/reports", None) == 401
    refused = AccessDenied()
    assert b"access_denied" in refused.body
    assert "WWW-Authenticate" not in dict(refused.headers)


@pytest.mark.parametrize("path", ["/a%0AERROR: all is lost", "/a%0d%0aERROR", "/a%E2%80%A8ERROR", "/a%C2%85ERROR"])
def test_no_path_forges_a_line_of_the_log(guard: Guard, ask: Ask, caplog: pytest.LogCaptureFixture, path: str) -> None:
    caplog.set_level(logging.DEBUG)
    assert ask(guard, RULES, "GET", path) in (400, 403)
    assert all(len(line.splitlines()) == 1 and line.isascii() for line in caplog.messages)


def scopes_of(rules: Rules, method: str, path: str) -> tuple[str, ...]:
    needed = rules.needed(method, path)
    return needed.scopes if needed else ()


def test_an_earlier_rule_for_another_spelling_is_kept_too() -> None:
    rules = Rules([("GET", "/api/data", "read:data"), ("GET", "/api/data.secret", "read:secret")])
    assert set(scopes_of(rules, "GET", "/api/data.secret")) == {"read:data", "read:secret"}
    assert scopes_of(rules, "GET", "/api/data.json") == ("read:data",)


@pytest.mark.parametrize(
    "rule",
    [
        ("GET", "api", None),
        ("", "/api", None),
        ([], "/api", None),
        ("GTE", "/api", None),
        ("GET", "/api/*", None),
        ("GET", "/api/<id>", None),
        ("GET", "/api/{id}", None),
        ("GET", "/api//x", None),
        ("GET", "/api/../x", None),
        ("GET", "/api%2Fx", None),
        ("GET", "/z%FCrich", None),
        ("GET", "/api", ""),
        ("GET", "/api", ["read:data write:data"]),
        ("GET", "/api", True),
        ("GET", "/api", [None]),
        ("GET", "/api", {"read:data": True}),
        ("GET", "/api"),
        "GET /api",
        ("GET", b"/api", None),
        ("GET", "/api", "read:data", "users"),
        ("GET", "/api", None, "apps"),
        ("GET", "/api", "read:data", "apps", "apps"),
    ],
    ids=str,
)
def test_a_rule_that_cannot_be_meant_is_refused_at_the_start(rule: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        Rules([rule])


def test_rules_that_are_no_list_or_never_apply_are_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="rule"):
        Rules(("GET", "/api", "read:data"))
    with pytest.raises(ValueError, match="never applies"):
        Rules([("*", "/api", "read:data"), ("GET", "/api/billing", "read:billing")])
    assert Rules([("GET,POST", "/api", ()), (["PUT"], "/api", "a b")]).needed("PUT", "/api") == (("a", "b"), False)


def test_an_address_that_can_be_read_in_two_ways_is_an_invalid_request() -> None:
    for path, raw in (("/a//b", ""), (None, ""), ("*", ""), ("/a/b", "/a%2Fb"), ("/a\ufffd", "")):
        with pytest.raises(InvalidRequest):
            check_address(path, raw)
    check_address("/a/b", "/a/b?c=%2F")


def test_wrong_credentials_of_the_guard_are_logged_once(
    make_guard: MakeGuard, connection: Any, caplog: pytest.LogCaptureFixture
) -> None:
    guard = make_guard(client_secret="sec_" + "0" * 64)
    for _ in range(5):
        with pytest.raises(Exception, match="401"):
            guard.check(connection.access_token)
    assert len([line for line in caplog.messages if "refuses the guard" in line]) == 1


def test_a_call_without_a_token_gets_an_answer_that_says_so() -> None:
    assert TokenMissing().status == 401
