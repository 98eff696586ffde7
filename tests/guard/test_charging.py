"""Calls that a guard answered from memory are charged, whatever becomes of the token, the process or the server."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Any

import pytest

import make
import play
from guard.conftest import MakeGuard, Served, at_its_limit, calls, delete, end_family, keeping, suspend, warm_up
from guard.test_memory import answer, text
from held import eventually
from oauthsrv.guard import Guard, InvalidToken, TooManyRequests
from oauthsrv.guard.memory import PART, Key, Memory
from oauthsrv.server import Server

__all__ = ["keeping"]


def test_rule_15_who_revokes_in_time_calls_no_more_often(
    make_guard: MakeGuard, found: Any, server: Server, connection: play.Connection
) -> None:
    """Refresh, call as fast as possible, revoke, and again: as many calls pass as the limit says."""
    guard = make_guard(redis_url=found.redis_url)
    warm_up(guard, connection)
    limit = calls(server, connection) + 120
    at_its_limit(server, connection, limit)
    eventually(lambda: guard.check(connection.access_token) and guard._memory is not None and guard._memory.is_fresh())
    before, passed, refused_rounds = calls(server, connection), 0, 0
    deadline = time.monotonic() + 60
    while refused_rounds < 3 and time.monotonic() < deadline:
        refreshed = play.refresh(connection.browser, connection.app, connection.refresh_token).json
        connection.refresh_token = refreshed["refresh_token"]
        ends = time.monotonic() + 0.3
        try:
            while time.monotonic() < ends:
                guard.check(refreshed["access_token"])
                passed += 1
        except TooManyRequests:
            refused_rounds += 1
        assert (
            play.post(connection.browser, "/oauth/revoke", connection.app, token=refreshed["access_token"]).status_int
            == 200
        )
    assert refused_rounds == 3
    assert passed <= limit - before + 1  # the one that was under way


@pytest.mark.parametrize("end", [end_family, suspend])
def test_rule_15_calls_are_charged_after_the_token_has_ended(
    keeping: Guard, server: Server, connection: play.Connection, end: Any
) -> None:
    before = calls(server, connection)
    for _ in range(50):
        keeping.check(connection.access_token, "read:data")
    end(server, connection)
    eventually(lambda: calls(server, connection) == before + 50)
    with pytest.raises(InvalidToken):
        keeping.check(connection.access_token)
    assert calls(server, connection) == before + 50, "a call that is refused is charged to nobody"


def test_rule_15_calls_with_a_revoked_access_token_are_charged(
    keeping: Guard, server: Server, connection: play.Connection
) -> None:
    before = calls(server, connection)
    for _ in range(50):
        keeping.check(connection.access_token, "read:data")
    assert (
        play.post(connection.browser, "/oauth/revoke", connection.app, token=connection.access_token).status_int == 200
    )
    eventually(lambda: calls(server, connection) == before + 50)


def test_a_deleted_client_is_charged_no_more(keeping: Guard, server: Server, connection: play.Connection) -> None:
    keeping.check(connection.access_token, "read:data")
    delete(server, connection)
    keeping.report()
    assert keeping._memory is not None
    assert keeping._memory.due(after=0.0) == []


def test_rule_10_an_api_charges_only_for_tokens_it_could_have_seen(server: Server, connection: play.Connection) -> None:
    """Of a family that is unknown, another client's, or not for this API."""
    other = make.api(server, scopes=("webhooks",))
    api = make.api(server)
    ended = connection.access_token
    end_family(server, connection)
    outsider = play.tokens(server, connection.browser.another())
    before, before_outsider = calls(server, connection), calls(server, outsider)
    invented = "oat_" + outsider.access_token[4:25] + ended[25:]
    for asking, token in ((other, ended), (api, invented), (api, "oat_" + "A" * 86), (api, "x")):
        sent = play.post(connection.browser, "/oauth/introspect", asking, token=token, uses="9", answered="9")
        assert sent.json == {"active": False}
    assert (calls(server, connection), calls(server, outsider)) == (before, before_outsider)
    assert play.post(connection.browser, "/oauth/introspect", api, token=ended, answered="9").json == {"active": False}
    assert calls(server, connection) == before + 9
    assert play.post(connection.browser, "/oauth/introspect", api, token=ended, answered="x").status_int == 400


