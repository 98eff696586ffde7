"""Redis is emptied, restarted or away: people sign in again, and that is all (rules 7 and 8)."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestResponse

import make
import play
import rows
from browser import Browser, wsgi
from held import holding
from oauthsrv.flows import invalidation, revocations, rotation
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.server import Server
from play import is_active, is_signed_in, refused
from redis_lost.conftest import Valkey, ending_form

# Emptied


def test_rule_7_redis_emptied_in_mid_life_costs_a_sign_in_and_nothing_else(
    server: Server, another_server: Server, connection: play.Connection
) -> None:
    """Refresh tokens go on on every process, nobody consents again, access tokens are refreshed."""
    elsewhere = Browser(wsgi(another_server))
    token = connection.refresh_token
    for seen_by in (connection.browser, elsewhere) * 2:
        server.redis.connection().flushall()
        assert not is_active(seen_by, connection.app, connection.access_token)
        answer = play.refresh(seen_by, connection.app, token)
        assert answer.status_int == 200
        token = answer.json["refresh_token"]
        assert is_active(seen_by, connection.app, answer.json["access_token"])
    assert not is_signed_in(connection.browser)
    play.sign_in(connection.browser, connection.user)
    asked = play.ask(connection.browser, connection.app)
    assert asked.status_int == 303
    assert play.exchange(elsewhere, connection.app, play.answered(asked)["code"]).status_int == 200


def test_rule_7_redis_emptied_brings_nothing_back(
    server: Server, another_server: Server, connection: play.Connection
) -> None:
    ended = play.tokens(server, connection.browser.another(), connection.app)
    grant_id = rows.active_grant(server, ended.user.user_id, connection.app.client_id)
    revocations.revoke_grant(server, grant_id, ended.user.user_id, "user", by=Actor())
    review.suspend_client(server, connection.app.client_id, by=Actor())
    server.redis.connection().flushall()
    for seen_by in (connection.browser, Browser(wsgi(another_server))):
        assert refused(play.refresh(seen_by, connection.app, connection.refresh_token), "unauthorized_client")
    review.reactivate_client(server, connection.app.client_id, by=Actor())
    server.redis.connection().flushall()
    for seen_by in (connection.browser, Browser(wsgi(another_server))):
        assert not is_active(seen_by, connection.app, ended.access_token)
        assert refused(play.refresh(seen_by, connection.app, ended.refresh_token))
    assert play.refresh(connection.browser, connection.app, connection.refresh_token).status_int == 200


def test_rule_7_redis_emptied_before_every_request_of_a_whole_flow(server: Server, browser: Browser) -> None:
    """Each answer is one of the protocol's; what PostgreSQL keeps goes on."""
    user, app = make.user(server), make.app(server)
    play.sign_in(browser, user)
    tokens = play.exchange(browser, app, play.code(browser, app)).json
    flush = server.redis.connection().flushall
    for _ in range(5):
        flush()
        first = play.refresh(browser, app, tokens["refresh_token"])
        assert first.status_int == 200
        flush()
        tokens = play.refresh(browser, app, tokens["refresh_token"]).json
        assert tokens["refresh_token"] == first.json["refresh_token"]
    flush()
    assert play.post(browser, "/oauth/revoke", app, token=tokens["refresh_token"]).status_int == 200
    flush()
    assert refused(play.refresh(browser, app, tokens["refresh_token"]))


# Restarted


def test_rule_7_a_restart_with_its_data_is_not_even_noticed(
    valkey: Valkey, server: Server, connection: play.Connection
) -> None:
    code = play.code(connection.browser, connection.app)
    valkey.restart()
    assert connection.is_active()
    valkey.restart()
    assert is_signed_in(connection.browser)
    valkey.restart()
    assert play.exchange(connection.browser, connection.app, code).status_int == 200
    valkey.restart()
    assert play.refresh(connection.browser, connection.app, connection.refresh_token).status_int == 200


