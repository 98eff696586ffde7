"""Waits for PostgreSQL end at the deadline, and nothing is committed after it (rule 7, rule 8)."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from psycopg2.extensions import make_dsn, parse_dsn

import make
import play
import rows
from held import PATIENCE, a_lock_is_awaited, eventually, in_parallel
from oauthsrv import deadline
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable, breaker, connection
from oauthsrv.store import database as database_module
from oauthsrv.store.database import Database, decide, reading, sql, transaction


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    with contextlib.closing(Database(server.settings.database_url or "")) as database:
        yield database


@pytest.fixture
def swallowing() -> Iterator[int]:
    """The port of a host that takes connections and never answers, as behind a firewall that drops."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    taken.append(listener.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    for each in taken:
        each.close()


def rename(db: Any, user: make.User) -> None:
    with db.cursor() as cursor:
        cursor.execute('UPDATE "user" SET name = %s WHERE user_id = %s', ("Late", user.user_id))


def name_of(server: Server, user: make.User) -> str:
    [row] = rows.rows(server, 'SELECT name FROM "user" WHERE user_id = %(user_id)s', user_id=user.user_id)
    return str(row.name)


def test_rule_8_a_commit_that_a_stopped_backend_reads_late_commits_nothing(
    server: Server, database: Database, user: make.User
) -> None:
    with deadline.within(2.0), pytest.raises(StoreUnavailable), transaction(database) as db:
        rename(db, user)
        database_module._deadline_by_its_clock(db)  # known from an earlier request
        pid = db.info.backend_pid
        os.kill(pid, signal.SIGSTOP)
    os.kill(pid, signal.SIGCONT)

    def has_ended() -> bool:
        return not rows.rows(server, "SELECT pid FROM pg_stat_activity WHERE pid = %(pid)s", pid=pid)

    eventually(has_ended)
    assert name_of(server, user) == "Ada Example"


def test_rule_8_a_commit_in_time_commits(server: Server, database: Database, user: make.User) -> None:
    with deadline.within(30), transaction(database) as db:
        rename(db, user)
    assert name_of(server, user) == "Late"


def test_a_commit_waits_for_the_disk_unless_only_the_last_of_many_has_to(database: Database) -> None:
    for waits in (False, True):
        database.waits_for_disk = waits
        with transaction(database) as db, db.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            assert cursor.fetchone() == ("on" if waits else "off",)


def test_rule_8_a_request_that_waited_past_its_deadline_asks_nobody(database: Database) -> None:
    with deadline.within(-0.1), pytest.raises(StoreUnavailable, match="waited too long"), reading(database):
        pass


def test_rule_8_a_host_that_swallows_holds_a_request_until_its_deadline_at_most(
    server: Server, swallowing: int
) -> None:
    url = make_dsn(server.settings.database_url, host="127.0.0.1", port=swallowing)
    with contextlib.closing(Database(url)) as database:
        began = time.monotonic()
        with deadline.within(0.5), pytest.raises(StoreUnavailable), reading(database):
            pass
        assert time.monotonic() - began < 5
        eventually(lambda: database.breaker.is_open)


def test_rule_8_of_two_hosts_the_second_is_reached_within_the_deadline(server: Server, swallowing: int) -> None:
    good = parse_dsn(server.settings.database_url or "")
    port = good.get("port", "5432")
    url = make_dsn(server.settings.database_url, host=f"127.0.0.1,{good['host']}", port=f"{swallowing},{port}")
    with contextlib.closing(Database(url)) as database:
        with deadline.within(4), reading(database) as db:
            assert sql.installation.get(db)
        assert not database.breaker.is_open


def test_rule_7_a_session_that_became_read_only_is_left_for_another(database: Database, user: make.User) -> None:
    with reading(database) as db, db.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    with deadline.within(30), pytest.raises(StoreUnavailable, match="read-only"), transaction(database) as db:
        rename(db, user)
    with deadline.within(30), transaction(database) as db:
        rename(db, user)


