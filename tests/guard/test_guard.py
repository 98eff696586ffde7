"""What a guard allows, what it refuses, and how; if the server cannot be reached, it refuses (RFC 6750, RFC 7662)."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import make
import play
import rows
from browser import Browser
from guard.conftest import MakeGuard, Served
from held import PATIENCE, eventually
from oauthsrv import guard as guards
from oauthsrv.flows import apis, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.flows.clients.limits import set_limits
from oauthsrv.guard import (
    Guard,
    InsufficientScope,
    InvalidToken,
    Refused,
    TooManyRequests,
    Unavailable,
)
from oauthsrv.oauth.credentials import digest, new_access_token, new_client_id, new_family_id
from oauthsrv.server import Server
from oauthsrv.store.limits import Attempt, key_of

METADATA = ".well-known/oauth-protected-resource/"


def refused(ask: Callable[[], Any]) -> Refused:
    with pytest.raises(Refused) as caught:
        ask()
    return caught.value


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
    text = new_access_token(new_client_id(), new_family_id())
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
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password else\n")
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

        def noted(*question: Any) -> Any:
            try:
                return check(*question)
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


# Limits


def at_its_limit(server: Server, connection: play.Connection, calls: int = 2) -> None:
    set_limits(server, connection.app.client_id, calls, by=Actor())


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


# With answers kept


@pytest.fixture
def keeping(make_guard: MakeGuard, found: Any, connection: play.Connection) -> Guard:
    """Its memory is warm: one token is known to be good."""
    guard = make_guard(redis_url=found.redis_url)
    warm_up(guard, connection)
    return guard


def warm_up(guard: Guard, connection: play.Connection) -> None:
    def is_kept() -> bool:
        guard.check(connection.access_token, "read:data")
        assert guard._memory is not None
        return len(guard._memory) == 1

    eventually(is_kept)


def grant_of(server: Server, connection: play.Connection) -> str:
    return rows.active_grant(server, connection.user.user_id, connection.app.client_id)


def calls(server: Server, connection: play.Connection) -> int:
    counted = server.redis.connection().get(key_of(server.redis, Attempt("calls", connection.app.client_id)))
    return int(counted or 0)


def test_a_kept_answer_asks_nobody(keeping: Guard, served: Served, connection: play.Connection) -> None:
    asked = served.checks
    for _ in range(100):
        token = keeping.check(connection.access_token, "read:data")
    assert served.checks == asked
    assert (token.subject, token.limits) == (connection.user.user_id, ())
    with pytest.raises(InsufficientScope):
        keeping.check(connection.access_token, "write:data")


def test_rule_15_without_credentials_nothing_is_kept(
    make_guard: MakeGuard, found: Any, served: Served, connection: play.Connection
) -> None:
    """Nobody would believe it how many calls it answered from memory."""
    guard = make_guard("verify", redis_url=found.redis_url)
    for _ in range(5):
        guard.check(connection.access_token, "read:data")
    assert served.checks == 5


def test_rule_6_a_change_of_the_api_reaches_what_is_kept(
    keeping: Guard, server: Server, api: make.App, connection: play.Connection
) -> None:
    changed = apis.ApiFields("Example API", api.redirect_uri, list(make.SCOPES), demands_audience=True)
    apis.change(server, api.client_id, changed, by=Actor())
    assert seconds_until_refused(keeping, connection, since=time.monotonic()) < 1.0


def end_token(server: Server, connection: play.Connection) -> None:
    assert (
        play.post(connection.browser, "/oauth/revoke", connection.app, token=connection.access_token).status_int == 200
    )


def end_family(server: Server, connection: play.Connection) -> None:
    assert (
        play.post(connection.browser, "/oauth/revoke", connection.app, token=connection.refresh_token).status_int == 200
    )


def end_grant(server: Server, connection: play.Connection) -> None:
    page = connection.browser.get("/account/apps")
    play.form_with(page, "csrf")
    [form] = [form for form in page.forms.values() if form.action.endswith("/end")]
    assert form.submit().status_int == 303


def disable(server: Server, connection: play.Connection) -> None:
    assert revocations.disable_user(server, connection.user.user_id, by=Actor())


def suspend(server: Server, connection: play.Connection) -> None:
    assert review.suspend_client(server, connection.app.client_id, by=Actor())


def delete(server: Server, connection: play.Connection) -> None:
    assert revocations.delete_client(server, connection.app.client_id, by=Actor())


def end_tokens(server: Server, connection: play.Connection) -> None:
    assert revocations.revoke_client_tokens(server, connection.app.client_id, by=Actor())


REVOCATIONS = (end_token, end_family, end_grant, disable, suspend, delete, end_tokens)


def seconds_until_refused(guard: Guard, connection: play.Connection, since: float) -> float:
    def is_refused() -> bool:
        try:
            guard.check(connection.access_token, "read:data")
        except InvalidToken:
            return True
        return False

    eventually(is_refused)
    return time.monotonic() - since


@pytest.mark.parametrize("end", REVOCATIONS)
def test_rule_6_what_is_ended_is_refused_within_a_second_with_a_warm_memory(
    keeping: Guard, server: Server, connection: play.Connection, end: Callable[[Server, play.Connection], None]
) -> None:
    end(server, connection)
    assert seconds_until_refused(keeping, connection, since=time.monotonic()) < 1.0


def test_rule_6_a_replayed_code_is_heard_of(keeping: Guard, server: Server, connection: play.Connection) -> None:
    code = play.code(connection.browser, connection.app)
    connection.access_token = play.exchange(connection.browser, connection.app, code).json["access_token"]
    assert keeping.check(connection.access_token)
    assert play.exchange(connection.browser, connection.app, code).json["error"] == "invalid_grant"
    assert seconds_until_refused(keeping, connection, since=time.monotonic()) < 1.0


def test_what_is_anothers_stays_kept(
    keeping: Guard, server: Server, served: Served, connection: play.Connection
) -> None:
    other = play.tokens(server, connection.browser.another())
    end_family(server, other)
    asked = served.checks
    eventually(lambda: keeping._memory is not None and keeping._memory._turn > 0)
    assert keeping.check(connection.access_token, "read:data")
    assert served.checks == asked


def test_rule_6_an_answer_on_its_way_while_it_is_ended_is_not_kept(
    keeping: Guard, server: Server, served: Served, connection: play.Connection
) -> None:
    """The server says yes, then the ending is answered, then the yes arrives."""
    fresh = play.exchange(connection.browser, connection.app, play.code(connection.browser, connection.app)).json[
        "access_token"
    ]

    def before() -> None:
        served.before = None
        assert keeping._memory is not None
        turn = keeping._memory._turn
        suspend(server, connection)
        eventually(lambda: keeping._memory is not None and keeping._memory._turn > turn)

    served.before = before
    assert keeping.check(fresh), "it was asked before"
    assert isinstance(refused(lambda: keeping.check(fresh)), InvalidToken)


# With the message lost


def lose_by_a_dead_connection(server: Server, guard: Guard) -> None:
    killed = server.redis.connection().execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    assert killed >= 1


@pytest.mark.parametrize("again", range(3))
def test_rule_6_with_the_connection_killed_at_the_ending_it_is_refused_within_a_second(
    keeping: Guard, server: Server, connection: play.Connection, again: int
) -> None:
    lose_by_a_dead_connection(server, keeping)
    end_family(server, connection)
    assert seconds_until_refused(keeping, connection, since=time.monotonic()) < 1.0


@pytest.mark.parametrize("again", range(3))
def test_rule_6_with_the_message_lost_it_is_refused_within_a_second(
    keeping: Guard, server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch, again: int
) -> None:
    from oauthsrv.store import invalidation

    unheard = invalidation.SCRIPT.replace("'PUBLISH', KEYS[1]", "'PUBLISH', 'nowhere'")
    assert unheard != invalidation.SCRIPT
    monkeypatch.setattr(invalidation, "SCRIPT", unheard)
    end_family(server, connection)
    assert seconds_until_refused(keeping, connection, since=time.monotonic()) < 1.0


def test_rule_7_a_counter_that_vanished_empties_the_memory(
    keeping: Guard, server: Server, served: Served, connection: play.Connection
) -> None:
    """As when Redis was emptied: until the sweep makes the counter again nothing is kept."""
    server.redis.connection().delete(server.invalidator._channel)
    assert keeping._memory is not None
    memory = keeping._memory
    eventually(lambda: not memory.is_fresh())
    asked = served.checks
    for _ in range(3):
        assert keeping.check(connection.access_token, "read:data")
    assert served.checks == asked + 3
    server.invalidator.open_channel(server.redis.connection())
    warm_up(keeping, connection)


def test_without_the_subscription_every_check_asks_the_server(
    make_guard: MakeGuard, way: str, served: Served, connection: play.Connection, tmp_path: Any
) -> None:
    guard = make_guard(way, redis_url=f"unix://{tmp_path}/nothing.sock")
    for _ in range(3):
        assert guard.check(connection.access_token, "read:data")
    assert served.checks == 3


GUARDS_COMMANDS = ("+get", "+subscribe", "+unsubscribe", "+ping", "+info")


def test_a_guards_own_user_of_redis_needs_next_to_nothing(
    make_guard: MakeGuard, server: Server, found: Any, connection: play.Connection
) -> None:
    """What the README says a guard's user may do is all that it does."""
    name = f"guard{secrets.token_hex(4)}"
    server.redis.connection().execute_command(
        *f"ACL SETUSER {name} on >secret resetkeys %R~oauthsrv:ended:* resetchannels &oauthsrv:ended:* -@all".split(),
        *GUARDS_COMMANDS,
    )
    separator = "&" if "?" in found.redis_url else "?"
    guard = make_guard(redis_url=f"{found.redis_url}{separator}username={name}&password=secret")
    warm_up(guard, connection)
    end_family(server, connection)
    assert seconds_until_refused(guard, connection, since=time.monotonic()) < 1.0


