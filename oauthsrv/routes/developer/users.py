"""/developer/apps/<client_id>/users: how many use an app, and why connections ended; no user is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import revocations
from oauthsrv.pages import render
from oauthsrv.routes.changes import actor, changed
from oauthsrv.routes.developer.own import managed_app, may_manage, own_app, telling
from oauthsrv.routes.events import end_reason
from oauthsrv.routes.visitor import Visitor
from oauthsrv.store.database import reading, sql

if TYPE_CHECKING:
    from oauthsrv.server import Server

pages.DONE.update(
    app_tokens_ended="Every token of the app was ended: each user has to allow it again.",
)


def show_users(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = own_app(server, visitor, client_id)
    with reading(server.database) as db:
        users = sql.apps.users_of(db, client_id=client_id)
        ended = sql.apps.ended_connections(db, client_id=client_id)
    return render(
        "developer/users",
        visitor,
        app=app,
        users=users,
        ended=[(end_reason(row.end_reason), row.number) for row in ended],
        may_end=may_manage(visitor, app),
    )


def ask_end_tokens(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    return render("developer/end_tokens", visitor, app=managed_app(server, visitor, client_id))


def end_tokens(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    managed_app(server, visitor, client_id)
    with telling("Nothing was ended", client_id):
        in_force = revocations.revoke_client_tokens(server, client_id, by=actor(visitor))
    return changed(f"/developer/apps/{client_id}/users", "app_tokens_ended", in_force)
