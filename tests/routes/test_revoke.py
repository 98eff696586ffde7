"""/oauth/revoke: a client gives a token back (RFC 7009)."""

from __future__ import annotations

import pytest

import make
import play
import rows
from browser import Browser
from held import done
from oauthsrv.oauth.credentials import digest, new_access_token, new_family_id
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql


def test_rule_6_a_refresh_token_takes_its_family_with_it(server: Server, connection: play.Connection) -> None:
    other = play.exchange(connection.browser, connection.app, play.code(connection.browser, connection.app)).json
    assert (
        play.post(connection.browser, "/oauth/revoke", connection.app, token=connection.refresh_token).status_int == 200
    )
    assert not connection.is_active()
    assert play.refresh(connection.browser, connection.app, connection.refresh_token).json["error"] == "invalid_grant"
    assert play.introspect(connection.browser, connection.app, other["access_token"])["active"] is True


def test_rule_6_an_access_token_goes_alone(connection: play.Connection) -> None:
    assert (
        play.post(connection.browser, "/oauth/revoke", connection.app, token=connection.access_token).status_int == 200
    )
    assert not connection.is_active()
    assert play.refresh(connection.browser, connection.app, connection.refresh_token).status_int == 200


def test_a_superseded_refresh_token_logs_out_too(connection: play.Connection) -> None:
    successor = play.refresh(connection.browser, connection.app, connection.refresh_token).json["refresh_token"]
    assert (
        play.post(connection.browser, "/oauth/revoke", connection.app, token=connection.refresh_token).status_int == 200
    )
    assert play.refresh(connection.browser, connection.app, successor).json["error"] == "invalid_grant"


def test_rule_6_a_token_ahead_of_a_restored_row_logs_out_too(server: Server, connection: play.Connection) -> None:
    before = rows.family(server, connection.refresh_token)
    successor = play.refresh(connection.browser, connection.app, connection.refresh_token).json["refresh_token"]
    rows.rows(
        server,
        "UPDATE family SET generation = 1, current_hash = %(current)s, previous_hash = NULL, sealed = NULL"
        " WHERE family_id = %(family_id)s",
        current=before.current_hash,
        family_id=before.family_id,
    )
    assert play.post(connection.browser, "/oauth/revoke", connection.app, token=successor).status_int == 200
    assert play.refresh(connection.browser, connection.app, connection.refresh_token).json["error"] == "invalid_grant"
    assert not connection.is_active()


@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "nonsense"])
def test_the_hint_never_matters(connection: play.Connection, hint: str | None) -> None:
    play.post(connection.browser, "/oauth/revoke", connection.app, token=connection.refresh_token, token_type_hint=hint)
    assert not connection.is_active()


def test_rule_10_anothers_token_is_answered_alike_and_lives_on(server: Server, connection: play.Connection) -> None:
    thief = make.app(server)
    for token in (connection.access_token, connection.refresh_token, "nonsense", "oat_" + "A" * 86):
        answer = play.post(connection.browser, "/oauth/revoke", thief, token=token)
        assert (answer.status_int, answer.json) == (200, {})
    assert connection.is_active()


def test_a_public_client_revokes_by_its_client_id(server: Server, browser: Browser) -> None:
    app = make.app(server, type="public", redirect_uris=("https://spa.example/cb",))
    connection = play.tokens(server, browser, app)
    assert play.post(browser, "/oauth/revoke", app, token=connection.refresh_token).status_int == 200
    assert play.refresh(browser, app, connection.refresh_token).json["error"] == "invalid_grant"


def test_rule_11_without_token_or_proof_it_is_refused(server: Server, connection: play.Connection) -> None:
    answer = play.post(connection.browser, "/oauth/revoke", connection.app)
    assert (answer.status_int, answer.json["error"]) == (400, "invalid_request")
    answer = connection.browser.post(
        "/oauth/revoke", {"token": connection.refresh_token, "client_id": connection.app.client_id}
    )
    assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")
    assert connection.is_active()


def test_rule_7_an_access_token_revoked_while_redis_shows_nothing_of_it_stays_ended(
    server: Server, connection: play.Connection
) -> None:
    redis = server.redis.connection()
    key = server.redis.key("t", digest(connection.access_token).hex())
    record = redis.dump(key)
    redis.unlink(key)
    assert (
        play.post(connection.browser, "/oauth/revoke", connection.app, token=connection.access_token).status_int == 200
    )
    redis.restore(key, 3_600_000, record, replace=True)
    done(server.sweep.recent(redis))
    assert not connection.is_active()


def test_rule_16_revocations_of_tokens_that_never_were_are_not_recorded(
    server: Server, connection: play.Connection
) -> None:
    invented = new_access_token(connection.app.client_id, new_family_id(0))
    assert play.post(connection.browser, "/oauth/revoke", connection.app, token=invented).status_int == 200
    with reading(server.database) as db:
        ended = sql.ended_keys.ended_since(db, seconds=600, after=b"", at_most=10_000)
    assert digest(invented) not in {bytes(row.key_hash) for row in ended}