# Uses


def test_kept_answers_are_counted_too(keeping: Guard, server: Server, connection: play.Connection) -> None:
    before = calls(server, connection)
    for _ in range(50):
        keeping.check(connection.access_token, "read:data")
    began = time.monotonic()
    eventually(lambda: calls(server, connection) == before + 50)
    assert time.monotonic() - began < 5.5


def test_a_limit_that_is_reached_meanwhile_is_heard_of_with_the_report(
    keeping: Guard, server: Server, connection: play.Connection
) -> None:
    at_its_limit(server, connection, 10)

    def is_limited() -> bool:
        try:
            keeping.check(connection.access_token, "read:data")
        except TooManyRequests as error:
            return 3500 < (error.retry_after or 0) <= 3600
        return False

    eventually(is_limited)
    set_limits(server, connection.app.client_id, 100_000, by=Actor())
    eventually(lambda: not is_limited())


def test_what_is_not_reported_yet_is_reported_at_the_end(
    keeping: Guard, server: Server, connection: play.Connection
) -> None:
    before = calls(server, connection)
    for _ in range(7):
        keeping.check(connection.access_token, "read:data")
    keeping.close()
    assert calls(server, connection) == before + 7


def test_a_report_that_fails_is_made_later(
    keeping: Guard, server: Server, served: Served, connection: play.Connection
) -> None:
    before = calls(server, connection)
    for _ in range(7):
        keeping.check(connection.access_token, "read:data")

    def away(environ: Any, start_response: Any) -> list[bytes]:
        start_response("503 Not now", [])
        return []

    served.instead = away
    keeping._report(after=0.0)
    assert calls(server, connection) == before
    served.instead = None
    keeping._report(after=0.0)
    assert calls(server, connection) == before + 7


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
