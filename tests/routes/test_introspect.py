"""/oauth/introspect: who may know what about a token (RFC 7662, rule 10)."""

from __future__ import annotations

import pytest

import make
import play
import rows
from browser import Browser
from held import done
from oauthsrv.flows.housekeeping import flush_marks
from oauthsrv.server import Server
from oauthsrv.store.redis_client import Batch, RedisClient

NAMES = (b"SET", b"MGET", b"EVALSHA")


def last_used(server: Server, connection: play.Connection) -> object:
    done(flush_marks(server))
    [grant] = rows.rows(
        server, 'SELECT last_used_at FROM "grant" WHERE client_id = %(client_id)s', client_id=connection.app.client_id
    )
    return grant.last_used_at


def test_an_api_sees_what_a_token_stands_for(server: Server, connection: play.Connection) -> None:
    answer = play.introspect(connection.browser, make.api(server), connection.access_token)
    assert answer["active"] is True
    assert answer["client_id"] == connection.app.client_id
    assert answer["sub"] == connection.user.user_id
    assert answer["scope"] == "read:profile read:data"
    assert answer["iss"] == server.settings.issuer
    assert answer["token_type"] == "Bearer"
    assert answer["exp"] - answer["iat"] == server.settings.access_ttl
    assert "aud" not in answer


def test_rule_10_an_api_sees_only_tokens_meant_for_it(server: Server, browser: Browser) -> None:
    meant, other, outsider = make.api(server), make.api(server), make.api(server, scopes=("webhooks",))
    app, user = make.app(server), make.user(server)
    play.sign_in(browser, user)
    narrowed = play.exchange(browser, app, play.code(browser, app, resource=meant.redirect_uri)).json["access_token"]
    assert play.introspect(browser, meant, narrowed)["aud"] == meant.redirect_uri
    assert play.introspect(browser, other, narrowed) == {"active": False}
    anywhere = play.exchange(browser, app, play.code(browser, app)).json["access_token"]
    assert play.introspect(browser, other, anywhere)["active"] is True
    assert play.introspect(browser, outsider, anywhere) == {"active": False}


def test_rule_10_a_client_sees_its_own_tokens_alone(server: Server, connection: play.Connection) -> None:
    assert play.introspect(connection.browser, connection.app, connection.access_token)["active"] is True
    assert play.introspect(connection.browser, make.app(server), connection.access_token) == {"active": False}
    assert play.introspect(connection.browser, connection.app, connection.refresh_token)["active"] is True
    assert play.introspect(connection.browser, make.app(server), connection.refresh_token) == {"active": False}
    assert play.introspect(connection.browser, make.api(server), connection.refresh_token) == {"active": False}


def test_a_superseded_refresh_token_is_inactive_and_asking_ends_nothing(connection: play.Connection) -> None:
    successor = play.refresh(connection.browser, connection.app, connection.refresh_token).json["refresh_token"]
    assert play.introspect(connection.browser, connection.app, connection.refresh_token) == {"active": False}
    assert play.introspect(connection.browser, connection.app, successor)["active"] is True


@pytest.mark.parametrize("token", ["x", "oat_", "oat_" + "A" * 86, "ort_" + "A" * 70, "é", "a" * 10000])
def test_garbage_is_inactive(server: Server, browser: Browser, token: str) -> None:
    assert play.introspect(browser, make.api(server), token) == {"active": False}


def test_without_a_token_the_request_is_refused(server: Server, browser: Browser) -> None:
    answer = play.post(browser, "/oauth/introspect", make.api(server))
    assert (answer.status_int, answer.json["error"]) == (400, "invalid_request")


def test_without_credentials_nothing_is_shown(server: Server, connection: play.Connection) -> None:
    answer = connection.browser.post("/oauth/introspect", {"token": connection.access_token})
    assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")
    public = make.app(server, type="public")
    answer = play.post(connection.browser, "/oauth/introspect", public, token=connection.access_token)
    assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")


def test_an_apis_look_is_a_use_and_a_clients_is_not(server: Server, connection: play.Connection) -> None:
    play.introspect(connection.browser, connection.app, connection.access_token)
    assert last_used(server, connection) is None
    play.introspect(connection.browser, make.api(server), connection.access_token)
    assert last_used(server, connection) is not None


def test_a_check_asks_nothing_of_postgresql(
    server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One trip reads all that decides, and counts the call, which a replica refuses."""
    api = make.api(server)
    for caller in (api, connection.app) * 2:  # loads the records, and prolongs their stamps
        play.introspect(connection.browser, caller, connection.access_token)

    def refused() -> None:
        raise AssertionError("PostgreSQL was asked")

    monkeypatch.setattr(server.database, "take", refused)
    trips: list[tuple[bytes, int]] = []

    def noted(name: str, of: type) -> None:
        real = getattr(of, name)
        monkeypatch.setattr(of, name, lambda self, *args, **kw: (trips.append(args), real(self, *args, **kw))[1])

    noted("execute_command", RedisClient)
    noted("ask_packed", RedisClient)
    noted("pipeline_execute_command", Batch)
    trips.clear()
    assert play.introspect(connection.browser, api, connection.access_token)["active"] is True
    assert play.introspect(connection.browser, connection.app, connection.access_token)["active"] is True
    assert [[name for name in NAMES if name in packed] for packed, _ in trips] == [[b"EVALSHA"], [b"SET", b"MGET"]]
