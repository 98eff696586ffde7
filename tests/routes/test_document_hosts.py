"""Hosts of metadata documents: listed, blocked; and what administrators see of clients that registered themselves."""

from __future__ import annotations

import dataclasses
import re
import threading
from urllib.parse import urlencode

import pytest
from webtest import TestResponse

import make
import play
import registering
import rows
from browser import Browser, wsgi
from conftest import opened
from described import (
    BACK,
    a_day_passes,
    app_at,
    connected,
    fetched,
    text_of,
)
from hosts import Host, host
from oauthsrv.config import Settings
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import documents, hosts, review
from oauthsrv.oauth.client_ids import reference_of
from oauthsrv.oauth.errors import InvalidRequest
from oauthsrv.server import Server

NOBODY = re.compile(r"None \(|\(None\)|>None<|\b(?:by|to|of|from|owner|is) None\b")  # where an owner is named


def test_a_host_that_is_not_listed_is_refused_without_being_asked(
    server: Server, signed_in: Browser, there: Host
) -> None:
    app = make.App("https://unlisted.example/client.json", None, BACK)
    for browser in (signed_in, signed_in.another()):
        page = play.ask(browser, app)
        assert page.status_int == 400
        assert "isn't allowed here" in text_of(page)
    assert there.resolved == []


def settled(settings: Settings, there: Host, **changes: object) -> Server:
    other = opened(dataclasses.replace(settings, **changes))
    there.connect(other.fetcher)
    return other


def test_open_accepts_every_host_and_off_none(settings: Settings, user: make.User, there: Host) -> None:
    with host("unlisted.example") as unlisted:
        app = app_at(unlisted)
        server = settled(settings, unlisted, client_documents="open")
        browser = Browser(wsgi(server))
        play.sign_in(browser, user)
        assert play.ask(browser, app).status_int == 200
        server.close()
    server = settled(settings, there, client_documents="off")
    browser = Browser(wsgi(server))
    play.sign_in(browser, user)
    assert "client_id_metadata_document_supported" not in browser.get("/.well-known/oauth-authorization-server").json
    page = play.ask(browser, app_at(there))
    assert page.status_int == 400
    assert "This app isn’t registered here" in page
    server.close()


@pytest.mark.parametrize("blocked", ["claude.ai", "elsewhere.example"])
def test_a_blocked_host_suspends_its_clients_everywhere_and_those_to_come(
    server: Server, another_server: Server, signed_in: Browser, there: Host, blocked: str
) -> None:
    app = app_at(there, "https://app.elsewhere.example:8443/callback")
    tokens = connected(signed_in, app).json
    elsewhere = Browser(wsgi(another_server))
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert elsewhere.get("/oauth/verify", headers=bearer).status_int == 200
    hosts.block_host(server, blocked, by=Actor())
    try:
        assert elsewhere.get("/oauth/verify", headers=bearer).status_int == 401
        refused = play.refresh(elsewhere, app, tokens["refresh_token"])
        assert refused.json["error"] == "unauthorized_client"
        for one in (app, app_at(there, app.redirect_uri)):
            page = play.ask(signed_in, one)
            assert page.status_int == 400
            assert "blocked" in page or "suspended" in page
    finally:
        hosts.unblock_host(server, blocked, by=Actor())
    assert elsewhere.get("/oauth/verify", headers=bearer).status_int == 200
    assert play.refresh(signed_in, app, tokens["refresh_token"]).status_int == 200


def test_a_suspended_client_does_not_return_under_another_id(server: Server, signed_in: Browser, there: Host) -> None:
    app = app_at(there)
    connected(signed_in, app)
    review.suspend_client(server, reference_of(app.client_id), by=Actor(), reason="")
    assert "suspended" in play.ask(signed_in, app)
    a_day_passes(server, app)
    assert "suspended" in play.ask(signed_in, app)
    revocations.delete_client(server, reference_of(app.client_id), by=Actor())
    page = play.ask(signed_in, app)
    assert play.answered(play.allow(page))["error"] == "access_denied"


def test_a_deleted_client_comes_back_without_what_it_had(server: Server, signed_in: Browser, there: Host) -> None:
    app = app_at(there)
    tokens = connected(signed_in, app).json
    revocations.delete_client(server, reference_of(app.client_id), by=Actor())
    assert play.refused(play.refresh(signed_in, app, tokens["refresh_token"]), "invalid_client")
    assert connected(signed_in, app).json["access_token"]
    assert play.refused(play.refresh(signed_in, app, tokens["refresh_token"]))


