"""The admin pages of apps: who is found, and what is verified, suspended, limited and ended."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

import make
import play
from browser import Browser
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql
from rows import rows


def row(server: Server, app: make.App) -> Any:
    with reading(server.database) as db:
        return sql.clients.overview(db, client_id=app.client_id)


def is_verified(server: Server, app: make.App) -> bool:
    client = server.clients.find_client(app.client_id)
    assert client is not None
    return client.verified


def test_apps_are_found_by_name_owner_id_and_status(server: Server, browser: Browser, root: make.User) -> None:
    mark = secrets.token_hex(4)
    owner = make.user(server, email=f"owner.{mark}@example.com")
    one = make.app(server, owner, name=f"One {mark}")
    two = make.app(server, owner, name=f"Two {mark}")
    review.suspend_client(server, two.client_id, by=Actor())
    for words in (f"ONE {mark}", one.client_id):
        page = browser.get("/admin/apps", {"q": words})
        assert one.client_id in page
        assert two.client_id not in page
    page = browser.get("/admin/apps", {"q": f"owner.{mark}"})
    assert one.client_id in page
    assert two.client_id in page
    search = play.form_with(page, "status")
    search["status"] = "suspended"
    page = search.submit()
    assert two.client_id in page
    assert one.client_id not in page
    assert play.form_with(page, "status")["status"].value == "suspended"
    assert "No app matches" in browser.get("/admin/apps", {"q": "nothing-" + mark, "status": "nonsense"})


def test_apps_are_filtered_by_verification(server: Server, browser: Browser, root: make.User) -> None:
    mark = secrets.token_hex(4)
    known, other = make.app(server, name=f"Known {mark}"), make.app(server, name=f"Other {mark}")
    review.verify(server, known.client_id, by=Actor())
    for status, there, gone in (("verified", known, other), ("unverified", other, known)):
        page = browser.get("/admin/apps", {"q": mark, "status": status})
        assert there.client_id in page
        assert gone.client_id not in page


def test_the_list_shows_calls_and_the_filter_stays_from_page_to_page(
    server: Server, browser: Browser, root: make.User
) -> None:
    mark, owner = secrets.token_hex(4), make.user(server)
    apps = [make.app(server, owner, name=f"Many {mark} {number}") for number in range(52)]
    review.suspend_client(server, apps[0].client_id, by=Actor())
    rows(
        server,
        "INSERT INTO usage (client_id, hour, calls) VALUES (%(client_id)s, date_trunc('hour', now()), 4321)",
        client_id=apps[-1].client_id,
    )
    page = browser.get("/admin/apps", {"q": mark, "status": "active"})
    assert "4,321" in page
    assert len(page.html.select("tbody tr")) == 50
    [last] = page.click("Older").html.select("tbody tr")
    assert apps[1].client_id in str(last)


def test_an_app_is_suspended_with_a_reason_and_reactivated(server: Server, browser: Browser, root: make.User) -> None:
    """Rule 6: its next request is refused, and works again once it is reactivated."""
    connection = play.tokens(server, browser.another())
    asked = browser.get(f"/admin/apps/{connection.app.client_id}").click("Suspend the app")
    assert "1 user has connected it" in asked
    assert connection.is_active()
    form = play.form_with(asked, "reason")
    form["reason"] = "It sends  <b>mail</b>\nto everybody."
    page = form.submit().follow()
    assert "The app is suspended" in page
    assert "It sends <b>mail</b> to everybody." in page.html.find(class_="notice bad").get_text()
    assert "“It sends <b>mail</b> to everybody.”" in page.html.find("caption", string="Recent events").parent.get_text()
    refused = play.refresh(connection.browser, connection.app, connection.refresh_token)
    assert refused.json["error"] == "unauthorized_client"
    page = play.press(page, "Reactivate the app").follow()
    assert "no longer suspended" in page
    assert page.html.find(class_="notice bad") is None
    assert row(server, connection.app).suspend_reason == ""
    assert connection.is_active()
    assert play.refresh(connection.browser, connection.app, connection.refresh_token).status_int == 200


def test_an_app_is_suspended_without_a_reason_too(server: Server, browser: Browser, root: make.User) -> None:
    app = make.app(server)
    page = play.press(browser.get(f"/admin/apps/{app.client_id}/suspend"), "Suspend the app").follow()
    assert "Its developers see no reason" in page


@pytest.mark.parametrize(
    ("reason", "expected"), [("x" * 501, "At most 500"), ("no \x07 bell", "U+0007"), ("flip \u202e", "U+202E")]
)
def test_a_reason_that_cannot_be_shown_is_refused_and_kept(
    server: Server, browser: Browser, root: make.User, reason: str, expected: str
) -> None:
    app = make.app(server)
    form = play.form_with(browser.get(f"/admin/apps/{app.client_id}/suspend"), "reason")
    form["reason"] = reason
    page = form.submit()
    assert page.status_int == 422
    assert expected in page.html.find(id="reason-error").get_text()
    assert play.form_with(page, "reason")["reason"].value == reason.replace("\x07", "\ufffd")
    assert row(server, app).suspended_at is None


def test_an_app_is_verified_and_the_verification_taken_back(
    server: Server, another_server: Server, browser: Browser, root: make.User
) -> None:
    app = make.app(server)
    assert is_verified(another_server, app) is False
    asked = play.press(browser.get(f"/admin/apps/{app.client_id}"), "Verify the app")
    assert "you have verified its developer" in asked
    page = play.press(asked, "Verify the app").follow()
    assert "The app is verified" in page
    assert "App verified" in page
    assert is_verified(another_server, app) is True
    page = play.press(page, "Remove verification").follow()
    assert "no longer verified" in page
    assert "Verification removed" in page
    assert is_verified(another_server, app) is False


def test_what_was_changed_since_it_was_seen_is_not_verified(server: Server, browser: Browser, root: make.User) -> None:
    """Or a developer could get a name verified that nobody looked at."""
    app = make.app(server)
    asked = play.press(browser.get(f"/admin/apps/{app.client_id}"), "Verify the app")
    rows(
        server,
        "UPDATE client SET name = 'Your Bank', changed_at = now() WHERE client_id = %(client_id)s",
        client_id=app.client_id,
    )
    refused = play.press(asked, "Verify the app")
    assert refused.status_int == 409
    assert "was changed since" in refused
    assert row(server, app).verified_at is None
    assert "Your Bank" in refused.click("Back to the app")


def test_an_apps_page_shows_its_team_its_scopes_and_the_portals_pages(
    server: Server, browser: Browser, root: make.User
) -> None:
    owner, member = make.user(server, name="Olga Owner"), make.user(server, name="Mia Member")
    app = make.app(server, owner, scopes=("read:profile", "read:billing"))
    rows(
        server,
        "INSERT INTO client_member (client_id, user_id, invited_by) VALUES (%(client_id)s, %(user_id)s, 'x')",
        client_id=app.client_id,
        user_id=member.user_id,
    )
    page = browser.get(f"/admin/apps/{app.client_id}")
    team = page.html.find("caption", string="Team").parent
    assert "Olga Owner" in team.get_text()
    assert member.email in team.get_text()
    assert "sensitive" in page
    links = [link["href"] for link in page.html.find_all("a")]
    for folder in ("", "/activity", "/usage", "/users", "/doctor"):
        assert f"/developer/apps/{app.client_id}{folder}" in links


def test_all_tokens_of_an_app_are_ended_and_no_other_apps(server: Server, browser: Browser, root: make.User) -> None:
    user = make.user(server)
    one, other = play.tokens(server, browser.another(), user=user), play.tokens(server, browser.another(), user=user)
    asked = play.press(browser.get(f"/admin/apps/{one.app.client_id}"), "Revoke all tokens")
    assert "1 connected now" in asked
    page = play.press(asked, "Revoke all tokens").follow()
    assert "All tokens of the app were revoked" in page
    assert not one.is_active()
    assert other.is_active()


def test_a_limit_is_changed(server: Server, browser: Browser, root: make.User) -> None:
    app = make.app(server)
    page = browser.get(f"/admin/apps/{app.client_id}").click("Change the limits")
    form = play.form_with(page, "limit")
    assert form["limit"].value == "1000"
    form["limit"] = "lots"
    page = form.submit()
    assert page.status_int == 422
    assert play.form_with(page, "limit")["limit"].value == "lots"
    assert "whole number" in page.html.find(id="limit-error").get_text()
    form["limit"] = "25,000"
    page = form.submit().follow()
    assert "The limits were changed" in page
    assert "calls per hour: 1,000 → 25,000" in page
    assert play.form_with(page.click("Change the limits"), "limit")["limit"].value == "25000"


def test_a_change_that_is_only_recorded_says_so(
    server: Server, browser: Browser, root: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 8."""
    app = make.app(server)
    page = browser.get(f"/admin/apps/{app.client_id}/suspend")
    monkeypatch.setattr(review, "client_changed", lambda *_: False)
    assert "Recorded, but not yet in force" in play.press(page, "Suspend the app").follow()


