"""/developer/apps/<client_id>/edit: what an app is called, where it is sent back to, what it may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bottle import HTTPResponse

from oauthsrv import logos, pages
from oauthsrv.flows import app_fields, catalogue, register
from oauthsrv.flows.fingerprints import Changed, fingerprint
from oauthsrv.flows.names import Problems
from oauthsrv.pages import render
from oauthsrv.routes.changes import actor, changed
from oauthsrv.routes.conflicts import overtaken
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
    typed = filled(app, added)
    return show_edit(server, visitor, app, typed, added=added)


def filled(app: Any, added: str = "") -> Form:
    typed = Form.of(
        name=app.name,
        description=app.description,
        home_page=app.home_page,
        redirect_uris="\n".join([*app.redirect_uris, *filter(None, [added])]),
        scopes=app.scopes,
        optional_scopes=app.optional_scopes,
        skips_pkce="yes" if app.skips_pkce else "",
    )
    return typed.showing(fingerprint(register.shown(app)))


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


def gives_power(server: Server, visitor: Visitor, typed: Form, client_id: str) -> bool:
    """Whether the app could get more: another address that receives codes, another scope, or less protection."""
    app = own_app(server, visitor, client_id)
    return register.is_widened(app, typed_app(typed, app.type))


def change_app(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = own_app(server, visitor, client_id)
    typed = form()
    scopes = [scope.scope for scope in catalogue.offered(server, app.scopes)]
    checked = app_fields.check_app(typed_app(typed, app.type), scopes, server.settings.issuer)
    if isinstance(checked, Problems):
        typed.refuse_all(checked)
        return show_edit(server, visitor, app, typed, 422)
    with telling("The app was not changed", client_id, "/edit"):
        try:
            in_force = register.change_app(server, client_id, checked, by=actor(visitor), seen=typed.get("shown"))
        except Changed:
            app = own_app(server, visitor, client_id)
            return show_edit(server, visitor, app, overtaken(typed, filled(app)), 409)
    return changed(f"/developer/apps/{client_id}", "app_changed", in_force)
