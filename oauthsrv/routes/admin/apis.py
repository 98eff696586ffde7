"""/admin/apis: the APIs that check tokens."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import app_fields, register
from oauthsrv.flows.app_fields import CheckedApi, Problems, TypedApi
from oauthsrv.oauth.credentials import is_client_id
from oauthsrv.pages import not_found, redirect, render
from oauthsrv.routes.changes import actor
from oauthsrv.routes.forms import Form, form, query
from oauthsrv.routes.visitor import Visitor
from oauthsrv.store.database import reading, sql

if TYPE_CHECKING:
    from oauthsrv.server import Server

ROWS = 50

pages.DONE.update(
    api_made_before="This form was sent before, and the API was registered then. Its secret was shown at that moment "
    "only.",
)


def show_apis(server: Server, visitor: Visitor) -> HTTPResponse:
    before = query().get("before") or None
    with reading(server.database) as db:
        apis = sql.apis.every(db, before=before, rows=ROWS + 1)
    return render(
        "admin/apis",
        visitor,
        apis=apis[:ROWS],
        newer="/admin/apis" if before else None,
        older="/admin/apis?" + urlencode({"before": apis[ROWS - 1].resource}) if len(apis) > ROWS else None,
    )


def new_api(server: Server, visitor: Visitor) -> HTTPResponse:
    return show_new(server, visitor, Form.of(form=secrets.token_urlsafe(16)))


def show_new(server: Server, visitor: Visitor, typed: Form, http_status: int = 200) -> HTTPResponse:
    scopes = register.catalogue(server)
    return render("admin/new_api", visitor, http_status=http_status, form=typed, scopes=scopes)


def add_api(server: Server, visitor: Visitor) -> HTTPResponse:
    typed = form()
    token = typed.get("form")
    scopes = [row.scope for row in register.catalogue(server)]
    api = app_fields.check_api(TypedApi(typed.get("name"), typed.get("resource"), typed.all("scopes")), scopes)
    if isinstance(api, CheckedApi):
        made = register.add_api(server, api, by=actor(visitor), form_token=token)
    else:
        made = api
    if isinstance(made, Problems):
        typed.refuse_all(made)
        return show_new(server, visitor, typed, 422)
    if made is None:
        there = register.made_by(server, visitor.user.user_id, token)
        return redirect(f"/admin/apis/{there}", done="api_made_before")
    return render(
        "admin/api_created", visitor, no_referrer=True, api=api, credentials=made, issuer=server.settings.issuer
    )


def show_api(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    api = None
    if is_client_id(client_id):
        with reading(server.database) as db:
            api = sql.apis.find(db, client_id=client_id)
    if api is None:
        raise not_found("API", ("/admin/apis", "All APIs"))
    scopes = [scope for scope in register.catalogue(server) if scope.scope in api.scopes]
    return render("admin/api", visitor, api=api, scopes=scopes, issuer=server.settings.issuer)
