"""The admin pages of users: who is found, and what is ended, closed and given."""

from __future__ import annotations

import secrets
import threading
from typing import Any
from urllib.parse import urlsplit

import pytest

import make
import play
from browser import Browser
from oauthsrv.flows import administrators, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.links import LinkSpent
from oauthsrv.flows.refusals import LastAdministrator
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql, transaction
from portal import an_hour_passes
from rows import rows


def user_row(server: Server, user: make.User) -> Any:
    with reading(server.database) as db:
        return sql.users.find(db, user_id=user.user_id)


def csrf_of(browser: Browser) -> str:
    return str(play.form_with(browser.get("/account/profile"), "csrf")["csrf"].value)


def test_users_are_found_by_mail_and_by_name(server: Server, browser: Browser, root: make.User) -> None:
    mark = secrets.token_hex(4)
    one = make.user(server, name=f"Find Me {mark}", email=f"one.{mark}@example.com")
    other = make.user(server, name="Sam", email=f"other.{mark}@example.com")
    page = browser.get("/admin/users")
    search = play.form_with(page, "q")
    search["q"] = f"find me {mark}"
    page = search.submit()
    assert one.email in page
    assert other.email not in page
    page = browser.get("/admin/users", {"q": f".{mark.upper()}@EXAMPLE"})
    assert one.email in page
    assert other.email in page
    for words in ("%", "_", "' OR 1=1 --", "\\", "100%_"):
        assert one.email not in browser.get("/admin/users", {"q": words + mark}), words
    assert "No user matches" in browser.get("/admin/users", {"q": "nobody-" + mark})


def test_many_users_are_shown_page_by_page(server: Server, browser: Browser, root: make.User) -> None:
    mark = secrets.token_hex(4)
    with transaction(server.database) as db:  # one moment for all: the order is that of the ids
        for number in range(120):
            user_id = f"usr_{secrets.token_hex(16)}"
            sql.users.add(
                db, user_id=user_id, subject=user_id, email=f"p{number}@{mark}.example", name="P", password_hash=None,
                is_admin=False,
            )  # fmt: skip
    page = browser.get("/admin/users", {"q": f"@{mark}"})
    seen: list[str] = []
    while True:
        seen += [link.get_text() for link in page.html.select("td a")]
        if "Older" not in page:
            break
        page = page.click("Older")
    assert len(seen) == len(set(seen)) == 120


def test_a_user_is_disabled_and_enabled(server: Server, browser: Browser, root: make.User) -> None:
    connection = play.tokens(server, browser.another())
    page = browser.get(f"/admin/users/{connection.user.user_id}")
    assert "Example App" in page
    asked = play.press(page, "Disable the user")
    assert "signed out everywhere" in asked
    assert connection.is_active()
    page = play.press(asked, "Disable the user").follow()
    assert "The user is disabled" in page
    assert not connection.is_active()
    assert connection.browser.get("/account/apps").status_int == 303
    assert "hasn’t connected any apps" in page
    page = play.press(page, "Enable the user").follow()
    assert "The user is enabled" in page
    assert not connection.is_active()
    assert play.sign_in(connection.browser.another(), connection.user).status_int == 303


def test_rule_13_an_administrator_comes_back_only_by_a_password_given_lately(
    server: Server, browser: Browser, root: make.User
) -> None:
    disabled = make.user(server, admin=True)
    revocations.disable_user(server, disabled.user_id, by=Actor())
    an_hour_passes(server, browser)
    asked = play.press(browser.get(f"/admin/users/{disabled.user_id}"), "Enable the user")
    assert "Enter your password" in asked
    assert user_row(server, disabled).disabled_at is not None
    confirm = play.form_with(asked, "confirm_password")
    confirm["confirm_password"] = root.password
    assert "The user is enabled" in confirm.submit().follow()


def test_all_access_of_a_user_is_ended_and_nobody_elses(server: Server, browser: Browser, root: make.User) -> None:
    app = make.app(server)
    theirs, others = play.tokens(server, browser.another(), app), play.tokens(server, browser.another(), app)
    asked = play.press(browser.get(f"/admin/users/{theirs.user.user_id}"), "Revoke all access")
    page = play.press(asked, "Revoke all access").follow()
    assert "signed out everywhere" in page
    assert not theirs.is_active()
    assert others.is_active()
    assert theirs.browser.get("/account/apps").status_int == 303
    assert play.sign_in(theirs.browser.another(), theirs.user).status_int == 303


