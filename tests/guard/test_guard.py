"""What a guard allows, what it refuses, and how; if the server cannot be reached, it refuses (RFC 6750, RFC 7662)."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import make
import play
from browser import Browser
from guard.conftest import MakeGuard, Served, at_its_limit, refused, warm_up
from held import PATIENCE, eventually
from oauthsrv import guard as guards
from oauthsrv.guard import (
    Guard,
    InsufficientScope,
    InvalidToken,
    TooManyRequests,
    Unavailable,
)
from oauthsrv.oauth.credentials import digest, new_access_token, new_client_id, new_family_id
from oauthsrv.server import Server
from oauthsrv.store.limits import Attempt, key_of

METADATA = ".well-known/oauth-protected-resource/"


def narrowed(browser: Browser, server: Server, api: make.App) -> str:
    """A token that is meant for `api` alone."""
    app, user = make.app(server), make.user(server)
    play.sign_in(browser, user)
    code = play.code(browser, app, resource=api.redirect_uri)
    return str(play.exchange(browser, app, code).json["access_token"])


def test_a_good_token_names_its_user(make_guard: MakeGuard, way: str, connection: play.Connection) -> None:
    token = make_guard(way).check(connection.access_token, scopes=("read:data",))
    assert token.subject == connection.user.user_id
    assert token.client_id == connection.app.client_id
    assert set(token.scopes) == {"read:profile", "read:data"}
    assert 3500 < token.expires_at - time.time() <= 3600
    assert dict(token.limits)["RateLimit-Policy"] == '"calls";q=1000;w=3600'


def test_scopes_may_be_a_text(make_guard: MakeGuard, way: str, connection: play.Connection) -> None:
    assert make_guard(way).check(connection.access_token, "read:data read:profile")


def test_a_token_without_the_scope_gets_the_name_of_the_scope(
    make_guard: MakeGuard, way: str, connection: play.Connection
) -> None:
    error = refused(lambda: make_guard(way).check(connection.access_token, ("write:data",)))
    assert isinstance(error, InsufficientScope)
    assert (error.status, error.error) == (403, "insufficient_scope")
    assert 'scope="write:data"' in dict(error.headers)["WWW-Authenticate"]


GARBAGE = ["", "x", "oat_", "oat_" + "A" * 85, "oat_" + "é" * 86, "a" * 1_000_000, "oat_\n" * 18]


@pytest.mark.parametrize("text", GARBAGE)
def test_what_cannot_be_ours_is_refused_without_asking(
    make_guard: MakeGuard, way: str, served: Served, text: str
) -> None:
    error = refused(lambda: make_guard(way).check(text))
    assert isinstance(error, InvalidToken)
    assert (error.status, error.error) == (401, "invalid_token")
    assert served.asked == []


def test_a_token_that_never_was_is_refused(make_guard: MakeGuard, way: str) -> None:
    text = new_access_token(new_client_id(), new_family_id(0))
    assert isinstance(refused(lambda: make_guard(way).check(text)), InvalidToken)


def test_an_expired_token_is_refused(
    make_guard: MakeGuard, way: str, server: Server, connection: play.Connection
) -> None:
    server.redis.connection().pexpire(server.tokens.token_key(digest(connection.access_token)), 1)
    guard = make_guard(way)
    eventually(lambda: not connection.is_active())
    assert isinstance(refused(lambda: guard.check(connection.access_token)), InvalidToken)


def test_rule_6_a_revoked_token_is_refused_at_the_next_check(
    make_guard: MakeGuard, way: str, connection: play.Connection
) -> None:
    guard = make_guard(way)
    assert guard.check(connection.access_token)
    assert (
        play.post(connection.browser, "/oauth/revoke", connection.app, token=connection.access_token).status_int == 200
    )
    assert isinstance(refused(lambda: guard.check(connection.access_token)), InvalidToken)


def test_rule_10_a_token_meant_for_another_api_is_refused(
    make_guard: MakeGuard, server: Server, browser: Browser, api: make.App
) -> None:
    other = make.api(server)
    text = narrowed(browser, server, other)
    assert isinstance(refused(lambda: make_guard("introspection").check(text)), InvalidToken)
    assert isinstance(refused(lambda: make_guard("verify", resource=api.redirect_uri).check(text)), InvalidToken)
    assert isinstance(refused(lambda: make_guard("verify").check(text)), InvalidToken)
    assert make_guard("verify").check(text, resource=other.redirect_uri)


def test_rule_10_a_token_meant_for_this_api_is_good_there(
    make_guard: MakeGuard, server: Server, browser: Browser, api: make.App
) -> None:
    text = narrowed(browser, server, api)
    token = make_guard("introspection").check(text)
    assert token.audience == (api.redirect_uri,)
    assert make_guard("introspection", resource=api.redirect_uri + "/").check(text), "a slash makes no difference"
    assert make_guard("verify", resource=api.redirect_uri).check(text)
    wrong = make_guard("introspection", resource="https://elsewhere.example")
    assert isinstance(refused(lambda: wrong.check(text)), InvalidToken)


def test_a_refusal_names_the_document_of_the_api(make_guard: MakeGuard, served: Served, api: make.App) -> None:
    by_id = refused(lambda: make_guard("introspection").check("x"))
    assert f"{METADATA}{api.client_id}" in dict(by_id.headers)["WWW-Authenticate"]
    guard = make_guard("verify", resource=api.redirect_uri)
    for _ in range(3):
        learned = refused(lambda: guard.check("x"))
        assert f"{METADATA}{api.client_id}" in dict(learned.headers)["WWW-Authenticate"]
    assert len(served.asked) == 1, "it is asked for once"


# What the server cannot say


def test_without_the_server_nobody_is_let_through(make_guard: MakeGuard, way: str, connection: play.Connection) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    error = refused(lambda: make_guard(way, address=f"http://127.0.0.1:{port}").check(connection.access_token))
    assert isinstance(error, Unavailable)
    assert (error.status, dict(error.headers)["Retry-After"]) == (503, "2")


def test_a_server_that_does_not_answer_is_not_waited_for_longer_than_it_may_take(
    make_guard: MakeGuard, way: str, connection: play.Connection
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        guard = make_guard(way, address=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.2)
        began = time.monotonic()
        assert isinstance(refused(lambda: guard.check(connection.access_token)), Unavailable)
        assert time.monotonic() - began < 2


JSON = [("Content-Type", "application/json")]


NOT_A_YES = {
    "an error": ("500 Oops", [], b""),
    "unavailable": ("503 Not now", [("Retry-After", "7")], b""),
    "a redirect": ("302 Found", [("Location", "/")], b""),
    "a page": ("200 OK", [("Content-Type", "text/html")], b"<h1>Welcome</h1>"),
    "a list": ("200 OK", JSON, b"[]"),
    "nothing": ("200 OK", JSON, b""),
    "active, and no more": ("200 OK", JSON, b'{"active": true}'),
    "another issuer's": (
        "200 OK",
        JSON,
        b'{"active": true, "iss": "https://evil.example", "client_id": "c", "scope": "read:data", "exp": 9999999999}',
    ),
    "our own credentials are wrong": ("401 No", JSON, b'{"error": "invalid_client"}'),
    "our own address is blocked": ("429 No", [("RateLimit-Policy", '"proof_address";q=100;w=60')], b""),
}


@pytest.mark.parametrize("what", NOT_A_YES)
def test_what_is_no_clear_yes_is_a_503(
    make_guard: MakeGuard, served: Served, connection: play.Connection, what: str
) -> None:
    status, headers, body = NOT_A_YES[what]

    def instead(environ: Any, start_response: Any) -> list[bytes]:
        start_response(status, [*headers, ("Content-Length", str(len(body)))])
        return [body]

    served.instead = instead
    error = refused(lambda: make_guard("introspection").check(connection.access_token))
    assert isinstance(error, Unavailable)
    assert error.retry_after == (7 if what == "unavailable" else 2)
    if "our own" not in what:
        assert isinstance(refused(lambda: make_guard("verify").check(connection.access_token)), Unavailable)


@pytest.mark.parametrize("active", [b"false", b"1", b'"true"', b"null"])
def test_only_true_is_active(make_guard: MakeGuard, served: Served, connection: play.Connection, active: bytes) -> None:
    def instead(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", JSON)
        return [b'{"active": %b, "client_id": "c", "scope": "read:data", "exp": 9999999999}' % active]

    served.instead = instead
    assert isinstance(refused(lambda: make_guard("introspection").check(connection.access_token)), InvalidToken)


def test_wrong_credentials_of_the_guard_are_not_the_callers_fault(
    make_guard: MakeGuard, connection: play.Connection
) -> None:
    guard = make_guard("introspection", client_secret="sec_" + "0" * 64)
    assert isinstance(refused(lambda: guard.check(connection.access_token)), Unavailable)


def test_a_resource_that_is_not_registered_is_not_the_callers_fault(
    make_guard: MakeGuard, connection: play.Connection
) -> None:
    guard = make_guard("verify", resource="https://unknown.example")
    assert isinstance(refused(lambda: guard.check(connection.access_token)), Unavailable)


def test_a_netrc_of_the_machine_does_not_replace_the_token(
    make_guard: MakeGuard, way: str, connection: play.Connection, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    assert make_guard(way).check(connection.access_token)


# Coroutines


def test_coroutines_get_what_threads_get(make_guard: MakeGuard, way: str, connection: play.Connection) -> None:
    guard = make_guard(way)

    async def ask() -> None:
        many = await asyncio.gather(*(guard.acheck(connection.access_token, "read:data") for _ in range(50)))
        assert {token.subject for token in many} == {connection.user.user_id}
        with pytest.raises(InsufficientScope):
            await guard.acheck(connection.access_token, ("write:data",))
        with pytest.raises(InvalidToken):
            await guard.acheck("garbage")

    asyncio.run(ask())
    guard.close()
    asyncio.run(ask())


def test_a_coroutine_that_is_canceled_leaves_nothing_in_the_log(
    make_guard: MakeGuard,
    connection: play.Connection,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As when a caller hangs up while the server is asked."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        guard = make_guard(address=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.5)
        check, has_ended = guard.check, threading.Event()

        def noted(*question: Any, **options: Any) -> Any:
            try:
                return check(*question, **options)
            finally:
                has_ended.set()

        monkeypatch.setattr(guard, "check", noted)

        async def ask() -> None:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(guard.acheck(connection.access_token), 0.1)
            await asyncio.to_thread(has_ended.wait, PATIENCE)

        asyncio.run(ask())
    gc.collect()
    assert caplog.messages == []


# Connections


def test_connections_are_kept(make_guard: MakeGuard, way: str, served: Served, connection: play.Connection) -> None:
    guard = make_guard(way)
    for _ in range(10):
        guard.check(connection.access_token)
    assert len(served.connections) == 1
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: guard.check(connection.access_token), range(40)))
    assert len(served.connections) <= 5, "one for each thread"


def test_a_connection_that_the_server_closed_is_made_again(
    make_guard: MakeGuard, way: str, served: Served, connection: play.Connection
) -> None:
    guard = make_guard(way)
    guard.check(connection.access_token)
    for channel in list(served.http.active_channels.values()):
        channel.socket.shutdown(socket.SHUT_RDWR)
    assert guard.check(connection.access_token)


def test_rule_15_a_client_at_its_limit_sees_when_to_come_again_and_works_again_then(
    make_guard: MakeGuard, way: str, server: Server, connection: play.Connection
) -> None:
    at_its_limit(server, connection)
    guard = make_guard(way)
    for _ in range(2):
        guard.check(connection.access_token)
    error = refused(lambda: guard.check(connection.access_token))
    assert isinstance(error, TooManyRequests)
    assert error.status == 429
    assert 3590 < int(dict(error.headers)["Retry-After"]) <= 3600
    assert dict(error.headers)["RateLimit"].startswith('"calls";r=0;t=')
    assert "WWW-Authenticate" not in dict(error.headers)
    server.redis.connection().pexpire(key_of(server.redis, Attempt("calls", connection.app.client_id)), 1)

    def works_again() -> bool:
        with contextlib.suppress(TooManyRequests):
            return guard.check(connection.access_token) is not None
        return False

    eventually(works_again)


# Processes


def test_it_works_in_a_process_that_was_forked(keeping: Guard, server: Server, connection: play.Connection) -> None:
    """The child has threads, connections and a memory of its own, and its parent's are not disturbed."""
    heard, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            assert keeping._memory is not None
            assert len(keeping._memory) == 0
            warm_up(keeping, connection)
            os.write(writing, b"warm")
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(heard, "rb") as pipe:
        assert pipe.read() == b"warm"
    os.waitpid(pid, 0)
    assert keeping.check(connection.access_token, "read:data")