def test_rule_13_a_decision_without_what_was_seen_is_none(server: Server, browser: Browser, root: make.User) -> None:
    app = make.app(server, approved=False)
    csrf = play.form_with(browser.get("/account/profile"), "csrf")["csrf"].value
    for decision in ("approve", "verify"):
        for seen in ({}, {"seen": ""}):
            refused = browser.post(f"/admin/apps/{app.client_id}/{decision}", {"csrf": csrf, "sure": "yes", **seen})
            assert refused.status_int == 409
            assert "Look at it again" in refused
    found = row(server, app)
    assert (found.approved, found.verified) == (False, False)


def test_the_app_of_a_disabled_developer_is_flagged_with_ways_to_go_on(
    server: Server, browser: Browser, root: make.User
) -> None:
    owner = make.user(server)
    app = make.app(server, owner)
    assert "was disabled" not in browser.get(f"/admin/apps/{app.client_id}")
    revocations.disable_user(server, owner.user_id, by=Actor())
    notice = browser.get(f"/admin/apps/{app.client_id}").html.find(class_="notice bad")
    assert "Its owner was disabled" in notice.get_text()
    targets = [link["href"] for link in notice.find_all("a")]
    assert targets == [f"/developer/apps/{app.client_id}/transfer", f"/admin/apps/{app.client_id}/suspend"]
    assert all(browser.get(target).status_int == 200 for target in targets)
