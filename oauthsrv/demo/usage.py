"""API calls by the hour, in the daily and weekly rhythm of each app; why some were refused, and how long they took."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from oauthsrv.demo.apps import ROWS, App
from oauthsrv.demo.example import Example
from oauthsrv.demo.history import CALLS, CLOSED, DAYS
from oauthsrv.flows.clients.limits import set_limits
from oauthsrv.store.database import sql, transaction
from oauthsrv.store.usage import Hour, add

# Percent of the busiest hour, from midnight UTC; in RHYTHMS also percent of the busiest day, from Monday.
OFFICE = (1, 1, 1, 1, 2, 4, 14, 42, 78, 96, 100, 91, 70, 82, 97, 92, 74, 45, 22, 12, 8, 5, 3, 2)
STEADY = (62, 60, 58, 58, 60, 64, 72, 83, 94, 99, 100, 97, 92, 94, 98, 96, 91, 84, 78, 74, 71, 68, 66, 64)
EVENING = (9, 4, 2, 2, 3, 9, 27, 48, 41, 30, 28, 32, 44, 38, 30, 31, 42, 63, 84, 98, 100, 82, 52, 24)
NIGHT = (31, 92, 100, 96, 71, 22, 6, 4, 5, 6, 5, 4, 6, 5, 4, 5, 4, 4, 3, 3, 4, 5, 9, 16)
RHYTHMS = {
    "office": (OFFICE, (92, 100, 99, 97, 84, 11, 8)),
    "fading": (OFFICE, (92, 100, 99, 97, 84, 11, 8)),
    "steady": (STEADY, (97, 100, 99, 98, 95, 74, 70)),
    "evening": (EVENING, (78, 76, 77, 80, 92, 100, 96)),
    "night": (NIGHT, (100, 98, 97, 97, 96, 90, 91)),
}
BROKEN_DAYS = (11, 37, 38, 70)  # ago: an app forgot a scope, or called in a loop
LIMITS = {act.of[0]: act.of[2].calls_per_hour for act in CALLS if act.do is set_limits}


def usage(now: datetime) -> Iterator[tuple[str, datetime, int, int]]:
    """App, hour, good calls and refused ones."""
    chance, this_hour = random.Random(2121), now.replace(minute=0, second=0, microsecond=0)
    for app in ROWS:
        for ago in range(int(CLOSED.get(app.name, 0) * 24), int(min(DAYS, app.created) * 24)) if app.calls else ():
            hour = this_hour - timedelta(hours=ago)
            wanted = int(demand(chance, app, ago / 24, hour) * (1 if ago else now.minute / 60))
            refused = 0.3 if ago // 24 in BROKEN_DAYS and app.created > ago / 24 + 10 else 0.004
            good = min(int(wanted * (1 - refused * chance.random())), LIMITS.get(app.name, 1000))
            if wanted:
                yield app.name, hour, good, wanted - good


def demand(chance: random.Random, app: App, days: float, hour: datetime) -> float:
    """It grows as time goes by, except for an app that is fading."""
    hours, weekdays = RHYTHMS[app.rhythm]
    trend = days / DAYS if app.rhythm == "fading" else 1 - 0.5 * days / DAYS
    usual = app.calls * hours[hour.hour] / 100 * weekdays[hour.weekday()] / 100
    return max(0.0, usual * trend * chance.gauss(1, 0.12))


def write_usage(example: Example, now: datetime) -> None:
    good: dict[Hour, int] = {}
    refused: dict[Hour, dict[str, int]] = {}
    for name, hour, calls, refusals in usage(now):
        key = int(hour.timestamp()), example.ids[name]
        good[key] = calls
        if refusals:
            refused[key] = reasons(name, calls, refusals)
    with transaction(example.server.database) as db:
        add(db, good, refused)
        sql.demo.count_calls(db)
    write_times(example, now)


def reasons(app: str, calls: int, refusals: int) -> dict[str, int]:
    """What is beyond the app's limit, or mostly a scope that it lacks."""
    problem = "calls_limit" if calls >= LIMITS.get(app, 1000) else "insufficient_scope"
    audience = refusals // 5
    return {problem: refusals - audience, **({"wrong_audience": audience} if audience else {})}


def write_times(example: Example, now: datetime) -> None:
    """Write response times of the last week: most requests take few milliseconds, few take long."""
    chance, week_ago = random.Random(77), now - timedelta(days=7)
    for name, hour, calls, _ in usage(now):
        for endpoint, share in (("/oauth/verify", 1.0), ("/oauth/token", 0.02)) if hour > week_ago else ():
            for _ in range(min(20, int(calls * share))):
                seconds = chance.lognormvariate(-6.2 if share == 1 else -4.6, 0.6)
                example.server.server_times.note(example.ids[name], endpoint, seconds, at=hour.timestamp())
    example.server.server_times.flush()