def link_of(page: Any) -> str:
    """The path and query of the link on its one-time page."""
    address = urlsplit(page.html.find(id="one-time-link").get_text())
    return f"{address.path}?{address.query}"


def test_an_administrator_is_made_by_a_link_and_unmade(server: Server, browser: Browser, root: make.User) -> None:
    user = make.user(server)
    page = play.press(browser.get(f"/admin/users/{user.user_id}"), "Make an administrator")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    link = link_of(page)
    assert not user_row(server, user).is_admin
    theirs = browser.another()
    play.sign_in(theirs, user)
    page = theirs.get(link)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "You’re an administrator" in play.press(page, "Become an administrator").follow().follow()
    assert user_row(server, user).is_admin
    assert theirs.get(link).status_int == 404
    page = browser.get(f"/admin/users/{user.user_id}")
    assert "Administrator added" in page
    assert f"invited by: {root.email}" in page
    page = play.press(page, "Remove administrator rights").follow()
    assert "no longer an administrator" in page
    assert not user_row(server, user).is_admin


def test_rule_13_an_account_without_the_link_becomes_no_administrator(
    server: Server, browser: Browser, root: make.User
) -> None:
    """Whoever registered the address first has the account; the right person has the link: neither alone is enough."""
    squatter, right_one = make.user(server), make.user(server)
    link = link_of(play.press(browser.get(f"/admin/users/{squatter.user_id}"), "Make an administrator"))
    theirs = browser.another()
    play.sign_in(theirs, right_one)
    answer = theirs.get(link)
    assert answer.status_int == 403
    assert "This link is for another account" in answer
    text = link.partition("=")[2]
    assert theirs.post("/account/administrator", {"csrf": csrf_of(theirs), "link": text}).status_int == 403
    theirs = browser.another()
    play.sign_in(theirs, squatter)
    for wrong in ("", "lnk_" + "a" * 43):
        assert theirs.post("/account/administrator", {"csrf": csrf_of(theirs), "link": wrong}).status_int == 404
    assert not user_row(server, squatter).is_admin
    assert not user_row(server, right_one).is_admin


@pytest.mark.parametrize("end", ["its maker no longer is one", "the account is disabled", "a newer link", "an hour"])
def test_rule_13_a_link_to_become_an_administrator_ends(
    server: Server, browser: Browser, root: make.User, end: str
) -> None:
    user, maker = make.user(server), make.user(server, admin=True)
    text = administrators.invite(server, user.user_id, by=Actor(maker.user_id)).partition("=")[2]
    if end == "its maker no longer is one":
        administrators.remove_admin(server, maker.user_id, by=Actor())
    elif end == "the account is disabled":
        revocations.disable_user(server, user.user_id, by=Actor())
    elif end == "a newer link":
        administrators.invite(server, user.user_id, by=Actor())
    else:
        rows(server, "UPDATE one_time_link SET expires_at = now() WHERE user_id = %(id)s", id=user.user_id)
    with pytest.raises(LinkSpent):
        administrators.accept(server, text, by=Actor(user.user_id))
    assert not user_row(server, user).is_admin


def test_a_disabled_account_becomes_no_administrator(server: Server, browser: Browser, root: make.User) -> None:
    user = make.user(server)
    revocations.disable_user(server, user.user_id, by=Actor())
    answer = browser.post(f"/admin/users/{user.user_id}/make-admin", {"csrf": csrf_of(browser)})
    assert answer.status_int == 409
    assert not user_row(server, user).is_admin


@pytest.fixture
def only(server: Server, root: make.User) -> make.User:
    """The administrator who is signed in, while there is no other."""
    with reading(server.database) as db:
        others = [row.user_id for row in sql.users.administrators(db) if row.user_id != root.user_id]
    for user_id in others:
        administrators.remove_admin(server, user_id, by=Actor())
    return root


