"""/admin and /admin/overview: totals, the last days, what waits, the latest events."""

from typing import Any

from bottle import HTTPResponse

from oauthsrv.pages import redirect, render
from oauthsrv.pages.charts import BarChart, Count, bar_chart
from oauthsrv.routes.admin.log import recent_events
from oauthsrv.routes.admin.setup import state_of
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

BUSIEST = 5
MISBEHAVING = 5
DAYS = 30


def start(request: Request) -> HTTPResponse:
    return redirect("/admin/overview")


def show_overview(request: Request) -> HTTPResponse:
    with reading(request.server.database) as db:
        figures = sql.admin.overview(db)
        last_day = sql.admin.usage_of_last_day(db)
        busiest = sql.admin.busiest_clients(db, rows=BUSIEST)
        misbehaving = sql.admin.misbehaving(db, rows=MISBEHAVING)
        days = sql.figures.last_days(db, days=DAYS - 1)
    return render(
        "admin/overview",
        request,
        setup_state=state_of(request),
        figures=figures,
        last_day=last_day,
        busiest=busiest,
        misbehaving=misbehaving,
        days=days[::-1],
        charts=charts(days),
        events=recent_events(request),
    )


def charts(days: list[Any]) -> list[BarChart]:
    calls, users, grants = [], [], []
    for day in days:
        short, full = f"{day.day.day} {day.day:%b}", f"{day.day.day} {day.day:%B %Y}"
        calls.append(Count(short, full, day.calls, day.refusals))
        users.append(Count(short, full, day.users))
        grants.append(Count(short, full, day.grants))
    return [
        bar_chart(f"Calls of all apps, last {DAYS} days", calls),
        bar_chart(f"New users, last {DAYS} days", users, good="new users", bad=None),
        bar_chart(f"New connected apps, last {DAYS} days", grants, good="new connected apps", bad=None),
    ]
