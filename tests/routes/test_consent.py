"""Consent: what the page shows, and what an answer allows (rule 14)."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest

import make
import play
from browser import Browser
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.oauth.credentials import digest
from oauthsrv.server import Server
from oauthsrv.store import limits
from portal import a_moment_passes


def test_rule_14_the_page_shows_who_asks_for_what_and_where_the_answer_goes(server: Server, signed_in: Browser) -> None:
    owner = make.user(server, name="Dora Developer")
    app = make.app(server, owner, name="Chart <b>Maker</b>")
    page = play.ask(signed_in, app)
    for text in ("Chart <b>Maker</b> will be able to:", "Dora Developer", "app.example", "See your profile"):
        assert text in page.html.get_text()
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_rule_14_consent_is_remembered_and_asked_again_for_more(server: Server, signed_in: Browser) -> None:
    app = make.app(server)
    play.code(signed_in, app, scope="read:profile")
    assert play.ask(signed_in, app, scope="read:profile").status_int == 303
    assert play.ask(signed_in, app, scope="read:profile read:data").status_int == 200
    assert play.ask(signed_in, app, scope="read:profile", prompt="consent").status_int == 200


def test_rule_14_consent_for_one_host_is_none_for_another(server: Server, signed_in: Browser) -> None:
    app = make.app(server, redirect_uris=("https://one.example/cb", "https://two.example/cb"))
    play.code(signed_in, app)
    assert play.ask(signed_in, app, redirect_uri="https://two.example/cb").status_int == 200


def test_rule_14_consent_for_one_api_is_none_for_another(server: Server, signed_in: Browser) -> None:
    app, one, two = make.app(server), make.api(server), make.api(server)
    play.code(signed_in, app, resource=one.redirect_uri)
    assert play.ask(signed_in, app, resource=one.redirect_uri).status_int == 303
    assert play.ask(signed_in, app, resource=two.redirect_uri).status_int == 200
    assert play.ask(signed_in, app).status_int == 200


@pytest.mark.parametrize("uri", ["http://127.0.0.1/cb", "com.example.app:/cb"])
def test_rule_14_a_native_public_client_is_always_asked(server: Server, signed_in: Browser, uri: str) -> None:
    app = make.app(server, type="public", redirect_uris=(uri,))
    play.code(signed_in, app)
    assert play.ask(signed_in, app).status_int == 200
    assert play.answered(play.ask(signed_in, app, prompt="none"))["error"] == "consent_required"


def test_prompt_none_answers_from_memory_or_asks_for_consent(server: Server, signed_in: Browser) -> None:
    app = make.app(server)
    assert play.answered(play.ask(signed_in, app, prompt="none"))["error"] == "consent_required"
    play.code(signed_in, app)
    assert "code" in play.answered(play.ask(signed_in, app, prompt="none"))


def test_deny_tells_the_client_and_gives_nothing(server: Server, signed_in: Browser) -> None:
    app = make.app(server)
    form = play.form_with(play.ask(signed_in, app), "decision")
    answer = play.answered(form.submit("decision", value="deny"))
    assert answer["error"] == "access_denied"
    assert play.ask(signed_in, app).status_int == 200


def test_rule_13_a_decision_counts_once(server: Server, signed_in: Browser) -> None:
    page = play.ask(signed_in, make.app(server))
    first = play.allow(page)
    assert play.allow(page).location == first.location
    other = play.form_with(page, "decision").submit("decision", value="deny")
    a_moment_passes(server)
    for again in (other, play.allow(page)):
        assert again.status_int == 409
        assert "Already answered" in again


def test_rule_13_a_decision_counts_for_the_session_it_was_shown_to(server: Server, signed_in: Browser) -> None:
    app = make.app(server)
    other = signed_in.another()
    play.sign_in(other, make.user(server))
    ticket = play.form_with(play.ask(signed_in, app), "decision")["csrf"].value.partition(".")[2]
    own = play.form_with(play.ask(other, app), "decision")["csrf"].value.partition(".")[0]
    response = other.post("/oauth/authorize", {"decision": "allow", "csrf": f"{own}.{ticket}"})
    assert response.status_int == 409


def test_rule_13_a_decision_without_the_sessions_token_decides_nothing(server: Server, signed_in: Browser) -> None:
    app = make.app(server)
    for token in ("", "x" * 43):
        ticket = play.form_with(play.ask(signed_in, app), "decision")["csrf"].value.partition(".")[2]
        assert signed_in.post("/oauth/authorize", {"decision": "allow", "csrf": token}).status_int == 403
        asked_again = signed_in.post("/oauth/authorize", {"decision": "allow", "csrf": f"{token}.{ticket}"})
        assert asked_again.location.startswith("/oauth/authorize?")
        assert "wants to access your oauthsrv account" in asked_again.follow()


def test_rule_13_a_late_second_click_on_allow_sees_how_to_go_on(server: Server, signed_in: Browser) -> None:
    page = play.ask(signed_in, make.app(server))
    first = play.answered(play.allow(page))["code"]
    a_moment_passes(server)
    again = play.allow(page)
    assert again.status_int == 409
    assert first not in again
    assert play.answered(again.click("Start again"))["code"] != first


def test_an_answer_after_signing_in_again_shows_the_question_again(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    page = play.ask(signed_in, make.app(server))
    signed_in.post("/logout", {"csrf": play.form_with(page, "decision")["csrf"].value})
    response = play.allow(page)
    assert response.location.startswith("/oauth/authorize?")
    form = play.form_with(response.follow().follow(), "password")
    form["email"], form["password"] = user.email, user.password
    assert "code" in play.answered(play.allow(form.submit().follow()))


def test_rule_12_a_request_of_endless_length_is_refused_and_leaves_nothing(server: Server, signed_in: Browser) -> None:
    app = make.app(server)
    assert play.ask(signed_in, app, state="x" * 9000).status_int == 414
    page = play.ask(signed_in, app, **{f"junk{n}": "x" * 5000 for n in range(9)})
    ticket = play.form_with(page, "decision")["csrf"].value.partition(".")[2]
    assert len(server.redis.connection().get(server.redis.key("q", digest(ticket).hex())) or b"") < 3000


def test_rule_13_a_user_can_be_asked_only_so_often(
    server: Server, signed_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.LIMITS, "consent_user", limits.Limit(3, 600, "for this test"))
    app = make.app(server)
    assert [play.ask(signed_in, app).status_int for _ in range(4)] == [200, 200, 200, 429]


def test_a_decision_taken_after_the_app_was_suspended_gives_nothing(server: Server, signed_in: Browser) -> None:
    app = make.app(server)
    page = play.ask(signed_in, app)
    review.suspend_client(server, app.client_id, by=Actor())
    assert play.allow(page).status_int == 400


def test_a_decision_of_a_user_who_was_just_offboarded_gives_nothing(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    page = play.ask(signed_in, make.app(server))
    revocations.revoke_user(server, user.user_id, by=Actor())
    assert play.allow(page).follow().location.startswith("/login")


def test_a_post_without_a_decision_goes_on_as_a_get(server: Server, browser: Browser) -> None:
    parameters = play.request_of(make.app(server))
    response = browser.post("/oauth/authorize", parameters)
    assert response.status_int == 303
    address = urlsplit(response.location)
    assert address.path == "/oauth/authorize"
    sent = dict(pair.split("=", 1) for pair in address.query.split("&"))
    assert {name: unquote(value) for name, value in sent.items()} == parameters
