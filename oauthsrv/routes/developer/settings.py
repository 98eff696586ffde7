"""/developer/apps/<client_id>/edit: what an app is called, where it is sent back to, what it may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bottle import HTTPResponse

from oauthsrv import logos, pages
from oauthsrv.flows import app_fields, catalogue, register
from oauthsrv.flows.names import Problems
from oauthsrv.pages import render
from oauthsrv.routes.changes import actor, changed
from oauthsrv.routes.developer.activity import uri_to_add
from oauthsrv.routes.developer.apps import typed_app
from oauthsrv.routes.developer.own import own_app, telling
from oauthsrv.routes.forms import Form, form
from oauthsrv.routes.visitor import Visitor

if TYPE_CHECKING:
    from oauthsrv.server import Server

pages.DONE.update(
    app_changed="The app was changed.",
)


def edit_app(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = own_app(server, visitor, client_id)
    added = uri_to_add(server, visitor, app)
    filled = Form.of(
        name=app.name,
        description=app.description,
        home_page=app.home_page,
        redirect_uris="\n".join([*app.redirect_uris, *filter(None, [added])]),
        scopes=app.scopes,
        optional_scopes=app.optional_scopes,
        skips_pkce="yes" if app.skips_pkce else "",
    )
    return show_edit(server, visitor, app, filled, added=added)


def show_edit(
    server: Server, visitor: Visitor, app: Any, typed: Form, http_status: int = 200, *, added: str = ""
) -> HTTPResponse:
    """`added` is an address that the visitor did not type, and has to decide about."""
    return render(
        "developer/edit",
        visitor,
        http_status=http_status,
        app=app,
        form=typed,
        added=added,
        scopes=catalogue.offered(server, app.scopes),
        pictures=logos.ALLOWED,
    )


def change_app(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = own_app(server, visitor, client_id)
    typed = form()
    scopes = [scope.scope for scope in catalogue.offered(server, app.scopes)]
    checked = app_fields.check_app(typed_app(typed, app.type), scopes, server.settings.issuer)
    if isinstance(checked, Problems):
        typed.refuse_all(checked)
        return show_edit(server, visitor, app, typed, 422)
    with telling("The app was not changed", client_id, "/edit"):
        in_force = register.change_app(server, client_id, checked, by=actor(visitor))
    return changed(f"/developer/apps/{client_id}", "app_changed", in_force)