@pytest.mark.parametrize("grant_type", ["authorization_code", "refresh_token"])
def test_rule_7_a_restart_within_a_request_is_survived_or_answered_with_503(
    valkey: Valkey, server: Server, connection: play.Connection, grant_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the code or the family and the writing of the access token; sent again, it works."""
    code = play.code(connection.browser, connection.app)
    remember = server.tokens.remember

    def restarted_first(*args: Any) -> None:
        valkey.restart()
        remember(*args)

    def send() -> TestResponse:
        if grant_type == "authorization_code":
            return play.exchange(connection.browser, connection.app, code)
        return play.refresh(connection.browser, connection.app, connection.refresh_token)

    monkeypatch.setattr(server.tokens, "remember", restarted_first)
    answer = send()
    assert answer.status_int in (200, 503), answer
    monkeypatch.undo()
    if answer.status_int == 503:
        assert answer.headers["Retry-After"]
        answer = send()
    assert is_active(connection.browser, connection.app, answer.json["access_token"])


def test_rule_7_and_8_without_redis_nothing_is_good_and_the_answer_says_come_back(
    valkey: Valkey, server: Server, connection: play.Connection
) -> None:
    """And an ending is recorded and not yet in force, until Redis is back: then at the first look."""
    form = ending_form(connection.browser)
    valkey.stop()
    try:
        for answer in (
            play.post(connection.browser, "/oauth/introspect", connection.app, token=connection.access_token),
            play.refresh(connection.browser, connection.app, connection.refresh_token),
            play.exchange(connection.browser, connection.app, "oac_" + "A" * 43),
        ):
            assert answer.status_int == 503
            assert answer.json["error"] == "temporarily_unavailable"
            assert answer.headers["Retry-After"]
        for page in (connection.browser.get("/account/apps"), form.submit()):
            assert page.status_int == 503
            assert page.headers["Retry-After"]
        grant_id = rows.active_grant(server, connection.user.user_id, connection.app.client_id)
        assert revocations.revoke_grant(server, grant_id, connection.user.user_id, "user", by=Actor()) is False
    finally:
        valkey.start()
    assert not connection.is_active()
    assert refused(play.refresh(connection.browser, connection.app, connection.refresh_token))


def test_rule_7_and_8_redis_lost_between_commit_and_deletion_is_reported_as_recorded_and_not_yet_in_force(
    valkey: Valkey, server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = play.tokens(server, connection.browser.another(), connection.app)
    in_force = invalidation.in_force

    def lost_before(*args: Any, **kwargs: Any) -> bool:
        valkey.stop()
        return in_force(*args, **kwargs)

    for act in (
        lambda: play.post(connection.browser, "/oauth/revoke", connection.app, token=connection.refresh_token),
        lambda: play.post(other.browser, "/oauth/revoke", other.app, token=other.access_token),
    ):
        monkeypatch.setattr(invalidation, "in_force", lost_before)
        answer = act()
        monkeypatch.undo()
        valkey.start()
        assert answer.status_int == 503
        assert "not yet in force" in answer.json["error_description"]
        assert answer.headers["Retry-After"]
    form = ending_form(other.browser)
    monkeypatch.setattr(invalidation, "in_force", lost_before)
    answer = form.submit()
    monkeypatch.undo()
    valkey.start()
    assert answer.status_int == 303
    assert "not yet in force" in answer.follow().text
    assert not connection.is_active()
    assert not other.is_active()
    assert refused(play.refresh(connection.browser, connection.app, connection.refresh_token))
    assert refused(play.refresh(other.browser, other.app, other.refresh_token))


def test_rule_8_a_redis_that_is_full_after_the_commit_of_a_refresh_makes_no_reuse_of_its_repeats(
    server: Server, connection: play.Connection
) -> None:
    """However long it stays full: the client, which got no answer, comes back with its old token."""
    token, redis = connection.refresh_token, server.redis.connection()
    with holding(rotation, lambda: play.refresh(connection.browser, connection.app, token)) as (gate, answer):
        redis.config_set("maxmemory", "1")
        try:
            gate.open()
            assert answer.result().status_int == 503
            assert answer.result().headers["Retry-After"]
            assert rows.family(server, token).generation == 2
            rows.let_pass(server, token, 90)
            assert play.refresh(connection.browser, connection.app, token).status_int == 503
        finally:
            redis.config_set("maxmemory", "0")
    again = play.refresh(connection.browser, connection.app, token)
    assert again.status_int == 200
    assert is_active(connection.browser, connection.app, again.json["access_token"])
    assert play.refresh(connection.browser, connection.app, again.json["refresh_token"]).status_int == 200


def test_rule_8_a_full_redis_lets_an_access_token_be_revoked(server: Server, connection: play.Connection) -> None:
    redis = server.redis.connection()
    redis.config_set("maxmemory", "1")
    try:
        assert invalidation.access_token_revoked(server, connection.access_token)
    finally:
        redis.config_set("maxmemory", "0")
    assert not connection.is_active()
