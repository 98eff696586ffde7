"""The danger zone: another owner, and the end of an app."""

from __future__ import annotations

from typing import Any

import pytest

import make
import play
import rows
from browser import Browser
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import registration, team
from oauthsrv.server import Server
from portal import a_moment_passes, an_hour_passes, error_at, invite, member, owned, text_of


def accepted(server: Server, browser: Browser, person: make.User, client_id: str) -> Any:
    """The page after the new owner said yes."""
    theirs = browser.another()
    play.sign_in(theirs, person)
    return play.press(theirs.get(f"/developer/transfers/{client_id}"), "Accept and become the owner").follow()


def transfer_form(browser: Browser, client_id: str) -> Any:
    return play.form_with(browser.get(f"/developer/apps/{client_id}/transfer"), "member")


def test_each_danger_leads_to_a_page_that_asks_again(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    page = browser.get(f"/developer/apps/{client_id}/danger")
    assert "?" in play.press(page, "Revoke all tokens").html.h1.get_text()
    for label in ("Transfer this app", "Delete this app"):
        assert "?" in page.click(label).html.h1.get_text(), label


def test_an_administrator_reads_who_becomes_a_member(server: Server, browser: Browser, root: make.User) -> None:
    client_id = owned(server, make.user(server, name="Olga Owner"))
    page = browser.get(f"/developer/apps/{client_id}/danger")
    assert "and Olga Owner becomes a member" in page


def test_a_member_sees_whose_decision_it_is_and_can_leave(server: Server, browser: Browser) -> None:
    owner = make.user(server, name="Olga Owner")
    client_id = owned(server, owner)
    play.sign_in(browser, member(server, owner, client_id))
    page = browser.get(f"/developer/apps/{client_id}/danger")
    assert "Only the owner, Olga Owner" in page
    assert "Delete this app" not in page
    assert play.press(page, "Leave the team").status_int == 200


def test_an_app_gets_another_owner(server: Server, browser: Browser, ada: make.User) -> None:
    app = make.app(server, ada, name="Shared")
    client_id = app.client_id
    person = member(server, ada, client_id, name="Mia Member")
    rows.rows(server, "UPDATE client SET verified_at = now() WHERE client_id = %(client_id)s", client_id=client_id)
    user = browser.another()
    play.sign_in(user, make.user(server))
    assert "Ada Developer" in play.ask(user, app)
    page = browser.get(f"/developer/apps/{client_id}/team").click("Make owner")
    assert "loses its verification" in page
    assert "Users see the new owner" in page
    form = play.form_with(page, "member")
    assert form["member"].value == person.user_id
    page = form.submit().follow()
    assert "was asked just now to become the owner" in page.html.find(id="offered").get_text()
    assert "Ada Developer" in play.ask(user, app)
    page = accepted(server, browser, person, client_id)
    assert "You own this app now." in page
    client = server.clients.find_client(client_id)
    assert client is not None
    assert (client.owner_id, client.owner_name, client.verified) == (person.user_id, "Mia Member", False)
    assert "Mia Member" in play.ask(user, app)
    [event] = rows.events(server, "client.transferred", client_id)
    assert event.user_id == person.user_id
    # The old owner is a member now.
    assert browser.get(f"/developer/apps/{client_id}").status_int == 200
    assert browser.get(f"/developer/apps/{client_id}/delete").status_int == 403
    a_moment_passes(server)
    assert form.submit().status_int == 403


def test_a_transfer_withdraws_invitations_and_says_so_before(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    person = member(server, ada, client_id)
    form = transfer_form(browser, client_id)
    form["member"] = person.user_id
    assert "Invitations" not in browser.get(f"/developer/apps/{client_id}/transfer")
    invited = make.user(server)
    invite(server, ada, client_id, invited)
    assert f"are withdrawn: {invited.email}." in browser.get(f"/developer/apps/{client_id}/transfer")
    assert invited.email in form.submit().follow()
    accepted(server, browser, person, client_id)
    assert invited.email not in browser.get(f"/developer/apps/{client_id}/team")
    assert "invitations withdrawn: 1" in browser.get(f"/developer/apps/{client_id}")


def test_an_app_without_a_team_has_nobody_to_go_to(server: Server, browser: Browser, ada: make.User) -> None:
    page = browser.get(f"/developer/apps/{owned(server, ada)}/transfer")
    assert "this team has no members yet" in page
    assert play.form_with(page.click("Invite someone"), "email")


def test_a_new_owner_has_to_be_chosen(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    member(server, ada, client_id)
    page = transfer_form(browser, client_id).submit()
    assert "Choose the new owner." in error_at(page, "member")
    assert play.form_with(page, "member")


def test_who_just_left_does_not_become_the_owner(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    person, _stays = member(server, ada, client_id), member(server, ada, client_id)
    form = transfer_form(browser, client_id)
    form["member"] = person.user_id
    team.leave(server, client_id, by=Actor(person.user_id))
    page = form.submit()
    assert page.status_int == 409
    assert "someone changed this" in page.html.find(id="conflict").get_text()
    assert person.email not in page


def test_rule_16_who_has_too_many_apps_gets_no_other(
    server: Server, browser: Browser, ada: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_id = owned(server, ada)
    person = member(server, ada, client_id, name="Mia Member")
    owned(server, person)
    monkeypatch.setattr(registration, "APPS_MAX", 1)
    form = transfer_form(browser, client_id)
    form["member"] = person.user_id
    assert "Mia Member has 1 apps" in error_at(form.submit(), "member")
    client = server.clients.find_client(client_id)
    assert client is not None
    assert client.owner_id == ada.user_id


def test_rule_13_a_transfer_asks_for_the_password_again(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    person = member(server, ada, client_id)
    form = transfer_form(browser, client_id)
    form["member"] = person.user_id
    an_hour_passes(server, browser)
    asked = form.submit()
    assert "Enter your password" in asked
    again = play.form_with(asked, "confirm_password")
    again["confirm_password"] = ada.password
    assert "The app was offered" in again.submit().follow()
    theirs = browser.another()
    play.sign_in(theirs, person)
    an_hour_passes(server, theirs)
    page = play.press(theirs.get(f"/developer/transfers/{client_id}"), "Accept and become the owner")
    assert "Enter your password" in page


def test_an_administrator_transfers_too(server: Server, browser: Browser) -> None:
    owner = make.user(server, name="Olga Owner")
    client_id = owned(server, owner)
    person = member(server, owner, client_id)
    play.sign_in(browser, make.user(server, admin=True))
    form = transfer_form(browser, client_id)
    assert "Olga Owner becomes a member" in browser.get(f"/developer/apps/{client_id}/transfer")
    form["member"] = person.user_id
    assert form.submit().status_int == 303
    accepted(server, browser, person, client_id)
    client = server.clients.find_client(client_id)
    assert client is not None
    assert client.owner_id == person.user_id


def test_an_administrator_offers_an_app_to_any_account_by_its_email(
    server: Server, browser: Browser, root: make.User
) -> None:
    client_id = owned(server, make.user(server))
    person = make.user(server)
    page = transfer_form(browser, client_id)
    page["member"], page["email"] = "someone-else", "nobody@example.com"
    page = play.form_with(again := page.submit(), "member")
    assert "no account with this email" in error_at(again, "email")
    page["email"] = person.email.upper()
    assert page.submit().status_int == 303
    assert "You own this app now." in accepted(server, browser, person, client_id)


def test_an_offer_is_declined_or_withdrawn_and_then_over(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    person = member(server, ada, client_id)
    theirs = browser.another()
    play.sign_in(theirs, person)
    for is_withdrawn in (False, True):
        form = transfer_form(browser, client_id)
        form["member"] = person.user_id
        form.submit()
        page = theirs.get(f"/developer/transfers/{client_id}")
        if is_withdrawn:
            team_page = browser.get(f"/developer/apps/{client_id}/team")
            assert "The offer was withdrawn" in play.press(team_page, "Withdraw the offer").follow()
        else:
            assert "You declined" in play.press(page, "Decline").follow()
        gone = play.press(page, "Accept and become the owner")
        assert gone.status_int == 404
        assert "This offer is no longer available" in gone
    assert rows.events(server, "client.transferred", client_id) == []


def test_an_app_is_deleted_only_by_its_name(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada, name="Zap & Co")
    form = play.form_with(browser.get(f"/developer/apps/{client_id}/danger").click("Delete this app"), "name")
    form["name"] = "zap & co"
    page = form.submit()
    assert page.status_int == 422
    assert "Type the name" in text_of(page, "name-error")
    assert play.form_with(page, "name")["name"].value == "zap & co"
    assert server.clients.find_client(client_id) is not None
    form["name"] = " Zap  & Co "
    page = form.submit().follow()
    assert "The app was deleted" in page
    assert server.clients.find_client(client_id) is None
    assert browser.get(f"/developer/apps/{client_id}").status_int == 404
    assert form.submit().location == "/developer/apps"  # a second click shows the first result
    assert len(rows.events(server, "client.deleted", client_id)) == 1
