"""My apps: a card for each app, one's own and those of one's teams, and invitations."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import make
import play
import rows
from browser import Browser
from oauthsrv.flows import app_fields, endings, register
from oauthsrv.flows.endings import Actor
from oauthsrv.server import Server
from portal import csrf_of, invite, member, owned


def card(page: Any, name: str) -> str:
    """What the card of an app says, in one line."""
    [found] = [card for card in page.html.find_all(class_="card") if card.h2.get_text().strip() == name]
    return " ".join(found.get_text(" ").split())


def refused(server: Server, client_id: str, at: datetime, *, is_proved: bool) -> None:
    rows.rows(
        server,
        "INSERT INTO refusal (client_id, is_proved, endpoint, problem, first_at, last_at) "
        "VALUES (%(client_id)s, %(is_proved)s, '/oauth/token', 'x', %(at)s, %(at)s)",
        client_id=client_id,
        is_proved=is_proved,
        at=at,
    )


def called(server: Server, client_id: str, ago: timedelta, calls: int) -> None:
    rows.rows(
        server,
        "INSERT INTO usage (client_id, hour, calls) VALUES (%(client_id)s, date_trunc('hour', %(at)s), %(calls)s)",
        client_id=client_id,
        at=datetime.now(UTC) - ago,
        calls=calls,
    )


def test_who_has_no_app_is_shown_the_way_to_one(browser: Browser, ada: make.User) -> None:
    page = browser.get("/developer").follow()
    assert page.request.path == "/developer/apps"
    assert "no app yet" in page
    assert page.click("Register your first app").status_int == 200


def test_an_app_shows_how_it_is_used(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada, name="Busy")
    owned(server, ada, name="Idle")
    now = datetime.now(UTC)
    called(server, client_id, timedelta(hours=1), 1200)
    called(server, client_id, timedelta(hours=3), 34)
    called(server, client_id, timedelta(hours=30), 5000)
    refused(server, client_id, now - timedelta(hours=9), is_proved=True)
    refused(server, client_id, now - timedelta(hours=2, minutes=5), is_proved=False)
    page = browser.get("/developer/apps")
    busy, idle = card(page, "Busy"), card(page, "Idle")
    assert "Calls in 24 hours 1,234" in busy
    assert "Last refusal 2 hours ago" in busy
    assert "Owner you" in busy
    assert "Calls in 24 hours 0" in idle
    assert "Last refusal none" in idle
    [spark] = page.html.find_all("svg")
    assert spark["aria-label"] == "Calls in each of the last 24 hours, at most 1,200 in one"


def test_a_suspended_app_is_marked(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada, name="Stopped")
    endings.suspend_client(server, client_id, by=Actor())
    assert "suspended" in card(browser.get("/developer/apps"), "Stopped")


def test_apps_of_a_team_are_among_them_and_say_whose_they_are(server: Server, browser: Browser) -> None:
    owner = make.user(server, name="Olga Owner")
    client_id = owned(server, owner, name="Shared")
    play.sign_in(browser, member(server, owner, client_id))
    shared = card(browser.get("/developer/apps"), "Shared")
    assert "active member" in shared
    assert "Owner Olga Owner" in shared


def test_an_invitation_is_accepted(server: Server, browser: Browser, ada: make.User) -> None:
    owner = make.user(server, name="Olga Owner")
    client_id = owned(server, owner, name="Shared")
    invite(server, owner, client_id, ada)
    assert browser.get(f"/developer/apps/{client_id}").status_int == 404
    page = browser.get("/developer/apps")
    assert f"Olga Owner ({owner.email}) invited you" in card(page, "Develop Shared?")
    form = next(form for form in page.forms.values() if form.action.endswith("/team/join"))
    page = form.submit().follow()
    assert page.request.path == f"/developer/apps/{client_id}"
    assert "a member of the team now" in page
    assert "Joined the team" in page
    again = form.submit().follow()
    assert "a member of the team now" in again
    assert len(rows.events(server, "client.member_joined", client_id)) == 1
    assert "Develop Shared?" not in browser.get("/developer/apps")


def test_an_invitation_is_declined(server: Server, browser: Browser, ada: make.User) -> None:
    owner = make.user(server)
    client_id = owned(server, owner, name="Shared")
    invite(server, owner, client_id, ada)
    page = browser.get("/developer/apps")
    join, decline = (
        next(form for form in page.forms.values() if form.action.endswith(f"/team/{what}"))
        for what in ("join", "decline")
    )
    page = decline.submit().follow()
    assert "was declined" in page
    assert "Shared" not in page
    for form in (join, decline):
        gone = form.submit()
        assert gone.status_int == 404
        assert "answered before, or withdrawn" in gone
    assert browser.get(f"/developer/apps/{client_id}").status_int == 404


def test_who_has_joined_cannot_decline_any_more(server: Server, browser: Browser, ada: make.User) -> None:
    owner = make.user(server)
    client_id = owned(server, owner)
    invite(server, owner, client_id, ada)
    page = browser.get("/developer/apps")
    join, decline = (
        next(form for form in page.forms.values() if form.action.endswith(f"/team/{what}"))
        for what in ("join", "decline")
    )
    join.submit()
    answer = decline.submit()
    assert answer.status_int == 409
    assert "leave the team" in answer
    assert browser.get(f"/developer/apps/{client_id}").status_int == 200


def test_an_invitation_to_an_app_that_was_deleted_is_gone(server: Server, browser: Browser, ada: make.User) -> None:
    owner = make.user(server)
    client_id = owned(server, owner, name="Shared")
    invite(server, owner, client_id, ada)
    page = browser.get("/developer/apps")
    endings.delete_client(server, client_id, by=Actor(owner.user_id))
    for form in [form for form in page.forms.values() if "/team/" in form.action]:
        assert form.submit().status_int == 404
    assert "Shared" not in browser.get("/developer/apps")
    # Who never joined is a stranger to it.
    assert "was deleted" not in browser.get(f"/developer/apps/{client_id}")


@pytest.mark.parametrize("what", ["join", "decline"])
def test_rule_10_who_is_not_invited_cannot_answer(server: Server, browser: Browser, ada: make.User, what: str) -> None:
    client_id = owned(server, make.user(server))
    answer = browser.post(f"/developer/apps/{client_id}/team/{what}", {"csrf": csrf_of(browser)})
    assert answer.status_int == 404
    assert browser.get(f"/developer/apps/{client_id}").status_int == 404


def test_many_apps_are_shown_page_by_page(server: Server, browser: Browser, ada: make.User) -> None:
    checked = app_fields.check_app(
        app_fields.TypedApp("Many", "", "", "public", [make.REDIRECT_URI], ["read:data"]),
        ["read:data"],
        server.settings.issuer,
    )
    assert isinstance(checked, app_fields.CheckedApp)
    for number in range(51):
        app = dataclasses.replace(checked, name=f"Number {number}")
        register.add_app(server, app, ada.user_id, by=Actor(), approved=True)
    page = browser.get("/developer/apps")
    assert "Number 50<" in page
    assert "Number 0<" not in page
    page = page.click("Older")
    assert "Number 0<" in page
    assert "Number 1<" not in page
    assert "Number 50<" in page.click("Newer")
    assert "Number 50<" in browser.get("/developer/apps?before=nonsense")
