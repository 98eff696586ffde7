"""/developer/apps/<client_id>/usage: calls, refusals and the limit, by hour or by day, in UTC.

Also reasons for refusals, this server's response times, how many users call how often, and a CSV file of it all.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

from bottle import HTTPResponse

from oauthsrv.flows.clients.limits import share_text
from oauthsrv.oauth.problems import PROBLEMS
from oauthsrv.pages import number, render
from oauthsrv.pages.charts import BarChart, Count, bar_chart
from oauthsrv.routes import csv_file
from oauthsrv.routes.developer.refusal_filter import ENDPOINTS
from oauthsrv.routes.request import Request
from oauthsrv.store import usage
from oauthsrv.store.database import reading, sql
from oauthsrv.store.rows import AppRow
from oauthsrv.store.server_times import quantile

USERS_COUNTED = 1_000  # those who allowed the app last
HOURS_OF_FILE = 10_000  # more than are kept
# Reasons for refusals that are counted; unknown tokens are not, as nothing proves whose they were.
COUNTED = ("calls_limit", "share_limit", "insufficient_scope", "wrong_audience", "token_without_user")
# What these endpoints do for an app.
CHECKS = {"/oauth/verify": "Check of an API call", "/oauth/introspect": "Introspection of a token"}


class Span(NamedTuple):
    """The period that a page shows: the number of bars, each as long as `step`."""

    label: str
    title: str
    bars: int
    step: timedelta

    @property
    def hours(self) -> int:
        """The hours in one bar."""
        return self.step // timedelta(hours=1)


DAY = Span("Day", "Calls in the last 24 hours", 24, timedelta(hours=1))
DAYS_OF_WEEK = 7
SPANS = {
    "day": DAY,
    "week": Span("Week", "Calls in the last 7 days", 7, timedelta(days=1)),
    "month": Span("Month", "Calls in the last 30 days", 30, timedelta(days=1)),
}


def show_usage(request: Request) -> HTTPResponse:
    app, now = request.app, datetime.now(UTC)
    name = request.query.get("span") if request.query.get("span") in SPANS else "day"
    span = SPANS[name]
    hours, reasons, times, sizes = read_usage(request, beginnings(span, now)[0])
    counted = counts(hours, span, now)
    window = usage.window_of(request.server.redis, app.client_id, app.calls_per_hour)
    path = f"/developer/apps/{app.client_id}/usage"
    return render(
        "developer/usage",
        request,
        app=app,
        share=share_text(app),
        chart=chart(app, span, counted),
        counted=counted[::-1],
        calls=sum(count.good for count in counted),
        refusals=sum(count.bad for count in counted),
        reasons=[(row, PROBLEMS[row.problem]) for row in reasons if row.problem in PROBLEMS],
        times=[server_time(row) for row in times],
        users=users_by_calls(sizes),
        users_counted=USERS_COUNTED,
        file=f"{path}.csv",
        most=max(counted, key=lambda count: count.good + count.bad),
        unit="hour" if span.hours == 1 else "day",
        window=window,
        resets_at=now + timedelta(seconds=window.resets_in) if window else None,
        tabs=[(f"{path}?span={each}", SPANS[each].label) for each in SPANS],
        here=f"{path}?span={name}",
    )


def read_usage(request: Request, since: datetime) -> tuple[list[Any], list[Any], list[Any], Any]:
    """Hours with calls, reasons for refusals, response times, and users by their calls."""
    client_id = request.app.client_id
    with reading(request.server.database) as db:
        return (
            sql.usage.by_hour(db, client_ids=[client_id], since=since),
            sql.usage.reasons(db, client_id=client_id, since=since),
            sql.server_times.of_client(db, client_id=client_id, since=since),
            sql.developer.users_by_calls(db, client_id=client_id, at_most=USERS_COUNTED),
        )


def chart(app: AppRow, span: Span, counted: list[Count]) -> BarChart:
    limit = app.calls_per_hour * span.hours
    limit_label = f"limit: {number(app.calls_per_hour)} per hour"
    if span.hours > 1:
        limit_label += f", {number(limit)} a day"
    return bar_chart(span.title, counted, limit=limit, limit_label=limit_label)


def beginnings(span: Span, now: datetime) -> list[datetime]:
    """The beginning of each bar, the oldest first; the last one is under way."""
    last = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if span.hours > 1:
        last = last.replace(hour=0)
    return [last - span.step * back for back in reversed(range(span.bars))]


def counts(hours: Iterable[Any], span: Span, now: datetime) -> list[Count]:
    """The hours of one app as the bars of a span; hours without a row are 0."""
    starts = beginnings(span, now)
    good, bad = [0] * span.bars, [0] * span.bars
    for row in hours:
        # What was counted under a clock that is ahead belongs to the last bar.
        place = min((row.hour - starts[0]) // span.step, span.bars - 1)
        good[place] += row.calls
        bad[place] += row.refusals
    return [Count(*labels(at, span), calls, refusals) for at, calls, refusals in zip(starts, good, bad, strict=True)]


def labels(at: datetime, span: Span) -> tuple[str, str]:
    """The label below the bar, and the full one."""
    day = f"{at.day} {at:%b}"
    if span.hours == 1:
        return f"{at:%H:%M}", f"{day}, {at:%H:%M} to {at + span.step:%H:%M}"
    return f"{at:%a}" if span.bars <= DAYS_OF_WEEK else day, f"{at:%A}, {at.day} {at:%B}"


class ServerTime(NamedTuple):
    """The times this server took for requests at one endpoint: half of them, and 95 percent, took no longer."""

    endpoint: str
    number: int
    half: int | None  # milliseconds; None is longer than any bound
    most: int | None


def server_time(row: Any) -> ServerTime:
    endpoint = CHECKS.get(row.endpoint) or ENDPOINTS.get(row.endpoint, row.endpoint)
    return ServerTime(endpoint, sum(row.counts), quantile(row.counts, 0.5), quantile(row.counts, 0.95))


class UsersByCalls(NamedTuple):
    calls: str
    this_month: int
    last_month: int


def users_by_calls(rows: Iterable[Any]) -> list[UsersByCalls]:
    """Users grouped by their calls, in powers of ten, including empty groups."""
    found = {row.size: row for row in rows}
    return [
        UsersByCalls(range_text(size), found[size].this_month, found[size].last_month)
        if size in found
        else UsersByCalls(range_text(size), 0, 0)
        for size in range(max(found, default=-1) + 1)
    ]


def range_text(size: int) -> str:
    """The range of numbers with so many digits, as text."""
    if size == 0:
        return "No calls"
    return f"{number(10 ** (size - 1))} to {number(10**size - 1)}"


# Download


def reason(problem: str, row: Any) -> int:
    return int(row.reasons.get(problem, 0))


COLUMNS = csv_file.columns("hour calls refused_calls=refusals") | {
    **{f"refused_{problem}": partial(reason, problem) for problem in COUNTED},
    "failed_oauth_requests": lambda row: row.failures + row.claims,
    "of_these_from_unknown_senders": attrgetter("claims"),
}


def download(request: Request) -> HTTPResponse:
    """Send every recorded hour with activity."""

    def read(before: datetime | None, rows: int) -> list[Any]:
        with reading(request.server.database) as db:
            found: list[Any] = sql.usage.of_client(db, client_id=request.app.client_id, before=before, rows=rows)
        return found

    return csv_file.download("usage", COLUMNS, csv_file.pages(read, "hour", HOURS_OF_FILE))
