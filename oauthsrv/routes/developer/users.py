"""/developer/apps/<client_id>/users: how many use an app, and why connections ended; no user is named."""

from __future__ import annotations

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import revocations
from oauthsrv.pages import render
from oauthsrv.routes.events import end_reason
from oauthsrv.routes.page_guards import changed
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import back, may_manage, refusals_as_page
from oauthsrv.store.database import reading, sql

pages.DONE.update(
    app_tokens_ended="All tokens of the app were revoked. Each user has to connect it again.",
)


def show_users(request: Request) -> HTTPResponse:
    app = request.app
    with reading(request.server.database) as db:
        users = sql.developer.users(db, client_id=request.app.client_id)
        ended = sql.developer.ended_connections(db, client_id=request.app.client_id)
    return render(
        "developer/users",
        request,
        app=app,
        users=users,
        ended=[(end_reason(row.end_reason), row.number) for row in ended],
        may_end=may_manage(request),
    )


def ask_end_tokens(request: Request) -> HTTPResponse:
    return render("developer/end_tokens", request, app=request.app)


def end_tokens(request: Request) -> HTTPResponse:
    with refusals_as_page("Nothing was ended", back(request)):
        in_force = revocations.revoke_client_tokens(request.server, request.app.client_id, by=request.actor)
    return changed(f"/developer/apps/{request.app.client_id}/users", "app_tokens_ended", in_force)
