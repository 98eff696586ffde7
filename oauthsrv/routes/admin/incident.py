"""/admin/apps/<client_id>/incident: what an app is doing right now, who is affected, and how to stop it."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from bottle import HTTPResponse

from oauthsrv.oauth.problems import PROBLEMS
from oauthsrv.pages import moment_text, number, render
from oauthsrv.pages.charts import BarChart, Count, bar_chart
from oauthsrv.routes.admin.log import recent_events
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

HOURS = 48
DAY = 24
AFFECTED = 50
EVENTS = 30
MISTAKES = 10


class DayCounts(NamedTuple):
    """Counts of the last 24 hours, and of the 24 before."""

    now: int
    before: int

    @property
    def note(self) -> str:
        if not self.before:
            return "none the day before" if self.now else "none the day before either"
        percent = round(100 * (self.now - self.before) / self.before)
        return f"{number(self.before)} the day before ({percent:+,} percent)"


def show_incident(request: Request) -> HTTPResponse:
    app, now = request.app, datetime.now(UTC)
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    with reading(request.server.database) as db:
        used = {row.hour: row for row in sql.usage.by_hour(db, client_ids=[app.client_id], since=first)}
        problems = sql.refusals.problems(db, client_id=app.client_id, days=1)
        affected = sql.admin.affected_users(db, client_id=app.client_id, rows=AFFECTED)
    hours = [first + timedelta(hours=number) for number in range(HOURS)]
    calls = [(used[hour].calls, used[hour].refusals) if hour in used else (0, 0) for hour in hours]
    return render(
        "admin/incident",
        request,
        app=app,
        chart=chart(hours, calls),
        calls=days([good for good, _ in calls]),
        refusals=days([bad for _, bad in calls]),
        failures=sum(row.count for row in problems),
        problems=[(meaning(row.problem), row) for row in problems[:MISTAKES]],
        affected=affected,
        most=AFFECTED,
        events=recent_events(request, client_ids=[app.client_id], rows=EVENTS),
    )


def days(counts: list[int]) -> DayCounts:
    return DayCounts(sum(counts[-DAY:]), sum(counts[:-DAY]))


def chart(hours: list[datetime], calls: list[tuple[int, int]]) -> BarChart:
    bars = [
        Count(f"{hour:%H}:00", moment_text(hour), good, bad) for hour, (good, bad) in zip(hours, calls, strict=True)
    ]
    return bar_chart(f"Calls by hour, last {HOURS} hours (UTC)", bars)


def meaning(problem: str) -> str:
    return PROBLEMS[problem].what if problem in PROBLEMS else problem
