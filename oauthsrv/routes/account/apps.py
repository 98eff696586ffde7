"""/account/apps: the apps that have access to this account, their connections, and how to disconnect them."""

from typing import Any

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import revocations
from oauthsrv.flows.refusals import NotFound
from oauthsrv.oauth.credentials import is_family_id, is_grant_id
from oauthsrv.pages import not_found, redirect, render
from oauthsrv.pages.events import end_reason
from oauthsrv.routes.page_guards import changed
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

APPS_SHOWN = 500
CONNECTIONS_SHOWN = 100

pages.DONE.update(
    app_ended="The app no longer has access to your account. To reconnect, start again in the app.",
    connection_ended="That connection ended.",
)


def start(request: Request) -> HTTPResponse:
    return redirect("/account/apps")


def show_apps(request: Request) -> HTTPResponse:
    with reading(request.server.database) as db:
        apps = sql.account.connected_clients(db, user_id=request.user.user_id, grant_id=None, rows=APPS_SHOWN)
    return render(
        "account/apps",
        request,
        active=[app for app in apps if app.ended_at is None],
        ended=[app for app in apps if app.ended_at],
        why=end_reason,
    )


def show_app(request: Request) -> HTTPResponse:
    app = own_app(request, request.url["grant_id"])
    with reading(request.server.database) as db:
        connections = sql.account.connections(db, grant_id=request.url["grant_id"], rows=CONNECTIONS_SHOWN)
    return render(
        "account/app",
        request,
        app=app,
        active=[one for one in connections if one.ended_at is None],
        ended=[one for one in connections if one.ended_at],
        why=end_reason,
    )


def end_app(request: Request) -> HTTPResponse:
    """Revoke one app's access with one click, immediately, and nothing else."""
    grant_id = request.url["grant_id"]
    if not is_grant_id(grant_id):
        raise no_such_app()
    try:
        in_force = revocations.revoke_grant(request.server, grant_id, request.user.user_id, "user", by=request.actor)
    except NotFound:
        raise no_such_app() from None
    return changed("/account/apps", "app_ended", in_force)


def end_connection(request: Request) -> HTTPResponse:
    """Revoke one connection of the app with one click; its other connections and the consent stay."""
    user_id, grant_id, family_id = request.user.user_id, request.url["grant_id"], request.url["family_id"]
    client_id = None
    if is_grant_id(grant_id) and is_family_id(family_id):
        with reading(request.server.database) as db:
            client_id = sql.account.client_of_connection(db, user_id=user_id, grant_id=grant_id, family_id=family_id)
    if client_id is None:
        raise not_found("connection", link=("/account/apps", "Connected apps"))
    in_force = revocations.revoke_family(
        request.server, family_id, "user", by=request.actor, user_id=user_id, client_id=client_id
    )
    return changed(f"/account/apps/{grant_id}", "connection_ended", in_force)


def own_app(request: Request, grant_id: str) -> Any:
    """An app that has access, or had it lately; apps of other users are not found."""
    found = []
    if is_grant_id(grant_id):
        with reading(request.server.database) as db:
            found = sql.account.connected_clients(db, user_id=request.user.user_id, grant_id=grant_id, rows=1)
    if not found:
        raise no_such_app()
    return found[0]


def no_such_app() -> pages.PageError:
    return not_found("connected app", link=("/account/apps", "Connected apps"))
