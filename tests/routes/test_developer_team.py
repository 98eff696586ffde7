"""The team of an app: inviting, removing, leaving, and every error of its forms."""

from __future__ import annotations

import dataclasses
import secrets
from typing import Any
from urllib.parse import urlsplit

import pytest

import make
import play
import rows
from browser import Browser
from oauthsrv.flows.clients import team
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql
from oauthsrv.store.limits import LIMITS
from portal import an_hour_passes, error_at, invite, member, owned


def invitation(page: Any) -> str:
    """The path and query of the link on its one-time page."""
    address = urlsplit(page.html.find(id="one-time-link").get_text())
    return f"{address.path}?{address.query}"


def invited(browser: Browser, client_id: str, email: str) -> str:
    form = play.form_with(browser.get(f"/developer/apps/{client_id}/team"), "email")
    form["email"] = email
    return invitation(form.submit())


def test_a_developer_is_invited_by_a_link_that_is_shown_once(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada, name="Shared")
    form = play.form_with(browser.get(f"/developer/apps/{client_id}/team"), "email")
    form["email"] = " new@example.com "
    page = form.submit()
    assert page.status_int == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"
    link = invitation(page)
    page = browser.get(f"/developer/apps/{client_id}/team")
    assert "new@example.com" in page
    assert link.partition("=")[2] not in page
    [event] = rows.events(server, "client.member_invited", client_id)
    assert (event.user_id, event.details) == (None, {"to": "new@example.com"})
    theirs = browser.another()
    person = make.user(server, name="Ivo Invited")
    play.sign_in(theirs, person)
    page = theirs.get(link)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "Join the team of Shared?" in page.html.h1.get_text()
    assert theirs.get(f"/developer/apps/{client_id}").status_int == 404
    page = play.press(page, "Join the team").follow()
    assert page.request.path == f"/developer/apps/{client_id}"
    assert "You joined the team" in page
    assert "no longer works" in theirs.get(link)
    assert len(rows.events(server, "client.member_joined", client_id)) == 1


def test_a_visitor_without_an_account_joins_through_the_link(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada, name="Shared")
    link = invited(browser, client_id, "ivo@example.com")
    theirs = browser.another()
    page = theirs.get(link)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "Ada Developer" in page
    form = play.form_with(page.click("Create an account"), "name")
    assert form["email"].value == "ivo@example.com"
    form["email"], form["name"] = f"ivo.{secrets.token_hex(4)}@example.com", "Ivo Invited"
    form["password"] = make.PASSWORD
    page = form.submit().follow()
    assert "Join the team of Shared?" in page.html.h1.get_text()
    assert rows.events(server, "client.member_joined", client_id) == []
    assert "You joined the team" in play.press(page, "Join the team").follow()


def test_a_visitor_who_has_an_account_signs_in_and_comes_back(server: Server, browser: Browser, ada: make.User) -> None:
    link = invited(browser, owned(server, ada), "ivo@example.com")
    theirs, person = browser.another(), make.user(server)
    form = play.form_with(theirs.get(link).click("Sign in", index=-1), "password")
    form["email"], form["password"] = person.email, person.password
    page = form.submit().follow()
    assert person.email in page
    assert play.form_with(page.click("Use another account"), "password")


def test_rule_13_the_owner_of_an_app_makes_no_account_where_sign_up_is_closed(
    server: Server, browser: Browser, ada: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "settings", dataclasses.replace(server.settings, signup="closed"))
    link = invited(browser, owned(server, ada), "ivo@example.com")
    theirs = browser.another()
    page = theirs.get(link)
    assert "Only administrators can create" in page
    assert "Create an account" not in page
    r = urlsplit(page.html.find("main").find("a", string="Sign in")["href"]).query
    assert theirs.get(f"/signup?{r}").status_int == 403
    person = make.user(server)  # by an administrator
    play.sign_in(theirs, person)
    assert "You joined the team" in play.press(theirs.get(link), "Join the team").follow()


def test_rule_13_an_address_that_another_user_registered_gets_them_nothing(
    server: Server, browser: Browser, ada: make.User
) -> None:
    client_id = owned(server, ada, name="Shared")
    squatter = make.user(server, email="wanted@example.com")
    invited(browser, client_id, squatter.email)
    theirs = browser.another()
    play.sign_in(theirs, squatter)
    assert "Shared" not in theirs.get("/developer/apps")
    assert theirs.get(f"/developer/apps/{client_id}").status_int == 404
    assert theirs.get("/developer/join?link=lnk_" + "a" * 43).status_int == 404


