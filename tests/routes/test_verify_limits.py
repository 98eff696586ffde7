"""/oauth/verify: the limits of an app and of one user (rule 15)."""

from __future__ import annotations

import time

import pytest
from webtest import TestResponse

import make
import play
import rows
from browser import Browser
from held import eventually
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients.limits import set_limits
from oauthsrv.flows.invalidation import client_changed
from oauthsrv.server import Server
from oauthsrv.store.limits import Attempt, key_of
from verifying import refusal, verify


def limit(server: Server, connection: play.Connection, calls: int) -> None:
    set_limits(server, connection.app.client_id, calls, by=Actor())


def calls_key(server: Server, connection: play.Connection) -> bytes:
    return key_of(server.redis, Attempt("calls", connection.app.client_id))


def left(answer: TestResponse) -> int:
    parts: dict[str, str] = dict(part.split("=") for part in answer.headers["RateLimit"].split(";")[1:])
    return int(parts["r"])


def test_rule_15_the_whole_hours_number_can_be_used_at_once_and_then_comes_the_time_to_wait(
    server: Server, connection: play.Connection
) -> None:
    limit(server, connection, 10)
    for expected in range(9, -1, -1):
        answer = verify(connection.browser, connection.access_token)
        assert (answer.status_int, left(answer)) == (200, expected)
        assert answer.headers["RateLimit-Policy"] == '"calls";q=10;w=3600'
    answer = verify(connection.browser, connection.access_token)
    assert refusal(answer) == (429, "too_many_requests")
    assert 3590 < int(answer.headers["Retry-After"]) <= 3600
    assert answer.headers["RateLimit"] == f'"calls";r=0;t={answer.headers["Retry-After"]}'
    assert "WWW-Authenticate" not in answer.headers, "the token is as good as before"


def test_rule_15_it_works_again_at_the_windows_edge_however_often_it_was_tried(
    server: Server, connection: play.Connection
) -> None:
    limit(server, connection, 2)
    for _ in range(5):
        verify(connection.browser, connection.access_token)
    server.redis.connection().pexpire(calls_key(server, connection), 400)
    began = time.monotonic()
    eventually(lambda: verify(connection.browser, connection.access_token).status_int == 200)
    assert time.monotonic() - began < 2, "trying on does not make it longer"
    assert 3590 < server.redis.connection().ttl(calls_key(server, connection)) <= 3600


def test_rule_15_a_change_is_in_force_at_once_on_another_process(
    server: Server, another_server: Server, connection: play.Connection
) -> None:
    from browser import wsgi

    there = Browser(wsgi(another_server))
    limit(server, connection, 2)
    assert [verify(there, connection.access_token).status_int for _ in range(3)] == [200, 200, 429]
    limit(server, connection, 1000)
    assert left(verify(there, connection.access_token)) >= 990
    limit(server, connection, 1)
    assert verify(there, connection.access_token).status_int == 429


def test_only_good_calls_are_counted(server: Server, connection: play.Connection) -> None:
    verify(connection.browser, connection.access_token)
    before = server.redis.connection().get(calls_key(server, connection))
    verify(connection.browser, connection.access_token, scope="write:data")
    verify(connection.browser, None)
    verify(connection.browser, "x")
    play.introspect(connection.browser, connection.app, connection.access_token)
    assert server.redis.connection().get(calls_key(server, connection)) == before == b"1"
    play.introspect(connection.browser, make.api(server), connection.access_token)
    assert server.redis.connection().get(calls_key(server, connection)) == b"2"


@pytest.mark.parametrize("uses", ["999999", "1000000", "0", "-1", "x"])
def test_rule_15_who_holds_a_token_cannot_say_how_often_it_was_used(
    server: Server, connection: play.Connection, uses: str
) -> None:
    answer = verify(connection.browser, connection.access_token, uses=uses)
    assert (answer.status_int, left(answer)) == (200, 999)


