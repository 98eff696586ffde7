"""A store that hangs, is full or is no longer a primary: answers in time, checks go on, no restart (rule 7, rule 8)."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import psycopg2
import pytest
import redis
import requests

import make
import play
import rows
import signing
from held import eventually
from oauthsrv.embedded import Databases, databases
from oauthsrv.embedded.postgres import SUPERUSER
from oauthsrv.oauth.client_assertions import TYPE
from oauthsrv.server import Server
from oauthsrv.serving import parent
from oauthsrv.store.migrations import migrate

CLIENTS = 80
# The server has 1.8 s; the rest is what a slow machine takes to send 80 requests at once and to read the answers.
IN_TIME = 4.0


@pytest.fixture(scope="module")
def cluster(workspace: Path) -> Iterator[Databases]:
    """Of this file alone, as it is stopped and filled."""
    with databases(workspace / "hangs") as cluster:
        migrate(cluster.database_url)
        yield cluster


@pytest.fixture(scope="module")
def process(starting: Callable[..., Any], server: Server) -> Any:
    process = starting(OAUTHSRV_THREADS="16", OAUTHSRV_KEY=make.KEY)
    process.await_ready()
    return process


@pytest.fixture
def loaded(process: Any, connection: play.Connection) -> play.Connection:
    """The process has its client's record, and made its connections."""
    with ThreadPoolExecutor(CLIENTS) as threads:
        assert set(threads.map(lambda _: check(process, connection).status, range(CLIENTS))) == {200}
    return connection


class Timed(NamedTuple):
    status: int
    seconds: float
    answer: requests.Response


def timed(send: Callable[[], requests.Response]) -> Timed:
    began = time.monotonic()
    answer = send()
    return Timed(answer.status_code, time.monotonic() - began, answer)


def check(process: Any, connection: play.Connection) -> Timed:
    return timed(
        lambda: requests.get(
            f"{process.url}/oauth/verify", headers={"Authorization": f"Bearer {connection.access_token}"}, timeout=30
        )
    )


def get(process: Any, path: str) -> Timed:
    return timed(lambda: requests.get(process.url + path, timeout=30))


