"""Pages of an app that has no redirect URI, as it acts only for itself."""

from __future__ import annotations

import pytest

import make
import play
from browser import Browser
from oauthsrv.server import Server

PAGES = ("", "/quickstart", "/edit", "/secrets", "/activity", "/usage", "/users", "/try", "/doctor", "/team", "/danger")


@pytest.mark.parametrize("page", (*PAGES, "/own-access"))
def test_every_page_of_it_opens(server: Server, browser: Browser, page: str) -> None:
    owner = make.user(server)
    app = make.machine(server, "read:data", owner=owner)
    play.own_token(browser, app)
    play.sign_in(browser, owner)
    assert browser.get(f"/developer/apps/{app.client_id}{page}").status_int == 200


def test_its_administrator_sees_it(server: Server, browser: Browser) -> None:
    app = make.machine(server, "read:data")
    play.sign_in(browser, make.user(server, admin=True))
    page = browser.get(f"/admin/apps/{app.client_id}")
    assert "client_credentials" in page
    play.press_twice(page, "Verify the app")


def test_its_settings_are_saved_without_a_redirect_uri(server: Server, browser: Browser) -> None:
    owner = make.user(server)
    app = make.machine(server, "read:data", owner=owner)
    play.sign_in(browser, owner)
    form = play.form_with(browser.get(f"/developer/apps/{app.client_id}/edit"), "redirect_uris")
    form["description"] = "Exports every night."
    assert form.submit().status_int == 303
