"""/account/waiting and the badge in the header: what waits for a person."""

from __future__ import annotations

import dataclasses

import pytest

import make
import play
import rows
from browser import Browser
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review, transfers
from oauthsrv.server import Server
from portal import invite, member, owned


def badge(browser: Browser) -> str:
    found = browser.get("/account/profile").html.find(class_="badge")
    return str(found.get_text()).split()[0] if found else ""


def reused(server: Server, client_id: str) -> None:
    rows.rows(
        server,
        "INSERT INTO audit_event (action, client_id, details) VALUES ('family.reused', %(client_id)s, '{}')",
        client_id=client_id,
    )


def test_nothing_waits_for_a_new_person(browser: Browser, ada: make.User) -> None:
    assert badge(browser) == ""
    assert "Nothing is waiting for you." in browser.get("/account/waiting")


def test_what_happens_to_an_app_waits_for_its_whole_team(server: Server, browser: Browser) -> None:
    owner = make.user(server)
    client_id = owned(server, owner, name="Shared")
    person = member(server, owner, client_id)
    play.sign_in(browser, person)
    review.suspend_client(server, client_id, by=Actor(), reason="It floods the API.")
    reused(server, client_id)
    page = browser.get("/account/waiting")
    assert [title.get_text() for title in page.html.find("main").find_all("h2")] == [
        "Shared: tokens were reused",
        "Shared is suspended",
    ]
    assert badge(browser) == "2"
    assert page.click("Read why").status_int == 200


def test_token_reuse_waits_until_it_is_seen_and_each_person_sees_for_themselves(
    server: Server, browser: Browser, ada: make.User
) -> None:
    client_id = owned(server, ada, name="Mine")
    theirs = browser.another()
    play.sign_in(theirs, member(server, ada, client_id))
    reused(server, client_id)
    page = browser.get("/account/waiting")
    reused(server, client_id)  # after the page was shown
    assert "Marked as seen" in play.press(page, "Mark token reuse as seen").follow()
    assert (badge(browser), badge(theirs)) == ("1", "1")
    page = play.press(browser.get("/account/waiting"), "Mark token reuse as seen").follow()
    assert "Nothing is waiting for you." in page
    assert (badge(browser), badge(theirs)) == ("", "1")


def test_an_app_that_is_offered_waits_for_the_new_owner_alone(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada, name="Shared")
    person = member(server, ada, client_id)
    transfers.offer(server, client_id, person.user_id, owner_id=ada.user_id, by=Actor(ada.user_id))
    assert badge(browser) == ""
    theirs = browser.another()
    play.sign_in(theirs, person)
    page = theirs.get("/account/waiting").click("Accept or decline")
    play.press(page, "Decline")
    assert badge(theirs) == ""


def test_rule_13_an_invitation_to_an_unchecked_address_tells_who_registered_it_nothing(
    server: Server, browser: Browser, ada: make.User
) -> None:
    owner = make.user(server, name="Olga Owner")
    client_id = owned(server, owner, name="Secret Project")
    link = invite(server, owner, client_id, ada)
    page = browser.get("/account/waiting")
    assert "You’re invited to join a team" in page
    for secret in ("Secret Project", "Olga Owner", client_id, link):
        assert secret not in page


def test_apps_to_review_wait_for_administrators_where_apps_are_reviewed(
    server: Server, browser: Browser, root: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_id = owned(server, make.user(server))
    rows.rows(server, "UPDATE client SET approved_at = NULL WHERE client_id = %(client_id)s", client_id=client_id)
    assert "Apps to review" not in browser.get("/account/waiting")
    monkeypatch.setattr(server, "settings", dataclasses.replace(server.settings, app_review=True))
    assert "Apps to review" in browser.get("/account/waiting")


def test_pages_of_the_protocol_ask_for_nothing_that_waits(server: Server, browser: Browser, ada: make.User) -> None:
    reused(server, owned(server, ada))
    app = make.app(server, ada)
    assert play.ask(browser, app).html.find(class_="badge") is None
    assert badge(browser) == "1"


@pytest.mark.parametrize("until", ["", "yesterday", "9999-12-31T00:00:00+00:00", "0001-01-01T00:00:00+23:59"])
def test_what_comes_later_is_never_marked_as_seen(server: Server, browser: Browser, ada: make.User, until: str) -> None:
    client_id = owned(server, ada)
    reused(server, client_id)
    form = play.form_with(browser.get("/account/waiting"), "until")
    form["until"] = until
    assert form.submit().status_int == 303
    reused(server, client_id)
    assert badge(browser) == "1"
