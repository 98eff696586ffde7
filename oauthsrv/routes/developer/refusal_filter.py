"""The filter of the activity page, read from its address; mistakes are reported beside their fields."""

import re
from collections.abc import Container
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from oauthsrv.oauth.problems import BY_CODE, PROBLEMS
from oauthsrv.request_ids import is_request_id
from oauthsrv.routes.forms import Form

# The names of endpoints on pages.
ENDPOINTS = {
    "/oauth/authorize": "Authorization",
    "/oauth/par": "Pushed authorization",
    "/oauth/token": "Token",
    "/oauth/device_authorization": "Device authorization",
    "/device": "Device page",
    "/oauth/revoke": "Revocation",
    "/oauth/introspect": "Introspection",
    "/oauth/verify": "API call",
    "/.well-known/": "Unknown well-known address",
    "/oauth/": "Unknown OAuth address",
}
ERRORS = sorted([*BY_CODE, "not_found", "too_many_requests"])
MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?))?")


class RefusalFilter(NamedTuple):
    """The refusals to show; None means all. `is_call`: of API calls, otherwise of OAuth requests."""

    is_call: bool = False
    problem: str | None = None
    endpoint: str | None = None
    error: str | None = None
    request_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def read_filter(query: Form) -> RefusalFilter:
    since, until = read_moment(query, "from"), read_moment(query, "until", is_end=True)
    if since and until and since > until:
        query.refuse("until", "This is before the time in From.")
    return RefusalFilter(
        query.text("calls") == "yes",
        one_of(query, "problem", PROBLEMS),
        endpoint=one_of(query, "endpoint", ENDPOINTS),
        error=one_of(query, "error", ERRORS),
        request_id=read_request_id(query),
        since=since,
        until=until,
    )


def one_of(query: Form, name: str, known: Container[str]) -> str | None:
    """A known value, or None for all; our own links and lists send nothing else."""
    text = query.text(name)
    return text if text in known else None


def read_request_id(query: Form) -> str | None:
    text = query.text("request_id")
    if text and not is_request_id(text):
        query.refuse("request_id", "A request ID is req_ and 32 digits, as in the X-Request-Id header of the response.")
    return text or None


def read_moment(query: Form, name: str, *, is_end: bool = False) -> datetime | None:
    """A time in UTC, to the minute; a day without a time means its beginning or end."""
    text = query.text(name)
    if not text:
        return None
    found = MOMENT.fullmatch(text)
    try:
        if found:
            at = datetime.fromisoformat(f"{found[1]}T{found[2] or '00:00'}").replace(tzinfo=UTC)
            return at + timedelta(days=1) if is_end and not found[2] else at
    except (ValueError, OverflowError):
        pass
    query.refuse(name, "Enter a day, or a day and a time, for example 2026-01-31 14:00 (UTC).")
    return None
