"""/oauth/authorize and the consent page: rules 3, 4 and 14, and the answers' form."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode, urlsplit

import pytest

import make
import play
import portal
import rows
from browser import COOKIE, Browser
from held import a_lock_is_awaited, eventually, holding, in_parallel
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.flows.invalidation import client_changed
from oauthsrv.server import Server
from oauthsrv.store import sessions


def test_the_whole_flow_gives_tokens(server: Server, browser: Browser) -> None:
    connection = play.tokens(server, browser)
    assert connection.is_active()


# Before anybody signs in


def test_a_visitor_signs_in_first_and_comes_back_to_the_request(server: Server, browser: Browser) -> None:
    app, user = make.app(server), make.user(server)
    response = play.ask(browser, app)
    assert response.status_int == 303
    assert response.location.startswith("/login?r=s")
    form = play.form_with(response.follow(), "password")
    form["email"], form["password"] = user.email, user.password
    page = form.submit().follow()
    assert "wants to access your oauthsrv account" in page
    assert user.email in page


def test_a_visitor_who_signs_up_comes_back_to_the_request(server: Server, browser: Browser) -> None:
    app = make.app(server)
    page = play.ask(browser, app).follow().click(href="/signup")
    form = play.form_with(page, "name")
    form["email"], form["name"], form["password"] = f"new{app.client_id}@example.com", "New Person", make.PASSWORD
    assert "wants to access your oauthsrv account" in form.submit().follow()


def test_rule_4_no_error_goes_to_a_client_before_sign_in(server: Server, browser: Browser) -> None:
    response = play.ask(browser, make.app(server), response_type="token")
    assert response.location.startswith("/login")


def test_rule_4_prompt_none_alone_answers_a_visitor_by_redirect(server: Server, browser: Browser) -> None:
    response = play.ask(browser, make.app(server), prompt="none")
    assert play.answered(response)["error"] == "login_required"


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "cli_" + "0" * 32},
        {"client_id": "x"},
        {"client_id": None},
        {"redirect_uri": "https://app.example/callback/"},
        {"redirect_uri": "https://app.example/callback?x=1"},
        {"redirect_uri": "https://app.example.evil/callback"},
        {"redirect_uri": "https://app.example:443/callback"},
        {"redirect_uri": "https://APP.example/callback"},
        {"redirect_uri": "https://app.example/callback\n"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "https://user@app.example/callback"},
    ],
)
def test_rule_4_an_unknown_client_or_redirect_uri_gets_a_page(
    server: Server, signed_in: Browser, changes: dict[str, str | None]
) -> None:
    response = play.ask(signed_in, make.app(server), **changes)
    assert response.status_int == 400
    assert "Location" not in response.headers


def test_rule_4_a_repeated_client_id_or_redirect_uri_gets_a_page(server: Server, signed_in: Browser) -> None:
    app = make.app(server)
    query = urlencode(play.request_of(app))
    for name, value in (("client_id", app.client_id), ("redirect_uri", app.redirect_uri)):
        response = signed_in.get(f"/oauth/authorize?{query}&{name}={quote(value, safe='')}")
        assert response.status_int == 400


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_rule_4_the_port_of_a_loopback_redirect_may_differ_and_the_code_is_bound_to_it(
    server: Server, signed_in: Browser, host: str
) -> None:
    app = make.app(server, type="public", redirect_uris=(f"http://{host}/cb",))
    sent = f"http://{host}:49152/cb"
    response = play.allow(play.ask(signed_in, app, redirect_uri=sent))
    assert response.location.startswith(sent + "?")
    code = play.answered(response)["code"]
    assert play.exchange(signed_in, app, code, redirect_uri=f"http://{host}:49153/cb").status_int == 400
    assert play.exchange(signed_in, app, code, redirect_uri=sent).status_int == 200


def test_rule_4_one_loopback_host_is_not_another(server: Server, signed_in: Browser) -> None:
    app = make.app(server, type="public", redirect_uris=("http://127.0.0.1/cb",))
    assert play.ask(signed_in, app, redirect_uri="http://localhost/cb").status_int == 400


def test_a_client_with_one_redirect_uri_need_not_send_it(server: Server, signed_in: Browser) -> None:
    app = make.app(server)
    response = play.allow(play.ask(signed_in, app, redirect_uri=None))
    assert response.location.startswith(app.redirect_uri + "?")


# What goes back


@pytest.mark.parametrize("state", ["plain", "a b&c=d#e?f/g+h%20i", "ünï ☃", '"<>\\^`{|}', "x" * 4000])
def test_state_comes_back_byte_for_byte_and_iss_with_it(server: Server, signed_in: Browser, state: str) -> None:
    response = play.allow(play.ask(signed_in, make.app(server), state=state))
    answer = play.answered(response)
    assert answer["state"] == state
    assert answer["iss"] == server.settings.issuer


def test_an_error_carries_state_and_iss_too(server: Server, signed_in: Browser) -> None:
    answer = play.answered(play.ask(signed_in, make.app(server), response_type="token"))
    assert answer["error"] == "unsupported_response_type"
    assert answer["state"] == "s t/ä+te&1"
    assert answer["iss"] == server.settings.issuer


def test_without_state_none_comes_back(server: Server, signed_in: Browser) -> None:
    assert "state" not in play.answered(play.allow(play.ask(signed_in, make.app(server), state=None)))


def test_a_query_of_the_redirect_uri_is_kept(server: Server, signed_in: Browser) -> None:
    app = make.app(server, redirect_uris=("https://app.example/cb?tenant=7",))
    response = play.allow(play.ask(signed_in, app))
    assert urlsplit(response.location).query.startswith("tenant=7&code=")


def test_no_referrer_tells_where_the_code_went(server: Server, signed_in: Browser) -> None:
    response = play.allow(play.ask(signed_in, make.app(server)))
    assert response.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": "no-such-scope"}, "invalid_scope"),
        ({"scope": "offline_access read:billing"}, "invalid_scope"),
        ({"scope": 'bad"scope'}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"resource": "https://unknown.example"}, "invalid_target"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "sometimes"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"request": "eyJ.eyJ."}, "request_not_supported"),
        ({"request_uri": "https://app.example/r"}, "request_uri_not_supported"),
    ],
)
def test_rule_3_and_11_what_is_wrong_goes_back_to_the_client(
    server: Server, signed_in: Browser, changes: dict[str, str | None], error: str
) -> None:
    answer = play.answered(play.ask(signed_in, make.app(server), **changes))
    assert answer["error"] == error
    assert answer["error_description"]
    assert "code" not in answer


def test_rule_11_a_repeated_parameter_is_refused(server: Server, signed_in: Browser) -> None:
    query = urlencode(play.request_of(make.app(server))) + "&scope=write%3Aprofile"
    response = signed_in.get(f"/oauth/authorize?{query}")
    assert play.answered(response)["error"] == "invalid_request"


def test_rule_3_only_a_marked_confidential_client_may_leave_pkce_out(server: Server, signed_in: Browser) -> None:
    app = make.app(server, skips_pkce=True)
    code = play.code(signed_in, app, code_challenge=None, code_challenge_method=None)
    # RFC 6749 §4.1.3; a request that fails here spends nothing.
    refused = play.exchange(signed_in, app, code, code_verifier=None, redirect_uri=None)
    assert (refused.status_int, refused.json["error"]) == (400, "invalid_grant")
    assert play.exchange(signed_in, app, code, code_verifier=None).status_int == 200


def test_rule_3_a_marked_client_that_sends_a_challenge_is_held_to_it(server: Server, signed_in: Browser) -> None:
    app = make.app(server, skips_pkce=True)
    code = play.code(signed_in, app)
    assert play.exchange(signed_in, app, code, code_verifier=None).json["error"] == "invalid_grant"
    assert play.exchange(signed_in, app, code).status_int == 200


# Scopes


def test_scopes_outside_the_ceiling_are_left_out_and_the_answer_tells(server: Server, signed_in: Browser) -> None:
    app = make.app(server, scopes=("read:profile",))
    code = play.code(signed_in, app, scope="read:billing read:profile offline_access")
    answer = play.exchange(signed_in, app, code).json
    assert answer["scope"] == "read:profile offline_access"


def test_a_request_without_scope_asks_for_all_the_app_may_have(server: Server, signed_in: Browser) -> None:
    app = make.app(server)
    answer = play.exchange(signed_in, app, play.code(signed_in, app, scope=None)).json
    assert answer["scope"].split() == list(make.SCOPES)


def test_offline_access_changes_only_what_the_page_says(server: Server, signed_in: Browser) -> None:
    app = make.app(server)
    assert "Stay connected" in play.ask(signed_in, app, scope="read:profile offline_access")
    assert "Stay connected" not in play.ask(signed_in, app, scope="read:profile")
    assert "refresh_token" in play.exchange(signed_in, app, play.code(signed_in, app, scope="read:profile")).json


# Signing in again


def test_prompt_login_asks_for_the_password_once(server: Server, signed_in: Browser, user: make.User) -> None:
    response = play.ask(signed_in, make.app(server), prompt="login")
    form = play.form_with(response.follow(), "password")
    form["password"] = user.password
    assert "wants to access your oauthsrv account" in form.submit().follow()


def test_max_age_asks_for_the_password_when_it_was_given_too_long_ago(server: Server, signed_in: Browser) -> None:
    app = make.app(server)
    assert play.ask(signed_in, app, max_age="60").status_int == 200
    browser = signed_in.cookies[COOKIE]
    session = sessions.find(server.redis, browser)
    assert session
    long_ago = datetime.now(UTC) - timedelta(minutes=5)
    aged = sessions.Session(session.user_id, session.began_at, long_ago, session.confirmed_at)
    sessions.remember(server.redis, browser, aged)
    assert play.ask(signed_in, app, max_age="60").location.startswith("/login")
    assert play.answered(play.ask(signed_in, app, max_age="60", prompt="none"))["error"] == "login_required"
    assert play.ask(signed_in, app, max_age="600").status_int == 200


def test_max_age_zero_does_not_go_round_in_circles(server: Server, signed_in: Browser, user: make.User) -> None:
    form = play.form_with(play.ask(signed_in, make.app(server), max_age="0").follow(), "password")
    form["password"] = user.password
    assert "wants to access your oauthsrv account" in form.submit().follow()


# Apps that do not work for everybody


def test_where_apps_are_reviewed_a_new_one_works_for_its_owner_alone(
    server: Server, signed_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = make.user(server)
    app = make.app(server, owner, approved=False)
    assert play.ask(signed_in, app).status_int == 200
    monkeypatch.setattr(server, "settings", dataclasses.replace(server.settings, app_review=True))
    assert play.ask(signed_in, app).status_int == 400
    owners = signed_in.another()
    play.sign_in(owners, owner)
    assert "Your app isn’t approved yet" in play.ask(owners, app)


# What can go wrong with a request once its redirect URI is trusted: each would be a redirect to the client.
WRONG: tuple[dict[str, str | None], ...] = (
    {},
    {"code_challenge": None, "code_challenge_method": None},
    {"code_challenge_method": "plain"},
    {"scope": "no:such"},
    {"response_type": "token"},
    {"response_mode": "fragment"},
    {"prompt": "none"},
    {"prompt": "none login"},
    {"prompt": "later"},
    {"max_age": "-1"},
    {"max_age": "0"},
    {"request": "x"},
    {"resource": "https://unknown.example"},
)


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_rule_4_nobody_is_redirected_to_an_unapproved_client(
    server: Server, browser: Browser, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str | None]
) -> None:
    """Anybody can register one: signed out people are asked to sign in, everybody but its developers gets a page."""
    owner = make.user(server)
    app = make.app(server, owner, approved=False)
    monkeypatch.setattr(server, "settings", dataclasses.replace(server.settings, app_review=True))
    answer = play.ask(browser, app, **wrong)
    assert answer.status_int == 303
    assert answer.location.startswith("/login?")
    play.sign_in(browser, make.user(server))
    answer = play.ask(browser, app, **wrong)
    assert answer.status_int == 400
    assert "is not approved yet" in answer
    assert answer.html.h1.get_text() == "Can’t connect Example App"
    for developer in (owner, portal.member(server, owner, app.client_id)):
        its = browser.another()
        play.sign_in(its, developer)
        answer = play.ask(its, app, **wrong)
        is_at_client = answer.status_int == 303 and answer.location.startswith(app.redirect_uri)
        assert is_at_client or wrong in ({}, {"max_age": "0"})


def test_rule_4_an_answer_to_an_app_that_lost_its_approval_redirects_nobody(
    server: Server, signed_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make.app(server)
    for value in ("allow", "deny"):
        page = play.ask(signed_in, app)
        with monkeypatch.context() as patch:
            patch.setattr(server, "settings", dataclasses.replace(server.settings, app_review=True))
            rows.rows(server, "UPDATE client SET approved_at = NULL WHERE client_id = %(id)s", id=app.client_id)
            client_changed(server, app.client_id)
            answer = play.form_with(page, "decision").submit("decision", value=value)
            assert answer.status_int == 400
            assert "is not approved yet" in answer


def test_rule_14_the_app_of_a_disabled_developer_gets_no_new_grants_and_keeps_what_it_has(
    server: Server, browser: Browser
) -> None:
    owner = make.user(server)
    app = make.app(server, owner)
    connection = play.tokens(server, browser, app)
    newcomer = browser.another()
    play.sign_in(newcomer, make.user(server))
    page = play.ask(newcomer, app)
    revocations.disable_user(server, owner.user_id, by=Actor())
    assert connection.is_active()
    assert play.refresh(browser, app, connection.refresh_token).status_int == 200
    assert "code" in play.answered(play.ask(browser, app))
    assert play.answered(play.allow(page))["error"] == "unauthorized_client"
    assert play.answered(play.ask(newcomer, app))["error"] == "unauthorized_client"
    assert play.answered(play.ask(browser, app, scope="write:profile"))["error"] == "unauthorized_client"
    assert rows.grants(server, owner.user_id, app.client_id) == []
    revocations.enable_user(server, owner.user_id, by=Actor())
    assert "wants to access your oauthsrv account" in play.ask(newcomer, app)


def test_rule_6_a_developer_who_is_disabled_while_a_user_allows_gets_no_grant(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    owner = make.user(server)
    app = make.app(server, owner)
    page = play.ask(signed_in, app)
    with (
        holding(revocations, lambda: revocations.disable_user(server, owner.user_id, by=Actor())) as (gate, work),
        in_parallel(lambda: play.allow(page)) as answer,
    ):
        eventually(lambda: a_lock_is_awaited(server))
        gate.open()
        assert work.result()
        assert "code" not in play.answered(answer.result())
    assert rows.grants(server, user.user_id, app.client_id) == []


def test_rule_6_a_suspended_app_gets_a_page(server: Server, signed_in: Browser) -> None:
    app = make.app(server)
    review.suspend_client(server, app.client_id, by=Actor())
    assert "suspended" in play.ask(signed_in, app)
    review.reactivate_client(server, app.client_id, by=Actor())
    assert "wants to access your oauthsrv account" in play.ask(signed_in, app)
