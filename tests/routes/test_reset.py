"""A forgotten password: the one-time link, what it ends, and what ends it (rules 1 and 13)."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from webtest import TestResponse

import make
import play
import rows
from browser import Browser, wsgi
from held import a_lock_is_awaited, eventually, holding, in_parallel
from oauthsrv.flows import administrators, password_reset, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.links import LinkSpent
from oauthsrv.flows.refusals import NotAllowed
from oauthsrv.server import Server
from portal import an_hour_passes

NEW = "seven quiet otters"


def link_for(server: Server, user: make.User, by: Actor = Actor()) -> str:
    """Its path and query."""
    parts = urlsplit(password_reset.make_link(server, user.user_id, by=by))
    return f"{parts.path}?{parts.query}"


def choose(page: TestResponse, password: str = NEW, *, disconnects: bool = False) -> TestResponse:
    form = play.form_with(page, "new_password")
    form["new_password"], form["disconnects"] = password, disconnects
    return form.submit()


def may_sign_in(server: Server, user: make.User, password: str) -> bool:
    return bool(play.sign_in(Browser(wsgi(server)), user, password).status_int == 303)


def is_spent(answer: TestResponse) -> bool:
    return answer.status_int == 404 and "This link no longer works" in answer


def test_rule_13_a_link_changes_the_password_once_keeps_apps_and_ends_sessions(
    server: Server, browser: Browser
) -> None:
    connection = play.tokens(server, browser)
    link = link_for(server, connection.user)
    visitor = browser.another()
    page = visitor.get(link)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.html.find(id="own-email")["value"] == connection.user.email
    assert "10 characters" in choose(page, "short").html.find(id="new_password-error").get_text()
    # Opening it spends nothing, a mistake neither.
    answer = choose(visitor.get(link)).follow()
    assert "Your password was changed, and every browser was signed out" in answer
    assert not play.is_signed_in(connection.browser)
    assert connection.is_active()
    assert may_sign_in(server, connection.user, NEW)
    assert not may_sign_in(server, connection.user, connection.user.password)
    assert is_spent(visitor.get(link))
    assert is_spent(choose(page, "eight quiet otters"))
    assert rows.audited(server, "user.reset_link_made", connection.user.user_id) == 1
    assert rows.audited(server, "user.password_reset", connection.user.user_id) == 1


def test_a_link_can_disconnect_the_apps_too(server: Server, browser: Browser) -> None:
    connection = play.tokens(server, browser)
    page = browser.another().get(link_for(server, connection.user))
    assert "every app was disconnected" in choose(page, disconnects=True).follow()
    assert not connection.is_active()
    assert not rows.lives(server, connection.refresh_token)


@pytest.mark.parametrize("disconnects", [False, True])
def test_rule_13_a_password_change_offers_to_disconnect_apps(
    server: Server, browser: Browser, disconnects: bool
) -> None:
    connection = play.tokens(server, browser)
    form = play.form_with(browser.get("/account/password"), "new_password")
    form["password"], form["new_password"], form["disconnects"] = connection.user.password, NEW, disconnects
    answer = form.submit().follow()
    assert ("every app was disconnected" in answer) == disconnects
    assert connection.is_active() == (not disconnects)
    assert rows.lives(server, connection.refresh_token) == (not disconnects)


def test_rule_13_a_link_ends_with_a_newer_one_a_password_change_an_hour_and_the_account(
    server: Server, browser: Browser, user: make.User
) -> None:
    first = link_for(server, user)
    second = link_for(server, user)
    assert is_spent(browser.get(first))
    play.sign_in(browser, user)
    form = play.form_with(browser.get("/account/password"), "new_password")
    form["password"], form["new_password"] = user.password, "other words in a row"
    form.submit()
    assert is_spent(browser.get(second))
    third = link_for(server, user)
    page = browser.get(third)
    rows.rows(server, "UPDATE one_time_link SET expires_at = now() WHERE user_id = %(user)s", user=user.user_id)
    assert is_spent(choose(page))
    fourth = link_for(server, user)
    page = browser.get(fourth)
    revocations.disable_user(server, user.user_id, by=Actor())
    assert is_spent(browser.get(fourth))
    assert is_spent(choose(page))


def test_rule_1_the_hash_of_a_link_alone_is_kept(server: Server, user: make.User) -> None:
    text = link_for(server, user).partition("=")[2]
    for table in ("one_time_link", "audit_event"):
        assert text not in str(rows.rows(server, f"SELECT * FROM {table}"))


def test_a_link_works_once_for_many_at_once(server: Server, browser: Browser, user: make.User) -> None:
    link = link_for(server, user)
    pages = [Browser(wsgi(server)).get(link) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(choose, pages))
    assert sorted(answer.status_int for answer in answers) == [303, 404, 404, 404]


def test_rule_13_a_link_of_a_former_administrator_is_dead(server: Server, browser: Browser, user: make.User) -> None:
    admin = make.user(server, admin=True)
    make.user(server, admin=True)
    page = browser.get(link_for(server, user, Actor(admin.user_id)))
    administrators.remove_admin(server, admin.user_id, by=Actor())
    assert is_spent(choose(page))
    with pytest.raises(NotAllowed):
        link_for(server, user, Actor(admin.user_id))


def test_rule_6_a_reset_that_waits_while_the_account_is_disabled_does_nothing(
    server: Server, browser: Browser, user: make.User
) -> None:
    page = browser.get(link_for(server, user))
    with (
        holding(revocations, lambda: revocations.disable_user(server, user.user_id, by=Actor())) as (gate, work),
        in_parallel(lambda: choose(page)) as answer,
    ):
        eventually(lambda: a_lock_is_awaited(server))
        gate.open()
        work.result()
        assert is_spent(answer.result())


def test_what_is_no_link_is_refused_before_any_database(
    server: Server, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for link in ("", "lnk_x", "lnk_" + "é" * 43, "lnk_" + "a" * 44):
        with pytest.raises(LinkSpent):
            password_reset.user_of_link(server, link)
    assert is_spent(browser.get("/reset"))
    assert is_spent(browser.get("/reset?link=lnk_" + "a" * 43))


def test_an_administrator_makes_a_link_with_a_button(
    server: Server, browser: Browser, root: make.User, user: make.User
) -> None:
    page = browser.get(f"/admin/users/{user.user_id}")
    shown = play.press(page, "Create a password reset link")
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    address = shown.html.find(id="one-time-link").get_text()
    assert address.startswith(server.settings.issuer + "/reset?link=lnk_")
    assert choose(browser.another().get(urlsplit(address).path + "?" + urlsplit(address).query)).status_int == 303
    assert may_sign_in(server, user, NEW)
    an_hour_passes(server, browser)
    assert "Enter your password" in play.press(page, "Create a password reset link")
    revocations.disable_user(server, user.user_id, by=Actor())
    assert "Create a password reset link" not in browser.get(f"/admin/users/{user.user_id}")


def test_a_link_of_a_common_password_is_refused(server: Server, browser: Browser, user: make.User) -> None:
    page = browser.get(link_for(server, user))
    for password in ("passwordpassword", user.email, re.sub("@.*", "", user.email)):
        assert choose(page, password).status_int == 422
