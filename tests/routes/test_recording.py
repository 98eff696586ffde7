"""Every refused request is noted for its app, with what was wrong, and never with what could be a secret (rule 1)."""

from __future__ import annotations

import base64
import dataclasses
import logging
import secrets
from typing import Any
from urllib.parse import urlencode

import pytest

import make
import play
import rows
from browser import Browser
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.oauth.credentials import new_access_token
from oauthsrv.server import Server
from oauthsrv.store.limits import LIMITS

ADDRESS = "192.0.2.1"


def noted(server: Server, client_id: str) -> list[Any]:
    server.refusals.flush()
    return rows.rows(
        server,
        "SELECT is_authenticated, endpoint, problem, sent, user_id, address, count FROM refusal "
        "WHERE client_id = %(client_id)s ORDER BY refusal_id",
        client_id=client_id,
    )


def one(server: Server, app: make.App) -> Any:
    (row,) = noted(server, app.client_id)
    return row


def change(server: Server, app: make.App, assignment: str) -> None:
    rows.rows(server, f"UPDATE client SET {assignment} WHERE client_id = %(id)s", id=app.client_id)
    server.clients.changed(app.client_id)


# The authorization endpoint


@pytest.mark.parametrize(
    ("changes", "problem", "sent"),
    [
        ({"redirect_uri": "https://other.example/cb"}, "redirect_uri_mismatch", "https://other.example/cb"),
        ({"response_type": "token"}, "unsupported_response_type", ""),
        ({"response_type": None}, "parameter_missing", "response_type"),
        ({"code_challenge": None}, "pkce_missing", ""),
        ({"code_challenge_method": "plain"}, "pkce_plain", ""),
        ({"code_challenge": "x"}, "pkce_malformed", ""),
        ({"scope": "fly:moon"}, "scope_unknown", "fly:moon"),
        ({"resource": "https://nobody.example"}, "resource_unknown", "https://nobody.example"),
        ({"prompt": "soon"}, "prompt_unknown", ""),
        ({"max_age": "-1"}, "max_age_malformed", ""),
        ({"request": "x"}, "request_not_supported", ""),
    ],
)
def test_a_wrong_authorization_request_is_noted_as_unauthenticated(
    server: Server, browser: Browser, changes: dict[str, str | None], problem: str, sent: str
) -> None:
    app = make.app(server)
    play.sign_in(browser, make.user(server))
    play.ask(browser, app, **changes)
    row = one(server, app)
    assert (row.is_authenticated, row.endpoint, row.problem, row.sent) == (False, "/oauth/authorize", problem, sent)
    assert (row.user_id, row.address) == (None, "192.0.2.0/24")


def test_a_request_of_nobody_signed_in_is_noted_too(server: Server, browser: Browser) -> None:
    app = make.app(server)
    play.ask(browser, app, redirect_uri="https://other.example")
    play.ask(browser, app, prompt="none")
    assert {row.problem for row in noted(server, app.client_id)} == {"redirect_uri_mismatch", "login_required"}


def test_a_developers_own_browser_is_known_and_no_others(server: Server, browser: Browser) -> None:
    owner = make.user(server)
    app = make.app(server, owner)
    play.sign_in(browser, owner)
    page = play.ask(browser, app, redirect_uri="https://other.example/cb")
    row = one(server, app)
    assert (row.is_authenticated, row.user_id, row.address) == (False, owner.user_id, ADDRESS)
    assert page.status_int == 400
    assert "Requests your app made" in page.click("See it in the app’s activity")
    other = browser.another()
    play.sign_in(other, make.user(server, admin=True))
    assert "See it in the app" not in play.ask(other, app, redirect_uri="https://other.example/cb")
    assert "See it in the app" not in play.ask(browser.another(), app, redirect_uri="https://other.example/cb")


def test_what_a_user_and_an_administrator_decide_is_noted(server: Server, browser: Browser) -> None:
    app = make.app(server)
    play.sign_in(browser, make.user(server))
    play.form_with(play.ask(browser, app), "decision").submit("decision", value="deny")
    play.ask(browser, app, prompt="none")
    change(server, app, "suspended_at = now()")
    play.ask(browser, app)
    assert {row.problem for row in noted(server, app.client_id)} == {"access_denied", "consent_required", "suspended"}


