"""The browsers in which a person is signed in (rule 6, rule 13)."""

from __future__ import annotations

import orjson
import pytest
from webtest import TestResponse

import make
import play
import rows as behind
from browser import COOKIE, Browser, wsgi
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.oauth.credentials import digest
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable, sessions
from play import is_signed_in
from portal import a_moment_passes
from seen import called, flash, form_to, main_form, rows


@pytest.fixture
def phone(signed_in: Browser, user: make.User) -> Browser:
    """Another browser of the same person."""
    browser = called(signed_in.another("198.51.100.7"), "Safari on iPhone")
    play.sign_in(browser, user)
    return browser


def others(browser: Browser) -> list[dict[str, str]]:
    return rows(browser.get("/account/sessions"), "Other browsers")


def end_forms(page: TestResponse) -> list[object]:
    return [form for form in page.forms.values() if form.action.endswith("/end")]


def test_this_browser_is_shown_apart_from_the_others(signed_in: Browser, phone: Browser) -> None:
    page = signed_in.get("/account/sessions")
    this = page.html.find(class_="card").get_text()
    assert "Firefox on Windows" in this
    assert signed_in.extra_environ["REMOTE_ADDR"] in this
    [other] = rows(page, "Other browsers")
    assert other["Browser"] == "Safari on iPhone"
    assert other["From"] == "198.51.100.7"
    assert other["Signed in"] == other["Last active"] == "just now"
    assert [row["Browser"] for row in others(phone)] == ["Firefox on Windows"]


def test_with_one_browser_the_page_says_so_and_what_would_be_here(signed_in: Browser) -> None:
    assert "aren’t signed in anywhere else" in signed_in.get("/account/sessions").html.find(class_="empty").get_text()


def test_when_a_browser_was_last_active_is_shown(server: Server, signed_in: Browser, phone: Browser) -> None:
    key = sessions.key(server.redis, phone.cookies[COOKIE])
    server.redis.connection().expire(key, sessions.IDLE - 3 * 86_400)
    [other] = others(signed_in)
    assert other["Last active"] == "3 days ago"


def test_rule_6_one_other_browser_is_signed_out_at_once_and_only_it(
    server: Server, another_server: Server, signed_in: Browser, phone: Browser, user: make.User
) -> None:
    third = signed_in.another()
    play.sign_in(third, user)
    page = signed_in.get("/account/sessions")
    kept = phone.cookies[COOKIE]
    ended = next(
        one for one in sessions.of_user(server.redis, user.user_id) if one.session.browser == "Safari on iPhone"
    )
    answer = form_to(page, ended.session_id).submit()
    assert "That browser is signed out." in flash(answer.follow())
    thief = Browser(wsgi(another_server))
    thief.set_cookie(COOKIE, kept)
    assert not is_signed_in(thief)
    assert not is_signed_in(phone)
    assert is_signed_in(third)
    assert is_signed_in(signed_in)
    assert len(others(signed_in)) == 1
    a_moment_passes(server)
    assert "already signed out" in flash(form_to(page, ended.session_id).submit().follow())
    [event] = behind.rows(
        server,
        "SELECT actor_id, details FROM audit_event WHERE action = 'user.session_ended' AND user_id = %(user_id)s",
        user_id=user.user_id,
    )
    assert (event.actor_id, event.details) == (user.user_id, {"ended": "Safari on iPhone"})


def test_rule_7_the_end_of_one_session_is_recorded_before_it_is_deleted(
    server: Server, signed_in: Browser, phone: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object) -> None:
        raise StoreUnavailable("Redis")

    page = signed_in.get("/account/sessions")
    [form] = end_forms(page)
    with monkeypatch.context() as during:
        during.setattr(sessions, "delete", away)
        assert "Recorded, but not yet in force" in flash(form.submit().follow())
    recorded = "SELECT kind FROM ended_key WHERE key_hash = %(key_hash)s"
    assert [row.kind for row in behind.rows(server, recorded, key_hash=digest(phone.cookies[COOKIE]))] == ["session"]
    assert is_signed_in(phone)
    assert "is signed out" in flash(form.submit().follow()), "doing it again brings it into force"
    assert not is_signed_in(phone)


def test_rule_13_nobody_ends_another_persons_session_and_pages_do_not_name_its_key(
    server: Server, signed_in: Browser, phone: Browser, user: make.User
) -> None:
    outsider = signed_in.another()
    play.sign_in(outsider, make.user(server))
    page = signed_in.get("/account/sessions")
    csrf = main_form(outsider.get("/account/sessions"))["csrf"].value
    for one in sessions.of_user(server.redis, user.user_id):
        assert one.key_hash.hex() not in page
        for session_id in (one.session_id, one.key_hash.hex(), one.key_hash.hex()[:16]):
            answer = outsider.post(f"/account/sessions/{session_id}/end", {"csrf": csrf})
            assert "already signed out" in flash(answer.follow())
    assert is_signed_in(signed_in)
    assert is_signed_in(phone)


def test_rule_12_what_names_no_session_does_no_harm(signed_in: Browser) -> None:
    csrf = main_form(signed_in.get("/account/sessions"))["csrf"].value
    for session_id in ("x", "0" * 16, "x" * 5000, "%00"):
        assert signed_in.post(f"/account/sessions/{session_id}/end", {"csrf": csrf}).status_int in (303, 404)
    assert is_signed_in(signed_in)


def test_sessions_that_postgresql_says_are_ended_are_not_shown(
    server: Server, signed_in: Browser, phone: Browser, user: make.User
) -> None:
    revocations.revoke_user(server, user.user_id, by=Actor())
    again = signed_in.another()
    play.sign_in(again, user)
    assert len(sessions.of_user(server.redis, user.user_id)) == 3
    assert others(again) == []


def test_a_session_from_before_browsers_were_noted_is_shown_too(
    server: Server, signed_in: Browser, phone: Browser
) -> None:
    key = sessions.key(server.redis, phone.cookies[COOKIE])
    record = orjson.loads(server.redis.connection().get(key))
    older = {name: value for name, value in record.items() if name not in ("browser", "address")}
    server.redis.connection().set(key, orjson.dumps(older), keepttl=True)
    assert is_signed_in(phone)
    [other] = others(signed_in)
    assert (other["Browser"], other["From"]) == ("Unknown browser", "Unknown address")


def test_signing_out_here_is_on_the_page(signed_in: Browser) -> None:
    page = signed_in.get("/account/sessions")
    form = next(form for form in page.forms.values() if "Sign out of this browser" in form.text)
    assert form.submit().location.endswith("/login")
    assert not is_signed_in(signed_in)


def test_signing_out_everywhere_else_keeps_this_browser_alone(
    server: Server, signed_in: Browser, phone: Browser, user: make.User
) -> None:
    connection = play.tokens(server, signed_in.another(), user=user)
    before = signed_in.cookies[COOKIE]
    began = sessions.find(server.redis, before)
    [form] = [form for form in signed_in.get("/account/sessions").forms.values() if form.action == "/account/sessions"]
    assert "Every other browser was signed out." in flash(form.submit().follow())
    assert [is_signed_in(other) for other in (phone, connection.browser)] == [False, False]
    after = sessions.find(server.redis, signed_in.cookies[COOKIE])
    assert began is not None
    assert after is not None
    assert after.auth_time == began.auth_time, "nobody signed in just now"
    assert (after.browser, after.address) == (began.browser, began.address)
    assert sessions.find(server.redis, before) is None
    assert connection.is_active()
    assert others(signed_in) == []
    play.sign_in(phone, user)
    assert is_signed_in(phone)
