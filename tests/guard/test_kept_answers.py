"""What a guard keeps in memory: a revocation is heard of within a second, also if its message is lost."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any

import pytest

import make
import play
from guard.conftest import REVOCATIONS, MakeGuard, Served, at_its_limit, calls, end_family, refused, suspend, warm_up
from held import eventually
from oauthsrv.flows import apis
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients.limits import set_limits
from oauthsrv.guard import (
    Guard,
    InsufficientScope,
    InvalidToken,
    TooManyRequests,
)
from oauthsrv.server import Server


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
    """Without credentials, the server would not believe its count of calls answered from memory."""
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


def test_a_limit_that_is_reached_elsewhere_is_heard_of_with_the_report(
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
