"""A refresh that has committed, and writes its access token late: others were answered before (rules 5, 6 and 7)."""

from __future__ import annotations

import time
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Any

import pytest
from webtest import TestResponse

import play
import rows
from browser import Browser
from held import Gate, held_at
from oauthsrv.oauth.credentials import digest
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.tokens import LIVES_ON
from refreshing import GRACE, lose_marker, refreshing, rotated, without_times

Late = tuple[Gate, Future[TestResponse]]


def late(server: Server, connection: play.Connection, step: str, fails: bool = False) -> AbstractContextManager[Late]:
    """A refresh at `server` that stops before this step of its tokens; then it goes on, or Redis fails it."""
    gate, work = Gate(), getattr(server.tokens, step)

    def held(*args: Any) -> Any:
        gate.pass_through()
        if fails:
            raise StoreUnavailable("Redis: it fails here")
        return work(*args)

    return held_at(gate, server.tokens, step, held, refreshing(connection))


def seconds_left(server: Server, access_token: str) -> int:
    return int(server.redis.connection().ttl(server.tokens.token_key(digest(access_token))))


def revoke(browser: Browser, connection: play.Connection, access_token: str) -> None:
    assert play.post(browser, "/oauth/revoke", connection.app, token=access_token).status_int == 200


def test_rule_5_two_refreshes_at_once_after_long_idleness_get_the_same_pair(
    server: Server, connection: play.Connection, elsewhere: Browser
) -> None:
    """As when the access token has expired in a client with several threads: the marker is gone then."""
    lose_marker(server, connection)
    with late(server, connection, "intend") as (gate, answer):
        early = rotated(elsewhere, connection.app, connection.refresh_token)
        gate.open()
        assert without_times(answer.result().json) == without_times(early)
    assert seconds_left(server, early["access_token"]) > LIVES_ON


def test_rule_5_who_writes_late_ends_no_later_access_token(
    server: Server, connection: play.Connection, elsewhere: Browser
) -> None:
    with late(server, connection, "remember") as (gate, answer):
        early = rotated(elsewhere, connection.app, connection.refresh_token)
        later = rotated(elsewhere, connection.app, early["refresh_token"])
        gate.open()
        assert answer.result().status_int == 200
    assert seconds_left(server, later["access_token"]) > LIVES_ON


def test_rule_6_a_revoked_access_token_cannot_be_written_again_for_as_long_as_it_would_have_lived(
    server: Server, connection: play.Connection
) -> None:
    """Whoever wakes up late may have slept for long, and no clock of its own says so."""
    left = seconds_left(server, connection.access_token)
    revoke(connection.browser, connection, connection.access_token)
    assert not connection.is_active()
    assert seconds_left(server, connection.access_token) >= left - 60


@pytest.mark.parametrize("order", ["emptied, revoked", "revoked, emptied"])
def test_rule_7_a_redis_emptied_before_it_writes_revives_no_access_token(
    server: Server, connection: play.Connection, elsewhere: Browser, order: str
) -> None:
    with late(server, connection, "remember") as (gate, answer):
        early = rotated(elsewhere, connection.app, connection.refresh_token)["access_token"]
        for event in order.split(", "):
            if event == "emptied":
                server.redis.connection().flushdb()
            else:
                revoke(elsewhere, connection, early)
        gate.open()
        assert answer.result().status_int in (200, 503)
    assert not play.is_active(elsewhere, connection.app, early)
    again = rotated(elsewhere, connection.app, connection.refresh_token)["access_token"]
    assert not play.is_active(elsewhere, connection.app, early)
    assert play.is_active(elsewhere, connection.app, again)


def test_rule_5_a_refresh_that_fails_after_another_was_answered_gives_its_token_no_longer_life(
    server: Server, connection: play.Connection, elsewhere: Browser
) -> None:
    """Or a thief who was answered would not be noticed when the owner comes."""
    with late(server, connection, "remember", fails=True) as (gate, answer):
        rotated(elsewhere, connection.app, connection.refresh_token)
        gate.open()
        assert answer.result().status_int == 503
    rows.let_pass(server, connection.refresh_token, GRACE + 1)
    assert play.refused(play.refresh(elsewhere, connection.app, connection.refresh_token))
    assert rows.family(server, connection.refresh_token).end_reason == "reused"


def test_rule_5_who_was_answered_late_has_the_grace_time_from_then_on(
    server: Server, connection: play.Connection, elsewhere: Browser
) -> None:
    with late(server, connection, "remember", fails=True) as (gate, answer):
        gate.open()
        assert answer.result().status_int == 503
    rows.let_pass(server, connection.refresh_token, 86_400)
    first = rotated(elsewhere, connection.app, connection.refresh_token)
    again = rotated(elsewhere, connection.app, connection.refresh_token)
    assert without_times(again) == without_times(first)
    rows.let_pass(server, connection.refresh_token, GRACE + 1)
    assert play.refused(play.refresh(elsewhere, connection.app, connection.refresh_token))
    assert rows.family(server, connection.refresh_token).end_reason == "reused"


def test_rule_8_a_clock_of_postgresql_that_was_set_forward_costs_one_refresh(
    server: Server, connection: play.Connection
) -> None:
    held = server.database.take()
    server.database.give_back()
    held.clock, held.clock_read_at = held.clock - 300, time.time()
    assert refreshing(connection)().status_int == 503
    assert refreshing(connection)().status_int == 200
