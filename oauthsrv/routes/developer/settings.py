"""/developer/apps/<client_id>/edit: what an app is called, where it is sent back to, what it may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import app_fields, register
from oauthsrv.flows.app_fields import Problems
from oauthsrv.flows.register import NoSuchApp
from oauthsrv.pages import render
from oauthsrv.routes.changes import actor, changed
from oauthsrv.routes.developer.apps import known_scopes, typed_app
from oauthsrv.routes.developer.own import no_such_app, own_app
from oauthsrv.routes.forms import Form, form
from oauthsrv.routes.visitor import Visitor

if TYPE_CHECKING:
    from oauthsrv.server import Server

pages.DONE.update(
    app_changed="The app was changed.",
)


def edit_app(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = own_app(server, visitor, client_id)
    filled = Form.of(
        name=app.name,
        description=app.description,
        home_page=app.home_page,
        redirect_uris="\n".join(app.redirect_uris),
        scopes=app.scopes,
        skips_pkce="yes" if app.skips_pkce else "",
    )
    return show_edit(server, visitor, app, filled)


def show_edit(server: Server, visitor: Visitor, app: Any, typed: Form, http_status: int = 200) -> HTTPResponse:
    return render(
        "developer/edit", visitor, http_status=http_status, app=app, form=typed, scopes=register.catalogue(server)
    )


def change_app(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = own_app(server, visitor, client_id)
    typed = form()
    checked = app_fields.check_app(typed_app(typed, app.type), known_scopes(server))
    if isinstance(checked, Problems):
        typed.refuse_all(checked)
        return show_edit(server, visitor, app, typed, 422)
    try:
        in_force = register.change_app(server, client_id, checked, by=actor(visitor))
    except NoSuchApp:
        raise no_such_app() from None
    return changed(f"/developer/apps/{client_id}", "app_changed", in_force)
