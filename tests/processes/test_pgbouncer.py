"""Behind pgbouncer in transaction mode: nothing of a session's state is relied on, and nothing of it stays behind."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg2
import pytest

import play
from databases import empty_database, execute, url_of
from held import eventually
from oauthsrv.embedded import Databases
from oauthsrv.store import migrations
from oauthsrv.store.migrations import migrate
from processes.conftest import Start
from processes.pooler import pgbouncer

LIMITS = {"lock_timeout": "1s", "statement_timeout": "1200ms", "client_connection_check_interval": "500ms"}


@pytest.fixture
def empty(cluster: Databases) -> Iterator[Databases]:
    with empty_database(cluster) as name:
        yield dataclasses.replace(cluster, database_url=url_of(cluster, name))


def limits_of(url: str) -> dict[str, Any]:
    return {name: execute(url, f"SHOW {name}")[0][0] for name in LIMITS}


def test_migrations_through_it_leave_neither_a_lock_nor_a_session_without_limits(
    empty: Databases, workspace: Path
) -> None:
    with pgbouncer(empty, workspace) as url:
        assert migrate(url)
        assert migrate(url) == []
        assert limits_of(url) == LIMITS
        assert execute(
            url,
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())",
        ) == [(0,)]


def test_several_that_start_at_once_through_one_pooled_session_all_succeed(empty: Databases, workspace: Path) -> None:
    """With a lock of the session the second waited for the first, which had lost it to the pool."""
    with pgbouncer(empty, workspace, pool=1) as url, ThreadPoolExecutor(4) as threads:
        applied = [name for names in threads.map(migrate, [url] * 4) for name in names]
    assert len(applied) == len(set(applied)) == len(migrations.load(migrations.places.SQL / "migrations"))


def test_sessions_that_the_pool_holds_from_before_are_reported(
    empty: Databases, workspace: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pgbouncer(empty, workspace, pool=2) as url:
        with contextlib.closing(psycopg2.connect(url)) as one, contextlib.closing(psycopg2.connect(url)) as other:
            for held in (one, other):
                held.cursor().execute("SELECT 1")  # both sessions of the pool are in use, and began without limits
        migrate(url)
        migrate(url)
        assert "RECONNECT" in caplog.text or limits_of(url) == LIMITS


def test_a_server_works_through_it(
    found: Databases, workspace: Path, starting: Start, connection: play.Connection
) -> None:
    with pgbouncer(found, workspace, pool=4) as url:
        process = starting("--workers", "2", DATABASE_URL=url)
        process.await_ready()
        token = connection.refresh_token
        for _ in range(3):
            answer = process.refresh(connection.app, token)
            assert answer.status_code == 200, answer.text
            token = answer.json()["refresh_token"]
        assert process.is_active(connection.app, answer.json()["access_token"])
        assert execute(url, "SELECT count(*) FROM pg_prepared_statements") == [(0,)]
        eventually(lambda: "this process now runs it for all" in process.log())


def test_rule_16_a_housekeeper_killed_behind_it_is_replaced(found: Databases, workspace: Path, starting: Start) -> None:
    """Its lease is a row: a lock of its session would live on in the pool."""
    with pgbouncer(found, workspace, pool=4) as url:
        process = starting("--workers", "2", DATABASE_URL=url)
        process.await_ready()
        eventually(lambda: "this process now runs it for all" in process.log())
        [line] = [line for line in process.log().splitlines() if "this process now runs it for all" in line]
        os.kill(int(line.split()[3]), signal.SIGKILL)
        eventually(lambda: process.log().count("this process now runs it for all") == 2, seconds=60)
