"""API calls by the hour, in the daily and weekly rhythm of each app; why some were refused, and how long they took."""

import math
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from oauthsrv.demo.apps import APPS, App
from oauthsrv.demo.example import Example
from oauthsrv.demo.history import CALLS, CLOSED, DAYS
from oauthsrv.flows.clients.limits import set_limits
from oauthsrv.store.database import sql, transaction
from oauthsrv.store.usage import Hour, add

# Its busiest hour in UTC, how many hours around it are busy, how much of that there is at any hour, and on weekends.
RHYTHMS = {
    "office": (11, 4, 0.02, 0.1),
    "fading": (11, 4, 0.02, 0.1),
    "steady": (11, 8, 0.6, 0.7),
    "evening": (20, 4, 0.1, 1.1),
    "night": (2, 2, 0.04, 0.9),
}
BROKEN_DAYS = (11, 37, 38, 70)  # ago: an app forgot a scope, or called in a loop
LIMITS = {act.of[1]: act.of[2].calls_per_hour for act in CALLS if act.do is set_limits}
ANSWERED_IN = {"/oauth/verify": (1.0, -6.2), "/oauth/token": (0.02, -4.6)}  # requests a call, logarithm of seconds


def usage(now: datetime) -> Iterator[tuple[App, datetime, int, dict[str, int]]]:
    """App, hour, good calls, and refused ones by the reason."""
    chance, this_hour = random.Random(2121), now.replace(minute=0, second=0, microsecond=0)
    for app in APPS.values():
        limit = LIMITS.get(app.name, 1000)
        for ago in range(int(CLOSED.get(app.name, 0) * 24), int(min(DAYS, app.created) * 24)) if app.calls else ():
            hour = this_hour - timedelta(hours=ago)
            wanted = int(demand(chance, app, ago / 24, hour) * (1 if ago else now.minute / 60))
            refused = 0.3 if ago // 24 in BROKEN_DAYS and app.created > ago / 24 + 10 else 0.004
            good = min(int(wanted * (1 - refused * chance.random())), limit)
            # What is beyond the limit, or mostly a scope that the app lacks.
            main, audience = "calls_limit" if good >= limit else "insufficient_scope", (wanted - good) // 5
            reasons = {main: wanted - good - audience, "wrong_audience": audience}
            if wanted:
                yield app, hour, good, {reason: number for reason, number in reasons.items() if number}


def demand(chance: random.Random, app: App, days: float, hour: datetime) -> float:
    """It grows as time goes by, except for an app that is fading."""
    peak, width, always, weekend = RHYTHMS[app.rhythm]
    trend = days / DAYS if app.rhythm == "fading" else 1 - 0.5 * days / DAYS
    off = abs((hour.hour - peak + 12) % 24 - 12)
    usual = app.calls * max(always, math.exp(-((off / width) ** 2))) * (weekend if hour.weekday() > 4 else 1)
    return max(0.0, usual * trend * chance.gauss(1, 0.12))


def write_usage(example: Example, now: datetime) -> None:
    good, refused = {}, {}
    for app, hour, calls, reasons in usage(now):
        key = int(hour.timestamp()), example.ids[app.name]
        good[key], refused[key] = calls, reasons
    with transaction(example.server.database) as db:
        add(db, good, refused)
        sql.demo.count_calls(db)
    write_times(example, {key: calls for key, calls in good.items() if key[0] > (now - timedelta(days=7)).timestamp()})


def write_times(example: Example, calls: dict[Hour, int]) -> None:
    """Write response times: most requests take few milliseconds, few take long."""
    chance = random.Random(77)
    for (hour, client_id), number in calls.items():
        for endpoint, (share, usual) in ANSWERED_IN.items():
            for _ in range(min(20, int(number * share))):
                example.server.server_times.note(client_id, endpoint, chance.lognormvariate(usual, 0.6), at=hour)
    example.server.server_times.flush()
