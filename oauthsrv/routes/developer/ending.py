"""The danger zone: what cannot be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import app_fields, endings, names
from oauthsrv.pages import render
from oauthsrv.routes.changes import actor, changed
from oauthsrv.routes.developer.own import own_app
from oauthsrv.routes.forms import Form, form
from oauthsrv.routes.visitor import Visitor

if TYPE_CHECKING:
    from oauthsrv.server import Server

pages.DONE.update(
    app_deleted="The app was deleted, and every token of it ended.",
)


def ask_delete(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    return render("developer/delete", visitor, app=own_app(server, visitor, client_id), form=Form())


def delete(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = own_app(server, visitor, client_id)
    typed = form()
    if names.one_line(typed.get("name"), app_fields.NAME_MAX) != app.name:
        typed.refuse("name", f"Type the name of the app exactly: {app.name}")
        return render("developer/delete", visitor, http_status=422, app=app, form=typed)
    in_force = endings.delete_client(server, client_id, by=actor(visitor))
    return changed("/developer/apps", "app_deleted", in_force)
