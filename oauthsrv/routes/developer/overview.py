"""/developer/apps: all apps that somebody develops, and one of them at a glance."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bottle import HTTPResponse

from oauthsrv.flows import catalog
from oauthsrv.flows.clients.limits import share_text
from oauthsrv.pages import redirect, render
from oauthsrv.routes.charts import Sparkline, sparkline
from oauthsrv.routes.developer.usage import DAY, beginnings, counts
from oauthsrv.routes.events import developer_line
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import may_manage
from oauthsrv.store.database import reading, sql

ROWS = 50
EVENTS = 20


def start(request: Request) -> HTTPResponse:
    return redirect("/developer/apps")


def show_apps(request: Request) -> HTTPResponse:
    before, user_id, now = request.query.get("before") or None, request.user.user_id, datetime.now(UTC)
    with reading(request.server.database) as db:
        found = sql.developer.clients(db, user_id=user_id, before=before, rows=ROWS + 1)
        apps = found[:ROWS]
        hours = sql.usage.by_hour(db, client_ids=[app.client_id for app in apps], since=beginnings(DAY, now)[0])
    return render(
        "developer/apps",
        request,
        apps=apps,
        calls={app.client_id: day_of([row for row in hours if row.client_id == app.client_id], now) for app in apps},
        reviewed=request.server.settings.app_review,
        newer="/developer/apps" if before else None,
        older=f"/developer/apps?before={apps[-1].client_id}" if len(found) > ROWS else None,
    )


def day_of(hours: list[Any], now: datetime) -> tuple[int, Sparkline]:
    """Calls of the last day, and how they were spread over it."""
    calls = [count.good for count in counts(hours, DAY, now)]
    return sum(calls), sparkline(f"Calls in each of the last 24 hours, at most {max(calls):,} in one", calls, width=48)


def show_app(request: Request) -> HTTPResponse:
    app = request.app
    with reading(request.server.database) as db:
        usage = sql.usage.of_last_day(db, client_id=request.app.client_id)
        events = sql.audit.of_client(db, client_id=request.app.client_id, rows=EVENTS)
        member_ids = {member.user_id for member in sql.team.members(db, client_id=request.app.client_id)}
        is_new = not sql.developer.was_ever_allowed(db, client_id=request.app.client_id)
    return render(
        "developer/app",
        request,
        app=app,
        share=share_text(app),
        usage=usage,
        is_new=is_new,
        is_foreign=may_manage(request) and app.owner_id != request.user.user_id,
        events=[developer_line(event, request.user.user_id, app, member_ids) for event in events],
        scopes=catalog.held(request.server, app.scopes),
        reviewed=request.server.settings.app_review,
        issuer=request.server.settings.issuer,
    )
