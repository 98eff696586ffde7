"""The admin pages of APIs: registering, changing and deleting them, and their secrets."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from webtest import TestResponse

import make
import play
from browser import Browser, wsgi
from held import done
from oauthsrv.flows import apis, catalog
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.refusals import NotDone, version
from oauthsrv.oauth.credentials import digest
from oauthsrv.routes import MAP
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql
from portal import a_moment_passes


def row(server: Server, api: make.App) -> Any:
    with reading(server.database) as db:
        return sql.apis.find(db, client_id=api.client_id)


def filled(page: TestResponse, resource: str, name: str = "Orders API") -> Any:
    form = play.form_with(page, "resource")
    form["name"], form["resource"] = name, resource
    form.set("scopes", True, index=2)
    return form


def test_an_api_is_registered_and_its_secret_shown_once(server: Server, browser: Browser, root: make.User) -> None:
    resource = f"https://{secrets.token_hex(4)}.example"
    form = filled(browser.get("/admin/apis/new"), resource + "/")
    created = form.submit()
    assert created.headers["Referrer-Policy"] == "no-referrer"
    client_id = created.html.find(id="client-id").get_text()
    secret = created.html.find(id="client-secret").get_text()
    api = server.clients.find(client_id)
    assert api is not None
    assert api.secret_hashes == (digest(secret),)
    page = created.click("I’ve copied the secret")
    assert secret not in page
    assert resource in page
    assert "read:data" in page
    a_moment_passes(server)
    again = form.submit().follow()
    assert "already submitted" in again
    assert again.request.path == f"/admin/apis/{client_id}"
    assert "API registered" in page.click("Events of this API")


def test_an_address_that_is_taken_is_refused_and_nothing_typed_lost(browser: Browser, root: make.User) -> None:
    resource = f"https://{secrets.token_hex(4)}.example"
    filled(browser.get("/admin/apis/new"), resource).submit()
    page = filled(browser.get("/admin/apis/new"), resource, "Another").submit()
    assert page.status_int == 422
    form = play.form_with(page, "resource")
    assert (form["name"].value, form["resource"].value) == ("Another", resource)
    assert form.get("scopes", index=2).checked
    assert "has this address already" in page.html.find(id="resource-error").get_text()


def test_an_api_is_changed_and_keeps_its_address(
    server: Server, another_server: Server, browser: Browser, root: make.User
) -> None:
    api = make.api(server, scopes=("read:data",))
    assert another_server.apis.all()[api.redirect_uri].name == "Example API"
    page = browser.get(f"/admin/apis/{api.client_id}").click("Edit the API")
    form = play.form_with(page, "scopes")
    assert "resource" not in form.fields
    form["name"] = "Orders API"
    form.set("scopes", True, index=0)
    page = form.submit().follow()
    assert "The API was changed" in page
    assert "Orders API" in page.html.find("h1").get_text()
    assert row(server, api).resource == api.redirect_uri
    changed = another_server.apis.all()[api.redirect_uri]
    assert (changed.name, changed.scopes) == ("Orders API", frozenset({"read:profile", "read:data"}))
    assert another_server.clients.find(api.client_id) == changed
    assert "name, scopes" in page.click("Events of this API")


@pytest.mark.parametrize(
    ("name", "expected"), [("", "Enter a name"), ("x" * 81, "at most 80"), ("Verified API", "Leave")]
)
def test_a_change_of_an_api_that_is_wrong_is_refused_and_kept(
    server: Server, browser: Browser, root: make.User, name: str, expected: str
) -> None:
    api = make.api(server)
    form = play.form_with(browser.get(f"/admin/apis/{api.client_id}/edit"), "scopes")
    form["name"] = name
    form.set("scopes", False, index=0)
    page = form.submit()
    assert page.status_int == 422
    assert expected in page.html.find(id="name-error").get_text()
    again = play.form_with(page, "scopes")
    assert again["name"].value == name
    assert not again.get("scopes", index=0).checked
    assert row(server, api).name == "Example API"


def test_an_api_that_accepts_a_deprecated_scope_keeps_it(server: Server, browser: Browser, root: make.User) -> None:
    api, other = make.api(server, scopes=("webhooks",)), make.api(server, scopes=("read:data",))
    catalog.deprecate(server, "webhooks", by=Actor())
    try:
        form = play.form_with(browser.get(f"/admin/apis/{api.client_id}/edit"), "scopes")
        form["name"] = "Hooks API"
        assert "deprecated" in form.submit().follow()
        assert row(server, api).scopes == ["webhooks"]
        assert "webhooks" not in browser.get(f"/admin/apis/{other.client_id}/edit")
        assert "webhooks" not in browser.get("/admin/apis/new")
    finally:
        catalog.restore(server, "webhooks", by=Actor())


def asks(browser: Browser, api: make.App) -> TestResponse:
    return play.post(browser, "/oauth/introspect", api, token="oat_x")


def test_an_api_moves_from_one_secret_to_another_without_a_break(
    server: Server, another_server: Server, browser: Browser, root: make.User
) -> None:
    """Rules 6 and 10: both work, and the deleted one is refused at once on every server."""
    api, elsewhere = make.api(server), Browser(wsgi(another_server))
    assert asks(elsewhere, api).status_int == 200
    page = browser.get(f"/admin/apis/{api.client_id}")
    assert "the only one" in page
    shown = play.press(page, "Add a second secret")
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    second = make.App(api.client_id, shown.html.find(id="client-secret").get_text(), api.redirect_uri)
    assert [asks(elsewhere, one).status_int for one in (api, second)] == [200, 200]
    done(another_server.marks.flush())
    a_moment_passes(server)
    again = play.press(page, "Add a second secret")  # sent again, by a reload
    assert again.status_int == 409
    page = shown.click("I’ve copied the secret")
    assert second.client_secret not in page
    assert "Add a second secret" not in page
    assert "never" not in page.html.find("caption", string="Secrets").parent.get_text()
    asked = play.press(page, f"Delete the secret ending in {str(api.client_secret)[-4:]}")
    assert asks(elsewhere, api).status_int == 200
    page = play.press(asked, "Delete the secret").follow()
    assert "The secret was deleted" in page
    assert [asks(elsewhere, one).status_int for one in (api, second)] == [401, 200]
    events = page.click("Events of this API")
    assert "API secret added" in events
    assert "API secret deleted" in events


def test_the_only_secret_of_an_api_is_not_deleted_and_a_third_one_not_added(server: Server) -> None:
    api = make.api(server)
    with pytest.raises(NotDone, match="only secret"):
        apis.delete_secret(server, api.client_id, str(api.client_secret)[-4:], by=Actor())
    apis.add_secret(server, api.client_id, by=Actor(), seen=version(row(server, api)))
    with pytest.raises(NotDone, match="already has two secrets"):
        apis.add_secret(server, api.client_id, by=Actor(), seen=version(row(server, api)))


def test_a_secret_that_is_only_recorded_says_so(
    server: Server, browser: Browser, root: make.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 8."""
    page = browser.get(f"/admin/apis/{make.api(server).client_id}")
    monkeypatch.setattr(apis, "apis_changed", lambda _: False)
    assert "not yet in force" in play.press(page, "Add a second secret")


