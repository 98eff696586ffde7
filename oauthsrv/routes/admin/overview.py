"""/admin and /admin/overview: how many there are of what, how it went, what waits, what happened last."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

from bottle import HTTPResponse

from oauthsrv.pages import redirect, render
from oauthsrv.routes.admin.log import EventFilter, recent_events
from oauthsrv.routes.charts import BarChart, Count, bar_chart
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

EVENTS = 8
BUSIEST = 5
DAYS = 30


class Day(NamedTuple):
    """What was counted on one day in UTC."""

    day: date
    calls: int
    refusals: int
    users: int
    grants: int


def start(request: Request) -> HTTPResponse:
    return redirect("/admin/overview")


def show(request: Request) -> HTTPResponse:
    with reading(request.server.database) as db:
        figures = sql.admin.overview(db)
        last_day = sql.admin.usage_of_last_day(db)
        busiest = sql.admin.busiest_clients(db, rows=BUSIEST)
        days = days_until(
            figures.today,
            sql.admin.usage_by_day(db, days=DAYS - 1),
            sql.admin.users_by_day(db, days=DAYS - 1),
            sql.admin.grants_by_day(db, days=DAYS - 1),
        )
    return render(
        "admin/overview",
        request,
        figures=figures,
        last_day=last_day,
        busiest=busiest,
        days=days[::-1],
        usage_chart=usage_chart(days),
        growth_charts=growth_charts(days),
        events=recent_events(request, EventFilter(), rows=EVENTS),
        reviewed=request.server.settings.app_review,
    )


def days_until(today: date, usage: list[Any], users: list[Any], grants: list[Any]) -> list[Day]:
    """Every one of the last days, those without anything too."""
    calls = {row.day: (row.calls, row.refusals) for row in usage}
    new_users, new_grants = ({row.day: row.number for row in rows} for rows in (users, grants))
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    return [Day(day, *calls.get(day, (0, 0)), new_users.get(day, 0), new_grants.get(day, 0)) for day in days]


def usage_chart(days: list[Day]) -> BarChart:
    counts = [Count(short(day.day), full_date(day.day), day.calls, day.refusals) for day in days]
    return bar_chart(f"Calls of all apps, last {DAYS} days", counts)


def growth_charts(days: list[Day]) -> list[BarChart]:
    users = [Count(short(day.day), full_date(day.day), day.users) for day in days]
    grants = [Count(short(day.day), full_date(day.day), day.grants) for day in days]
    return [
        bar_chart(f"New users, last {DAYS} days", users, good="new users", bad=None),
        bar_chart(f"New connected apps, last {DAYS} days", grants, good="new connected apps", bad=None),
    ]


def short(day: date) -> str:
    return f"{day.day} {day:%b}"


def full_date(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
