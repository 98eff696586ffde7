"""/admin/apis: the APIs that check tokens: registering, changing and deleting them, replacing their secrets."""

from __future__ import annotations

import secrets
from typing import Any

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import apis, catalog, names
from oauthsrv.flows.apis import ApiFields
from oauthsrv.flows.clients import fields, registration
from oauthsrv.flows.fields import read
from oauthsrv.flows.refusals import fingerprint, version
from oauthsrv.pages import redirect, render
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import SureQuestion, changed
from oauthsrv.routes.pager import paged
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import find_api, refusals_as_page
from oauthsrv.store.database import reading, sql

ROWS = 50

pages.DONE.update(
    api_made_before="You already submitted this form, and the API was registered then. Its secret was shown only once.",
    api_changed="The API was changed.",
    api_deleted="The API was deleted: its secret and the tokens issued for it no longer work.",
)


def show_apis(request: Request) -> HTTPResponse:
    before = request.query.get("before") or None
    with reading(request.server.database) as db:
        found = sql.apis.every(db, before=before, rows=ROWS + 1)
    rows, more = paged(request, found, ROWS, "resource")
    return render(
        "admin/apis",
        request,
        apis=rows,
        more=more,
    )


def new_api(request: Request) -> HTTPResponse:
    return show_new(request, Form.of(form=secrets.token_urlsafe(16)))


def show_new(request: Request, typed: Form, http_status: int = 200) -> HTTPResponse:
    return render("admin/new_api", request, http_status=http_status, form=typed, scopes=catalog.offered(request.server))


def add_api(request: Request) -> HTTPResponse:
    typed = request.form
    token = typed.get("form")
    scopes = [row.scope for row in catalog.offered(request.server)]
    api = apis.check_api(read(ApiFields, typed), scopes)
    made = apis.add(request.server, api, by=request.actor, form_token=token)
    if made is None:
        there = registration.client_id_of_form(request.server, request.user.user_id, token)
        return redirect(f"/admin/apis/{there}", done="api_made_before")
    return render(
        "admin/api_created", request, no_referrer=True, api=api, credentials=made, issuer=request.server.settings.issuer
    )


# One API


def show_api(request: Request) -> HTTPResponse:
    api = request.api
    return render(
        "admin/api",
        request,
        api=api,
        scopes=catalog.held(request.server, api.scopes),
        seen=version(api),
        issuer=request.server.settings.issuer,
    )


def edit_api(request: Request) -> HTTPResponse:
    return show_edit(request, filled(request.api))


def current_form(request: Request) -> Form:
    request.api = find_api(request)
    return filled(request.api)


def filled(api: Any) -> Form:
    typed = Form.of(name=api.name, scopes=api.scopes, demands_audience="yes" if api.demands_audience else "")
    return typed.showing(fingerprint(apis.shown(api)))


def accepts_more(request: Request) -> bool:
    api = request.api
    return apis.is_widened(api, read(ApiFields, request.form))


def show_edit(request: Request, typed: Form, http_status: int = 200) -> HTTPResponse:
    api = request.api
    scopes = catalog.offered(request.server, api.scopes)
    return render("admin/edit_api", request, http_status=http_status, api=api, form=typed, scopes=scopes)


def change_api(request: Request) -> HTTPResponse:
    typed, api = request.form, request.api
    scopes = [row.scope for row in catalog.offered(request.server, api.scopes)]
    checked = apis.check_api(read(ApiFields, typed) | {"resource": api.resource}, scopes)
    in_force = apis.change(request.server, api.client_id, checked, by=request.actor, seen=typed.get("shown"))
    return changed(f"/admin/apis/{request.api.client_id}", "api_changed", in_force)


def replacing_secret(request: Request) -> SureQuestion:
    api = request.api
    return SureQuestion(
        f"Replace the secret of {api.name}?",
        [
            f"The old secret stops working immediately. Until {api.name} has the new one, it can’t check tokens and "
            "will refuse its callers."
        ],
        button="Replace the secret",
        back=f"/admin/apis/{api.client_id}",
    )


def replace_secret(request: Request) -> HTTPResponse:
    api = request.api
    with refusals_as_page("The secret was not replaced", (f"/admin/apis/{api.client_id}", "Back to the API")):
        made = apis.replace_secret(
            request.server, request.api.client_id, by=request.actor, seen=request.form.get("seen")
        )
    return render("admin/api_secret", request, no_referrer=True, api=api, made=made)


def ask_delete(request: Request) -> HTTPResponse:
    return render("admin/delete_api", request, api=request.api, form=Form())


def delete(request: Request) -> HTTPResponse:
    typed, api = request.form, request.api
    if names.one_line(typed.get("name"), fields.NAME_MAX) != api.name:
        typed.refuse("name", f"Type the name of the API exactly: {api.name}")
        return render("admin/delete_api", request, http_status=422, api=api, form=typed)
    in_force = apis.delete(request.server, request.api.client_id, by=request.actor)
    return changed("/admin/apis", "api_deleted", in_force)
