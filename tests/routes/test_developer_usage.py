"""Usage: calls and refusals by hour and by day, and the limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

import make
import rows
from browser import Browser
from oauthsrv.routes.developer.usage import DAY, SPANS, beginnings, counts
from oauthsrv.server import Server
from oauthsrv.store import usage
from portal import figures, owned

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)


def hour(at: datetime, calls: int = 0, refusals: int = 0) -> Any:
    return SimpleNamespace(hour=at, calls=calls, refusals=refusals)


def test_a_day_has_24_hours_and_the_last_is_under_way() -> None:
    begun = beginnings(DAY, NOW)
    assert len(begun) == 24
    assert begun[0] == datetime(2026, 11, 19, 15, tzinfo=UTC)
    assert begun[-1] == datetime(2026, 11, 20, 14, tzinfo=UTC)


@pytest.mark.parametrize(("name", "bars"), [("week", 7), ("month", 30)])
def test_longer_spans_have_a_bar_for_each_day_in_utc(name: str, bars: int) -> None:
    elsewhere = NOW.astimezone(tz=None)
    begun = beginnings(SPANS[name], elsewhere)
    assert len(begun) == bars
    assert begun[-1] == datetime(2026, 11, 20, tzinfo=UTC)
    assert all(at.hour == 0 for at in begun)


def test_hours_without_a_call_are_zero_and_hours_of_a_day_add_up() -> None:
    hours = [
        hour(datetime(2026, 11, 19, 23, tzinfo=UTC), 5, 1),
        hour(datetime(2026, 11, 20, 0, tzinfo=UTC), 7),
        hour(datetime(2026, 11, 20, 14, tzinfo=UTC), 10, 2),
    ]
    by_hour = counts(hours, DAY, NOW)
    assert [count.good for count in by_hour if count.good] == [5, 7, 10]
    assert (by_hour[-1].label, by_hour[-1].title, by_hour[-1].bad) == ("14:00", "20 Nov, 14:00 to 15:00", 2)
    by_day = counts(hours, SPANS["week"], NOW)
    assert [(count.good, count.bad) for count in by_day[-2:]] == [(5, 1), (17, 2)]
    assert by_day[-1].title == "Friday, 20 November"


def test_what_a_clock_that_is_ahead_has_counted_is_in_the_last_bar() -> None:
    assert counts([hour(NOW + timedelta(hours=2), 3)], DAY, NOW)[-1].good == 3


def used(server: Server, client_id: str, ago: timedelta, calls: int, refusals: int) -> None:
    rows.rows(
        server,
        "INSERT INTO usage (client_id, hour, calls, refusals) "
        "VALUES (%(client_id)s, date_trunc('hour', %(at)s), %(calls)s, %(refusals)s)",
        client_id=client_id,
        at=datetime.now(UTC) - ago,
        calls=calls,
        refusals=refusals,
    )


def test_each_span_shows_its_own_calls_as_a_chart_and_as_a_table(
    server: Server, browser: Browser, ada: make.User
) -> None:
    client_id = owned(server, ada)
    used(server, client_id, timedelta(hours=1), 1000, 250)
    used(server, client_id, timedelta(days=5), 200, 0)
    used(server, client_id, timedelta(days=20), 30, 0)
    used(server, client_id, timedelta(days=40), 4, 0)
    path = f"/developer/apps/{client_id}/usage"
    page = browser.get(path)
    assert figures(page)["Calls"] == "1,000"
    assert figures(page)["Refused API calls"] == "250"
    assert figures(page)["Busiest hour"] == "1,250"
    assert "20.0 percent of all" in page
    chart = page.html.find("main").find(role="img")
    assert chart["aria-label"] == "Calls in the last 24 hours: 1,000 calls, 250 refused"
    assert len(page.html.find("main").find("details").find_all("tr")) == 1 + 24
    page = page.click("Week")
    assert figures(page)["Calls"] == "1,200"
    assert page.html.find("a", attrs={"aria-current": "page"}, string="Week")
    assert len(page.html.find("main").find("details").find_all("tr")) == 1 + 7
    page = page.click("Month")
    assert figures(page)["Calls"] == "1,230"
    assert figures(browser.get(f"{path}?span=nonsense"))["Calls"] == "1,000"


def test_an_app_that_was_never_used_shows_an_empty_chart(server: Server, browser: Browser, ada: make.User) -> None:
    page = browser.get(f"/developer/apps/{owned(server, ada)}/usage")
    assert figures(page)["Calls"] == "0"
    assert figures(page)["This hour’s window"] == "0 of 1,000"
    assert "No calls in this period" in page


def test_rule_15_the_window_under_way_is_shown_and_looking_at_it_counts_nothing(
    server: Server, browser: Browser, ada: make.User
) -> None:
    client_id = owned(server, ada)
    client = server.clients.find_client(client_id)
    assert client is not None
    budget = usage.budget_of(server.redis, client, None)
    usage.charge(server.redis, budget, 400)
    path = f"/developer/apps/{client_id}/usage"
    for _ in range(2):
        page = browser.get(path)
        assert figures(page)["This hour’s window"] == "400 of 1,000"
        assert "600 left; it resets in 59 minutes" in page
        assert "You’ve reached the limit" not in page
    usage.charge(server.redis, budget, 601)
    assert "You’ve reached the limit" in browser.get(path)
