"""/admin/apps: every app, and one of them with all that is known of it."""

from __future__ import annotations

from bottle import HTTPResponse

from oauthsrv.flows import catalog
from oauthsrv.flows.clients.limits import share_text
from oauthsrv.flows.refusals import version
from oauthsrv.pages import render
from oauthsrv.routes.admin.log import recent_events
from oauthsrv.routes.pager import paged
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

ROWS = 50
STATUSES = {"active": "Active", "suspended": "Suspended", "verified": "Verified", "unverified": "Not verified"}
WAITING = {"waiting": "Waiting for approval"}


def show_apps(request: Request) -> HTTPResponse:
    query = request.query
    text, before = query.text("q"), query.get("before") or None
    reviewed = request.server.settings.app_review
    statuses = STATUSES | WAITING if reviewed else STATUSES
    status = query.get("status") if query.get("status") in statuses else None
    with reading(request.server.database) as db:
        found = sql.admin.search_clients(db, text=text, status=status, reviewed=reviewed, before=before, rows=ROWS + 1)
    apps, more = paged(request, found, ROWS, "client_id")
    return render(
        "admin/apps",
        request,
        form=query,
        apps=apps,
        more=more,
        filtered=bool(text or status),
        statuses=[("", "All"), *statuses.items()],
        reviewed=reviewed,
    )


def show_app(request: Request) -> HTTPResponse:
    app = request.app
    with reading(request.server.database) as db:
        usage = sql.usage.of_last_day(db, client_id=request.app.client_id)
        members = sql.team.members(db, client_id=request.app.client_id)
    return render(
        "admin/app",
        request,
        app=app,
        share=share_text(app),
        seen=version(app),
        usage=usage,
        members=members,
        events=recent_events(request, client_ids=[app.client_id]),
        scopes=catalog.held(request.server, app.scopes),
        reviewed=request.server.settings.app_review,
    )
