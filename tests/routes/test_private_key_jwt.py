"""Clients that sign an assertion instead of sending a secret (RFC 7523, rule 10)."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import make
import play
import rows
import signing
from browser import Browser, wsgi
from held import done
from oauthsrv.flows.housekeeping import flush_marks
from oauthsrv.oauth.credentials import digest
from oauthsrv.server import Server
from oauthsrv.store import assertions
from oauthsrv.store.limits import Attempt, key_of
from signing import Signer, is_accepted


@pytest.fixture
def app(server: Server) -> make.App:
    return make.app(server)


@pytest.fixture
def signer(server: Server, app: make.App) -> Signer:
    return signing.signer_of(server, app)


def exchange(browser: Browser, app: make.App, signer: Signer, code: str) -> Any:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": app.redirect_uri}
    assertion = signer.assertion(app.client_id)
    return signing.post(browser, "/oauth/token", assertion, code_verifier=play.VERIFIER, **form)


def refresh(browser: Browser, app: make.App, signer: Signer, token: str) -> Any:
    assertion = signer.assertion(app.client_id)
    return signing.post(browser, "/oauth/token", assertion, grant_type="refresh_token", refresh_token=token)


# The whole flow


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "PS256", "EdDSA"])
def test_a_client_with_a_key_gets_refreshes_introspects_and_revokes_tokens(
    algorithm: str, server: Server, browser: Browser, app: make.App, user: make.User
) -> None:
    signer = signing.signer_of(server, app, algorithm)
    play.sign_in(browser, user)
    first = exchange(browser, app, signer, play.code(browser, app)).json
    second = refresh(browser, app, signer, first["refresh_token"]).json
    token = second["access_token"]
    answer = signing.post(browser, "/oauth/introspect", signer.assertion(app.client_id), token=token).json
    assert (answer["active"], answer["client_id"]) == (True, app.client_id)
    revoked = signing.post(browser, "/oauth/revoke", signer.assertion(app.client_id), token=second["refresh_token"])
    assert revoked.status_int == 200
    answer = signing.post(browser, "/oauth/introspect", signer.assertion(app.client_id), token=token).json
    assert answer == {"active": False}


def test_rule_10_a_secret_is_refused_where_only_an_assertion_is_allowed(
    server: Server, browser: Browser, app: make.App, signer: Signer
) -> None:
    answer = play.post(browser, "/oauth/token", app, grant_type="authorization_code", code="x")
    assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")
    assert "method_not_allowed" in signing.problems(server, app)
    signing.authenticate_by(server, app, "private_key_jwt", "client_secret_basic", jwks={"keys": [signer.jwk]})
    assert is_accepted(browser, signer.assertion(app.client_id))
    assert play.refused(play.post(browser, "/oauth/token", app, grant_type="authorization_code", code="x"))


def test_rule_10_an_assertion_is_refused_where_only_a_secret_is_allowed(
    server: Server, browser: Browser, app: make.App
) -> None:
    assert not is_accepted(browser, Signer(server.settings.issuer).assertion(app.client_id))
    assert signing.problems(server, app) == ["method_not_allowed"]


def test_rule_10_basic_with_an_empty_secret_beside_an_assertion_only_names_the_client(
    browser: Browser, app: make.App, signer: Signer
) -> None:
    form = {"client_assertion_type": signing.TYPE, "grant_type": "authorization_code", "code": "x"}

    def answered(assertion: str) -> Any:
        browser.authorization = ("Basic", (app.client_id, ""))
        return browser.post("/oauth/token", form | {"client_assertion": assertion})

    assert play.refused(answered(signer.assertion(app.client_id)))
    refused = answered(signer.assertion(app.client_id, aud="https://other.example"))
    assert refused.status_int == 401
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")


# Once


def test_rule_10_an_assertion_works_once_on_all_processes(
    browser: Browser, elsewhere: Browser, server: Server, app: make.App, signer: Signer
) -> None:
    assertion = signer.assertion(app.client_id)
    assert is_accepted(browser, assertion)
    for where in (browser, elsewhere):
        answer = signing.post(where, "/oauth/revoke", assertion, token="x")
        assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")
        assert "used twice" in answer.json["error_description"]
    assert signing.problems(server, app) == ["assertion_replayed", "code_unknown"]


def test_rule_10_of_a_hundred_requests_at_once_with_one_assertion_one_is_accepted(
    server: Server, another_server: Server, app: make.App, signer: Signer
) -> None:
    assertion = signer.assertion(app.client_id)
    browsers = [Browser(wsgi(each), "198.51.100.7") for each in (server, another_server)] * 50
    with ThreadPoolExecutor(16) as pool:
        accepted = list(pool.map(lambda browser: is_accepted(browser, assertion), browsers))
    assert accepted.count(True) == 1


def test_rule_10_two_clients_may_use_the_same_jti(server: Server, browser: Browser) -> None:
    for _ in range(2):
        app = make.app(server)
        assert is_accepted(browser, signing.signer_of(server, app).assertion(app.client_id, jti="first"))


def test_rule_10_a_wrong_signature_does_not_use_up_a_jti(
    browser: Browser, server: Server, app: make.App, signer: Signer
) -> None:
    thief = Signer(server.settings.issuer)
    assert not is_accepted(browser, thief.assertion(app.client_id, jti="mine"))
    assert is_accepted(browser, signer.assertion(app.client_id, jti="mine"))
    assert signing.problems(server, app) == ["assertion_signature", "code_unknown"]


def test_rule_7_after_redis_was_emptied_an_assertion_from_before_is_refused_and_a_new_one_works(
    browser: Browser, server: Server, app: make.App, signer: Signer
) -> None:
    assertion = signer.assertion(app.client_id)
    assert is_accepted(browser, assertion)
    server.redis.connection().flushall()
    assert not is_accepted(browser, assertion)
    assert signing.problems(server, app) == ["assertion_old", "code_unknown"]
    soon = signing.post(browser, "/oauth/token", signer.assertion(app.client_id, iat=int(time.time()) + 9))
    assert (soon.status_int, soon.json["error"]) == (503, "temporarily_unavailable")
    signing.let_redis_remember_for_longer(server)
    assert is_accepted(browser, signer.assertion(app.client_id))
    server.redis.connection().hset(assertions.began_key(server.redis), server.redis.run_id, "0")  # for other tests


def test_rule_7_another_redis_begins_to_remember_when_it_is_first_used(server: Server) -> None:
    """As after a failover: what the last one knew may be lost."""
    redis = server.redis
    key, client = assertions.began_key(redis), redis.connection()
    client.delete(key)
    client.hset(key, "another", "0")
    before = time.time()
    assertions.begin(redis, client, since=before)
    assert client.hgetall(key) == {redis.run_id.encode(): str(before).encode()}
    assertions.begin(redis, client, since=before + 9)
    assert client.hgetall(key) == {redis.run_id.encode(): str(before).encode()}
    spent = assertions.spend(redis, "cli", "jti", issued_at=before - 1, expires_at=before + 60)
    assert spent is assertions.Use.OLD
    spent = assertions.spend(redis, "cli", "jti", issued_at=before + 9, expires_at=before + 60)
    assert spent is assertions.Use.EARLY
    client.hset(key, redis.run_id, "0")


def test_rule_10_an_assertion_is_remembered_for_as_long_as_it_lives(server: Server) -> None:
    now = time.time()
    assertions.spend(server.redis, "cli", "one", issued_at=now, expires_at=now + 200)
    key = server.redis.key("j", digest("cli one").hex())
    assert 258 <= server.redis.connection().ttl(key) <= 261


# Charging


def test_rule_15_a_wrong_assertion_is_charged_to_its_sender_and_a_right_one_to_the_client(
    server: Server, browser: Browser, app: make.App, signer: Signer
) -> None:
    def counted(attempt: Attempt) -> int:
        return int(server.redis.connection().get(key_of(server.redis, attempt)) or 0)

    address, client = Attempt("proof_address", "192.0.2.1"), Attempt("token", app.client_id)
    before = counted(address)
    assert not is_accepted(browser, Signer(server.settings.issuer).assertion(app.client_id))
    assert (counted(address) - before, counted(client)) == (1, 0)
    assert is_accepted(browser, signer.assertion(app.client_id))
    assert (counted(address) - before, counted(client)) == (1, 1)


# A set that holds none, as documents have it


@pytest.fixture
def either(server: Server, app: make.App) -> Signer:
    """A public client that has a key, too."""
    signer = Signer(server.settings.issuer)
    signing.authenticate_by(server, app, "none", "private_key_jwt", jwks={"keys": [signer.jwk]})
    return signer


def test_rule_10_a_credential_that_is_sent_is_verified_also_where_none_is_needed(
    server: Server, browser: Browser, app: make.App, either: Signer
) -> None:
    named = browser.post("/oauth/token", {"grant_type": "authorization_code", "code": "x", "client_id": app.client_id})
    assert play.refused(named)
    assert is_accepted(browser, either.assertion(app.client_id))
    assert not is_accepted(browser, Signer(server.settings.issuer).assertion(app.client_id))
    answer = play.post(browser, "/oauth/token", app, grant_type="authorization_code", code="x")
    assert play.refused(answer, "invalid_client")
    assert "secret_not_expected" in signing.problems(server, app)


def test_rule_10_a_family_that_began_with_an_assertion_needs_one_at_each_refresh(
    server: Server, browser: Browser, app: make.App, either: Signer, user: make.User
) -> None:
    play.sign_in(browser, user)
    token = exchange(browser, app, either, play.code(browser, app)).json["refresh_token"]
    public = make.App(app.client_id, None, app.redirect_uri)
    refused = play.refresh(browser, public, token)
    assert (refused.status_int, refused.json["error"]) == (401, "invalid_client")
    assert "authenticated when it got this refresh token" in refused.json["error_description"]
    assert rows.family(server, token).generation == 1
    assert refresh(browser, app, either, token).status_int == 200


def test_rule_10_a_family_that_began_without_may_go_on_with_or_without(
    browser: Browser, app: make.App, either: Signer, user: make.User
) -> None:
    play.sign_in(browser, user)
    public = make.App(app.client_id, None, app.redirect_uri)
    first = play.exchange(browser, public, play.code(browser, public)).json
    second = refresh(browser, app, either, first["refresh_token"]).json
    assert play.refresh(browser, public, second["refresh_token"]).status_int == 200


def test_rule_10_a_client_that_gains_none_loses_its_tokens_and_its_secrets(
    server: Server, browser: Browser, elsewhere: Browser
) -> None:
    connection = play.tokens(server, browser)
    api = make.api(server)
    signing.authenticate_by(server, connection.app, "none")
    for where in (browser, elsewhere):
        assert not play.is_active(where, api, connection.access_token)
        assert play.refused(play.refresh(where, connection.app, connection.refresh_token), "invalid_client")
    public = make.App(connection.app.client_id, None, connection.app.redirect_uri)
    assert play.refused(play.refresh(browser, public, connection.refresh_token))
    assert rows.family(server, connection.refresh_token).end_reason == "client_tokens_ended"
    count = rows.rows(server, "SELECT FROM client_secret WHERE client_id = %(id)s", id=connection.app.client_id)
    assert count == []
    assert play.exchange(browser, public, play.code(browser, public)).status_int == 200


def test_marks_of_secrets_are_written_for_secrets_alone(
    server: Server, browser: Browser, app: make.App, signer: Signer
) -> None:
    assert is_accepted(browser, signer.assertion(app.client_id))
    done(flush_marks(server))
    [secret] = rows.rows(server, "SELECT last_used_at FROM client_secret WHERE client_id = %(id)s", id=app.client_id)
    assert secret.last_used_at is None
