"""The developer portal: registering an app, its settings, its secrets, its end; who may see it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from webtest import TestResponse

import make
import play
from browser import Browser
from oauthsrv.app import wsgi
from oauthsrv.flows import app_fields, endings, register
from oauthsrv.flows.endings import Actor
from oauthsrv.flows.housekeeping import flush_marks
from oauthsrv.oauth.credentials import digest
from oauthsrv.server import Server
from oauthsrv.store import sessions
from oauthsrv.store.database import reading, sql


@pytest.fixture
def ada(server: Server, browser: Browser) -> make.User:
    """A developer who is signed in."""
    ada = make.user(server, name="Ada Developer")
    assert play.sign_in(browser, ada).status_int == 303
    return ada


def apps_of(server: Server, user: make.User) -> list[Any]:
    with reading(server.database) as db:
        return list(sql.apps.of_owner(db, owner_id=user.user_id, before=None, rows=100))


def filled(page: TestResponse, **fields: str) -> Any:
    form = play.form_with(page, "redirect_uris")
    form["name"] = "Zap Connector"
    form["redirect_uris"] = "https://zap.example/cb"
    if "type" in form.fields:
        form["type"] = "confidential"
    form.set("scopes", True, index=0)
    for name, value in fields.items():
        form[name] = value
    return form


def text_of(page: TestResponse, element_id: str) -> str:
    return str(page.html.find(id=element_id).get_text())


def owned(server: Server, owner: make.User, **more: Any) -> str:
    return make.app(server, owner, **more).client_id


def test_who_has_no_app_is_shown_the_way_to_one(browser: Browser, ada: make.User) -> None:
    page = browser.get("/developer").follow()
    assert page.request.path == "/developer/apps"
    assert "no app yet" in page
    assert page.click("Register your first app").status_int == 200


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
    page = created.click("I have copied the secret")
    assert page.request.path == f"/developer/apps/{client_id}"
    assert secret not in page
    assert f"ending in <code>{secret[-4:]}</code>" in page
    assert "Zap Connector" in browser.get("/developer/apps")


def test_a_public_app_gets_no_secret(server: Server, browser: Browser, ada: make.User) -> None:
    created = filled(browser.get("/developer/apps/new"), type="public", redirect_uris="com.example.app:/cb").submit()
    assert created.html.find(id="client-secret") is None
    page = created.click("Go to the app")
    assert "no client secret" in page
    assert "Add a second secret" not in page


def test_a_form_sent_again_makes_no_second_app(server: Server, browser: Browser, ada: make.User) -> None:
    form = filled(browser.get("/developer/apps/new"))
    secret = text_of(form.submit(), "client-secret")
    page = form.submit().follow()
    assert "sent before" in page
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


def test_rule_16_who_has_too_many_apps_is_told_what_to_do_and_loses_nothing(
    server: Server, browser: Browser, ada: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "APPS_MAX", 1)
    first = owned(server, ada)
    page = filled(browser.get("/developer/apps/new"), description="What\nit does").submit()
    assert page.status_int == 422
    assert "Delete one" in page.html.find(class_="problem").get_text()
    assert play.form_with(page, "redirect_uris")["description"].value.strip() == "What\nit does"
    assert [app.client_id for app in apps_of(server, ada)] == [first]


def test_an_empty_form_is_refused_at_every_field(browser: Browser, ada: make.User) -> None:
    csrf = play.form_with(browser.get("/developer/apps/new"), "csrf")["csrf"].value
    page = browser.post("/developer/apps", {"csrf": csrf})
    assert page.status_int == 422
    for field in ("name", "type", "redirect_uris", "scopes"):
        assert page.html.find(id=f"{field}-error"), field


def test_apps_are_for_their_owner_alone(server: Server, browser: Browser, ada: make.User) -> None:
    theirs = owned(server, make.user(server))
    assert theirs not in browser.get("/developer/apps")
    csrf = play.form_with(browser.get("/developer/apps/new"), "csrf")["csrf"].value
    for path in (theirs, "cli_" + "0" * 32, "nonsense", "cli_%00"):
        for below in ("", "/edit", "/secrets/retire", "/delete"):
            assert browser.get(f"/developer/apps/{path}{below}").status_int == 404, (path, below)
        for below in ("/edit", "/secrets", "/secrets/retire", "/delete"):
            assert browser.post(f"/developer/apps/{path}{below}", {"csrf": csrf}).status_int == 404, (path, below)
    assert server.clients.find_client(theirs) is not None


def test_an_administrator_sees_the_app_of_another(server: Server, browser: Browser) -> None:
    owner = make.user(server, name="Olga Owner")
    client_id = owned(server, owner)
    play.sign_in(browser, make.user(server, admin=True))
    assert "This app belongs to Olga Owner" in browser.get(f"/developer/apps/{client_id}")


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
    app_page = browser.get(f"/developer/apps/{client_id}")
    an_hour_passes(server, browser)
    form["redirect_uris"] = "https://app.example/new"
    asked = form.submit()
    assert "Enter your password" in asked
    client = server.clients.find_client(client_id)
    assert client is not None
    assert client.redirect_uris == (make.REDIRECT_URI,)
    assert "Enter your password" in play.form_with(app_page, "seen").submit()
    delete = play.form_with(browser.get(f"/developer/apps/{client_id}/delete"), "name")
    delete["name"] = "Example App"
    assert "Enter your password" in delete.submit()
    again = play.form_with(asked, "confirm_password")
    again["confirm_password"] = ada.password
    assert again.submit().status_int == 303
    client = server.clients.find_client(client_id)
    assert client is not None
    assert client.redirect_uris == ("https://app.example/new",)


def an_hour_passes(server: Server, browser: Browser) -> None:
    """Since the password was given in this browser."""
    key = sessions.key(server.redis, browser.cookies["oauthsrv"])
    redis = server.redis.connection()
    record = sessions.read(redis.get(key))
    earlier = dataclasses.replace(record, confirmed_at=datetime.now(UTC) - timedelta(hours=1))
    redis.set(key, sessions.written(earlier), keepttl=True)


def test_a_secret_is_changed_without_an_interruption(server: Server, browser: Browser, ada: make.User) -> None:
    app = make.app(server, ada)
    page = browser.get(f"/developer/apps/{app.client_id}")
    assert "Retire a secret" not in page
    form = play.form_with(page, "seen")
    added = form.submit()
    assert added.status_int == 200
    assert added.headers["Referrer-Policy"] == "no-referrer"
    second = text_of(added, "client-secret")
    page = added.click("I have copied the secret")
    assert second not in page
    assert "Both secrets work" in page
    assert form.submit().status_int == 409
    retire = play.form_with(page.click("Retire a secret"), "secret")
    retire["secret"] = (app.client_secret or "")[-4:]
    page = retire.submit().follow()
    assert "The secret was retired" in page
    client = server.clients.find_client(app.client_id)
    assert client is not None
    assert client.secret_hashes == (digest(second),)
    assert "Secret added" in page
    assert "Secret retired" in page


def test_the_only_secret_stays(server: Server, browser: Browser, ada: make.User) -> None:
    app = make.app(server, ada)
    path = f"/developer/apps/{app.client_id}/secrets/retire"
    assert "no second secret" in browser.get(path)
    csrf = play.form_with(browser.get("/developer/apps/new"), "csrf")["csrf"].value
    page = browser.post(path, {"csrf": csrf, "secret": (app.client_secret or "")[-4:]})
    assert page.status_int == 409
    assert "only secret" in page
    assert browser.post(path, {"csrf": csrf}).status_int == 422


def test_when_a_secret_was_last_used_is_shown(server: Server, browser: Browser, ada: make.User) -> None:
    app = make.app(server, ada)
    assert ">never</td>" in browser.get(f"/developer/apps/{app.client_id}")
    play.tokens(server, browser.another(), app)
    flush_marks(server)
    assert ">never</td>" not in browser.get(f"/developer/apps/{app.client_id}")


def test_an_app_is_deleted_only_by_its_name(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada, name="Zap & Co")
    form = play.form_with(browser.get(f"/developer/apps/{client_id}").click("Delete this app"), "name")
    form["name"] = "zap & co"
    page = form.submit()
    assert page.status_int == 422
    assert play.form_with(page, "name")["name"].value == "zap & co"
    assert server.clients.find_client(client_id) is not None
    form["name"] = " Zap  & Co "
    page = form.submit().follow()
    assert "The app was deleted" in page
    assert server.clients.find_client(client_id) is None
    assert browser.get(f"/developer/apps/{client_id}").status_int == 404
    assert form.submit().status_int == 404


def test_a_suspended_app_says_so_and_what_it_means(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    endings.suspend_client(server, client_id, by=Actor())
    page = browser.get(f"/developer/apps/{client_id}")
    assert "suspended this app" in page
    assert "nothing of it works" in page
    assert "App suspended" in page
    assert "the command line" in page
    assert "suspended" in browser.get("/developer/apps")


def test_where_apps_are_reviewed_a_new_one_waits(server: Server, ada: make.User, browser: Browser) -> None:
    settings = server.settings
    server.settings = dataclasses.replace(settings, app_review=True)
    try:
        page = browser.get("/developer/apps/new")
        assert "New apps are reviewed here" in page
        created = filled(page).submit()
        client = server.clients.find_client(text_of(created, "client-id"))
        assert client is not None
        assert not client.approved
        assert "waits for approval" in created.click("I have copied")
        assert "waits for approval" in browser.get("/developer/apps")
    finally:
        server.settings = settings


def test_the_events_of_an_app_name_none_of_its_users(server: Server, browser: Browser, ada: make.User) -> None:
    app = make.app(server, ada)
    user = make.user(server, name="Ursula User")
    play.tokens(server, browser.another("203.0.113.77"), app, user)
    page = browser.get(f"/developer/apps/{app.client_id}")
    assert "A user allowed the app" in page
    assert "Users connected" in page
    for theirs in (user.email, user.user_id, "Ursula", "203.0.113.77"):
        assert theirs not in page, theirs


def test_rules_2_and_5_reuse_is_told_to_the_developer_and_what_to_do(
    server: Server, browser: Browser, ada: make.User
) -> None:
    app = make.app(server, ada)
    client = browser.another("203.0.113.80")
    play.sign_in(client, make.user(server))
    code = play.code(client, app)
    first = play.exchange(client, app, code).json["refresh_token"]
    settings = server.settings
    server.settings = dataclasses.replace(settings, refresh_grace=0)
    try:
        play.refresh(client, app, first)
        assert play.refresh(client, app, first).json["error"] == "invalid_grant"
    finally:
        server.settings = settings
    code = play.code(client, app)
    assert play.exchange(client, app, code).status_int == 200
    assert play.exchange(client, app, code).json["error"] == "invalid_grant"
    page = browser.get(f"/developer/apps/{app.client_id}")
    assert "Refresh token used again" in page
    assert "Store the new refresh token of every answer" in page
    assert "Code used again" in page
    assert "203.0.113.80" in page


def test_a_developer_of_a_public_app_sees_no_address_of_its_users(
    server: Server, browser: Browser, ada: make.User
) -> None:
    app = make.app(server, ada, type="public")
    client = browser.another("203.0.113.81")
    play.sign_in(client, make.user(server))
    code = play.code(client, app)
    assert play.exchange(client, app, code).status_int == 200
    assert play.exchange(client, app, code).json["error"] == "invalid_grant"
    page = browser.get(f"/developer/apps/{app.client_id}")
    assert "Code used again" in page
    assert "203.0.113.81" not in page


def test_many_apps_are_shown_page_by_page(server: Server, browser: Browser, ada: make.User) -> None:
    checked = app_fields.check_app(
        app_fields.TypedApp("Many", "", "", "public", [make.REDIRECT_URI], ["read:data"]), ["read:data"]
    )
    assert isinstance(checked, app_fields.CheckedApp)
    for number in range(51):
        app = dataclasses.replace(checked, name=f"Number {number}")
        register.add_app(server, app, ada.user_id, by=Actor(), approved=True)
    page = browser.get("/developer/apps")
    assert "Number 50<" in page
    assert "Number 0<" not in page
    page = page.click("Older")
    assert "Number 0<" in page
    assert "Number 1<" not in page
    assert "Number 50<" in page.click("Newer")
    assert "Number 50<" in browser.get("/developer/apps?before=nonsense")


@pytest.mark.parametrize("path", ["/developer", "/developer/apps", "/developer/apps/new", "/developer/apps/cli_1/edit"])
def test_a_stranger_signs_in_first(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_int == 303
    assert answer.location.endswith(f"/login?next={path}")


def test_rule_13_every_post_needs_its_csrf_token(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    for path in (
        "",
        f"/{client_id}/edit",
        f"/{client_id}/secrets",
        f"/{client_id}/secrets/retire",
        f"/{client_id}/delete",
    ):
        assert browser.post(f"/developer/apps{path}", {"name": "x"}).status_int == 403, path
    assert len(apps_of(server, ada)) == 1


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
    """Rule 8: a committed change that cannot be struck is told as recorded, not yet in force."""
    browser = Browser(wsgi(server))
    play.sign_in(browser, ada)
    client_id = owned(server, ada)
    form = play.form_with(browser.get(f"/developer/apps/{client_id}/edit"), "redirect_uris")
    monkeypatch.setattr(endings, "client_changed", lambda *_: False)
    assert "not yet in force" in form.submit().follow()
    assert "not yet in force" in play.form_with(browser.get(f"/developer/apps/{client_id}"), "seen").submit()
