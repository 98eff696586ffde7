"""/admin/apps: every app, and one of them with all that is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bottle import HTTPResponse

from oauthsrv.flows import catalog
from oauthsrv.flows.clients.limits import share_text
from oauthsrv.flows.refusals import version
from oauthsrv.oauth.credentials import is_client_id
from oauthsrv.pages import PageError, not_found, render
from oauthsrv.routes.admin.lists import address
from oauthsrv.routes.admin.log import Filter
from oauthsrv.routes.events import administrator_line
from oauthsrv.routes.forms import query
from oauthsrv.routes.visitor import Visitor
from oauthsrv.store.database import reading, sql

if TYPE_CHECKING:
    from oauthsrv.server import Server

ROWS = 50
EVENTS = 20
LIST = "/admin/apps"
FILTERS = ("q", "status")
STATUSES = {"active": "Active", "suspended": "Suspended", "verified": "Verified", "unverified": "Not verified"}
WAITING = {"waiting": "Wait for approval"}


def show_apps(server: Server, visitor: Visitor) -> HTTPResponse:
    asked = query()
    words, before = asked.text("q"), asked.get("before") or None
    reviewed = server.settings.app_review
    statuses = STATUSES | WAITING if reviewed else STATUSES
    status = asked.get("status") if asked.get("status") in statuses else None
    with reading(server.database) as db:
        apps = sql.admin.search_apps(db, words=words, status=status, reviewed=reviewed, before=before, rows=ROWS + 1)
    return render(
        "admin/apps",
        visitor,
        form=asked,
        apps=apps[:ROWS],
        filtered=bool(words or status),
        statuses=[("", "All"), *statuses.items()],
        reviewed=reviewed,
        newer=address(LIST, asked, FILTERS) if before else None,
        older=address(LIST, asked, FILTERS, before=apps[ROWS - 1].client_id) if len(apps) > ROWS else None,
    )


def find(server: Server, client_id: str) -> Any:
    app = None
    if is_client_id(client_id):
        with reading(server.database) as db:
            app = sql.apps.find(db, client_id=client_id)
    if app is None:
        raise no_such_app()
    return app


def no_such_app() -> PageError:
    return not_found("app", (LIST, "All apps"))


def show_app(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = find(server, client_id)
    with reading(server.database) as db:
        usage = sql.usage.of_last_day(db, client_id=client_id)
        members = sql.team.members(db, client_id=client_id)
    return render(
        "admin/app",
        visitor,
        app=app,
        share=share_text(app),
        seen=version(app),
        usage=usage,
        members=members,
        events=list(map(administrator_line, Filter(client_ids=[client_id]).events(server, rows=EVENTS))),
        scopes=catalog.held(server, app.scopes),
        reviewed=server.settings.app_review,
    )
