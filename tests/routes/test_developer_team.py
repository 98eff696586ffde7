"""The team of an app: inviting, removing, leaving, and every error of its forms."""

from __future__ import annotations

import pytest

import make
import play
import rows
from browser import Browser
from oauthsrv.flows import endings, team
from oauthsrv.flows.endings import Actor
from oauthsrv.server import Server
from oauthsrv.store.limits import LIMITS
from portal import an_hour_passes, error_at, invite, member, owned


def test_somebody_is_invited_by_e_mail(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    person = make.user(server, name="Ivo Invited")
    form = play.form_with(browser.get(f"/developer/apps/{client_id}/team"), "email")
    form["email"] = f" {person.email.upper()} "
    page = form.submit().follow()
    assert "The invitation is made" in page
    assert person.email in page
    assert "Withdraw" in page
    # An e-mail is no way to learn a name.
    assert "Ivo Invited" not in page
    assert "Ivo Invited" not in browser.get(f"/developer/apps/{client_id}")
    [event] = rows.events(server, "client.member_invited", client_id)
    assert (event.user_id, event.details) == (person.user_id, {"to": person.email})


@pytest.mark.parametrize(
    ("email", "said"),
    [("", "Enter your e-mail."), ("nobody", "name@example.com"), ("nobody@example.com", "Nobody has an account")],
)
def test_an_e_mail_without_an_account_is_refused_at_the_field_and_kept(
    server: Server, browser: Browser, ada: make.User, email: str, said: str
) -> None:
    form = play.form_with(browser.get(f"/developer/apps/{owned(server, ada)}/team"), "email")
    form["email"] = email
    page = form.submit()
    assert said in error_at(page, "email")
    assert play.form_with(page, "email")["email"].value == email


def test_who_is_in_the_team_already_is_not_invited_again(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    joined, invited, closed = member(server, ada, client_id), make.user(server), make.user(server)
    invite(server, ada, client_id, invited)
    endings.disable_user(server, closed.user_id, by=Actor())
    form = play.form_with(browser.get(f"/developer/apps/{client_id}/team"), "email")
    for person, said in (
        (ada, "belongs to this person already"),
        (joined, "a member already"),
        (invited, "a member already, or has an invitation"),
        (closed, "Nobody has an account"),
    ):
        form["email"] = person.email
        assert said in error_at(form.submit(), "email")
    assert len(rows.events(server, "client.member_invited", client_id)) == 2


def test_rule_16_a_team_has_an_end(
    server: Server, browser: Browser, ada: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(team, "MEMBERS_MAX", 1)
    client_id = owned(server, ada)
    member(server, ada, client_id)
    form = play.form_with(browser.get(f"/developer/apps/{client_id}/team"), "email")
    form["email"] = make.user(server).email
    assert "at most 1 members and invitations" in error_at(form.submit(), "email")


def test_accounts_cannot_be_probed_without_bound_and_what_was_typed_is_kept(
    server: Server, browser: Browser, ada: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "invite_user", LIMITS["invite_user"]._replace(most=2))
    client_id, other = owned(server, ada), owned(server, ada)
    form = play.form_with(browser.get(f"/developer/apps/{client_id}/team"), "email")
    for number in range(2):
        form["email"] = f"nobody{number}@example.com"
        assert form.submit().status_int == 422
    person = make.user(server)
    form = play.form_with(browser.get(f"/developer/apps/{other}/team"), "email")
    form["email"] = person.email
    page = form.submit()
    assert page.status_int == 429
    assert int(page.headers["Retry-After"]) > 0
    assert "too many attempts" in page.html.find(class_="notice bad").get_text()
    assert play.form_with(page, "email")["email"].value == person.email
    assert rows.events(server, "client.member_invited", other) == []


def test_a_member_is_removed_after_a_question(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    person = member(server, ada, client_id, name="Mia Member")
    theirs = browser.another()
    play.sign_in(theirs, person)
    page = browser.get(f"/developer/apps/{client_id}/team").click("Remove")
    assert "Remove Mia Member from the team?" in page.html.h1.get_text()
    assert theirs.get(f"/developer/apps/{client_id}").status_int == 200
    form = next(form for form in page.forms.values() if form.action.endswith("/remove"))
    page = form.submit().follow()
    assert "They were removed" in page
    assert person.email not in page
    assert theirs.get(f"/developer/apps/{client_id}").status_int == 404
    # Sent again: who is gone is gone.
    assert form.submit().status_int == 303
    assert len(rows.events(server, "client.member_removed", client_id)) == 1
    assert browser.get(f"/developer/apps/{client_id}/team/{person.user_id}/remove").status_int == 404


def test_an_invitation_is_withdrawn(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    person = make.user(server, name="Ivo Invited")
    invite(server, ada, client_id, person)
    page = browser.get(f"/developer/apps/{client_id}/team").click("Withdraw")
    assert f"Withdraw the invitation of {person.email}?" in page.html.h1.get_text()
    next(form for form in page.forms.values() if form.action.endswith("/remove")).submit()
    assert len(rows.events(server, "client.invitation_withdrawn", client_id)) == 1
    theirs = browser.another()
    play.sign_in(theirs, person)
    assert "invited you" not in theirs.get("/developer/apps")


def test_a_member_leaves(server: Server, browser: Browser) -> None:
    owner = make.user(server)
    client_id = owned(server, owner)
    play.sign_in(browser, member(server, owner, client_id))
    page = browser.get(f"/developer/apps/{client_id}/team").click("Leave")
    form = next(form for form in page.forms.values() if form.action.endswith("/leave"))
    page = form.submit().follow()
    assert "You left the team" in page
    assert client_id not in page
    assert form.submit().status_int == 404


def test_an_owner_does_not_leave_but_transfers(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    page = browser.get(f"/developer/apps/{client_id}/team/leave")
    assert "transfer the app to a member first" in page
    csrf = play.form_with(browser.get(f"/developer/apps/{client_id}/team"), "email")["csrf"].value
    answer = browser.post(f"/developer/apps/{client_id}/team/leave", {"csrf": csrf})
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
    assert again.submit().status_int == 303
    assert len(rows.events(server, "client.member_invited", client_id)) == 1