def test_the_last_administrator_stays(server: Server, browser: Browser, only: make.User) -> None:
    page = browser.get(f"/admin/users/{only.user_id}")
    for answer in (
        play.press(page, "Remove administrator rights"),
        play.press(page, "Disable the user"),
        browser.post(f"/admin/users/{only.user_id}/disable", {"csrf": csrf_of(browser), "sure": "yes"}),
    ):
        assert answer.status_int == 409
        assert "This is the only administrator" in answer
    assert user_row(server, only).is_admin
    assert user_row(server, only).disabled_at is None


def test_two_administrators_cannot_unmake_each_other(server: Server, only: make.User) -> None:
    for _ in range(5):
        other = make.user(server, admin=True)
        refused: list[str] = []
        start = threading.Barrier(2)

        def unmake(user_id: str, start: threading.Barrier = start, refused: list[str] = refused) -> None:
            start.wait()
            try:
                administrators.remove_admin(server, user_id, by=Actor())
            except LastAdministrator:
                refused.append(user_id)

        threads = [threading.Thread(target=unmake, args=[user.user_id]) for user in (only, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(refused) == 1
        rows(server, 'UPDATE "user" SET is_admin = true WHERE user_id = %(id)s', id=only.user_id)
        administrators.remove_admin(server, other.user_id, by=Actor())


def test_users_are_filtered(server: Server, browser: Browser, root: make.User) -> None:
    mark = secrets.token_hex(4)
    ada = make.user(server, email=f"ada.{mark}@example.com", admin=True)
    bob = make.user(server, email=f"bob.{mark}@example.com")
    revocations.disable_user(server, bob.user_id, by=Actor())
    search = play.form_with(browser.get("/admin/users", {"q": mark}), "status")
    for status, there, gone in (("admins", ada, bob), ("disabled", bob, ada)):
        search["status"] = status
        page = search.submit()
        assert there.email in page
        assert gone.email not in page
        assert play.form_with(page, "status")["status"].value == status
    both = browser.get("/admin/users", {"q": mark, "status": "nonsense"})
    assert ada.email in both
    assert bob.email in both


def test_the_filter_of_users_stays_from_page_to_page(server: Server, browser: Browser, root: make.User) -> None:
    mark = secrets.token_hex(4)
    with transaction(server.database) as db:
        for number in range(60):
            user_id = f"usr_{secrets.token_hex(16)}"
            sql.users.add(
                db, user_id=user_id, subject=user_id, email=f"p{number}@{mark}.example", name="P", password_hash=None,
                is_admin=number % 12 != 0,
            )  # fmt: skip
    page = browser.get("/admin/users", {"q": mark, "status": "admins"})
    assert len(page.html.select("tbody tr")) == 50
    assert len(page.click("Older").html.select("tbody tr")) == 5
    rows(server, 'UPDATE "user" SET is_admin = false WHERE email LIKE %(mark)s', mark=f"%@{mark}.example")


def test_a_users_page_shows_what_they_connected_develop_and_signed_in_to(
    server: Server, browser: Browser, root: make.User
) -> None:
    user = make.user(server, name="Mia Member")
    owned, joined = (make.app(server, owner, name=name) for owner, name in ((user, "Owned App"), (None, "Joined App")))
    add = (
        "INSERT INTO client_member (client_id, user_id, invited_by, accepted_at) "
        "VALUES (%(client_id)s, %(user_id)s, 'x', {})"
    )
    rows(server, add.format("now()"), client_id=joined.client_id, user_id=user.user_id)
    connected = make.app(server, name="Connected App")
    play.tokens(server, browser.another("198.51.100.23"), connected, user)
    page = browser.get(f"/admin/users/{user.user_id}")
    tables = {table.find("caption").get_text(): table.get_text(" ") for table in page.html.find_all("table")}
    assert "Connected App" in tables["Connected apps"]
    assert owned.client_id in page
    assert "Owned App owner" in " ".join(tables["Apps they develop"].split())
    assert "Joined App member" in " ".join(tables["Apps they develop"].split())
    assert "198.51.100.23" in tables["Sign-ins"]
    assert "Signed in" in tables["Sign-ins"]


def test_a_new_users_page_says_what_is_not_there(server: Server, browser: Browser, root: make.User) -> None:
    page = browser.get(f"/admin/users/{make.user(server).user_id}")
    for words in ("hasn’t connected any apps", "doesn’t develop any apps", "never signed in"):
        assert words in page
