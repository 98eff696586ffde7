"""Another password (rule 1, rule 13)."""

from __future__ import annotations

import pytest
from webtest import TestResponse

import make
import play
from browser import COOKIE, Browser
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable, sessions
from oauthsrv.store.limits import LIMITS, Limit
from play import is_signed_in
from seen import flash, main_form

NEW = "another good password"


def change_password(browser: Browser, old: str, new: str) -> TestResponse:
    form = main_form(browser.get("/account/password"))
    form["password"], form["new_password"] = old, new
    return form.submit()


def test_a_new_password_ends_every_other_session_and_no_app(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    app = make.app(server)
    tokens = play.exchange(signed_in, app, play.code(signed_in, app)).json
    elsewhere = signed_in.another()
    play.sign_in(elsewhere, user)
    before = signed_in.cookies[COOKIE]
    answer = change_password(signed_in, user.password, NEW)
    assert "Your password was changed" in flash(answer.follow())
    assert is_signed_in(signed_in)
    assert signed_in.cookies[COOKIE] != before
    assert not is_signed_in(elsewhere)
    thief = signed_in.another()
    thief.set_cookie(COOKIE, before)
    assert not is_signed_in(thief)
    assert play.introspect(signed_in, app, tokens["access_token"])["active"]
    assert play.sign_in(elsewhere, user).status_int == 422
    assert play.sign_in(elsewhere, user, NEW).status_int == 303


def test_a_password_is_changed_only_by_who_knows_it(signed_in: Browser, user: make.User) -> None:
    answer = change_password(signed_in, "not the right one", NEW)
    assert answer.status_int == 422
    assert "isn’t your current password" in answer
    answer = change_password(signed_in, "", NEW)
    assert answer.status_int == 422
    assert is_signed_in(signed_in)


@pytest.mark.parametrize("new", ["", "123456789", "x" * 1025])
def test_rule_1_a_new_password_has_the_length_of_one(signed_in: Browser, user: make.User, new: str) -> None:
    assert change_password(signed_in, user.password, new).status_int == 422


def test_guessing_the_password_of_a_signed_in_user_is_limited(
    signed_in: Browser, user: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "confirm_user", Limit(2, 900, "tests"))
    answers = [change_password(signed_in, "not the right one", NEW) for _ in range(3)]
    assert [answer.status_int for answer in answers] == [422, 422, 429]
    assert "Retry-After" in answers[2].headers
    assert change_password(signed_in, user.password, NEW).status_int == 429


@pytest.mark.parametrize("path", ["/account/password", "/account/sessions"])
def test_rule_6_a_session_that_is_revoked_and_not_yet_deleted_changes_nothing(
    signed_in: Browser, user: make.User, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def away(*args: object) -> None:
        raise StoreUnavailable("Redis")

    elsewhere = signed_in.another()
    play.sign_in(elsewhere, user)
    [end] = [form for form in elsewhere.get("/account/sessions").forms.values() if form.action.endswith("/end")]
    with monkeypatch.context() as during:
        during.setattr(sessions, "delete", away)
        assert "not yet in force" in flash(end.submit().follow())
    [form] = [form for form in signed_in.get(path).forms.values() if form.action == path]
    if path == "/account/password":
        form["password"], form["new_password"] = user.password, NEW
    answer = form.submit()
    assert "signed out in the meantime" in flash(answer.follow())
    assert not is_signed_in(signed_in)
    assert is_signed_in(elsewhere)
    assert play.sign_in(signed_in.another(), user, NEW).status_int == 422