def test_an_app_that_waits_for_approval(server: Server, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make.app(server, approved=False)
    monkeypatch.setattr(server, "settings", dataclasses.replace(server.settings, app_review=True))
    play.sign_in(browser, make.user(server))
    play.ask(browser, app)
    assert one(server, app).problem == "not_approved"


def test_a_request_of_no_app_is_nobodys(server: Server, browser: Browser) -> None:
    nobody = make.App("cli_" + "e" * 32, "sec_" + "0" * 64, "https://app.example")
    assert play.ask(browser, nobody).status_int == 400
    assert play.exchange(browser, nobody, "oac_x").status_int == 401
    assert noted(server, nobody.client_id) == []


# The endpoints of clients


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/oauth/introspect"])
def test_who_fails_to_prove_itself_is_noted_as_unknown(server: Server, browser: Browser, path: str) -> None:
    app, public = make.app(server), make.app(server, type="public")
    browser.post(path, {"token": "x"}, headers=basic(app.client_id, "sec_wrong"))
    browser.post(path, {"token": "x", "client_id": app.client_id})
    browser.post(path, {"client_id": app.client_id, "client_secret": "x"}, headers=basic(app.client_id, "x"))
    browser.post(path, {"client_id": app.client_id}, headers={"Authorization": "Bearer x"})
    browser.post(path, {"client_id": public.client_id, "client_secret": "x"})
    found = noted(server, app.client_id)
    assert sorted(row.problem for row in found) == [
        *("method_not_registered", "secret_missing", "secret_wrong", "two_methods"),
    ]
    assert {(row.is_authenticated, row.endpoint, row.address) for row in found} == {(False, path, "192.0.2.0/24")}
    assert one(server, public).problem == "secret_not_expected"


def test_rule_16_ids_that_nobody_looked_up_are_counted_apart(server: Server, browser: Browser) -> None:
    app = make.app(server)
    server.refusals.flush()
    browser.post("/oauth/token", {"client_id": "cli_" + "e" * 32}, headers={"Authorization": "Bearer x"})
    browser.get("/oauth/verify", headers={"Authorization": f"Bearer {new_access_token('cli_' + 'e' * 32, None)}"})
    browser.post("/oauth/token", {"client_id": app.client_id, "client_secret": "x"})
    assert len(server.refusals._claimed.groups) == 2
    assert len(server.refusals._unknown.groups) == 1
    assert one(server, app).problem == "secret_wrong"


def test_what_a_confidential_app_sends_after_its_proof_is_its_own(server: Server, browser: Browser) -> None:
    app = make.app(server)
    play.exchange(browser, app, "oac_x")
    play.exchange(browser, app, "oac_x", grant_type="password")
    play.exchange(browser, app, "oac_x", grant_type=None)
    play.refresh(browser, app, "ort_x")
    play.post(browser, "/oauth/revoke", app)
    found = noted(server, app.client_id)
    assert [(row.endpoint, row.problem, row.sent) for row in sorted(found)] == [
        ("/oauth/revoke", "parameter_missing", "token"),
        ("/oauth/token", "code_unknown", ""),
        ("/oauth/token", "parameter_missing", "grant_type"),
        ("/oauth/token", "refresh_unknown", ""),
        ("/oauth/token", "unsupported_grant_type", ""),
    ]
    assert {(row.is_authenticated, row.address) for row in found} == {(True, ADDRESS)}


def test_a_public_app_proves_nothing_with_its_client_id(server: Server, browser: Browser) -> None:
    app = make.app(server, type="public")
    play.exchange(browser, app, "oac_x")
    play.refresh(browser, app, "ort_x")
    found = noted(server, app.client_id)
    assert {(row.is_authenticated, row.problem) for row in found} == {
        (False, "code_unknown"),
        (False, "refresh_unknown"),
    }
    assert {row.address for row in found} == {"192.0.2.0/24"}


def test_a_public_app_is_proved_by_a_code_or_token_of_its_own(server: Server, browser: Browser) -> None:
    app = make.app(server, type="public")
    connection = play.tokens(server, browser, app)
    play.refresh(browser, app, connection.refresh_token)
    rows.let_pass(server, connection.refresh_token, 100)
    play.refresh(browser, app, connection.refresh_token)
    play.exchange(browser, app, play.code(browser, app), code_verifier="x" * 43)
    found = noted(server, app.client_id)
    assert {(row.is_authenticated, row.problem) for row in found} == {
        (True, "refresh_reused"),
        (True, "verifier_wrong"),
    }
    # It runs at its users: their addresses are none of its developer's business.
    assert {row.address for row in found} == {"192.0.2.0/24"}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"code_verifier": None}, "verifier_missing"),
        ({"code_verifier": "x" * 43}, "verifier_wrong"),
        ({"code_verifier": "x"}, "verifier_malformed"),
        ({"redirect_uri": "https://other.example"}, "code_redirect_uri"),
        ({"resource": "https://other.example"}, "target_beyond"),
    ],
)
def test_a_code_exchange_that_does_not_fit(
    server: Server, browser: Browser, changes: dict[str, str | None], problem: str
) -> None:
    app = make.app(server)
    play.sign_in(browser, make.user(server))
    play.exchange(browser, app, play.code(browser, app), **changes)
    assert one(server, app).problem == problem


