"""How PostgreSQL carries out every query, by its planner's own settings, on tables with rows (rule 16)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest

import crowd
from conftest import opened
from oauthsrv.config import Settings
from oauthsrv.embedded import Databases
from oauthsrv.store.database_check import connect
from queries import PLANNED, QUERIES, SCANS_ON_PURPOSE, Query, nodes, of_kind, value_of

COUNTED_AT_MOST = 20_000  # the most that any of these pages reads of one table
AT_MOST = 3_000  # rows that a query may read, however many there are

# What reads all of one app, or of one user, and that on purpose: a page that counts, or a revocation that is large.
COUNTS_ALL_DAYS = {
    **dict.fromkeys(
        ("figures.last_days", "figures.finish_days", "admin.usage_of_last_day"),
        "an administrator's chart counts everything of its days",
    ),
    "admin.busiest_clients": "so does this",
}
OF_ALL_ITS_USERS = {"grants.forget_consents": "everybody who allowed the app is asked again"}
# Reads the first it comes to, up to 10,001 of a table.
COUNTS_SO_MANY = dict.fromkeys(("admin.overview", "scopes.with_holders"), "it stops counting at 10,001 of each")
STOPS_AT_THE_FIRST = dict.fromkeys(
    ("developer.was_ever_allowed", "developer.has_had_token"),
    "an app that many have allowed is found in the first block",
)
SCANS = SCANS_ON_PURPOSE | COUNTS_ALL_DAYS | COUNTS_SO_MANY | OF_ALL_ITS_USERS | STOPS_AT_THE_FIRST
READS_MORE = SCANS | {
    "developer.facts": "it looks at the 10,000 newest users of one app",
    "developer.users": "so does this",
    "developer.ended_connections": "and this, at those that ended",
}


@pytest.fixture(scope="module")
def crowded(found: Databases, settings: Settings) -> Iterator[str]:
    with contextlib.closing(opened(settings)):  # which writes the rows that every installation has
        crowd.fill(found.database_url)
    yield found.database_url


def values(query: Query) -> dict[str, Any]:
    return {name: crowd.VALUES.get(name, value_of(name, query)) for name in query.parameters}


def explained(url: str, query: Query, options: str) -> Any:
    """The plan; what it changed is rolled back."""
    with contextlib.closing(connect(url)) as db, db.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(f"EXPLAIN (FORMAT JSON{options}) {query.text}", values(query))
        plan = cursor.fetchone()[0][0]["Plan"]
        db.rollback()
        return plan


def growing(plan: Any) -> list[Any]:
    return [node for node in nodes(plan) if node.get("Relation Name") in crowd.GROWING]


@pytest.mark.parametrize("name", sorted(COUNTS_SO_MANY))
def test_rule_16_a_page_that_counts_stops_at_ten_thousand_of_each(crowded: str, name: str) -> None:
    [query] = [query for query in QUERIES if query.name == name]
    plan = explained(crowded, query, ", ANALYZE, TIMING OFF, BUFFERS OFF")
    read = [rows_read(node) for node in growing(plan) if node["Node Type"] == "Seq Scan"]
    assert max(read) <= COUNTED_AT_MOST


def rows_read(node: Any) -> float:
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return float((node["Actual Rows"] + removed) * node["Actual Loops"])


@of_kind(*PLANNED)
def test_rule_16_no_query_reads_a_table_that_grows_from_end_to_end(crowded: str, query: Query) -> None:
    plan = explained(crowded, query, "")
    scanned = {node["Relation Name"] for node in growing(plan) if node["Node Type"] == "Seq Scan"}
    assert scanned == set() or query.name in SCANS


@of_kind(*PLANNED)
def test_rule_16_what_a_query_reads_does_not_grow_with_the_tables(crowded: str, query: Query) -> None:
    if not growing(explained(crowded, query, "")):
        return
    try:
        plan = explained(crowded, query, ", ANALYZE, TIMING OFF, BUFFERS OFF")
    except psycopg2.errors.IntegrityError:  # what it writes here fits no table; how it finds it was looked at
        return
    read = sum(rows_read(node) for node in growing(plan) if "Scan" in node["Node Type"])
    assert read <= AT_MOST or query.name in READS_MORE