def test_a_deleted_api_is_gone_at_once_and_its_address_is_free(
    server: Server, another_server: Server, browser: Browser, root: make.User
) -> None:
    """Rule 6."""
    api, elsewhere = make.api(server), Browser(wsgi(another_server))
    app, user, person = make.app(server), make.user(server), browser.another()
    play.sign_in(person, user)
    code = play.code(person, app, resource=api.redirect_uri)
    token = play.exchange(person, app, code).json["access_token"]
    assert play.introspect(elsewhere, api, token)["active"]
    headers = {"Authorization": f"Bearer {token}"}
    verify = f"/oauth/verify?resource={api.redirect_uri}"
    assert elsewhere.get(verify, headers=headers).status_int == 200
    page = browser.get(f"/admin/apis/{api.client_id}").click("Delete the API")
    form = play.form_with(page, "name")
    form["name"] = "Another API"
    refused = form.submit()
    assert refused.status_int == 422
    assert "exactly: Example API" in refused.html.find(id="name-error").get_text()
    assert play.form_with(refused, "name")["name"].value == "Another API"
    form = play.form_with(refused, "name")
    form["name"] = "Example API"
    page = form.submit().follow()
    assert "The API was deleted" in page
    assert form.submit().location == "/admin/apis"  # a second click shows the first result
    assert api.redirect_uri not in page
    assert asks(elsewhere, api).status_int == 401
    assert elsewhere.get(verify, headers=headers).status_int in (400, 401)
    assert elsewhere.get("/oauth/verify", headers=headers).status_int == 401
    assert browser.get(f"/admin/apis/{api.client_id}").status_int == 404
    log = browser.get("/admin/log", {"app": api.client_id})
    assert "API deleted" in log
    assert "Example API" in log
    assert f'href="/admin/apis/{api.client_id}"' not in log
    assert (
        make.api(server, resource=api.redirect_uri).client_id == another_server.apis.all()[api.redirect_uri].client_id
    )


def test_the_sweep_deletes_an_api_that_was_deleted_while_redis_was_away(
    server: Server, another_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 8: what was only recorded is brought into force."""
    api, elsewhere = make.api(server), Browser(wsgi(another_server))
    assert asks(elsewhere, api).status_int == 200
    with monkeypatch.context() as away:
        away.setattr(apis, "client_changed", lambda *_: False)
        away.setattr(apis, "apis_changed", lambda *_: False)
        assert apis.delete(server, api.client_id, by=Actor()) is False
    assert asks(elsewhere, api).status_int == 200
    done(server.sweep.recent(server.redis.connection()))
    assert asks(elsewhere, api).status_int == 401


def test_rule_13_what_changes_an_api_asks_for_the_password_again() -> None:
    guards = {path: [guard.__name__ for guard in guards] for method, path, guards, _ in MAP if method == "POST"}
    for what, guard in (("edit", "confirmed_if"), ("secrets", "confirmed"), ("delete", "confirmed")):
        assert any(name.partition("(")[0] == guard for name in guards[f"/admin/apis/<client_id>/{what}"])
