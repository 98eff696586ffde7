"""What a person sees and changes of their own account (rule 6, rule 13)."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from webtest import TestResponse

import make
import play
from browser import Browser
from oauthsrv.app import wsgi
from oauthsrv.flows import endings
from oauthsrv.flows.endings import Actor
from oauthsrv.oauth.credentials import digest
from oauthsrv.passwords import Busy
from oauthsrv.routes.page_guards import CONFIRMED_FOR
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable, sessions
from oauthsrv.store.database import reading, sql
from oauthsrv.store.limits import LIMITS, Limit
from oauthsrv.store.sessions import Session

COOKIE = "oauthsrv"
NEW = "another good password"


@pytest.fixture
def user(server: Server) -> make.User:
    return make.user(server)


@pytest.fixture
def signed_in(server: Server, user: make.User) -> Browser:
    browser = Browser(wsgi(server), f"10.1.{secrets.randbelow(256)}.{secrets.randbelow(256)}")
    play.sign_in(browser, user)
    return browser


def main_form(page: TestResponse) -> Any:
    return next(form for form in page.forms.values() if form.action != "/logout")


def flash(page: TestResponse) -> str:
    return str(page.html.find(class_="flash").get_text())


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/account/profile").status_int == 200


PAGES = ("/account", "/account/apps", "/account/profile", "/account/password", "/account/sessions")


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_sent_to_sign_in(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_int == 303
    assert answer.headers["Location"] == f"/login?next={path}"


@pytest.mark.parametrize("path", [*PAGES[2:], "/account/apps/gra_" + "0" * 32 + "/end"])
def test_rule_13_nothing_is_done_without_the_sessions_token(signed_in: Browser, path: str) -> None:
    answer = signed_in.post(path, {"name": "Mallory", "csrf": "x" * 43})
    assert answer.status_int == 403
    assert main_form(signed_in.get("/account/profile"))["name"].value != "Mallory"


def test_account_leads_to_a_page_with_all_tabs(signed_in: Browser) -> None:
    page = signed_in.get("/account").follow()
    for link in page.html.find(class_="tabs").find_all("a"):
        tab = signed_in.get(link["href"])
        assert tab.status_int == 200
        current = tab.html.find(class_="tabs").find(attrs={"aria-current": "page"})
        assert current["href"] == link["href"]


# Connected apps


def connected(server: Server, browser: Browser, user: make.User, **app: Any) -> play.Story:
    made = make.app(server, **app)
    answer = play.exchange(browser, made, play.code(browser, made)).json
    return play.Story(browser, user, made, answer["access_token"], answer["refresh_token"])


def card(page: TestResponse, name: str) -> Any:
    return next((card for card in page.html.find_all(class_="card") if card.h2.get_text() == name), None)


def end(browser: Browser, page: TestResponse, name: str) -> TestResponse:
    grant_id = card(page, name)["id"]
    return next(form for form in page.forms.values() if grant_id in form.action).submit()


def test_without_apps_the_page_says_so(signed_in: Browser) -> None:
    assert "No app has access" in signed_in.get("/account/apps")


def test_an_app_is_shown_with_its_developer_its_scopes_in_words_and_its_last_use(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    story = connected(server, signed_in, user, name="Calendar <b>Sync</b>", scopes=("read:profile", "read:data"))
    text = card(signed_in.get("/account/apps"), "Calendar <b>Sync</b>").get_text()
    for expected in ("Dora Developer", "Read user profile", "Read user data", "Not yet", f"{datetime.now(UTC):%B %Y}"):
        assert expected in text
    assert "Manage webhooks" not in text
    assert story.is_active(), "a client that introspects its own token is not a use"
    server.marks.flush()
    assert "Not yet" in card(signed_in.get("/account/apps"), "Calendar <b>Sync</b>").get_text()
    api = make.api(server, scopes=("read:data",))
    assert play.introspect(signed_in, api, story.access_token)["active"]
    server.marks.flush()
    assert "Not yet" not in card(signed_in.get("/account/apps"), "Calendar <b>Sync</b>").get_text()


def test_rule_6_one_click_ends_one_app_at_once_and_only_it(server: Server, signed_in: Browser, user: make.User) -> None:
    one = connected(server, signed_in, user, name="One")
    two = connected(server, signed_in, user, name="Two")
    other = make.user(server)
    theirs = play.tokens(server, signed_in.another(), one.app, other)
    answer = end(signed_in, signed_in.get("/account/apps"), "One")
    assert answer.status_int == 303
    assert not one.is_active()
    assert two.is_active()
    assert theirs.is_active()
    refused = play.refresh(signed_in, one.app, one.refresh_token)
    assert refused.json["error"] == "invalid_grant"
    page = answer.follow()
    assert "no access to your account any more" in flash(page)
    assert card(page, "One") is None
    assert card(page, "Two") is not None
    row = page.html.find("table").tbody.get_text()
    assert "One" in row
    assert "You ended it" in row


def test_rule_10_nobody_ends_another_persons_app(server: Server, signed_in: Browser, user: make.User) -> None:
    stranger = signed_in.another()
    theirs = play.tokens(server, stranger, None, make.user(server))
    with reading(server.database) as db:
        grant = sql.grants.find_living(db, user_id=theirs.user.user_id, client_id=theirs.app.client_id)
    csrf = main_form(signed_in.get("/account/profile"))["csrf"].value
    for grant_id in (grant.grant_id, "gra_" + "0" * 32, "gra_x", "x" * 5000, "%00"):
        answer = signed_in.post(f"/account/apps/{grant_id}/end", {"csrf": csrf})
        assert answer.status_int == 404
    assert theirs.is_active()


def test_ending_it_twice_does_no_harm(server: Server, signed_in: Browser, user: make.User) -> None:
    connected(server, signed_in, user, name="One")
    page = signed_in.get("/account/apps")
    assert end(signed_in, page, "One").status_int == 303
    assert end(signed_in, page, "One").status_int == 303


def test_rule_8_an_ending_that_cannot_be_struck_says_so(
    server: Server, signed_in: Browser, user: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise StoreUnavailable("Redis")

    connected(server, signed_in, user, name="One")
    page = signed_in.get("/account/apps")
    with monkeypatch.context() as during:
        during.setattr(server.strikes, "strike", away)
        answer = end(signed_in, page, "One")
    assert "recorded, but not yet in force" in flash(answer.follow())


def test_rule_5_a_token_used_twice_is_told_to_its_user(server: Server, signed_in: Browser, user: make.User) -> None:
    story = connected(server, signed_in, user, name="One")
    current = story.refresh_token
    for _ in range(3):
        current = play.refresh(signed_in, story.app, current).json["refresh_token"]
    assert "turned up a second time" not in signed_in.get("/account/apps")
    assert play.refresh(signed_in, story.app, story.refresh_token).json["error"] == "invalid_grant"
    with reading(server.database) as db, db.cursor() as cursor:
        cursor.execute(
            "UPDATE family SET rotations = '{}', generation = 9 WHERE client_id = %s AND ended_at IS NULL",
            [story.app.client_id],
        )
    play.refresh(signed_in, story.app, story.refresh_token)
    assert "turned up a second time" in signed_in.get("/account/apps")


def test_a_suspended_app_is_marked(server: Server, signed_in: Browser, user: make.User) -> None:
    story = connected(server, signed_in, user, name="One")
    endings.suspend_client(server, story.app.client_id, by=Actor())
    assert "Suspended" in card(signed_in.get("/account/apps"), "One").get_text()


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        ("delete_client", "The app was deleted."),
        ("end_client_tokens", "All access of this app"),
        ("revoke_user", "An administrator ended"),
        ("disable_user", "Your account was disabled."),
    ],
)
def test_why_access_ended_is_told(server: Server, signed_in: Browser, user: make.User, ending: str, told: str) -> None:
    story = connected(server, signed_in, user, name="One")
    whose = user.user_id if ending.endswith("user") else story.app.client_id
    getattr(endings, ending)(server, whose, by=Actor())
    endings.enable_user(server, user.user_id, by=Actor())
    signed_in.reset()
    play.sign_in(signed_in, user)
    page = signed_in.get("/account/apps")
    assert card(page, "One") is None
    assert told in page.html.find("table").tbody.get_text()


# Profile


def test_a_new_name_is_kept_and_told_to_users_of_ones_apps(server: Server, signed_in: Browser, user: make.User) -> None:
    app = make.app(server, user)
    guest = signed_in.another()
    play.sign_in(guest, make.user(server))
    assert "Ada Example" in play.ask(guest, app)
    form = main_form(signed_in.get("/account/profile"))
    form["name"] = " Ada   King "
    assert "Your profile was changed." in flash(form.submit().follow())
    assert main_form(signed_in.get("/account/profile"))["name"].value == "Ada King"
    page = play.ask(guest, app)
    assert "Ada King" in page
    assert "Ada Example" not in page


def test_apps_are_loaded_anew_only_for_a_name_that_is_another(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    app = make.app(server, user)
    assert server.clients.find_client(app.client_id)
    stamp = server.redis.connection().get(server.clients.stamp_key(app.client_id))
    main_form(signed_in.get("/account/profile")).submit()
    assert server.redis.connection().get(server.clients.stamp_key(app.client_id)) == stamp is not None


@pytest.mark.parametrize("name", ["", "   ", "n" * 101, "a\u2066b", "Ada (verified)"])
def test_a_name_that_cannot_be_is_refused_and_kept_in_the_form(signed_in: Browser, name: str) -> None:
    form = main_form(signed_in.get("/account/profile"))
    form["name"] = name
    answer = form.submit()
    assert answer.status_int == 422
    assert answer.html.find(class_="error") is not None
    assert main_form(answer)["name"].value == name


# Password


def change_password(browser: Browser, old: str, new: str) -> TestResponse:
    form = main_form(browser.get("/account/password"))
    form["password"], form["new_password"] = old, new
    return form.submit()


def test_a_new_password_ends_every_other_session_and_no_app(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    story = connected(server, signed_in, user)
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
    assert story.is_active()
    assert play.sign_in(elsewhere, user).status_int == 422
    assert play.sign_in(elsewhere, user, NEW).status_int == 303


def test_a_password_is_changed_only_by_who_knows_it(signed_in: Browser, user: make.User) -> None:
    answer = change_password(signed_in, "not the right one", NEW)
    assert answer.status_int == 422
    assert "not the password of your account" in answer
    answer = change_password(signed_in, "", NEW)
    assert answer.status_int == 422
    assert is_signed_in(signed_in)


@pytest.mark.parametrize("new", ["", "123456789", "x" * 1025])
def test_rule_1_a_new_password_has_the_length_of_one(signed_in: Browser, user: make.User, new: str) -> None:
    assert change_password(signed_in, user.password, new).status_int == 422


def test_guessing_the_password_of_somebody_signed_in_is_limited(
    signed_in: Browser, user: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "confirm_user", Limit(2, 900, "tests"))
    answers = [change_password(signed_in, "not the right one", NEW) for _ in range(3)]
    assert [answer.status_int for answer in answers] == [422, 422, 429]
    assert "Retry-After" in answers[2].headers
    assert change_password(signed_in, user.password, NEW).status_int == 429


# Sessions


def test_signing_out_everywhere_else_keeps_this_browser_alone(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    story = connected(server, signed_in, user)
    others = [signed_in.another() for _ in range(2)]
    for other in others:
        play.sign_in(other, user)
    before = signed_in.cookies[COOKIE]
    began = sessions.find(server.redis, before)
    answer = main_form(signed_in.get("/account/sessions")).submit()
    assert "Every other browser was signed out." in flash(answer.follow())
    assert [is_signed_in(other) for other in others] == [False, False]
    after = sessions.find(server.redis, signed_in.cookies[COOKIE])
    assert began is not None
    assert after is not None
    assert after.auth_time == began.auth_time, "nobody signed in just now"
    assert sessions.find(server.redis, before) is None
    assert story.is_active()
    for other in others:
        play.sign_in(other, user)
        assert is_signed_in(other)


# The password again


def grown_old(server: Server, browser: Browser) -> None:
    """The password was given longer ago than is enough for what matters."""
    secret = browser.cookies[COOKIE]
    session = sessions.find(server.redis, secret)
    assert session is not None
    before = session.confirmed_at - CONFIRMED_FOR - timedelta(seconds=1)
    old = Session(session.user_id, session.began_at, session.auth_time, before)
    sessions.remember(server.redis, secret, old)


def new_app_form(browser: Browser, name: str) -> Any:
    form = main_form(browser.get("/developer/apps/new"))
    form["name"], form["redirect_uris"] = name, "https://one.example/\nhttps://two.example/"
    form["type"] = "confidential"
    for box in form.fields["scopes"][:2]:
        box.checked = True
    return form


def test_rule_13_what_matters_asks_for_the_password_after_a_while_and_loses_nothing(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    app = make.app(server, user)
    page = signed_in.get(f"/developer/apps/{app.client_id}/edit")
    form = main_form(page)
    form["name"] = "Renamed & kept"
    sent = dict(form.submit_fields())
    grown_old(server, signed_in)
    asked = form.submit()
    assert asked.status_int == 200
    assert "Enter your password" in asked.html.h1
    with reading(server.database) as db:
        assert sql.apps.find(db, client_id=app.client_id).name != "Renamed & kept"
    confirm = main_form(asked)
    assert [(name, value) for name, value in confirm.submit_fields() if name in sent and name != "csrf"] == [
        (name, value) for name, value in form.submit_fields() if name != "csrf"
    ]
    confirm["confirm_password"] = "not the right one"
    again = confirm.submit()
    assert again.status_int == 422
    assert "not the password" in again.html.find(class_="error").get_text()
    confirm = main_form(again)
    confirm["confirm_password"] = user.password
    assert confirm.submit().status_int == 303
    with reading(server.database) as db:
        assert sql.apps.find(db, client_id=app.client_id).name == "Renamed & kept"
    # For a while it is not asked for again.
    form = main_form(signed_in.get(f"/developer/apps/{app.client_id}/edit"))
    assert form.submit().status_int == 303


def test_rule_3_an_app_without_pkce_is_registered_only_with_the_password_given_lately(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    form = new_app_form(signed_in, "Old & library")
    form["skips_pkce"] = True
    typed = [(name, value) for name, value in form.submit_fields() if name != "csrf"]
    grown_old(server, signed_in)
    asked = form.submit()
    assert "Enter your password" in asked.html.h1
    confirm = main_form(asked)
    kept = [(name, value) for name, value in confirm.submit_fields() if name not in {"csrf", "confirm_password"}]
    assert [(name, value.replace("\r\n", "\n")) for name, value in kept] == typed
    confirm["confirm_password"] = user.password
    assert "is registered" in confirm.submit().html.h1.get_text()
    assert "sent before" in confirm.submit().follow(), "one form makes one app"
    assert "sent before" in form.submit().follow()
    with reading(server.database) as db:
        (app,) = sql.apps.of_owner(db, owner_id=user.user_id, before=None, rows=10)
        found = sql.apps.find(db, client_id=app.client_id)
    assert (found.name, found.skips_pkce) == ("Old & library", True)
    assert found.redirect_uris == ["https://one.example/", "https://two.example/"]


def test_rule_13_the_answer_does_not_bring_an_ended_session_back(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    secret = signed_in.cookies[COOKIE]
    session = sessions.find(server.redis, secret)
    assert session is not None
    sessions.strike(server.redis, user.user_id, digest(secret))
    sessions.confirm(server.redis, secret, session)
    assert sessions.find(server.redis, secret) is None


def test_a_busy_moment_loses_nothing_of_what_waits_for_the_password(
    server: Server, signed_in: Browser, user: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*args: object) -> bool:
        raise Busy

    app = make.app(server, user)
    form = main_form(signed_in.get(f"/developer/apps/{app.client_id}/edit"))
    form["name"] = "Renamed & kept"
    grown_old(server, signed_in)
    confirm = main_form(form.submit())
    confirm["confirm_password"] = user.password
    with monkeypatch.context() as during:
        during.setattr(server.passwords, "verify", busy)
        answer = confirm.submit()
    assert answer.status_int == 503
    assert "Retry-After" in answer.headers
    confirm = main_form(answer)
    assert confirm["name"].value == "Renamed & kept"
    confirm["confirm_password"] = user.password
    assert confirm.submit().status_int == 303


def test_rule_8_with_a_database_away_people_get_a_page(
    server: Server, signed_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise StoreUnavailable("PostgreSQL: gone")

    with monkeypatch.context() as during:
        during.setattr(sessions, "find", away)
        answer = signed_in.get("/account/apps")
        assert answer.status_int == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert "gone" not in answer
        assert signed_in.get("/nowhere").status_int == 404
    assert is_signed_in(signed_in)