def test_codes_and_refresh_tokens_used_wrongly(server: Server, browser: Browser) -> None:
    app, user = make.app(server), make.user(server)
    play.sign_in(browser, user)
    code = play.code(browser, app)
    other = make.app(server)
    play.exchange(browser, other, code)
    assert one(server, other).problem == "code_of_another"
    first = play.exchange(browser, app, code).json["refresh_token"]
    play.refresh(browser, app, first, scope="write:profile")
    second = play.refresh(browser, app, first).json["refresh_token"]
    play.refresh(browser, app, second)
    play.refresh(browser, app, first)
    rows.let_pass(server, first, 100)
    play.refresh(browser, app, first)
    play.refresh(browser, app, second)
    play.exchange(browser, app, code)
    ended = play.code(browser, app)
    revocations.revoke_grant(
        server, rows.active_grant(server, user.user_id, app.client_id), user.user_id, "user", by=Actor(user.user_id)
    )
    play.exchange(browser, app, ended)
    assert {(row.problem, row.sent) for row in noted(server, app.client_id)} == {
        *(("scope_beyond", "write:profile"), ("refresh_superseded", ""), ("refresh_reused", "")),
        *(("refresh_ended", ""), ("code_used", ""), ("grant_ended", "")),
    }


def test_rule_15_too_many_requests_are_noted_as_what_they_are(
    server: Server, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = play.tokens(server, browser)
    change(server, connection.app, "token_requests_per_minute = 1, calls_per_hour = 1, grant_share_percent = NULL")
    assert play.refresh(browser, connection.app, "x").status_int == 429
    for _ in range(2):
        browser.get("/oauth/verify", headers={"Authorization": f"Bearer {connection.access_token}"})
    monkeypatch.setitem(LIMITS, "proof_address", LIMITS["proof_address"]._replace(most=0))
    browser.post("/oauth/token", {}, headers=basic(connection.app.client_id, "x"))
    found = {row.problem: row for row in noted(server, connection.app.client_id)}
    assert set(found) == {"token_limit", "calls_limit", "proof_limit"}
    assert [found[name].is_authenticated for name in ("token_limit", "calls_limit", "proof_limit")] == [
        True,
        True,
        False,
    ]


# Calls at APIs


def verify(browser: Browser, token: str, **query: str) -> None:
    browser.get("/oauth/verify?" + urlencode(query), headers={"Authorization": f"Bearer {token}"})


def test_calls_that_its_tokens_are_not_good_for_are_the_apps_own(server: Server, browser: Browser) -> None:
    api = make.api(server, scopes=("write:profile",))
    connection = play.tokens(server, browser)
    verify(browser, connection.access_token, scope="webhooks")
    verify(browser, connection.access_token, resource=api.redirect_uri)
    play.introspect(browser, api, connection.access_token)
    found = noted(server, connection.app.client_id)
    assert sorted((row.problem, row.sent, row.count) for row in found) == [
        ("insufficient_scope", "webhooks", 1),
        ("wrong_audience", "", 1),
        ("wrong_audience", api.redirect_uri, 1),
    ]
    # Whoever asked is the API, or what stands in front of it.
    assert {(row.is_authenticated, row.endpoint, row.address) for row in found} == {
        (True, "/oauth/verify", None),
        (True, "/oauth/introspect", None),
    }


def test_an_app_that_asks_about_a_token_itself_is_where_it_sent_that_from(server: Server, browser: Browser) -> None:
    app = make.app(server)
    play.post(browser, "/oauth/introspect", app)
    row = one(server, app)
    assert (row.is_authenticated, row.problem, row.address) == (True, "parameter_missing", ADDRESS)


def test_rule_15_a_call_beyond_the_limit_is_noted_without_the_address_of_the_api(
    server: Server, browser: Browser
) -> None:
    api = make.api(server)
    connection = play.tokens(server, browser)
    change(server, connection.app, "calls_per_hour = 1, grant_share_percent = NULL")
    play.introspect(browser, api, connection.access_token)
    assert play.post(browser, "/oauth/introspect", api, token=connection.access_token).status_int == 429
    row = one(server, connection.app)
    assert (row.is_authenticated, row.endpoint, row.problem, row.address) == (
        True,
        "/oauth/introspect",
        "calls_limit",
        None,
    )


def test_a_token_that_is_over_is_noted_for_the_app_it_names_and_proves_nothing(
    server: Server, browser: Browser
) -> None:
    connection = play.tokens(server, browser)
    play.post(browser, "/oauth/revoke", connection.app, token=connection.refresh_token)
    verify(browser, connection.access_token)
    verify(browser, connection.access_token)
    row = one(server, connection.app)
    assert (row.is_authenticated, row.problem, row.count, row.address) == (False, "token_unknown", 2, None)


# What is never kept


def test_rule_1_no_secret_of_a_refused_request_is_kept_or_logged(
    server: Server, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    connection = play.tokens(server, browser)
    app, mark = connection.app, secrets.token_hex(16)
    names = (
        "code",
        "state",
        "client_secret",
        "refresh_token",
        "code_verifier",
        "assertion",
        "client_assertion",
        "token",
    )
    every = {name: f"{name}-{mark}" for name in names}
    hidden = urlencode(every)
    for redirect_uri in (
        f"https://other.example/cb?{hidden}",
        f"https://other.example/cb#{hidden}",
        f"https://other.example/{mark}/cb",
        f"https://{mark}:{mark}@other.example/cb",
    ):
        play.ask(browser, app, redirect_uri=redirect_uri, state=every["state"])
    play.ask(browser, app, scope=f"oat_{mark} x:{mark}", state=every["state"])
    play.ask(browser, app, resource=f"https://other.example/?{hidden}", state=every["state"])
    for path in ("/oauth/token", "/oauth/revoke", "/oauth/introspect"):
        for grant_type in ("authorization_code", "refresh_token", mark):
            play.post(browser, path, app, grant_type=grant_type, **every)
            play.post(browser, path, app, **{**every, "grant_type": grant_type, "client_secret": None})
            browser.post(path, {**every, "client_id": app.client_id})
            browser.post(path, {**every, mark: mark, "client_id": app.client_id}, headers=basic(app.client_id, mark))
        play.post(
            browser, path, app, token=connection.refresh_token, refresh_token=connection.refresh_token, scope=mark
        )
    verify(browser, connection.access_token, scope=f"sec_{mark}", resource=f"https://other.example/{mark}?{hidden}")
    browser.get(f"/oauth/verify?{mark}=1&access_token={mark}", headers={"Authorization": f"Bearer oat_{mark}"})
    found = noted(server, app.client_id)
    assert len(found) > 8
    assert mark not in repr(found)
    table = rows.rows(server, "SELECT refusal::text AS text FROM refusal LIMIT 10000")
    for secret in (mark, connection.access_token, connection.refresh_token, app.client_secret or ""):
        assert not [row for row in table if secret in row.text]
        assert secret not in caplog.text
