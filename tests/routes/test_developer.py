"""The developer portal: registering an app, and changing its settings."""

from __future__ import annotations

import dataclasses

import pytest

import make
import play
from browser import Browser, wsgi
from oauthsrv.flows.clients import changes, registration
from oauthsrv.oauth.credentials import digest
from oauthsrv.server import Server
from portal import a_moment_passes, an_hour_passes, apps_of, filled, owned, text_of


def test_an_app_is_registered_and_its_secret_shown_once(server: Server, browser: Browser, ada: make.User) -> None:
    created = filled(browser.get("/developer/apps/new")).submit()
    assert created.status_int == 200
    assert created.headers["Referrer-Policy"] == "no-referrer"
    assert created.headers["Cache-Control"] == "no-store"
    client_id, secret = text_of(created, "client-id"), text_of(created, "client-secret")
    client = server.clients.find_client(client_id)
    assert client is not None
    assert client.secret_hashes == (digest(secret),)
    assert client.approved
    page = created.click("I’ve copied the secret")
    assert page.request.path == f"/developer/apps/{client_id}/first-request"
    assert secret not in page
    assert f"ending in <code>{secret[-4:]}</code>" in browser.get(f"/developer/apps/{client_id}/secrets")
    assert "Zap Connector" in browser.get("/developer/apps")


def test_a_public_app_gets_no_secret(server: Server, browser: Browser, ada: make.User) -> None:
    created = filled(browser.get("/developer/apps/new"), type="public", redirect_uris="com.example.app:/cb").submit()
    assert created.html.find(id="client-secret") is None
    assert "use PKCE" in created
    page = created.click("Send your first request")
    page = page.click("Credentials")
    assert "no client secret" in page
    assert "Add a second secret" not in page


def test_a_form_sent_again_makes_no_second_app(server: Server, browser: Browser, ada: make.User) -> None:
    form = filled(browser.get("/developer/apps/new"))
    secret = text_of(form.submit(), "client-secret")
    a_moment_passes(server)
    page = form.submit().follow()
    assert "already submitted" in page
    assert secret not in page
    assert len(apps_of(server, ada)) == 1


def test_whatever_is_refused_comes_back_with_all_that_was_typed(browser: Browser, ada: make.User) -> None:
    typed = {
        "name": " ",
        "description": "\n<b>what</b> & why",
        "home_page": "javascript:alert(1)",
        "redirect_uris": "https://zap.example/cb\r\nhttp://zap.example/cb",
    }
    form = filled(browser.get("/developer/apps/new"), **typed)
    page = form.submit()
    assert page.status_int == 422
    again = play.form_with(page, "redirect_uris")
    for name, value in typed.items():
        assert again[name].value.replace("\r\n", "\n") == value.replace("\r\n", "\n"), name
    assert again["type"].value == "confidential"
    assert again.get("scopes", index=0).checked
    assert not again.get("scopes", index=1).checked
    assert again["form"].value == form["form"].value
    errors = {field: page.html.find(id=f"{field}-error").get_text() for field in ("name", "home_page", "redirect_uris")}
    assert "Line 2, http://zap.example/cb" in errors["redirect_uris"]
    assert "javascript" in errors["home_page"]
    again["name"], again["home_page"], again["redirect_uris"] = "Zap", "", "https://zap.example/cb"
    assert again.submit().status_int == 200


def test_rule_16_who_has_too_many_apps_sees_what_to_do_and_loses_nothing(
    server: Server, browser: Browser, ada: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registration, "APPS_MAX", 1)
    first = owned(server, ada)
    page = filled(browser.get("/developer/apps/new"), description="What\nit does").submit()
    assert page.status_int == 422
    assert "Delete one" in page.html.find(class_="notice bad").get_text()
    assert play.form_with(page, "redirect_uris")["description"].value.strip() == "What\nit does"
    assert [app.client_id for app in apps_of(server, ada)] == [first]


def test_an_empty_form_is_refused_at_every_field(browser: Browser, ada: make.User) -> None:
    csrf = play.form_with(browser.get("/developer/apps/new"), "csrf")["csrf"].value
    page = browser.post("/developer/apps", {"csrf": csrf})
    assert page.status_int == 422
    for field in ("name", "type", "redirect_uris", "scopes"):
        assert page.html.find(id=f"{field}-error"), field


