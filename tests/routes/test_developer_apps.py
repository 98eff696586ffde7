"""My apps: a card for each app, one's own and those of one's teams, and invitations."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import make
import play
import rows
from browser import Browser
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import fields, registration, review
from oauthsrv.server import Server
from portal import member, owned


def card(page: Any, name: str) -> str:
    """What the card of an app says, in one line."""
    [found] = [card for card in page.html.find_all(class_="card") if card.h2.get_text().strip() == name]
    return " ".join(found.get_text(" ").split())


def refused(server: Server, client_id: str, at: datetime, *, is_authenticated: bool) -> None:
    rows.rows(
        server,
        "INSERT INTO refusal (client_id, is_authenticated, endpoint, problem, first_at, last_at) "
        "VALUES (%(client_id)s, %(is_authenticated)s, '/oauth/token', 'x', %(at)s, %(at)s)",
        client_id=client_id,
        is_authenticated=is_authenticated,
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
    assert page.html.h1.get_text() == "Register your first app"
    assert play.form_with(page.click("Web app"), "redirect_uris")["type"].value == "confidential"


def test_an_app_shows_how_it_is_used(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada, name="Busy")
    owned(server, ada, name="Idle")
    now = datetime.now(UTC)
    called(server, client_id, timedelta(hours=1), 1200)
    called(server, client_id, timedelta(hours=3), 34)
    called(server, client_id, timedelta(hours=30), 5000)
    refused(server, client_id, now - timedelta(hours=9), is_authenticated=True)
    refused(server, client_id, now - timedelta(hours=2, minutes=5), is_authenticated=False)
    page = browser.get("/developer/apps")
    busy, idle = card(page, "Busy"), card(page, "Idle")
    assert "Calls in 24 hours 1,234" in busy
    assert "Last refusal 2 hours ago" in busy
    assert "Owner you" in busy
    assert "Calls in 24 hours 0" in idle
    assert "Last refusal none" in idle
    [spark] = page.html.find("main").find_all("svg")
    assert spark["aria-label"] == "Calls in each of the last 24 hours, at most 1,200 in one"


def test_a_suspended_app_is_marked(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada, name="Stopped")
    review.suspend_client(server, client_id, by=Actor())
    assert "suspended" in card(browser.get("/developer/apps"), "Stopped")


def test_apps_of_a_team_are_among_them_and_say_whose_they_are(server: Server, browser: Browser) -> None:
    owner = make.user(server, name="Olga Owner")
    client_id = owned(server, owner, name="Shared")
    play.sign_in(browser, member(server, owner, client_id))
    shared = card(browser.get("/developer/apps"), "Shared")
    assert "member" in shared
    assert "Owner Olga Owner" in shared


def test_many_apps_are_shown_page_by_page(server: Server, browser: Browser, ada: make.User) -> None:
    checked = fields.check_client(
        {"name": "Many", "type": "public", "redirect_uris": [make.REDIRECT_URI], "scopes": ["read:data"]},
        ["read:data"],
        server.settings.issuer,
    )
    for number in range(51):
        app = dataclasses.replace(checked, name=f"Number {number}")
        registration.add_client(server, app, ada.user_id, by=Actor(), approved=True)
    page = browser.get("/developer/apps")
    assert "Number 50<" in page
    assert "Number 0<" not in page
    page = page.click("Older")
    assert "Number 0<" in page
    assert "Number 1<" not in page
    assert "Number 50<" in page.click("Newer")
    assert "Number 50<" in browser.get("/developer/apps?before=nonsense")
