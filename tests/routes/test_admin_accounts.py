"""What administrators do with accounts: adding, editing, signing out, deleting, ending access to one app."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

import make
import play
from browser import Browser
from held import done
from oauthsrv.flows import housekeeping, managed_accounts
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.managed_accounts import PersonFields
from oauthsrv.flows.refusals import FieldsRefused, LastAdministrator
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql
from portal import an_hour_passes, error_at, member, owned
from rows import rows


def user_row(server: Server, user: make.User) -> Any:
    with reading(server.database) as db:
        return sql.users.find(db, user_id=user.user_id)


def an_email() -> str:
    return f"new.{secrets.token_hex(4)}@example.com"


def test_a_user_is_added_and_chooses_a_password_by_a_link(server: Server, browser: Browser, root: make.User) -> None:
    email = an_email()
    form = play.form_with(browser.get("/admin/users").click("Add a user"), "email")
    form["email"] = email
    shown = form.submit()
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    address = urlsplit(shown.html.find(id="one-time-link").get_text())
    person = browser.another()
    assert play.sign_in(person, make.User("", email)).status_int != 303  # without a password nobody signs in
    chosen = play.form_with(person.get(f"{address.path}?{address.query}"), "new_password")
    chosen["new_password"] = make.PASSWORD
    chosen.submit()
    assert play.sign_in(person.another(), make.User("", email)).status_int == 303
    page = shown.click("I’ve copied the link")
    assert email.partition("@")[0] in page.html.h1.get_text()
    assert "Account created" in page


@pytest.mark.parametrize(
    ("email", "name", "field", "expected"),
    [
        ("", "", "email", "Enter your email"),
        ("no-address", "", "email", "looks like name@example.com"),
        ("taken", "", "email", "An account with this email"),
        ("good@example.com", "x" * 101, "name", "at most 100"),
    ],
)
def test_a_wrong_new_account_is_refused_and_nothing_typed_lost(
    browser: Browser, root: make.User, email: str, name: str, field: str, expected: str
) -> None:
    email = root.email.upper() if email == "taken" else email
    form = play.form_with(browser.get("/admin/users/new"), "email")
    form["email"], form["name"] = email, name
    page = form.submit()
    assert expected in error_at(page, field)
    again = play.form_with(page, "email")
    assert (again["email"].value, again["name"].value) == (email, name)


def test_an_account_gets_another_email_and_name(server: Server, browser: Browser, root: make.User) -> None:
    """Rule 13: with another email it asks for the password, and for a name alone it does not."""
    user, email = make.user(server), an_email()
    form = play.form_with(browser.get(f"/admin/users/{user.user_id}").click("Edit"), "email")
    an_hour_passes(server, browser)
    form["name"] = "Renamed"
    assert "The account was changed" in form.submit().follow()
    form = play.form_with(browser.get(f"/admin/users/{user.user_id}/edit"), "email")
    form["email"] = email
    confirm = play.form_with(form.submit(), "confirm_password")
    confirm["confirm_password"] = root.password
    page = confirm.submit().follow()
    assert f"email before: {user.email}" in page
    assert (user_row(server, user).email, user_row(server, user).name) == (email, "Renamed")
    assert play.sign_in(browser.another(), make.User(user.user_id, email)).status_int == 303


def test_rule_13_an_edit_of_an_account_that_was_just_changed_shows_both(
    server: Server, browser: Browser, root: make.User
) -> None:
    user = make.user(server)
    form = play.form_with(browser.get(f"/admin/users/{user.user_id}/edit"), "email")
    managed_accounts.edit(server, user.user_id, PersonFields(user.email, "Sooner"), by=Actor())
    form["name"] = "Later"
    page = form.submit()
    assert page.status_int == 409
    assert "Sooner" in page
    assert user_row(server, user).name == "Sooner"


def test_of_two_who_choose_one_email_at_once_one_gets_it(server: Server) -> None:
    users, email = [make.user(server) for _ in range(2)], an_email()

    def edit(user: make.User) -> str:
        try:
            managed_accounts.edit(server, user.user_id, PersonFields(email, "Name"), by=Actor())
        except FieldsRefused:
            return user.email
        return email

    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(edit, users))
    assert sorted(user_row(server, user).email for user in users) == sorted(found)
    assert found.count(email) == 1


def test_a_user_is_signed_out_everywhere_and_stays_connected(server: Server, browser: Browser, root: make.User) -> None:
    connection = play.tokens(server, browser.another())
    page = browser.get(f"/admin/users/{connection.user.user_id}")
    an_hour_passes(server, browser)
    page = play.press(page, "Sign out everywhere").follow()
    assert "The user is signed out everywhere" in page
    assert "Signed out everywhere" in page.html.find("caption", string="Recent events").parent.get_text()
    assert not play.is_signed_in(connection.browser)
    assert connection.is_active()


def test_rule_6_one_users_access_to_one_app_ends_in_one_click_and_nothing_else(
    server: Server, browser: Browser, root: make.User
) -> None:
    app, user = make.app(server, name="Leaky App"), make.user(server)
    one = play.tokens(server, browser.another(), app, user)
    other_app = play.tokens(server, browser.another(), user=user)
    other_user = play.tokens(server, browser.another(), app)
    page = browser.get(f"/admin/users/{user.user_id}")
    an_hour_passes(server, browser)
    page = play.press(page, "Disconnect Leaky App").follow()
    assert "disconnected from this user’s account" in page
    assert [one.is_active(), other_app.is_active(), other_user.is_active()] == [False, True, True]
    assert play.refused(play.refresh(one.browser, app, one.refresh_token))
    assert "An administrator disconnected it" in one.browser.get("/account/history")
    assert browser.post(f"/admin/users/{user.user_id}/grants/gra_x/end", {"csrf": "x"}).status_int == 403


def test_a_deleted_user_is_gone_and_an_app_they_own_waits_for_an_owner(
    server: Server, browser: Browser, root: make.User
) -> None:
    """Rule 6: everything of theirs is revoked; rule 1: nothing readable of them is left in their row."""
    app = make.app(server)
    theirs = play.tokens(server, browser.another(), app)
    user = theirs.user
    own = owned(server, user, name="Orphan")
    mate_of = owned(server, make.user(server))
    page = browser.get(f"/admin/users/{user.user_id}").click("Delete the user")
    assert "They own 1 app" in page
    form = play.form_with(page, "apps")
    form["apps"] = "keep"
    an_hour_passes(server, browser)
    confirm = play.form_with(form.submit(), "confirm_password")
    confirm["confirm_password"] = root.password
    page = confirm.submit().follow()
    assert "The user was deleted" in page
    assert user.email not in page
    assert not theirs.is_active()
    assert not play.is_signed_in(theirs.browser)
    assert play.sign_in(browser.another(), user).status_int != 303
    assert browser.get(f"/admin/users/{user.user_id}").status_int == 404
    [row] = rows(server, 'SELECT email, name, password_hash FROM "user" WHERE user_id = %(u)s', u=user.user_id)
    assert (row.email, row.name, row.password_hash) == (f"{user.user_id}@deleted.invalid", "Deleted user", None)
    log = browser.get("/admin/log", {"user": user.user_id})
    assert "User deleted" in log
    assert "deleted.invalid" not in log
    assert f'href="/admin/users/{user.user_id}"' not in log
    assert "Transfer the app" in browser.get(f"/admin/apps/{own}")
    assert browser.get(f"/admin/apps/{mate_of}").status_int == 200
    assert play.sign_in(browser.another(), make.user(server, email=user.email)).status_int == 303


def test_the_apps_of_a_deleted_user_can_be_deleted_with_them_and_teams_are_left(
    server: Server, browser: Browser, root: make.User
) -> None:
    user, boss = make.user(server), make.user(server)
    app, teams = make.app(server, user), owned(server, boss)
    connection = play.tokens(server, browser.another(), app)
    mate = member(server, boss, teams)
    form = play.form_with(browser.get(f"/admin/users/{user.user_id}/delete"), "apps")
    assert "Choose what happens" in error_at(form.submit(), "apps")
    form["apps"] = "delete"
    form.submit().follow()
    assert server.clients.find_client(app.client_id) is None
    assert play.refresh(connection.browser, app, connection.refresh_token).status_int == 401
    managed_accounts.delete(server, mate.user_id, by=Actor())
    assert not rows(server, "SELECT 1 FROM client_member WHERE user_id = %(u)s", u=mate.user_id)


def test_the_last_administrator_is_not_deleted(server: Server, browser: Browser, root: make.User) -> None:
    """By nobody, not even the command line."""
    with reading(server.database) as db:
        others = [row.user_id for row in sql.users.administrators(db) if row.user_id != root.user_id]
    for user_id in others:
        managed_accounts.delete(server, user_id, by=Actor(root.user_id))
    assert browser.get(f"/admin/users/{root.user_id}/delete").status_int == 409
    with pytest.raises(LastAdministrator):
        managed_accounts.delete(server, root.user_id, by=Actor())


def test_rule_16_the_row_of_a_deleted_user_goes_when_nothing_refers_to_it(server: Server) -> None:
    kept, gone = make.user(server), make.user(server)
    owned(server, kept)
    for user in (kept, gone):
        managed_accounts.delete(server, user.user_id, by=Actor())
        rows(
            server,
            """UPDATE "user" SET deleted_at = now() - interval '100 days' WHERE user_id = %(u)s RETURNING 1""",
            u=user.user_id,
        )
        rows(server, "DELETE FROM revocation WHERE user_id = %(u)s RETURNING 1", u=user.user_id)
    done(housekeeping.purge(server))
    left = rows(server, 'SELECT user_id FROM "user" WHERE user_id = ANY (%(u)s)', u=[kept.user_id, gone.user_id])
    assert [row.user_id for row in left] == [kept.user_id]
