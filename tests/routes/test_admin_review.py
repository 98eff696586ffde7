"""The review queue: apps that wait are shown with all that decides, approved, or declined with a reason."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

import make
import play
from browser import Browser
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql
from rows import rows


@pytest.fixture(autouse=True)
def empty_queue(server: Server) -> None:
    """Other tests leave apps that wait."""
    rows(server, "UPDATE client SET approved_at = now() WHERE approved_at IS NULL")


def card(page: Any, app: make.App) -> Any:
    return page.html.find("a", href=f"/admin/apps/{app.client_id}").find_parent("section")


def test_where_review_is_off_the_page_says_how_to_switch_it_on(browser: Browser, root: make.User) -> None:
    page = browser.get("/admin/review")
    assert "Review is off" in page
    assert "OAUTHSRV_APP_REVIEW=on" in page


def test_an_empty_queue_says_so(browser: Browser, root: make.User, reviewed: None) -> None:
    assert "Nothing is waiting for approval" in browser.get("/admin/review")


def test_an_app_that_waits_is_shown_with_all_that_decides(
    server: Server, browser: Browser, root: make.User, reviewed: None
) -> None:
    developer = make.user(server, name="Dora Developer")
    make.app(server, developer)
    app = make.app(
        server, developer, name="Waiting App", approved=False, scopes=("read:profile", "read:billing"),
        redirect_uris=("https://a.example/x", "https://a.example/y", "http://127.0.0.1/back"),
    )  # fmt: skip
    notice = browser.get("/admin/overview").html.find(class_="notice")
    assert "1 app is waiting for approval" in notice.get_text()
    page = browser.get(notice.find("a")["href"])
    text = card(page, app).get_text(" ")
    for words in ("Waiting App", "Dora Developer", developer.email, "Read user profile", "read:billing", "sensitive"):
        assert words in text
    assert [host.get_text() for host in card(page, app).find_all("strong")] == ["a.example", "127.0.0.1"]


def test_the_longest_waiting_is_first_and_the_queue_has_pages(
    server: Server, browser: Browser, root: make.User, reviewed: None
) -> None:
    owner, mark = make.user(server), secrets.token_hex(4)
    apps = [make.app(server, owner, name=f"Wait {mark} {number}", approved=False) for number in range(22)]
    seen: list[str] = []
    page = browser.get("/admin/review")
    while True:
        seen += [link["href"].rpartition("/")[2] for link in page.html.select(".card h3 a")]
        if "Next page" not in page:
            break
        page = page.click("Next page")
    assert seen == [app.client_id for app in apps]
    assert "Next page" in page.click("First page")


def test_an_app_is_approved_from_the_queue(
    server: Server, another_server: Server, browser: Browser, root: make.User, reviewed: None
) -> None:
    app = make.app(server, approved=False, name="Good App")
    client = another_server.clients.find_client(app.client_id)
    assert client is not None
    assert not client.approved
    page = play.press(browser.get("/admin/review"), "Approve Good App").follow()
    assert page.request.path == "/admin/review"
    assert "The app is approved" in page
    assert "Nothing is waiting" in page
    client = another_server.clients.find_client(app.client_id)
    assert client is not None
    assert client.approved


def test_an_app_is_approved_from_its_own_page(
    server: Server, browser: Browser, root: make.User, reviewed: None
) -> None:
    app = make.app(server, approved=False)
    assert app.client_id in browser.get("/admin/apps", {"status": "waiting"})
    page = play.press(browser.get(f"/admin/apps/{app.client_id}"), "Approve the app").follow()
    assert page.request.path == f"/admin/apps/{app.client_id}"
    assert "App approved" in page


def test_what_was_changed_since_it_was_seen_is_not_approved(
    server: Server, browser: Browser, root: make.User, reviewed: None
) -> None:
    app = make.app(server, approved=False, name="Changing App")
    page = browser.get("/admin/review")
    rows(server, "UPDATE client SET changed_at = now() WHERE client_id = %(client_id)s", client_id=app.client_id)
    refused = play.press(page, "Approve Changing App")
    assert refused.status_int == 409
    with reading(server.database) as db:
        assert not sql.clients.overview(db, client_id=app.client_id).approved


def test_an_app_is_declined_with_a_reason_and_waits_again_once_it_is_reactivated(
    server: Server, browser: Browser, root: make.User, reviewed: None
) -> None:
    app = make.app(server, approved=False, name="Bad App")
    asked = browser.get("/admin/review").click("Reject")
    page = play.press(asked, "Reject the app")
    assert page.status_int == 422
    assert "Say why" in page.html.find(id="reason-error").get_text()
    form = play.form_with(page, "reason")
    form["reason"] = "Its home page is not there."
    page = form.submit().follow()
    assert page.request.path == "/admin/review"
    assert "The app is rejected" in page
    assert "Nothing is waiting" in page
    assert app.client_id not in browser.get("/admin/apps", {"status": "waiting"})
    page = browser.get(f"/admin/apps/{app.client_id}")
    assert "Its home page is not there." in page.html.find(class_="notice bad").get_text()
    play.press(page, "Reactivate the app")
    assert "Bad App" in browser.get("/admin/review")
