"""Pages of an app that has no redirect URI, as it acts only for itself."""

from __future__ import annotations

import pytest

import make
import play
import signing
from browser import Browser
from oauthsrv.oauth.grant_types import DEVICE_CODE
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


def test_no_page_of_it_sends_its_developer_to_users(server: Server, browser: Browser) -> None:
    owner = make.user(server)
    app = make.machine(server, "read:data", owner=owner)
    play.sign_in(browser, owner)
    address = f"/developer/apps/{app.client_id}"
    overview = browser.get(address)
    assert "Nobody has connected this app yet" not in overview
    assert "walk through an authorization" not in overview
    assert "it acts only for itself" in browser.get(f"{address}/users")
    assert "add a redirect URI" not in browser.get(f"{address}/try")
    doctor = browser.get(f"{address}/doctor")
    for title in ("Open to everyone", "Home page", "Logo", "Not verified"):
        assert title not in doctor.html.main.get_text()
    assert "Any user can connect" not in doctor


def test_the_quickstart_of_an_app_without_a_browser_is_that_of_its_grants(server: Server, browser: Browser) -> None:
    owner = make.user(server)
    machine = make.machine(server, "read:data", owner=owner)
    device = make.app(server, owner, type="public", grant_types=(DEVICE_CODE,), redirect_uris=())
    play.sign_in(browser, owner)
    own, shown = (browser.get(f"/developer/apps/{app.client_id}/quickstart") for app in (machine, device))
    for page, app in ((own, machine), (shown, device)):
        assert "no redirect URI" not in page
        assert f"CLIENT_ID={app.client_id}" in page.html.get_text()
    assert own.html.find(id="own_token-code")
    assert not own.html.find(id="device-code")
    assert "/oauth/device_authorization" in shown.html.find(id="device-code").get_text()
    assert "auth login" in shown


def test_the_quickstart_of_an_app_that_signs_names_the_guide_in_place_of_a_program(
    server: Server, browser: Browser
) -> None:
    owner = make.user(server)
    app = make.machine(server, "read:data", owner=owner)
    signing.signer_of(server, app)
    play.sign_in(browser, owner)
    page = browser.get(f"/developer/apps/{app.client_id}/quickstart")
    assert not page.html.find(id="own_token-code")
    assert page.html.find("a", href="/developer/docs/authentication")
    assert "These programs authenticate" not in page
