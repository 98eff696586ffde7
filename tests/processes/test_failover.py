"""The standby of PostgreSQL takes the primary's place: the running server goes on with it (rule 7, rule 8)."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

import make
import play
from databases import execute
from held import eventually
from oauthsrv.embedded import Databases, databases
from oauthsrv.embedded.database_server import listener
from oauthsrv.oauth.credentials import parse_refresh_token
from oauthsrv.server import Server
from oauthsrv.store.migrations import migrate
from processes import standby as standbys
from processes import wire as wires
from processes.conftest import SECONDS, Process, Start
from processes.standby import Standby
from processes.wire import Wire


@pytest.fixture(scope="module", params=["killed", "parted"])
def cluster(workspace: Path, request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Of this file alone, a new one for each way to lose it."""
    with databases(workspace / f"primary-{request.param}") as cluster:
        migrate(cluster.database_url)
        yield cluster


@pytest.fixture(scope="module")
def found(cluster: Databases) -> Databases:
    return cluster


@pytest.fixture(scope="module")
def standby(workspace: Path, cluster: Databases) -> Iterator[Standby]:
    with standbys.standby(workspace / f"standby-{os.urandom(4).hex()}", cluster.database_url) as standby:
        yield standby


@pytest.fixture
def to_primary(cluster: Databases, standby: Standby) -> Iterator[Wire]:
    with wires.postgresql(cluster) as (wire, _):
        yield wire


@pytest.fixture
def process(cluster: Databases, standby: Standby, to_primary: Wire, starting: Start) -> Iterator[Process]:
    parts = urlsplit(cluster.database_url)
    with wires.postgresql(Databases(standby.url, "")) as (to_standby, _):
        hosts = f"127.0.0.1:{to_standby.port},127.0.0.1:{to_primary.port}"
        process = starting(
            DATABASE_URL=f"postgresql://{parts.username}@{hosts}{parts.path}",
            OAUTHSRV_REFRESH_GRACE="60",
            OAUTHSRV_KEY=make.KEY,
        )
        process.await_ready()
        yield process
        process.stop()


def readiness(process: Process) -> int:
    return requests.get(f"{process.url}/readyz", timeout=SECONDS).status_code


def check(process: Process, access_token: str) -> int:
    headers = {"Authorization": f"Bearer {access_token}"}
    return requests.get(f"{process.url}/oauth/verify", headers=headers, timeout=SECONDS).status_code


def kill_primary(cluster: Databases) -> None:
    pid = listener(Path(standbys.sockets_of(cluster.database_url)) / ".s.PGSQL.5432")
    assert pid
    os.kill(pid, signal.SIGKILL)


def test_rule_7_after_a_failover_under_load_nothing_answered_is_lost_and_nothing_is_restarted(
    server: Server,
    cluster: Databases,
    standby: Standby,
    to_primary: Wire,
    process: Process,
    connection: play.Connection,
    request: pytest.FixtureRequest,
) -> None:
    is_killed = "killed" in request.node.name
    tokens = [
        play.exchange(connection.browser, connection.app, play.code(connection.browser, connection.app)).json[
            "refresh_token"
        ]
        for _ in range(6)
    ]
    code = play.code(connection.browser, connection.app)
    assert readiness(process) == 200
    assert check(process, connection.access_token) == 200
    workers = process.workers()
    rotations: list[float] = []
    failures: list[float] = []
    stop = threading.Event()

    def rotate_on(token: str) -> str:
        while not stop.is_set():
            began = time.monotonic()
            answer = process.refresh(connection.app, token)
            assert answer.status_code in (200, 503), answer.text
            assert time.monotonic() - began < 4
            if answer.status_code == 200:
                token = answer.json()["refresh_token"]
                rotations.append(time.monotonic())
            else:
                assert answer.headers["Retry-After"]
                failures.append(time.monotonic())
            time.sleep(0.05)
        return token

    with ThreadPoolExecutor(len(tokens)) as threads, contextlib.ExitStack() as ending:
        ending.callback(stop.set)
        rotating = [threads.submit(rotate_on, token) for token in tokens]
        eventually(lambda: len(rotations) > 2 * len(tokens))
        if is_killed:
            kill_primary(cluster)
        else:
            to_primary.drop()
        eventually(lambda: len(failures) > len(tokens))
        eventually(lambda: readiness(process) == 503)
        eventually(lambda: check(process, connection.access_token) == 200)
        standby.promote()
        if not is_killed:
            kill_primary(cluster)
        eventually(lambda: readiness(process) == 200)
        known = len(rotations)
        eventually(lambda: len(rotations) > known + 2 * len(tokens))
        stop.set()
        kept = [each.result() for each in rotating]
    found = execute(standby.url, "SELECT encode(handle_hash, 'hex'), generation FROM family")
    generations = {str(handle): generation for handle, generation in found}
    for token in kept:
        parsed = parse_refresh_token(token)
        assert parsed
        assert generations[parsed.handle_hash.hex()] == parsed.generation
        assert process.refresh(connection.app, token).status_code == 200
    assert process.exchange(connection.app, code).status_code == 200
    assert process.refresh(connection.app, connection.refresh_token).status_code == 200
    assert process.post("/oauth/revoke", connection.app, token=kept[0]).status_code == 200
    assert process.workers() == workers
    # Of two hosts, the one that is no longer a primary does not prevent a start either.
    process.stop()
    process.start_again()
    assert (
        process.refresh(connection.app, process.refresh(connection.app, kept[1]).json()["refresh_token"]).status_code
        == 200
    )