ENDING = """
import os, time
from oauthsrv.guard import Guard
guard = Guard.from_environment()
deadline = time.monotonic() + 20
while len(guard._memory) == 0 and time.monotonic() < deadline:
    guard.check(os.environ["TOKEN"])
for _ in range(50):
    guard.check(os.environ["TOKEN"])
"""


def test_what_a_process_answered_is_charged_when_it_ends(
    server: Server, served: Served, api: make.App, found: Any, connection: play.Connection
) -> None:
    before, asked = calls(server, connection), served.checks
    environ = {
        **os.environ,
        "OAUTHSRV_ISSUER": server.settings.issuer,
        "OAUTHSRV_GUARD_ADDRESS": served.address,
        "OAUTHSRV_GUARD_CLIENT_ID": api.client_id,
        "OAUTHSRV_GUARD_CLIENT_SECRET": str(api.client_secret),
        "REDIS_URL": found.redis_url,
        "TOKEN": connection.access_token,
    }
    subprocess.run([sys.executable, "-c", ENDING], env=environ, check=True, timeout=60)
    # The questions before its memory was warm, then fifty; its last report asks without a call.
    assert calls(server, connection) - before >= 50
    assert calls(server, connection) - before == served.checks - asked - 1 + 50


# Bounds, without a server


@pytest.fixture
def memory() -> Memory:
    memory = Memory(100)
    memory.mark_fresh(time.monotonic())
    return memory


def answered(memory: Memory, texts: list[str]) -> int:
    """How many calls it answers before it wants the server to be asked about each of the tokens."""
    count = 0
    while any(memory.find(Key.of(one, None), one, ()) for one in texts):
        count += 1
        assert count < 100_000
    return count


@pytest.mark.parametrize("left", [0, 7, 8, 80, 1000])
def test_no_more_is_unreported_than_an_eighth_of_what_the_app_had_left(memory: Memory, left: int) -> None:
    one = text()
    memory.keep(memory.ticket(), Key.of(one, None), one, answer()._replace(left=left))
    assert answered(memory, [one]) == left // PART
    [uses] = memory.due(after=0.0) or [None]
    if uses:
        assert memory.find(Key.of(one, None), one, ()) is None, "a report under way still counts"
        memory.give_back(uses)
        assert memory.find(Key.of(one, None), one, ()) is None, "and one that failed"
        [uses] = memory.due(after=0.0)
        memory.reported(uses)
        assert answered(memory, [one]) == left // PART


def test_the_tokens_of_one_app_share_that(memory: Memory) -> None:
    one = text()
    texts = [one, *(one[:46] + text()[46:] for _ in range(4))]  # the same client
    for other in texts:
        memory.keep(memory.ticket(), Key.of(other, None), other, answer()._replace(left=80))
    assert answered(memory, texts) == 10
    assert memory.is_due.is_set(), "what is used up is reported without waiting"
    assert sum(uses.number for uses in memory.due()) == 10


def test_what_was_revoked_is_reported_without_waiting_and_counts_until_then(memory: Memory) -> None:
    one, two = text(), text()
    two = one[:46] + two[46:]
    for other in (one, two):
        memory.keep(memory.ticket(), Key.of(other, None), other, answer()._replace(left=80))
    assert answered(memory, [one]) == 10
    memory.forget(Key.of(one, None))
    assert memory.is_due.is_set()
    assert memory.find(Key.of(two, None), two, ()) is None
    [uses] = memory.due()
    assert uses.number == 10