@contextlib.contextmanager
def stopped(pids: list[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def postgresql(server: Server) -> list[int]:
    """All its processes, the first one first, so that it starts no others."""
    [row] = rows.rows(server, "SELECT pg_backend_pid() AS pid")
    parent = psutil.Process(row.pid).parent()
    assert parent
    return [parent.pid, *(child.pid for child in parent.children(recursive=True))]


def valkey(server: Server) -> list[int]:
    info: Any = server.redis.connection().info("server")
    return [int(info["process_id"])]


def all_refused(answers: list[Timed]) -> None:
    assert {answer.status for answer in answers} == {503}, [answer.answer.text for answer in answers][:3]
    assert all(answer.answer.headers["Retry-After"] for answer in answers)
    assert all(answer.answer.headers["Content-Type"] == "application/json" for answer in answers)
    assert max(answer.seconds for answer in answers) < IN_TIME


def test_rule_8_with_postgresql_stopped_everybody_is_answered_in_time_and_checks_go_on(
    server: Server, process: Any, loaded: play.Connection
) -> None:
    tokens = [
        play.exchange(loaded.browser, loaded.app, play.code(loaded.browser, loaded.app)).json["refresh_token"]
        for _ in range(40)
    ]
    with ThreadPoolExecutor(CLIENTS + 1) as threads:
        with stopped(postgresql(server)):
            refreshed = [
                threads.submit(timed, lambda token=token: process.refresh(loaded.app, token)) for token in tokens * 2
            ]
            checks = [check(process, loaded) for _ in range(20)]
            all_refused([each.result() for each in refreshed])
            assert {each.status for each in checks} == {200}
            assert max(each.seconds for each in checks) < IN_TIME
            assert get(process, "/healthz").status == 200
            assert get(process, "/readyz").status == 503
            page = process.post("/login", loaded.app, email="a@example.com", password="x")
            assert page.status_code in (403, 503)
            # It is known by now, so nobody waits.
            again = list(threads.map(lambda token: timed(lambda: process.refresh(loaded.app, token)), tokens * 2))
            all_refused(again)
        eventually(lambda: get(process, "/readyz").status == 200)
    # What was sent to the stopped backends was not committed behind everybody's back.
    assert {rows.family(server, token).generation for token in tokens} == {1}
    assert {process.refresh(loaded.app, token).status_code for token in tokens} == {200}


def test_rule_8_with_redis_stopped_nobody_waits_longer_and_nothing_is_good(
    server: Server, process: Any, loaded: play.Connection
) -> None:
    with ThreadPoolExecutor(CLIENTS) as threads:
        with stopped(valkey(server)):
            answers = [threads.submit(check, process, loaded) for _ in range(CLIENTS)]
            assert get(process, "/healthz").seconds < 1.0
            all_refused([each.result() for each in answers])
            all_refused([check(process, loaded) for _ in range(5)])
            assert get(process, "/readyz").status == 503
        eventually(lambda: check(process, loaded).status == 200)
    assert process.refresh(loaded.app, loaded.refresh_token).status_code == 200


def test_rule_8_a_full_redis_is_a_503_and_not_ready(server: Server, process: Any, loaded: play.Connection) -> None:
    app = make.app(server)
    signer = signing.signer_of(server, app)
    signer.issuer = process.url
    code = play.code(loaded.browser, loaded.app)
    form = {"client_assertion_type": TYPE, "client_assertion": signer.assertion(app.client_id), "token": "x"}

    def signed() -> requests.Response:
        return requests.post(process.url + "/oauth/revoke", form, timeout=60)

    with redis.Redis.from_url(server.settings.redis_url or "") as admin:
        admin.config_set("maxmemory", "1")
        try:
            eventually(lambda: get(process, "/readyz").status == 503)
            all_refused([check(process, loaded), timed(lambda: process.refresh(loaded.app, loaded.refresh_token))])
            all_refused([timed(lambda: process.post("/oauth/introspect", loaded.app, token=loaded.access_token))])
            assert rows.family(server, loaded.refresh_token).generation == 1
            all_refused([timed(lambda: process.exchange(loaded.app, code))])
            all_refused([timed(signed)])
        finally:
            admin.config_set("maxmemory", "0")
    eventually(lambda: get(process, "/readyz").status == 200)
    assert signed().status_code == 200
    assert process.exchange(loaded.app, code).status_code == 200
    assert process.refresh(loaded.app, loaded.refresh_token).status_code == 200


def test_rule_7_a_redis_that_became_a_replica_says_yes_to_nothing(
    server: Server, process: Any, loaded: play.Connection
) -> None:
    def introspected() -> Timed:
        return timed(lambda: process.post("/oauth/introspect", loaded.app, token=loaded.access_token))

    assert introspected().answer.json()["active"] is True
    with redis.Redis.from_url(server.settings.redis_url or "") as admin:
        admin.replicaof("127.0.0.1", "1")
        try:
            all_refused([introspected(), check(process, loaded)])
            eventually(lambda: get(process, "/readyz").status == 503)
        finally:
            admin.replicaof("NO", "ONE")
    eventually(lambda: introspected().status == 200)
    eventually(lambda: check(process, loaded).status == 200)


def test_rule_7_a_postgresql_that_stops_taking_writes_is_a_503_until_it_does(
    server: Server, process: Any, loaded: play.Connection
) -> None:
    dsn = psycopg2.extensions.make_dsn(server.settings.database_url, user=SUPERUSER)
    with contextlib.closing(psycopg2.connect(dsn)) as admin, admin.cursor() as cursor:
        admin.autocommit = True
        cursor.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        cursor.execute("SELECT pg_reload_conf()")
        try:
            eventually(lambda: get(process, "/readyz").status == 503)
            all_refused([timed(lambda: process.refresh(loaded.app, loaded.refresh_token))])
            assert check(process, loaded).status == 200
        finally:
            cursor.execute("SET default_transaction_read_only = off")
            cursor.execute("ALTER SYSTEM RESET default_transaction_read_only")
            cursor.execute("SELECT pg_reload_conf()")
    eventually(lambda: get(process, "/readyz").status == 200)
    assert process.refresh(loaded.app, loaded.refresh_token).status_code == 200


def test_rule_8_a_worker_that_hangs_is_replaced(process: Any, loaded: play.Connection) -> None:
    [hung] = process.workers()
    os.kill(hung, signal.SIGSTOP)
    eventually(lambda: process.workers() not in ([hung], []), seconds=60)
    eventually(lambda: check(process, loaded).status == 200)


def test_rule_8_a_worker_that_is_replaced_while_a_store_hangs_answers_and_recovers(
    server: Server, process: Any, loaded: play.Connection
) -> None:
    for store in (postgresql(server), valkey(server)):
        with stopped(store):
            [killed] = process.workers()
            os.kill(killed, signal.SIGKILL)
            eventually(lambda killed=killed: process.workers() not in ([killed], []))
            assert get(process, "/healthz").status == 200
            assert get(process, "/readyz").status == 503
            assert get(process, "/.well-known/oauth-authorization-server").answer.json()["scopes_supported"]
            all_refused([timed(lambda: process.refresh(loaded.app, loaded.refresh_token)), check(process, loaded)])
        eventually(lambda: get(process, "/readyz").status == 200)
        assert check(process, loaded).status == 200


def test_rule_8_the_parent_does_not_give_up_while_postgresql_refuses_connections(
    server: Server, process: Any, loaded: play.Connection
) -> None:
    elsewhere = psycopg2.extensions.make_dsn(server.settings.database_url, user=SUPERUSER, dbname="postgres")
    name = psycopg2.extensions.parse_dsn(server.settings.database_url)["dbname"]
    [own] = rows.rows(server, "SELECT pg_backend_pid() AS pid")
    with contextlib.closing(psycopg2.connect(elsewhere)) as admin, admin.cursor() as cursor:
        admin.autocommit = True
        cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        try:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s",
                [name, own.pid],
            )
            for _ in range(parent.GIVE_UP_AFTER + 1):
                eventually(lambda: get(process, "/readyz").status == 503)
                [killed] = process.workers()
                os.kill(killed, signal.SIGKILL)
                eventually(lambda killed=killed: process.workers() not in ([killed], []))
            all_refused([timed(lambda: process.refresh(loaded.app, loaded.refresh_token))])
        finally:
            cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    eventually(lambda: get(process, "/readyz").status == 200)
    assert process.refresh(loaded.app, loaded.refresh_token).status_code == 200
