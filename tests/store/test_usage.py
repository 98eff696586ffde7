"""Usage: counted in Redis by hour and client, in PostgreSQL exactly once, whoever writes it and however often."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

import make
import rows
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.oauth.records import Client
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable, usage
from oauthsrv.store.database import reading, sql
from oauthsrv.store.limits import Attempt, key_of


@pytest.fixture
def client(server: Server) -> Client:
    usage.flush(server.redis, server.database)
    found = server.clients.find_client(make.app(server).client_id)
    assert found is not None
    return found


def call(server: Server, client: Client, uses: int = 1) -> None:
    usage.charge(server.redis, usage.budget_of(server.redis, client, None), uses)


def flush(server: Server) -> None:
    usage.flush(server.redis, server.database)


def written(server: Server, client: Client) -> tuple[int, int]:
    """Calls and refusals in PostgreSQL."""
    with reading(server.database) as db:
        day = sql.usage.of_last_day(db, client_id=client.client_id)
    return day.calls, day.refusals


def hour_of(at: float) -> int:
    return int(at) // 3600 * 3600


def test_calls_and_refusals_are_written_by_hour(server: Server, client: Client) -> None:
    began = time.time()
    for _ in range(3):
        call(server, client)
    call(server, client, uses=10)
    usage.count_refusal(server.redis, client.client_id, "insufficient_scope")
    assert written(server, client) == (0, 0)
    flush(server)
    assert written(server, client) == (13, 1)
    hours = rows.rows(server, "SELECT hour FROM usage WHERE client_id = %(client_id)s", client_id=client.client_id)
    # Two, where the clock passed the full hour between the calls.
    assert {int(row.hour.timestamp()) for row in hours} <= {hour_of(began), hour_of(time.time())}


def test_what_is_written_is_no_longer_in_redis(server: Server, client: Client) -> None:
    call(server, client)
    flush(server)
    assert not server.redis.connection().exists(server.redis.key("u", ""), server.redis.key("v", ""))
    flush(server)
    assert written(server, client) == (1, 0)


def test_it_adds_to_what_is_written(server: Server, client: Client) -> None:
    for _ in range(3):
        call(server, client)
        flush(server)
    assert written(server, client) == (3, 0)


def test_a_call_beyond_the_limit_is_a_refusal(server: Server, client: Client) -> None:
    for _ in range(2):
        call(server, client, 600)
    flush(server)
    assert written(server, client) == (1000, 200)


def test_a_batch_that_is_written_twice_counts_once(
    server: Server, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a process dies after the commit, before the batch is taken from Redis."""
    call(server, client, uses=5)

    class Died(Exception):
        pass

    def die(*args: Any, **kwargs: Any) -> Any:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(server.redis.connection(), "pipeline", die)
        with pytest.raises(Died):
            flush(server)
    assert written(server, client) == (5, 0)
    call(server, client)
    flush(server)
    assert written(server, client) == (5, 0), "the old batch is finished first"
    flush(server)
    assert written(server, client) == (6, 0)


def test_a_batch_that_could_not_be_written_is_written_later(
    server: Server, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(server, client, uses=5)

    def away(*args: Any) -> Any:
        raise StoreUnavailable("PostgreSQL")

    with monkeypatch.context() as patch:
        patch.setattr(usage, "write", away)
        with pytest.raises(StoreUnavailable):
            flush(server)
    call(server, client)
    flush(server)
    flush(server)
    assert written(server, client) == (6, 0)


def test_two_processes_that_write_at_once_lose_nothing_and_count_nothing_twice(
    server: Server, another_server: Server, client: Client
) -> None:
    counted, done = 0, threading.Event()
    faults: list[BaseException] = []

    def flush_always(process: Server) -> None:
        try:
            while not done.is_set():
                flush(process)
        except BaseException as error:
            faults.append(error)
            raise

    threads = [threading.Thread(target=flush_always, args=(process,)) for process in (server, another_server) * 2]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    while time.monotonic() - began < 2:
        # Below the limit's edge, where a call would be a refusal.
        server.redis.connection().delete(key_of(server.redis, Attempt("calls", client.client_id)))
        call(server, client)
        counted += 1
    done.set()
    for thread in threads:
        thread.join()
    assert faults == []
    for _ in range(2):
        flush(server)
    assert counted > 100
    assert written(server, client) == (counted, 0)


def test_a_client_that_is_gone_does_not_stop_the_others(server: Server, client: Client) -> None:
    gone = server.clients.find_client(make.app(server).client_id)
    assert gone is not None
    call(server, gone)
    call(server, client)
    revocations.delete_client(server, gone.client_id, by=Actor())
    for table in ("revocation", "client"):
        rows.rows(server, f"DELETE FROM {table} WHERE client_id = %(client_id)s", client_id=gone.client_id)
    flush(server)
    assert written(server, client) == (1, 0)


def test_rule_16_what_is_old_goes_in_small_batches(server: Server, client: Client) -> None:
    call(server, client)
    flush(server)
    rows.rows(
        server,
        "UPDATE usage SET hour = hour - interval '500 days' WHERE client_id = %(client_id)s",
        client_id=client.client_id,
    )
    before = rows.rows(server, "UPDATE usage_batch SET written_at = written_at - interval '20 days' RETURNING batch_id")
    with reading(server.database) as db:
        assert sql.usage.purge(db, days=400, at_most=500) == 1
        assert sql.usage.purge_batches(db, days=14, at_most=1) == 1
        assert sql.usage.purge_batches(db, days=14, at_most=len(before)) == len(before) - 1
    assert rows.rows(server, "SELECT batch_id FROM usage_batch") == []
