"""What an app is doing right now, and what stops it; the overview puts it on top."""

from __future__ import annotations

import secrets

import make
import play
from browser import Browser
from oauthsrv.oauth.problems import PROBLEMS
from oauthsrv.server import Server
from portal import figures
from rows import rows


def used(server: Server, app: make.App, hours_ago: int, calls: int, refusals: int) -> None:
    rows(
        server,
        "INSERT INTO usage (client_id, hour, calls, refusals) "
        "VALUES (%(c)s, date_trunc('hour', now()) - make_interval(hours => %(h)s), %(n)s, %(r)s)",
        c=app.client_id,
        h=hours_ago,
        n=calls,
        r=refusals,
    )


def test_an_incident_shows_the_spike_the_users_and_what_happened(
    server: Server, browser: Browser, root: make.User
) -> None:
    connection = play.tokens(server, browser.another(), make.app(server, name=f"Loud {secrets.token_hex(4)}"))
    app, user = connection.app, connection.user
    used(server, app, 0, 10, 400)
    used(server, app, 30, 10, 100)
    for _ in range(2):
        play.refresh(connection.browser, app, connection.refresh_token, scope="read:profile")
    rows(
        server,
        "INSERT INTO audit_event (action, user_id, client_id) VALUES ('family.reused', %(u)s, %(c)s)",
        u=user.user_id,
        c=app.client_id,
    )
    page = browser.get("/admin/overview").click("^Loud ", href="incident")
    assert page.request.path == f"/admin/apps/{app.client_id}/incident"
    shown = figures(page)
    assert shown["Refused API calls in 24 hours"] == "400"
    assert "100 the day before (+300 percent)" in page
    assert shown["Users with a reused token"] == "1"
    assert "Refresh token reused" in page.html.find("caption", string="Timeline").parent.get_text()
    page = play.press(page, f"Disconnect {user.email}").follow()
    assert not connection.is_active()
    page = browser.get(f"/admin/apps/{app.client_id}/incident")
    assert "not connected" in page
    page = play.press(page.click("Suspend the app"), "Suspend the app").follow()
    assert "The app is suspended" in browser.get(f"/admin/apps/{app.client_id}/incident")


def test_failed_requests_are_listed_by_reason(server: Server, browser: Browser, root: make.User) -> None:
    app = make.app(server)
    rows(
        server,
        "INSERT INTO refusal (client_id, is_authenticated, endpoint, problem, count, first_at, last_at) "
        "VALUES (%(c)s, true, '/oauth/token', 'code_used', 3, now(), now())",
        c=app.client_id,
    )
    page = browser.get(f"/admin/apps/{app.client_id}/incident")
    assert PROBLEMS["code_used"].what in page
    assert "No token of this app was reused" in page


def test_a_quiet_app_needs_no_attention(server: Server, browser: Browser, root: make.User) -> None:
    app = make.app(server, name=f"Calm {secrets.token_hex(4)}")
    used(server, app, 0, 1000, 30)
    overview = browser.get("/admin/overview")
    attention = overview.html.find("caption", string="Needs attention")
    assert attention is None or app.client_id not in str(attention.parent)


def test_an_app_whose_tokens_were_reused_is_listed_with_all_its_calls(
    server: Server, browser: Browser, root: make.User
) -> None:
    app = make.app(server, name=f"Reused {secrets.token_hex(4)}")
    used(server, app, 0, 1234, 5)
    rows(
        server,
        "INSERT INTO audit_event (action, client_id) SELECT 'family.reused', %(c)s FROM generate_series(1, 100)",
        c=app.client_id,
    )
    row = browser.get("/admin/overview").html.find("a", href=f"/admin/apps/{app.client_id}/incident").find_parent("tr")
    assert [cell.get_text(strip=True) for cell in row("td")[1:4]] == ["100", "5", "1,234"]


def test_approving_opens_the_next_app_that_waits(
    server: Server, browser: Browser, root: make.User, reviewed: None
) -> None:
    rows(server, "UPDATE client SET approved_at = now() WHERE approved_at IS NULL")
    apps = [make.app(server, name=f"Waiting {number}", approved=False) for number in range(3)]
    page = browser.get("/admin/review").click("Review them one by one")
    for number, app in enumerate(apps):
        assert f"Review Waiting {number}" in page.html.h1.get_text()
        assert app.client_id in page
        if number == 1:
            page = page.click("Skip to the next app")
        else:
            page = play.press(page, f"Approve and open the next {'Waiting'} {number}").follow()
            assert "The app is approved" in page
    assert page.request.path == "/admin/review"
    assert [app for app in apps if app.client_id in page] == [apps[1]]


def test_an_app_that_was_changed_since_it_was_shown_is_not_approved(
    server: Server, browser: Browser, root: make.User, reviewed: None
) -> None:
    app = make.app(server, approved=False, name="Changing")
    rows(server, "UPDATE client SET approved_at = now() WHERE client_id <> %(c)s", c=app.client_id)
    page = browser.get("/admin/review/next")
    make.change(server, app, name="Changed")
    assert play.press(page, "Approve and open the next Changing").status_int == 409


def test_scopes_that_the_developers_did_not_choose_are_marked_before_they_are_opened(
    server: Server, browser: Browser, root: make.User
) -> None:
    app = make.machine(server, "read:profile", scopes=("read:profile",), optional_scopes=())
    page = browser.get(f"/admin/apps/{app.client_id}/own-access")
    labels = {label["for"]: label.get_text() for label in page.html.select("fieldset label")}
    values = {box["value"]: labels[box["id"]] for box in page.html.select("input[name=scopes]")}
    assert "not chosen by its developers" not in values["read:profile"]
    assert "not chosen by its developers" in values["webhooks"]
