"""/developer/apps/<client_id>/usage: calls, refusals and the limit, hour by hour or day by day; all times are UTC."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from bottle import HTTPResponse

from oauthsrv.flows.clients.limits import share_text
from oauthsrv.pages import number, render
from oauthsrv.pages.charts import BarChart, Count, bar_chart
from oauthsrv.routes.request import Request
from oauthsrv.store import usage
from oauthsrv.store.database import reading, sql


class Span(NamedTuple):
    """What one page shows: so many bars, each as long as `step`."""

    label: str
    title: str
    bars: int
    step: timedelta

    @property
    def hours(self) -> int:
        """Of one bar."""
        return self.step // timedelta(hours=1)


DAY = Span("Day", "Calls in the last 24 hours", 24, timedelta(hours=1))
SPANS = {
    "day": DAY,
    "week": Span("Week", "Calls in the last 7 days", 7, timedelta(days=1)),
    "month": Span("Month", "Calls in the last 30 days", 30, timedelta(days=1)),
}


def show_usage(request: Request) -> HTTPResponse:
    app, now = request.app, datetime.now(UTC)
    name = request.query.get("span") if request.query.get("span") in SPANS else "day"
    span = SPANS[name]
    with reading(request.server.database) as db:
        hours = sql.usage.by_hour(db, client_ids=[app.client_id], since=beginnings(span, now)[0])
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
        most=max(counted, key=lambda count: count.good + count.bad),
        unit="hour" if span.hours == 1 else "day",
        window=window,
        resets_at=now + timedelta(seconds=window.resets_in) if window else None,
        tabs=[(f"{path}?span={each}", SPANS[each].label) for each in SPANS],
        here=f"{path}?span={name}",
    )


def chart(app: Any, span: Span, counted: list[Count]) -> BarChart:
    limit = app.calls_per_hour * span.hours
    limit_label = f"limit: {number(app.calls_per_hour)} per hour"
    if span.hours > 1:
        limit_label += f", {number(limit)} a day"
    return bar_chart(span.title, counted, limit=limit, limit_label=limit_label)


def beginnings(span: Span, now: datetime) -> list[datetime]:
    """When each bar begins, the oldest first; the last is under way."""
    last = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if span.hours > 1:
        last = last.replace(hour=0)
    return [last - span.step * back for back in reversed(range(span.bars))]


def counts(hours: Iterable[Any], span: Span, now: datetime) -> list[Count]:
    """The hours of one app as the bars of a span; what has no row is 0."""
    starts = beginnings(span, now)
    good, bad = [0] * span.bars, [0] * span.bars
    for row in hours:
        # What a clock that is ahead has counted already belongs to the last bar.
        place = min((row.hour - starts[0]) // span.step, span.bars - 1)
        good[place] += row.calls
        bad[place] += row.refusals
    return [Count(*labels(at, span), calls, refusals) for at, calls, refusals in zip(starts, good, bad, strict=True)]


def labels(at: datetime, span: Span) -> tuple[str, str]:
    """Under the bar, and in full."""
    day = f"{at.day} {at:%b}"
    if span.hours == 1:
        return f"{at:%H:%M}", f"{day}, {at:%H:%M} to {at + span.step:%H:%M}"
    return day, f"{at:%A}, {at.day} {at:%B}"
