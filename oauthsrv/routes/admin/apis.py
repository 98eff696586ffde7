"""/admin/apis: the APIs that check tokens: registering, changing and deleting them, replacing their secrets."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import apis, catalog, names
from oauthsrv.flows.apis import CheckedApi, TypedApi
from oauthsrv.flows.clients import fields, registration
from oauthsrv.flows.names import Problems
from oauthsrv.flows.refusals import Changed, NotDone, NotFound, fingerprint, version
from oauthsrv.oauth.credentials import is_client_id
from oauthsrv.pages import PageError, not_found, redirect, render
from oauthsrv.routes.changes import actor, changed
from oauthsrv.routes.conflicts import overtaken
from oauthsrv.routes.forms import Form, form, query
from oauthsrv.routes.visitor import Visitor
from oauthsrv.store.database import reading, sql

if TYPE_CHECKING:
    from oauthsrv.server import Server

ROWS = 50

pages.DONE.update(
    api_made_before="This form was sent before, and the API was registered then. Its secret was shown at that moment "
    "only.",
    api_changed="The API was changed.",
    api_deleted="The API was deleted: its secret is refused, and tokens for it are of no more use.",
)


def show_apis(server: Server, visitor: Visitor) -> HTTPResponse:
    before = query().get("before") or None
    with reading(server.database) as db:
        found = sql.apis.every(db, before=before, rows=ROWS + 1)
    return render(
        "admin/apis",
        visitor,
        apis=found[:ROWS],
        newer="/admin/apis" if before else None,
        older="/admin/apis?" + urlencode({"before": found[ROWS - 1].resource}) if len(found) > ROWS else None,
    )


def new_api(server: Server, visitor: Visitor) -> HTTPResponse:
    return show_new(server, visitor, Form.of(form=secrets.token_urlsafe(16)))


def show_new(server: Server, visitor: Visitor, typed: Form, http_status: int = 200) -> HTTPResponse:
    return render("admin/new_api", visitor, http_status=http_status, form=typed, scopes=catalog.offered(server))


def add_api(server: Server, visitor: Visitor) -> HTTPResponse:
    typed = form()
    token = typed.get("form")
    scopes = [row.scope for row in catalog.offered(server)]
    api = apis.check_api(typed_api(typed, typed.get("resource")), scopes)
    made = apis.add(server, api, by=actor(visitor), form_token=token) if isinstance(api, CheckedApi) else api
    if isinstance(made, Problems):
        typed.refuse_all(made)
        return show_new(server, visitor, typed, 422)
    if made is None:
        there = registration.client_id_of_form(server, visitor.user.user_id, token)
        return redirect(f"/admin/apis/{there}", done="api_made_before")
    return render(
        "admin/api_created", visitor, no_referrer=True, api=api, credentials=made, issuer=server.settings.issuer
    )


def typed_api(typed: Form, resource: str) -> TypedApi:
    return TypedApi(typed.get("name"), resource, typed.all("scopes"), typed.get("demands_audience") == "yes")


# One API


def find(server: Server, client_id: str) -> Any:
    api = None
    if is_client_id(client_id):
        with reading(server.database) as db:
            api = sql.apis.find(db, client_id=client_id)
    if api is None:
        raise no_such_api()
    return api


def no_such_api() -> PageError:
    return not_found("API", ("/admin/apis", "All APIs"))


def show_api(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    api = find(server, client_id)
    return render("admin/api", visitor, api=api, scopes=catalog.held(server, api.scopes), issuer=server.settings.issuer)


def edit_api(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    api = find(server, client_id)
    return show_edit(server, visitor, api, filled(api))


def filled(api: Any) -> Form:
    typed = Form.of(name=api.name, scopes=api.scopes, demands_audience="yes" if api.demands_audience else "")
    return typed.showing(fingerprint(apis.shown(api)))


def accepts_more(server: Server, visitor: Visitor, typed: Form, client_id: str) -> bool:
    api = find(server, client_id)
    return apis.is_widened(api, typed_api(typed, api.resource))


def show_edit(server: Server, visitor: Visitor, api: Any, typed: Form, http_status: int = 200) -> HTTPResponse:
    scopes = catalog.offered(server, api.scopes)
    return render("admin/edit_api", visitor, http_status=http_status, api=api, form=typed, scopes=scopes)


def change_api(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    typed, api = form(), find(server, client_id)
    scopes = [row.scope for row in catalog.offered(server, api.scopes)]
    checked = apis.check_api(typed_api(typed, api.resource), scopes)
    if isinstance(checked, Problems):
        typed.refuse_all(checked)
        return show_edit(server, visitor, api, typed, 422)
    try:
        in_force = apis.change(server, client_id, checked, by=actor(visitor), seen=typed.get("shown"))
    except Changed:
        api = find(server, client_id)
        return show_edit(server, visitor, api, overtaken(typed, filled(api)), 409)
    except NotFound:
        raise no_such_api() from None
    return changed(f"/admin/apis/{client_id}", "api_changed", in_force)


def ask_secret(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    api = find(server, client_id)
    return render("admin/replace_secret", visitor, api=api, seen=version(api))


def replace_secret(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    api = find(server, client_id)
    try:
        made = apis.replace_secret(server, client_id, by=actor(visitor), seen=form().get("seen"))
    except NotFound:
        raise no_such_api() from None
    except NotDone as reason:
        raise PageError(
            409, "The secret was not replaced", str(reason), link=(f"/admin/apis/{client_id}", "Back to the API")
        ) from None
    return render("admin/api_secret", visitor, no_referrer=True, api=api, made=made)


def ask_delete(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    return render("admin/delete_api", visitor, api=find(server, client_id), form=Form())


def delete(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    typed, api = form(), find(server, client_id)
    if names.one_line(typed.get("name"), fields.NAME_MAX) != api.name:
        typed.refuse("name", f"Type the name of the API exactly: {api.name}")
        return render("admin/delete_api", visitor, http_status=422, api=api, form=typed)
    in_force = apis.delete(server, client_id, by=actor(visitor))
    return changed("/admin/apis", "api_deleted", in_force)
