"""Calls at APIs: by the hour, in the rhythm of what each app is for."""

from __future__ import annotations

from datetime import timedelta

from oauthsrv.demo.apps import APPS, App
from oauthsrv.demo.records import HISTORY, Records

# Share of the busiest hour, from midnight (UTC) on.
HOURS = {
    "office": (1, 1, 1, 1, 2, 4, 14, 42, 78, 96, 100, 91, 70, 82, 97, 92, 74, 45, 22, 12, 8, 5, 3, 2),
    "steady": (62, 60, 58, 58, 60, 64, 72, 83, 94, 99, 100, 97, 92, 94, 98, 96, 91, 84, 78, 74, 71, 68, 66, 64),
    "evening": (9, 4, 2, 2, 3, 9, 27, 48, 41, 30, 28, 32, 44, 38, 30, 31, 42, 63, 84, 98, 100, 82, 52, 24),
    "night": (31, 92, 100, 96, 71, 22, 6, 4, 5, 6, 5, 4, 6, 5, 4, 5, 4, 4, 3, 3, 4, 5, 9, 16),
    "fading": (2, 2, 2, 2, 3, 8, 24, 60, 88, 97, 100, 94, 82, 88, 93, 90, 76, 51, 30, 18, 10, 6, 4, 3),
}  # fmt: skip
# From Monday on.
DAYS = {
    "office": (92, 100, 99, 97, 84, 11, 8),
    "steady": (97, 100, 99, 98, 95, 74, 70),
    "evening": (78, 76, 77, 80, 92, 100, 96),
    "night": (100, 98, 97, 97, 96, 90, 91),
    "fading": (92, 100, 99, 97, 84, 11, 8),
}
BROKEN_DAYS = (11, 37, 38, 70)  # ago: an app forgot a scope, or called in a circle


def call(records: Records) -> None:
    this_hour = records.now.replace(minute=0, second=0, microsecond=0)
    begun = (records.now - this_hour) / timedelta(hours=1)
    for app in APPS:
        for ago in range(int(min(HISTORY, app.created) * 24)):
            if ago / 24 <= max(app.suspended or 0, app.deleted or 0) or not app.calls:
                continue
            hour = this_hour - timedelta(hours=ago)
            wanted = int(demand(records, app, ago / 24, hour.hour, hour.weekday()) * (1 if ago else begun))
            calls, refusals = answered(records, app, wanted, ago // 24)
            if calls or refusals:
                client_id = records.client_ids[app.name]
                records.add("usage", client_id=client_id, hour=hour, calls=calls, refusals=refusals)


def demand(records: Records, app: App, days: float, hour: int, weekday: int) -> float:
    """More and more is asked for as time goes by; of what is fading, less and less."""
    trend = days / HISTORY if app.rhythm == "fading" else 1 - 0.5 * days / HISTORY
    usual = app.calls * HOURS[app.rhythm][hour] / 100 * DAYS[app.rhythm][weekday] / 100
    return max(0.0, usual * trend * records.chance.gauss(1, 0.12))


def answered(records: Records, app: App, wanted: int, days: int) -> tuple[int, int]:
    """Good calls, and those refused for lack of scope or for the limit."""
    share = 0.3 if days in BROKEN_DAYS and app.created > days + 10 else 0.004
    for_scope = int(wanted * share * records.chance.random())
    good = min(wanted - for_scope, app.limit)
    return good, wanted - good
