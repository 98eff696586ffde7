"""What all pages of an account have in common, and the password that is asked for again (rule 13)."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

import pytest

import make
import play
from browser import COOKIE, Browser, wsgi
from oauthsrv.oauth.credentials import digest
from oauthsrv.passwords.hashing import Busy
from oauthsrv.routes.page_guards import CONFIRMED_FOR
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable, sessions
from oauthsrv.store.database import reading, sql
from oauthsrv.store.sessions import Session
from play import is_signed_in
from portal import a_moment_passes
from seen import going_to, main_form


@pytest.fixture
def signed_in(server: Server, user: make.User) -> Browser:
    browser = Browser(wsgi(server), f"10.1.{secrets.randbelow(256)}.{secrets.randbelow(256)}")
    play.sign_in(browser, user)
    return browser


PAGES = (
    *("/account", "/account/apps", "/account/profile", "/account/password"),
    *("/account/sessions", "/account/history"),
)


@pytest.mark.parametrize("path", PAGES)
def test_a_visitor_is_sent_to_sign_in(server: Server, browser: Browser, path: str) -> None:
    assert going_to(server, browser.get(path)) == path


POSTS = (
    *("/account/profile", "/account/password", "/account/sessions", "/account/sessions/0123456789abcdef/end"),
    "/account/apps/gra_" + "0" * 32 + "/end",
    "/account/apps/gra_" + "0" * 32 + "/devices/fam_" + "0" * 32 + "/end",
)


@pytest.mark.parametrize("path", POSTS)
def test_rule_13_nothing_is_done_without_the_sessions_token(signed_in: Browser, path: str) -> None:
    answer = signed_in.post(path, {"name": "Mallory", "csrf": "x" * 43})
    assert answer.status_int == 403
    assert main_form(signed_in.get("/account/profile"))["name"].value != "Mallory"


def test_account_leads_to_a_page_with_all_others_beside_it(signed_in: Browser) -> None:
    page = signed_in.get("/account").follow()
    for link in page.html.find(class_="sidebar").find_all("a"):
        page = signed_in.get(link["href"])
        assert page.status_int == 200
        current = page.html.find(class_="sidebar").find(attrs={"aria-current": "page"})
        assert current["href"] == link["href"]


# The password again


def grown_old(server: Server, browser: Browser) -> None:
    """The password was given longer ago than is enough for what matters."""
    a_moment_passes(server)
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


def without(fields: Any, *names: str) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in fields if name not in names]


def test_rule_13_what_matters_asks_for_the_password_after_a_while_and_loses_nothing(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    app = make.app(server, user)
    page = signed_in.get(f"/developer/apps/{app.client_id}/edit")
    form = main_form(page)
    form["name"] = "Renamed & kept"
    form["redirect_uris"] = "https://app.example/new"
    sent = dict(form.submit_fields())
    grown_old(server, signed_in)
    asked = form.submit()
    assert asked.status_int == 200
    assert "Enter your password" in asked.html.h1
    with reading(server.database) as db:
        assert sql.clients.overview(db, client_id=app.client_id).name != "Renamed & kept"
    confirm = main_form(asked)
    assert [
        (name, value) for name, value in confirm.submit_fields() if name in sent and name not in {"csrf", "logo"}
    ] == [(name, value) for name, value in form.submit_fields() if name not in {"csrf", "logo"}]
    confirm["confirm_password"] = "not the right one"
    again = confirm.submit()
    assert again.status_int == 422
    assert "Wrong password" in again.html.find(class_="error").get_text()
    confirm = main_form(again)
    confirm["confirm_password"] = user.password
    assert confirm.submit().status_int == 303
    with reading(server.database) as db:
        assert sql.clients.overview(db, client_id=app.client_id).name == "Renamed & kept"
    # For a while it is not asked for again.
    form = main_form(signed_in.get(f"/developer/apps/{app.client_id}/edit"))
    assert form.submit().status_int == 303


def test_rule_3_an_app_without_pkce_is_registered_only_with_the_password_given_lately(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    form = new_app_form(signed_in, "Old & library")
    form["skips_pkce"] = True
    typed = without(form.submit_fields(), "csrf", "logo")
    grown_old(server, signed_in)
    asked = form.submit()
    assert "Enter your password" in asked.html.h1
    confirm = main_form(asked)
    kept = [
        (name, value)
        for name, value in confirm.submit_fields()
        if name not in {"csrf", "confirm_password", "logo", "back"}
    ]
    assert [(name, value.replace("\r\n", "\n")) for name, value in kept] == typed
    confirm["confirm_password"] = user.password
    assert "is registered" in confirm.submit().html.h1.get_text()
    a_moment_passes(server)
    assert "already submitted" in confirm.submit().follow(), "one form makes one app"
    assert "already submitted" in form.submit().follow()
    with reading(server.database) as db:
        (app,) = sql.developer.clients(db, user_id=user.user_id, before=None, rows=10)
        found = sql.clients.overview(db, client_id=app.client_id)
    assert (found.name, found.skips_pkce) == ("Old & library", True)
    assert found.redirect_uris == ["https://one.example/", "https://two.example/"]


def test_rule_13_the_answer_does_not_bring_an_ended_session_back(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    secret = signed_in.cookies[COOKIE]
    session = sessions.find(server.redis, secret)
    assert session is not None
    sessions.delete(server.redis, user.user_id, digest(secret))
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
    form["redirect_uris"] = "https://app.example/new"
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