def test_an_invitation_is_declined(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    link = invited(browser, client_id, "x@example.com")
    theirs = browser.another()
    play.sign_in(theirs, make.user(server))
    page = theirs.get(link)
    assert "was declined" in play.press(page, "Decline").follow()
    gone = play.press(page, "Join the team")
    assert gone.status_int == 404
    assert "This invitation no longer works" in gone
    assert theirs.get(f"/developer/apps/{client_id}").status_int == 404
    assert "x@example.com" not in browser.get(f"/developer/apps/{client_id}/team")


def test_an_owner_who_opens_the_link_gets_an_answer_that_says_so(
    server: Server, browser: Browser, ada: make.User
) -> None:
    page = browser.get(invited(browser, owned(server, ada), "x@example.com"))
    answer = play.press(page, "Join the team")
    assert answer.status_int == 409
    assert "You own this app" in answer


@pytest.mark.parametrize(("email", "said"), [("", "Enter your email."), ("nobody", "name@example.com")])
def test_what_is_no_email_is_refused_at_the_field_and_kept(
    server: Server, browser: Browser, ada: make.User, email: str, said: str
) -> None:
    form = play.form_with(browser.get(f"/developer/apps/{owned(server, ada)}/team"), "email")
    form["email"] = email
    page = form.submit()
    assert said in error_at(page, "email")
    assert play.form_with(page, "email")["email"].value == email


def test_rule_16_a_team_has_an_end(
    server: Server, browser: Browser, ada: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(team, "MEMBERS_MAX", 1)
    client_id = owned(server, ada)
    member(server, ada, client_id)
    form = play.form_with(browser.get(f"/developer/apps/{client_id}/team"), "email")
    form["email"] = make.user(server).email
    assert "at most 1 members and invitations" in error_at(form.submit(), "email")


def test_invitations_have_a_limit_and_what_was_typed_is_kept(
    server: Server, browser: Browser, ada: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "invite_user", LIMITS["invite_user"]._replace(most=2))
    client_id, other = owned(server, ada), owned(server, ada)
    for number in range(2):
        invited(browser, client_id, f"nobody{number}@example.com")
    form = play.form_with(browser.get(f"/developer/apps/{other}/team"), "email")
    form["email"] = "third@example.com"
    page = form.submit()
    assert page.status_int == 429
    assert int(page.headers["Retry-After"]) > 0
    assert "tried too many times" in page.html.find(class_="notice bad").get_text()
    assert play.form_with(page, "email")["email"].value == "third@example.com"
    assert rows.events(server, "client.member_invited", other) == []


def test_a_member_is_removed_after_a_question(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    person = member(server, ada, client_id, name="Mia Member")
    theirs = browser.another()
    play.sign_in(theirs, person)
    page = play.press(browser.get(f"/developer/apps/{client_id}/team"), "Remove Mia Member")
    assert "Remove Mia Member from the team?" in page.html.h1.get_text()
    assert theirs.get(f"/developer/apps/{client_id}").status_int == 200
    form = play.form_with(page, "sure")
    page = form.submit().follow()
    assert "The member was removed" in page
    assert person.email not in page
    assert theirs.get(f"/developer/apps/{client_id}").status_int == 404
    # Sent again: who is gone is gone.
    assert form.submit().status_int == 303
    assert len(rows.events(server, "client.member_removed", client_id)) == 1
    path = f"/developer/apps/{client_id}/team/{person.user_id}/remove"
    assert browser.post(path, {"csrf": form["csrf"].value}).status_int == 404


def test_an_invitation_is_withdrawn(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    link = invited(browser, client_id, "x@example.com")
    page = browser.get(f"/developer/apps/{client_id}/team")
    answer = play.press(page, "Withdraw the invitation for x@example.com").follow()
    assert "The invitation was withdrawn" in answer
    assert "x@example.com" not in answer
    play.press(page, "Withdraw the invitation for x@example.com")
    assert len(rows.events(server, "client.invitation_withdrawn", client_id)) == 1
    theirs = browser.another()
    play.sign_in(theirs, make.user(server))
    assert theirs.get(link).status_int == 404


def test_rule_10_nobody_withdraws_another_apps_invitation(server: Server, browser: Browser, ada: make.User) -> None:
    own, owner = owned(server, ada), make.user(server)
    invite(server, owner, other := owned(server, owner), make.user(server))
    with reading(server.database) as db:
        [found] = sql.links.invitations(db, client_id=other)
    token = play.form_with(browser.get(f"/developer/apps/{own}/team"), "email")["csrf"].value
    for app, status in ((own, 303), (other, 404)):
        path = f"/developer/apps/{app}/team/invitations/{found.link_id}/withdraw"
        assert browser.post(path, {"csrf": token}).status_int == status
    assert browser.post(f"/developer/apps/{own}/team/invitations/x/withdraw", {"csrf": token}).status_int == 404
    with reading(server.database) as db:
        assert sql.links.invitations(db, client_id=other)


def test_a_member_leaves(server: Server, browser: Browser) -> None:
    owner = make.user(server)
    client_id = owned(server, owner)
    play.sign_in(browser, member(server, owner, client_id))
    page = play.press(browser.get(f"/developer/apps/{client_id}/team"), "Leave")
    form = play.form_with(page, "sure")
    page = form.submit().follow()
    assert "You left the team" in page
    assert client_id not in page
    assert browser.get(f"/developer/apps/{client_id}").status_int == 404


def test_an_owner_does_not_leave_but_transfers(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    page = browser.get(f"/developer/apps/{client_id}/team")
    assert "Leave" not in page
    csrf = play.form_with(page, "email")["csrf"].value
    answer = browser.post(f"/developer/apps/{client_id}/team/leave", {"csrf": csrf, "sure": "yes"})
    assert answer.status_int == 409
    assert "transfer it first" in answer


def test_rule_13_a_change_of_the_team_asks_for_the_password_again(
    server: Server, browser: Browser, ada: make.User
) -> None:
    client_id = owned(server, ada)
    person = make.user(server)
    form = play.form_with(browser.get(f"/developer/apps/{client_id}/team"), "email")
    an_hour_passes(server, browser)
    form["email"] = person.email
    asked = form.submit()
    assert "Enter your password" in asked
    assert rows.events(server, "client.member_invited", client_id) == []
    again = play.form_with(asked, "confirm_password")
    again["confirm_password"] = ada.password
    assert "one-time-link" in again.submit()
    assert len(rows.events(server, "client.member_invited", client_id)) == 1