def test_settings_are_changed(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    form = play.form_with(browser.get(f"/developer/apps/{client_id}/edit"), "redirect_uris")
    assert form["name"].value == "Example App"
    assert form["redirect_uris"].value.strip() == make.REDIRECT_URI
    assert form.get("scopes", index=0).checked
    form["name"], form["redirect_uris"] = "Renamed", f"{make.REDIRECT_URI}\nhttps://app.example/second"
    form["skips_pkce"] = True
    page = form.submit().follow()
    assert "The app was changed." in page
    assert "works without PKCE" in page
    client = server.clients.find_client(client_id)
    assert client is not None
    assert (client.name, client.redirect_uris) == ("Renamed", (make.REDIRECT_URI, "https://app.example/second"))
    assert client.skips_pkce


def test_a_type_that_is_sent_with_a_change_does_not_count(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada, type="public")
    page = browser.get(f"/developer/apps/{client_id}/edit")
    assert page.html.find(id="skips_pkce") is None
    form = play.form_with(page, "redirect_uris")
    fields = [*form.submit_fields(), ("type", "confidential"), ("skips_pkce", "yes")]
    assert browser.post(f"/developer/apps/{client_id}/edit", fields).status_int == 422
    assert browser.post(f"/developer/apps/{client_id}/edit", fields[:-1]).status_int == 303
    client = server.clients.find_client(client_id)
    assert client is not None
    assert client.is_public


def test_a_refused_change_keeps_what_was_typed_and_stored(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    form = play.form_with(browser.get(f"/developer/apps/{client_id}/edit"), "redirect_uris")
    form["name"], form["redirect_uris"] = "Renamed", "https://app.example/*"
    page = form.submit()
    assert page.status_int == 422
    assert play.form_with(page, "redirect_uris")["name"].value == "Renamed"
    assert "wildcards" in page.html.find(id="redirect_uris-error").get_text()
    client = server.clients.find_client(client_id)
    assert client is not None
    assert client.name == "Example App"


def test_rule_13_settings_and_secrets_ask_for_the_password_again(
    server: Server, browser: Browser, ada: make.User
) -> None:
    client_id = owned(server, ada)
    form = play.form_with(browser.get(f"/developer/apps/{client_id}/edit"), "redirect_uris")
    credentials = browser.get(f"/developer/apps/{client_id}/secrets")
    an_hour_passes(server, browser)
    form["redirect_uris"] = "https://app.example/new"
    asked = form.submit()
    assert "Enter your password" in asked
    client = server.clients.find_client(client_id)
    assert client is not None
    assert client.redirect_uris == (make.REDIRECT_URI,)
    assert "Enter your password" in play.form_with(credentials, "seen").submit()
    delete = play.form_with(browser.get(f"/developer/apps/{client_id}/delete"), "name")
    delete["name"] = "Example App"
    assert "Enter your password" in delete.submit()
    again = play.form_with(asked, "confirm_password")
    again["confirm_password"] = ada.password
    assert again.submit().status_int == 303
    client = server.clients.find_client(client_id)
    assert client is not None
    assert client.redirect_uris == ("https://app.example/new",)


def test_what_one_builds_says_the_type(server: Server, browser: Browser, ada: make.User) -> None:
    page = browser.get("/developer/apps/new")
    kinds = [choice["value"] for choice in page.html.find_all("input", type="radio")]
    assert kinds == ["confidential", "public", "public.device", "public.terminal", "confidential.service"]
    for kind in kinds:
        created = filled(page, type=kind, redirect_uris="http://127.0.0.1/cb").submit()
        client = server.clients.find_client(text_of(created, "client-id"))
        assert client is not None
        assert client.is_public == kind.startswith("public")
        is_service = kind == "confidential.service"
        assert client.grant_types == ({"client_credentials"} if is_service else {"authorization_code", "refresh_token"})
        page = browser.get("/developer/apps/new")


def test_an_app_between_servers_needs_no_redirect_uri(server: Server, browser: Browser, ada: make.User) -> None:
    page = browser.get("/developer/apps/new?type=confidential.service")
    [chosen] = page.html.find_all("input", type="radio", checked=True)
    assert chosen["value"] == "confidential.service"
    created = filled(page, type="confidential.service", redirect_uris="").submit()
    assert text_of(created, "client-secret").startswith("sec_")


def test_the_kind_that_was_chosen_is_chosen_still_on_the_page_that_refuses(browser: Browser, ada: make.User) -> None:
    page = filled(browser.get("/developer/apps/new"), type="public.terminal", name="").submit()
    assert page.status_int == 422
    [chosen] = page.html.find_all("input", type="radio", checked=True)
    assert chosen["value"] == "public.terminal"


def test_where_apps_are_reviewed_a_new_one_waits(server: Server, ada: make.User, browser: Browser) -> None:
    settings = server.settings
    server.settings = dataclasses.replace(settings, app_review=True)
    try:
        page = browser.get("/developer/apps/new")
        assert "New apps are reviewed" in page
        created = filled(page).submit()
        client = server.clients.find_client(text_of(created, "client-id"))
        assert client is not None
        assert not client.approved
        assert "waiting for approval" in created.click("I’ve copied")
        assert "waiting for approval" in browser.get("/developer/apps")
    finally:
        server.settings = settings


@pytest.mark.parametrize(
    "body",
    [
        b"name=%00",
        b"name=%ff",
        b"name=a&name=b",
        b"x=" + b"a" * 65536,
        b"&".join(b"f%d=1" % n for n in range(1000)),
        b"\xff",
    ],
)
def test_rule_12_hostile_forms_get_a_4xx(browser: Browser, ada: make.User, body: bytes) -> None:
    csrf = play.form_with(browser.get("/developer/apps/new"), "csrf")["csrf"].value
    answer = browser.post(
        "/developer/apps", b"csrf=" + csrf.encode() + b"&" + body, content_type="application/x-www-form-urlencoded"
    )
    assert 400 <= answer.status_int < 500


def test_the_portal_says_when_redis_is_away(server: Server, ada: make.User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 8: a committed change without Redis is reported as recorded, not yet in force."""
    browser = Browser(wsgi(server))
    play.sign_in(browser, ada)
    client_id = owned(server, ada)
    form = play.form_with(browser.get(f"/developer/apps/{client_id}/edit"), "redirect_uris")
    for module in (changes, registration):
        monkeypatch.setattr(module, "client_changed", lambda *_: False)
    assert "not yet in force" in form.submit().follow()
    assert "not yet in force" in play.form_with(browser.get(f"/developer/apps/{client_id}/secrets"), "seen").submit()
