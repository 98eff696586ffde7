"""Every query of sql/queries, and values that it can be planned with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import pytest

from oauthsrv.store.database import sql


class Query(NamedTuple):
    name: str
    kind: str
    text: str
    parameters: tuple[str, ...]


QUERIES = [
    Query(f"{table}.{name}", function.operation.name, function.sql, tuple(function.parameters or ()))
    for table, queries in sorted(vars(sql).items())
    for name, function in ((name, getattr(queries, name)) for name in sorted(queries.available_queries))
    if not name.endswith("_cursor")
]

# A value for each parameter that is no text, and whose place in a statement does not tell what it is.
VALUES: dict[str, Any] = {
    **dict.fromkeys(("generation", "number", "position", "link_id", "offer_id", "access_ttl", "max_age"), 1),
    **dict.fromkeys(("calls_per_hour", "grant_share_percent", "token_requests_per_minute", "refresh_ttl"), 1),
    "most_requests": 10,
    "of_calls": ["calls_limit"],
    **dict.fromkeys(("refusals.of_client.since", "refusals.of_client.until", "usage.of_client.before"), None),
    **{name: [] for name in ("endpoints", "counts", "problems")},
    **dict.fromkeys(("epoch", "revocation_id", "connections", "families"), 1),
    **dict.fromkeys(("first", "last", "of", "clients", "days"), 20),
    **dict.fromkeys(("own", "own_alike", "others", "others_alike", "refusal_id", "refusals.of_client.before"), 1),
    **dict.fromkeys(
        (
            "is_admin",
            "is_call",
            "hidden",
            "administrators",
            "disabled",
            "skips_pkce",
            "approved",
            "reviewed",
            "administers",
            "is_sensitive",
            "for_self_registered",
            "is_authenticated",
            "stays_verified",
            "credential_bound",
            "with_credential",
            "keeps_successor",
        ),
        True,
    ),
    **{name: ["x"] for name in ("scopes", "resources", "redirect_uris")},
    **{name: ["x"] for name in ("protected_names.add.names", "protected_names.delete.names")},
    **dict.fromkeys(("now", "session_began_at", "began_at", "since"), datetime(2026, 1, 1, tzinfo=UTC)),
    "seen_at": datetime(2026, 1, 1, tzinfo=UTC),
    "deadline": 0.0,
    **dict.fromkeys(("browser_key", "sealed", "key_fingerprint"), b"x"),
    **{name: [1] for name in ("hours", "calls", "refusals")},
    "rotations": [],
    "demands_audience": True,
    **dict.fromkeys(
        ("token_id", "registration_tokens.every.before", "reports.page.before", "reports.close.last", "days"), 1
    ),
    "approves": True,
    "authentication_methods": ["none"],
    "addresses": [],
    **dict.fromkeys(("details", "jwks", "fields"), "{}"),
    "allows_endpoint_audience": True,
    "records": "[]",
    **dict.fromkeys(("audit.events.before", "audit.events_of_days.before"), 1),
    **dict.fromkeys(("audit.of_user.before", "audit.of_client.before"), 1),
    **dict.fromkeys(("audit.events_of_days.since", "audit.events_of_days.until"), date(2026, 1, 1)),
}


# For a parameter whose type its statement tells.
CAST_VALUES: dict[str, Any] = {"xid8": "1000", "pg_snapshot": "1000:1000:", "timestamptz": None}


def value_of(parameter: str, query: Query) -> Any:
    place = re.escape(f"%({parameter})s")
    cast = re.search(rf"{place}::(\w+)\b(?!\[)", query.text)
    if cast and cast[1] in CAST_VALUES:
        return CAST_VALUES[cast[1]]
    if re.search(rf"(make_interval\(\w+ => (LEAST\((%\(\w+\)s, )*)?|LIMIT |OFFSET ){place}", query.text):
        return 1
    if re.search(rf"ANY \({place}|{place}(::| AS )[a-z ]+\[\]", query.text):
        return []
    if parameter == "after" and re.search(rf"\w+_hash\) > \(\S+ {place}", query.text):
        return b"x"
    if parameter.endswith("_hash") and parameter not in {"password_hash", "old_hash", "new_hash"}:
        return b"x"
    return VALUES.get(f"{query.name}.{parameter}", VALUES.get(parameter, "x"))


def nodes(plan: Any) -> Iterator[Any]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def of_kind(*kinds: str) -> Any:
    found = [query for query in QUERIES if query.kind in kinds]
    assert found
    return pytest.mark.parametrize("query", found, ids=lambda query: query.name)


# What is left is a script: a table being made, and settings of a connection.
PLANNED = ("SELECT", "SELECT_ONE", "SELECT_VALUE", "INSERT_UPDATE_DELETE")

# Read from one end to the other, and that on purpose (tests/house/test_plans.py).
SCANS_ON_PURPOSE = {
    "clients.ids": "it reads every id, when one was added",
    "admin.search_clients": "it looks into the middle of words",
    "figures.count_all": "it counts everything, once a day",
    "figures.count_scopes": "so does this",
    "figures.forget_days": "there is one row a day",
    "host_removals.clients": "it reads every self-registered client, when an administrator deletes those of a host",
    **dict.fromkeys(("host_removals.finish", "admin.host", "admin.hosts"), "so does this"),
    "users.has_admin": "it stops at the first",
    "demo.users": "so does this",
    "demo.move": "it moves all there is, once, on databases of the demo",
    **dict.fromkeys(("demo.move_ended_families", "demo.count_calls"), "so does this"),
    **dict.fromkeys(("bench.has_others", "bench.count_families"), "a command counts, not a page"),
    **dict.fromkeys(
        ("clients.note_host_changed", "hosts.blocked", "hosts.is_in_use"),
        "a host that an administrator blocks is looked for in all clients",
    ),
    "links.delete_all": "there is hardly more than one",
}
