"""The limits of an app, as an administrator types them."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from oauthsrv.flows.names import Problems
from oauthsrv.store.usage import DEFAULT_SHARE, SHARED_FROM

LIMIT_MAX = 100_000_000


class Limits(NamedTuple):
    """What an administrator sets for one app; without a share of its own the default one counts."""

    calls_per_hour: int
    grant_share_percent: int | None
    token_requests_per_minute: int


def limits_of(app: Any) -> Limits:
    return Limits(app.rate_limit_per_hour, app.grant_share_percent, app.token_limit_per_minute)


def are_raised(old: Limits, new: Limits) -> bool:
    """Whether the app, or one of its users, may do more."""
    return bool(
        new.calls_per_hour > old.calls_per_hour
        or new.token_requests_per_minute > old.token_requests_per_minute
        or (share_of(new) > share_of(old) and (new.grant_share_percent or calls_of_one(new) > calls_of_one(old)))
    )


def share_of(limits: Limits) -> int:
    """What one user may use, in percent."""
    return limits.grant_share_percent or (DEFAULT_SHARE if limits.calls_per_hour >= SHARED_FROM else 100)


def calls_of_one(limits: Limits) -> float:
    """Below SHARED_FROM one user may make all calls by default, which can be fewer than a quarter was."""
    return limits.calls_per_hour * share_of(limits) / 100


def check_limits(calls: str, share: str, token_requests: str) -> Limits | Problems:
    """The field of the share may stay empty."""
    problems = Problems()
    limits = Limits(
        check_number(calls, "limit", "calls per hour", LIMIT_MAX, problems),
        check_number(share, "share", "percent", 100, problems) if share else None,
        check_number(token_requests, "token_limit", "requests per minute", LIMIT_MAX, problems),
    )
    return problems or limits


def check_number(text: str, field: str, what: str, most: int, problems: Problems) -> int:
    number = re.sub(r"[ ,_']", "", text)
    if not re.fullmatch(r"[0-9]{1,9}", number) or not 1 <= int(number) <= most:
        problems.add(field, f"Give a whole number of {what}, from 1 to {most:,}.")
        return 0
    return int(number)


def share_words(app: Any) -> str:
    """How much of an app's calls one user may make, to follow their number; empty where that is all of them."""
    if app.grant_share_percent is None and app.rate_limit_per_hour >= SHARED_FROM:
        return f", at most {DEFAULT_SHARE} percent of them for one user while others use the app"
    if app.grant_share_percent in (None, 100):
        return ""
    return f", at most {app.grant_share_percent} percent of them for one user"