def test_an_introspection_by_an_api_has_the_limits_headers_and_a_clients_own_has_not(
    server: Server, connection: play.Connection
) -> None:
    limit(server, connection, 1)
    api = make.api(server)
    answer = play.post(connection.browser, "/oauth/introspect", api, token=connection.access_token)
    assert answer.headers["RateLimit-Policy"] == '"calls";q=1;w=3600'
    answer = play.post(connection.browser, "/oauth/introspect", api, token=connection.access_token)
    assert refusal(answer) == (429, "too_many_requests")
    assert 3590 < int(answer.headers["Retry-After"]) <= 3600
    own = play.post(connection.browser, "/oauth/introspect", connection.app, token=connection.access_token)
    assert (own.status_int, own.json["active"]) == (200, True)
    assert "RateLimit" not in own.headers


def test_calls_that_a_guard_answered_are_counted_with_its_question(server: Server, connection: play.Connection) -> None:
    limit(server, connection, 100)
    api = make.api(server)
    answer = play.post(connection.browser, "/oauth/introspect", api, token=connection.access_token, uses="60")
    assert (answer.status_int, left(answer)) == (200, 40)
    answer = play.post(connection.browser, "/oauth/introspect", api, token=connection.access_token, uses="60")
    assert refusal(answer) == (429, "too_many_requests")
    assert verify(connection.browser, connection.access_token).status_int == 429


def test_rule_15_a_share_keeps_one_user_from_burning_the_hour_for_all(server: Server, browser: Browser) -> None:
    app = make.app(server)
    ada, bob = (play.tokens(server, browser.another(), app) for _ in range(2))
    rows.rows(
        server,
        "UPDATE client SET calls_per_hour = 10, grant_share_percent = 30 WHERE client_id = %(client_id)s",
        client_id=app.client_id,
    )
    client_changed(server, app.client_id)
    answers = [verify(ada.browser, ada.access_token) for _ in range(4)]
    assert [answer.status_int for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["RateLimit-Policy"] == '"share";q=3;w=3600'
    assert 3590 < int(answers[-1].headers["Retry-After"]) <= 3600
    assert [verify(bob.browser, bob.access_token).status_int for _ in range(3)] == [200, 200, 200]


def test_rule_15_ten_thousand_wrong_secrets_do_not_delay_the_clients_own_next_request(
    server: Server, browser: Browser, connection: play.Connection
) -> None:
    """As many from one address as its limit and more; what is counted does not grow with their number."""
    attacker = browser.another("198.51.100.7")
    impostor = make.App(connection.app.client_id, "sec_" + "0" * 64, connection.app.redirect_uri)
    statuses = [play.refresh(attacker, impostor, "ort_x").status_int for _ in range(110)]
    assert statuses == [401] * 100 + [429] * 10
    answer = play.refresh(attacker, impostor, "ort_x")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert play.refresh(connection.browser, connection.app, connection.refresh_token).status_int == 200
    own_from_there = play.post(attacker, "/oauth/introspect", connection.app, token=connection.access_token)
    assert own_from_there.status_int == 200, "a right secret is never held up, not even from there"


def test_rule_15_requests_of_a_client_at_the_token_endpoint_are_limited_by_what_an_administrator_set(
    server: Server, connection: play.Connection
) -> None:
    rows.rows(
        server,
        "UPDATE client SET token_requests_per_minute = 3 WHERE client_id = %(client_id)s",
        client_id=connection.app.client_id,
    )
    client_changed(server, connection.app.client_id)
    server.redis.connection().delete(key_of(server.redis, Attempt("token", connection.app.client_id)))
    token, answers = connection.refresh_token, []
    for _ in range(4):
        answers.append(play.refresh(connection.browser, connection.app, token))
        token = answers[-1].json.get("refresh_token", token)
    assert [answer.status_int for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["RateLimit-Policy"] == '"token";q=3;w=60'
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    server.redis.connection().delete(key_of(server.redis, Attempt("token", connection.app.client_id)))
    assert play.refresh(connection.browser, connection.app, token).status_int == 200, "it spent nothing"