def test_rule_8_without_a_file_descriptor_left_it_is_away_and_comes_back(server: Server) -> None:
    with contextlib.closing(Database(server.settings.database_url or "")) as database:
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        used = max(int(name) for name in os.listdir("/proc/self/fd"))
        resource.setrlimit(resource.RLIMIT_NOFILE, (used, limits[1]))
        held = []
        try:
            with contextlib.suppress(OSError):
                while True:
                    held.append(os.dup(0))
            with deadline.within(5), pytest.raises(StoreUnavailable), reading(database):
                pass
        finally:
            for each in held:
                os.close(each)
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        with deadline.within(30), reading(database) as db:
            assert sql.installation.get(db)


def test_rule_8_a_lock_that_is_held_opens_no_breaker(server: Server, database: Database, user: make.User) -> None:
    with transaction(server.database) as db:
        rename(db, user)
        with deadline.within(3), pytest.raises(StoreUnavailable), transaction(database) as other:
            rename(other, user)
        with deadline.within(30), reading(database) as other:
            assert sql.installation.get(other)
    assert not database.breaker.is_open


def test_rule_8_a_stamp_that_is_used_lives_on(server: Server, connection: play.Connection) -> None:
    """Or checks would need PostgreSQL after a while."""
    stamp = server.clients.stamp_key(connection.app.client_id)
    assert connection.is_active()
    server.redis.connection().expire(stamp, 60)
    server.clients._prolong_at.clear()
    assert connection.is_active()
    ttl: Any = server.redis.connection().ttl(stamp)
    assert ttl > 6 * 86_400


def test_rule_8_where_no_slot_gets_free_the_next_request_does_not_wait_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others have waited already; as soon as one is free, it is taken again."""
    slots = breaker.Slots(4)
    assert [slots.take() for _ in range(3)] == [True] * 3
    monkeypatch.setattr(breaker, "SLOT_SECONDS", PATIENCE)
    monkeypatch.setattr(slots, "_moved_at", float("-inf"))
    with in_parallel(slots.take) as taken:
        assert taken.result(PATIENCE / 2) is False
    slots.give_back()
    assert slots.take()


LATE_COMMIT = """
CREATE TEMP TABLE late (x int);
CREATE FUNCTION pg_temp.await() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN PERFORM pg_advisory_xact_lock(8); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION pg_temp.await();
INSERT INTO late VALUES (1)
"""


def awaited(db: Any, **_values: Any) -> None:
    with db.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(8)")


def statement_that_decides(database: Database) -> None:
    decide(database, awaited)


def commit(database: Database) -> None:
    with transaction(database) as db, db.cursor() as cursor:
        cursor.execute(LATE_COMMIT)


def statement_that_reads(database: Database) -> None:
    with reading(database) as db:
        awaited(db)


@pytest.mark.parametrize(
    ("work", "is_given_up"), [(statement_that_decides, False), (commit, False), (statement_that_reads, True)]
)
def test_rule_8_what_may_be_committed_is_not_given_up_before_its_deadline(
    server: Server,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    work: Callable[[Database], None],
    is_given_up: bool,
) -> None:
    """Or it would be done after its client was answered 503; whatever else waits is given up at once."""
    looked = threading.Event()
    check = connection.Patience.check

    def seen(self: Any) -> None:
        try:
            check(self)
        finally:
            if database.breaker.is_open:
                looked.set()

    def in_a_request() -> None:
        with deadline.within(PATIENCE):
            work(database)

    monkeypatch.setattr(connection.Patience, "check", seen)
    monkeypatch.setattr(database.breaker, "suspect", lambda: None)  # PostgreSQL does answer
    with contextlib.ExitStack() as held:
        another = held.enter_context(contextlib.closing(Database(server.settings.database_url or "")))
        awaited(held.enter_context(transaction(another)))
        with in_parallel(in_a_request) as result:
            eventually(lambda: a_lock_is_awaited(server))
            database.breaker.is_open = True
            assert looked.wait(PATIENCE)
            held.close()
            assert isinstance(result.exception(PATIENCE), StoreUnavailable) is is_given_up
