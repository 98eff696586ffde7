"""A process that is stopped within a refresh, and wakes up after the family was revoked (rule 6)."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

import play
import rows
from held import eventually
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.oauth.credentials import parse_access_token
from oauthsrv.server import Server

MORTAL = Path(__file__).with_name("mortal.py")


@pytest.fixture
def server_process(starting: Callable[..., Any]) -> Any:
    process = starting(program=MORTAL)
    process.await_ready()
    return process


def stopped_worker(process: Any) -> int | None:
    workers = [pid for pid in process.workers() if psutil.Process(pid).status() == psutil.STATUS_STOPPED]
    return workers[0] if workers else None


def end_idle_sessions(server: Server) -> bool:
    """What idle_in_transaction_session_timeout does later."""
    ended = rows.rows(
        server,
        "SELECT pg_terminate_backend(pid) AS done FROM pg_stat_activity "
        "WHERE datname = current_database() AND state = 'idle in transaction'",
    )
    return bool(ended) and all(row.done for row in ended)


STOPS = [  # at which step, and whether the marker was gone before; only with an intent it holds the row
    ("before remember with an intent", True),
    ("before remember", True),
    ("before remember", False),
]


@pytest.mark.parametrize(("step", "is_lost"), STOPS)
def test_rule_6_a_stopped_process_that_wakes_up_revives_nothing(
    server: Server, server_process: Any, connection: play.Connection, step: str, is_lost: bool
) -> None:
    reference = parse_access_token(connection.access_token)
    assert reference and reference.family_id
    if is_lost:
        server.redis.connection().delete(server.tokens.marker_key(reference.family_id))
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(server_process.refresh, connection.app, connection.refresh_token, {"X-Stop": step})
        eventually(lambda: stopped_worker(server_process))
        worker = stopped_worker(server_process)
        assert worker
        try:
            if step.endswith("intent"):
                eventually(lambda: end_idle_sessions(server))
            grant_id = rows.active_grant(server, connection.user.user_id, connection.app.client_id)
            assert revocations.revoke_grant(server, grant_id, connection.user.user_id, "user", by=Actor())
        finally:
            os.kill(worker, signal.SIGCONT)
        assert answer.result().status_code in (400, 503)
    assert not rows.has_marker(server, reference.family_id)
    assert not server_process.is_active(connection.app, connection.access_token)
