"""Previews of what users see: the real pages, with sample data, that post nothing."""

from __future__ import annotations

import pytest

import make
import play
import rows
from browser import Browser
from oauthsrv.server import Server
from portal import member, owned

NAMES = ("consent", "connected-apps", "sign-in")


@pytest.mark.parametrize("name", NAMES)
def test_a_preview_posts_nothing_and_acts_for_nobody(browser: Browser, root: make.User, name: str) -> None:
    page = browser.get(f"/admin/preview/{name}")
    assert page.status_int == 200
    assert page.html.find("form") is None
    assert page.html.find("input", attrs={"name": "csrf"}) is None
    for part in ("main", "header", "footer"):
        assert page.html.select(f"{part} a[href]") == []
    assert root.email not in page
    assert "Preview with sample data" in page
    assert page.click("Close").status_int == 200


def test_the_previews_are_what_users_see(server: Server, browser: Browser, root: make.User) -> None:
    page = browser.get("/admin/preview/consent")
    assert "Sample App wants to access your" in page.html.h1.get_text()
    assert page.html.find("button", attrs={"value": "allow"})
    page = page.click("Connected apps", index=0)
    assert "Disconnect" in page
    page = page.click("Sign in", index=0)
    assert page.html.find("input", attrs={"name": "password"})
    assert browser.get("/admin/preview/none").status_int == 404


def test_developers_see_what_their_own_app_asks_and_nobody_elses(
    server: Server, browser: Browser, ada: make.User
) -> None:
    client_id = owned(server, ada, name="Zap Connector")
    path = f"/developer/apps/{client_id}/preview"
    page = browser.get(f"/developer/apps/{client_id}").click("View as a user")
    assert page.request.path == path
    assert "Zap Connector wants to access your" in page.html.h1.get_text()
    assert page.html.find("form") is None
    assert rows.rows(server, f"SELECT 1 AS one FROM \"grant\" WHERE client_id = '{client_id}'") == []
    theirs = browser.another()
    play.sign_in(theirs, member(server, ada, client_id))
    assert theirs.get(path).status_int == 200
    anybody = browser.another()
    play.sign_in(anybody, make.user(server))
    assert anybody.get(path).status_int == 404
    assert anybody.get("/admin/preview/consent").status_int == 403