# Setting one up


@pytest.mark.parametrize(
    ("issuer", "options"),
    [
        ("login.example.com", {}),
        ("https://login.example.com/", {}),
        ("https://login.example.com", {"client_secret": "sec_1"}),
        ("https://login.example.com", {"timeout": 0}),
        ("https://login.example.com", {"cache_size": 0}),
        ("https://login.example.com", {"address": "10.0.0.5:8000"}),
    ],
)
def test_what_cannot_be_right_is_refused_at_the_start(issuer: str, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Guard(issuer, **options)


def test_it_can_be_set_up_by_the_environment(
    server: Server, served: Served, api: make.App, connection: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTHSRV_ISSUER", server.settings.issuer)
    monkeypatch.setenv("OAUTHSRV_GUARD_ADDRESS", served.address)
    monkeypatch.setenv("OAUTHSRV_GUARD_CLIENT_ID", api.client_id)
    monkeypatch.setenv("OAUTHSRV_GUARD_CLIENT_SECRET", str(api.client_secret))
    monkeypatch.delenv("REDIS_URL", raising=False)
    guards.guard.of_this_process.cache_clear()
    assert guards.check(connection.access_token, scopes=("read:data",)).subject == connection.user.user_id
    assert [path for path, _ in served.asked] == ["/oauth/introspect"]
    with pytest.raises(ValueError, match="OAUTHSRV_ISSUER"):
        Guard.from_environment({})