def test_rule_14_a_deleted_client_that_was_verified_comes_back_unverified(
    server: Server, signed_in: Browser, there: Host
) -> None:
    app = app_at(there)
    connected(signed_in, app)
    review.verify(server, reference_of(app.client_id), by=Actor())
    revocations.delete_client(server, reference_of(app.client_id), by=Actor())
    a_day_passes(server, app)
    connected(signed_in, app)
    client = server.clients.find_client(reference_of(app.client_id))
    assert client is not None
    assert not client.verified


def test_two_users_allow_a_new_client_at_once(server: Server, signed_in: Browser, there: Host) -> None:
    app, another = app_at(there), signed_in.another()
    play.sign_in(another, make.user(server))
    pages = [play.ask(browser, app) for browser in (signed_in, another)]
    answers: list[TestResponse] = []
    threads = [threading.Thread(target=lambda page=page: answers.append(play.allow(page))) for page in pages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [bool(play.answered(answer)["code"]) for answer in answers] == [True, True]


def test_loopback_http_is_for_a_server_that_is_on_loopback_itself(
    server: Server, settings: Settings, signed_in: Browser, user: make.User
) -> None:
    with host(secure=False) as local:
        app = app_at(local, "http://127.0.0.1/callback")
        server.fetcher.resolve, server.fetcher.connect = local.resolve, local.accept
        local.addresses = ["127.0.0.1"]
        assert play.ask(signed_in, app).html.h1.get_text() == "127.0.0.1 wants to access your oauthsrv account"
        assert fetched(local, app) == 1
        secure = opened(dataclasses.replace(settings, issuer="https://login.example.com"))
        browser = Browser(wsgi(secure))
        page = browser.get("/oauth/authorize?" + urlencode(play.request_of(app)))
        assert page.status_int == 400
        assert "must begin with https://" in page
        secure.close()


def test_its_pages_name_no_owner(server: Server, signed_in: Browser, user: make.User, there: Host) -> None:
    app = app_at(there)
    connected(signed_in, app)
    client_id = reference_of(app.client_id)
    admin = signed_in.another()
    play.sign_in(admin, make.user(server, admin=True))
    for path in (
        *("/admin/apps", f"/admin/apps/{client_id}", "/admin/log", "/admin/overview", "/admin/review"),
        *(f"/admin/apps/{client_id}/suspend", f"/admin/apps/{client_id}/limit"),
        *(f"/developer/apps/{client_id}{page}" for page in ("", "/activity", "/usage", "/users", "/doctor")),
        *(f"/developer/apps/{client_id}{page}" for page in ("/danger", "/delete")),
    ):
        page = admin.get(path)
        assert page.status_int == 200, path
        assert not NOBODY.search(page.text), path
    for part in ("edit", "secrets", "authentication", "quickstart", "try", "team", "transfer"):
        page = admin.get(f"/developer/apps/{client_id}/{part}")
        assert page.status_int == 409, part
        assert "This app registered itself" in page
    for button in ("Verify the app", "Revoke all tokens"):
        assert not NOBODY.search(play.press(admin.get(f"/admin/apps/{client_id}"), button).text), button
    assert "claude.ai" in admin.get(f"/admin/apps/{client_id}")
    grant_id = rows.active_grant(server, user.user_id, client_id)
    assert "claude.ai" in signed_in.get("/account/apps")
    assert "claude.ai" in signed_in.get(f"/account/apps/{grant_id}")


@pytest.mark.usefixtures("registration")
def test_nobody_registers_at_a_blocked_host(server: Server, browser: Browser) -> None:
    hosts.block_host(server, "blocked.example", by=Actor())
    uris = ["https://app.blocked.example/callback", "https://app.example/callback"]
    assert "An administrator blocked the host" in registering.refused(
        browser, "invalid_redirect_uri", redirect_uris=uris
    )
    assert registering.registered(browser, redirect_uris=uris[1:])


def test_an_administrator_lists_and_removes_hosts(server: Server, browser: Browser, root: make.User) -> None:
    page = browser.get("/admin/hosts")
    for host_at_first in ("claude.ai", "chatgpt.com", "vscode.dev"):
        assert host_at_first in page
    form = play.form_with(page, "host")
    form["host"] = " https://Apps.Example/client.json "
    page = form.submit().follow()
    assert "apps.example" in text_of(page)
    documents.check_permitted(server, "https://apps.example/client.json")
    page = browser.post("/admin/hosts/remove", {"csrf": form["csrf"].value, "listed": "apps.example"}).follow()
    assert "apps.example" not in text_of(page)
    with pytest.raises(InvalidRequest):
        documents.check_permitted(server, "https://apps.example/client.json")


@pytest.mark.parametrize(
    "typed", ["", "two words", "apps.example/path", "apps.example:8443", "*.example", "http://", "[::1"]
)
def test_what_is_no_host_is_refused_at_its_field(browser: Browser, root: make.User, typed: str) -> None:
    for field in ("host", "blocked_host"):
        form = play.form_with(browser.get("/admin/hosts"), field)
        form[field] = typed
        page = form.submit()
        assert page.status_int == 422
        assert page.html.find(id=f"{field}-error")
        assert play.form_with(page, field)[field].value == typed


@pytest.mark.parametrize("typed", ["com", "https", "[::1]", "https://com/path", "other://app.example/callback"])
def test_what_can_block_nothing_is_refused_in_its_own_form(browser: Browser, root: make.User, typed: str) -> None:
    form = play.form_with(browser.get("/admin/hosts"), "blocked_host")
    form["blocked_host"] = typed
    page = form.submit()
    assert page.status_int == 422
    assert page.html.find(id="blocked_host-error")
    summary = page.html.find("p", string="Fix 1 field.")
    assert summary.find_parent("form")["action"] == "/admin/hosts/block"


def test_the_scheme_of_a_listed_redirect_uri_is_blocked_without_a_dot(
    server: Server, browser: Browser, root: make.User
) -> None:
    form = play.form_with(browser.get("/admin/hosts"), "blocked_host")
    form["blocked_host"] = "cursor://anysphere.cursor-mcp/oauth/callback"
    page = form.submit().follow()
    try:
        assert page.html.find("td", string="cursor")
    finally:
        hosts.unblock_host(server, "cursor", by=Actor())


@pytest.mark.parametrize("typed", ["localhost", "http://127.0.0.1/client.json", "com", "editor://app.example/callback"])
def test_a_host_without_public_documents_is_not_allowed(browser: Browser, root: make.User, typed: str) -> None:
    form = play.form_with(browser.get("/admin/hosts"), "host")
    form["host"] = typed
    page = form.submit()
    assert page.status_int == 422
    assert "No metadata document can be there" in page.html.find(id="host-error").get_text()
    assert page.html.find("p", string="Fix 1 field.").find_parent("form")["action"] == "/admin/hosts"


def test_allowing_a_host_twice_is_said(browser: Browser, root: make.User) -> None:
    form = play.form_with(browser.get("/admin/hosts"), "host")
    form["host"] = "https://claude.ai/"
    assert "was allowed already" in form.submit().follow()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_loopback_cannot_be_blocked(browser: Browser, root: make.User, host: str) -> None:
    form = play.form_with(browser.get("/admin/hosts"), "blocked_host")
    form["blocked_host"] = host
    assert "Suspend the app instead" in text_of(form.submit())


def test_the_list_of_self_registered_apps_leads_to_the_form_that_blocks_their_host(
    browser: Browser, root: make.User, there: Host
) -> None:
    connected(browser, app_at(there, "https://elsewhere.example/callback"))
    page = browser.get("/admin/registration").click(href=r"/admin/hosts\?block=elsewhere\.example")
    assert play.form_with(page, "blocked_host")["blocked_host"].value == "elsewhere.example"


def test_an_administrator_blocks_a_host_and_sees_why_its_app_is_suspended(
    server: Server, browser: Browser, root: make.User, there: Host
) -> None:
    app = app_at(there, "https://elsewhere.example/callback")
    connected(browser, app)
    form = play.form_with(browser.get("/admin/hosts"), "blocked_host")
    form["blocked_host"] = "elsewhere.example"
    page = form.submit().follow()
    assert "elsewhere.example" in text_of(page)
    shown = text_of(browser.get(f"/admin/apps/{reference_of(app.client_id)}"))
    assert "Suspended because elsewhere.example is blocked" in shown
    assert "Reactivate" not in shown
    assert "Suspend the app" not in shown
    assert "and those of blocked hosts" in text_of(browser.get("/admin/overview"))
    for status, is_found in (("suspended", True), ("active", False)):
        found = browser.get(f"/admin/apps?host=elsewhere.example&status={status}")
        assert (reference_of(app.client_id) in found) is is_found
    play.press(page, "Unblock elsewhere.example")
    assert "Suspended because" not in text_of(browser.get(f"/admin/apps/{reference_of(app.client_id)}"))
