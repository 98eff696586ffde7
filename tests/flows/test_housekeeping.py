"""Housekeeping by one elected process, in small steps, by index (rule 16)."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis

import make
import play
import rows
from conftest import opened
from held import done, eventually
from oauthsrv.config import Settings
from oauthsrv.flows import housekeeping, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.housekeeping import Housekeeper, Task
from oauthsrv.server import Server
from oauthsrv.store import families
from oauthsrv.store.database import Database, sql, transaction
from oauthsrv.store.sweep import Sweep, committed


@contextlib.contextmanager
def keeping(server: Server) -> Iterator[Housekeeper]:
    keeper = Housekeeper(server)
    keeper.start()
    try:
        yield keeper
    finally:
        keeper.stop()


def lease_of(server: Server) -> Any:
    [row] = rows.rows(server, "SELECT holder, expires_at, expires_at > now() AS is_held FROM housekeeper")
    return row


# The lease


def test_rule_16_one_process_of_all_does_the_housekeeping(server: Server, another_server: Server) -> None:
    with keeping(server) as first:
        eventually(lambda: first.is_elected)
        with keeping(another_server) as second:
            eventually(lambda: second._renewal_due > 0)
            assert not second.is_elected
        assert first.is_elected


def test_rule_16_a_housekeeper_that_leaves_is_replaced_at_once(
    server: Server, another_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "RENEWED_EVERY", 0.1)
    with keeping(another_server) as second:
        eventually(lambda: second.is_elected)
        with keeping(server) as first:
            second.stop()
            assert not lease_of(server).is_held or lease_of(server).holder != second._name
            eventually(lambda: first.is_elected, seconds=housekeeping.LEASE - 5)


def test_rule_16_a_housekeeper_that_was_killed_is_replaced_when_its_lease_is_over(server: Server) -> None:
    rows.rows(server, "UPDATE housekeeper SET holder = 'killed', expires_at = now() + interval '1 hour'")
    keeper = Housekeeper(server)
    housekeeping.perform(keeper._renew, server)
    assert not keeper.is_elected
    rows.rows(server, "UPDATE housekeeper SET expires_at = now() - interval '1 millisecond'")
    housekeeping.perform(keeper._renew, server)
    assert keeper.is_elected
    housekeeping.perform(keeper._give_up, server)
    assert not lease_of(server).is_held


def test_rule_16_a_housekeeper_that_was_stopped_knows_that_its_lease_is_over(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = Housekeeper(server)
    housekeeping.perform(keeper._renew, server)
    assert keeper.is_elected
    later = time.monotonic() + housekeeping.LEASE + 1
    monkeypatch.setattr(housekeeping.time, "monotonic", lambda: later)
    assert not keeper.is_elected
    monkeypatch.undo()
    housekeeping.perform(keeper._give_up, server)


def test_rule_16_without_postgresql_nobody_is_elected(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = Housekeeper(server)
    with monkeypatch.context() as away:
        away.setattr(server, "database", Database("host=/nowhere dbname=nothing"))
        housekeeping.perform(keeper._renew, server)
        assert not keeper.is_elected
    housekeeping.perform(keeper._renew, server)
    assert keeper.is_elected
    housekeeping.perform(keeper._give_up, server)


# Steps


def test_rule_16_a_long_task_lets_the_others_have_their_turn(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def long(server: Server) -> Iterator[None]:
        for _ in range(1000):
            seen.append("long")
            yield

    def short(server: Server) -> Iterator[None]:
        seen.append("short")
        yield

    monkeypatch.setattr(housekeeping, "PAUSE", 0.001)
    monkeypatch.setattr(housekeeping, "TASKS", (Task(3600, long), Task(0.01, short, is_elected=False)))
    with keeping(server):
        eventually(lambda: seen.count("short") >= 3)
        assert seen.count("long") < 1000


def test_rule_16_a_task_that_fails_is_tried_again_and_stops_no_other(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[str] = []

    def broken(server: Server) -> Iterator[None]:
        seen.append("broken")
        yield
        raise ValueError("of no use")

    def other(server: Server) -> Iterator[None]:
        seen.append("other")
        yield

    monkeypatch.setattr(housekeeping, "PAUSE", 0.001)
    monkeypatch.setattr(housekeeping, "TASKS", (Task(0.01, broken), Task(0.01, other)))
    with keeping(server):
        eventually(lambda: seen.count("broken") >= 2 and seen.count("other") >= 2)
    assert "housekeeping: broken failed" in caplog.text


# The sweep


def has_marker(server: Server, family_id: str) -> bool:
    return rows.has_marker(server, family_id)


def give_marker(server: Server, family_id: str) -> None:
    server.redis.connection().set(server.tokens.marker_key(family_id), b"1", ex=1000)


def end(server: Server, connection: play.Connection) -> str:
    row = rows.family(server, connection.refresh_token)
    revocations.revoke_family(server, row.family_id, "user", by=Actor(), user_id=None, client_id=row.client_id)
    return str(row.family_id)


def test_rule_16_an_ending_is_swept_once_and_not_at_every_sweep(server: Server, connection: play.Connection) -> None:
    family_id = end(server, connection)
    give_marker(server, family_id)
    done(server.sweep.recent(server.redis.connection()))
    assert not has_marker(server, family_id)
    give_marker(server, family_id)
    done(server.sweep.recent(server.redis.connection()))
    assert has_marker(server, family_id)


def test_rule_7_an_ending_that_commits_after_a_later_one_was_swept_is_found(
    server: Server, connection: play.Connection, another_server: Server
) -> None:
    """A time, or a number drawn before the commit, would have passed it over."""
    early = rows.family(server, connection.refresh_token).family_id
    late = play.tokens(server, connection.browser.another())
    with transaction(another_server.database) as db:
        sql.families.end(db, family_id=early, reason="user")
        later = end(server, late)
        give_marker(server, later)
        done(server.sweep.recent(server.redis.connection()))
        assert not has_marker(server, later)
        assert has_marker(server, early)
    done(server.sweep.recent(server.redis.connection()))
    assert not has_marker(server, early)


def test_rule_16_while_a_transaction_stays_open_for_hours_what_was_swept_is_not_swept_again(
    server: Server, connection: play.Connection, another_server: Server
) -> None:
    with transaction(another_server.database) as db, db.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()")
        family_id = end(server, connection)
        done(server.sweep.recent(server.redis.connection()))
        give_marker(server, family_id)
        done(server.sweep.recent(server.redis.connection()))
        assert has_marker(server, family_id)


@pytest.mark.parametrize(
    ("snapshot", "since", "ranges"),
    [
        ("7:7:", 7, []),
        ("7:9:", 7, [("7", "9")]),
        ("7:9:7", 7, [("8", "9")]),
        ("7:9:8", 7, [("7", "8")]),
        ("3:12:3,7,8,11", 5, [("5", "7"), ("9", "11")]),
        ("9:9:", 12, []),
    ],
)
def test_rule_16_the_sweep_does_not_look_at_transactions_under_way(
    snapshot: str, since: int, ranges: list[tuple[str, str]]
) -> None:
    """A mass ending that is being written is thousands of rows that cannot be seen yet."""
    assert list(committed(snapshot, since)) == ranges


def test_rule_16_a_process_that_starts_on_a_redis_that_was_swept_does_not_sweep_it(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    done(server.sweep.recent(server.redis.connection()))  # a neighbor may have moved to another Redis
    swept: list[str] = []
    monkeypatch.setattr(Sweep, "whole", lambda *_: iter(swept.append("whole") or ()))
    with contextlib.closing(opened(settings)) as command:
        command.redis.connection().ping()
    assert swept == []


def test_rule_7_another_database_number_of_the_same_redis_is_swept_whole(
    settings: Settings, connection: play.Connection, server: Server
) -> None:
    """What was ended long ago may live there: the numbers of the incremental sweep say nothing of it."""
    family_id = end(server, connection)
    done(server.sweep.recent(server.redis.connection()))
    assert settings.redis_url
    elsewhere = dataclasses.replace(
        settings, redis_url=settings.redis_url + ("&" if "?" in settings.redis_url else "?") + "db=3"
    )
    with contextlib.closing(opened(elsewhere)) as moved:
        plain = redis.Redis.from_url(elsewhere.redis_url or "")
        plain.set(moved.tokens.marker_key(family_id), b"1", ex=1000)
        assert not has_marker(moved, family_id)
        plain.flushdb()


def test_rule_7_a_copy_of_the_database_in_another_cluster_is_swept_whole(
    server: Server, connection: play.Connection
) -> None:
    """Its transactions have smaller numbers than those that were noted."""
    done(server.sweep.recent(server.redis.connection()))
    rows.rows(server, "UPDATE sweep SET seen = '9000000000:9000000000:'")
    family_id = end(server, connection)
    give_marker(server, family_id)
    done(server.sweep.recent(server.redis.connection()))
    assert not has_marker(server, family_id)


def test_rule_6_a_changed_client_is_loaded_again_although_redis_was_away(
    server: Server, connection: play.Connection, another_server: Server
) -> None:
    stamp = server.clients.stamp_key(connection.app.client_id)
    done(server.sweep.recent(server.redis.connection()))
    assert connection.is_active()
    with transaction(another_server.database) as db:
        sql.clients.suspend(db, client_id=connection.app.client_id, reason="")
    done(server.sweep.recent(server.redis.connection()))
    assert not server.redis.connection().exists(stamp)


# The sealed successor, and the walk


def test_rule_5_a_process_erases_what_its_own_rotations_sealed(
    server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    grace = server.settings.refresh_grace
    monkeypatch.setattr(families, "MARGIN", -float(grace))
    assert play.refresh(connection.browser, connection.app, connection.refresh_token).status_int == 200
    done(housekeeping.erase_sealed(server))
    assert rows.family(server, connection.refresh_token).sealed is not None, "PostgreSQL's clock decides"
    rows.let_pass(server, connection.refresh_token, grace + 1)
    server.sealed.note(rows.family(server, connection.refresh_token).family_id, grace)
    done(housekeeping.erase_sealed(server))
    assert rows.family(server, connection.refresh_token).sealed is None


def test_rule_5_what_could_not_be_erased_is_erased_later(
    server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    grace = server.settings.refresh_grace
    monkeypatch.setattr(families, "MARGIN", -float(grace))
    assert play.refresh(connection.browser, connection.app, connection.refresh_token).status_int == 200
    rows.let_pass(server, connection.refresh_token, grace + 1)
    with monkeypatch.context() as away:
        away.setattr(server, "database", Database("host=/nowhere dbname=nothing"))
        housekeeping.perform(housekeeping.erase_sealed, server)
    done(housekeeping.erase_sealed(server))
    assert rows.family(server, connection.refresh_token).sealed is None


def test_rule_16_the_walk_goes_on_where_another_process_stopped_and_begins_again_at_the_end(
    server: Server, another_server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "WALKED", 2)
    app = make.app(server)
    families = [play.tokens(server, connection.browser.another(), app).refresh_token for _ in range(5)]
    rows.rows(
        server, "UPDATE family SET expires_at = now() - interval '1 hour' WHERE client_id = %(id)s", id=app.client_id
    )
    rows.rows(server, "UPDATE housekeeper SET walked_to = ''")
    [count] = rows.rows(server, "SELECT count(*) AS of_all FROM family")
    for n in range(count.of_all // 2 + 1):
        assert n == 0 or rows.rows(server, "SELECT walked_to FROM housekeeper")[0].walked_to
        done(housekeeping.walk(server if n % 2 else another_server))
    assert [rows.family(server, token).end_reason for token in families] == ["expired"] * 5
    assert rows.lives(server, connection.refresh_token)
    assert rows.rows(server, "SELECT walked_to FROM housekeeper")[0].walked_to == ""


def test_rule_16_a_rotation_writes_the_row_and_no_index(server: Server, connection: play.Connection) -> None:
    """No index holds what it changes, so that its row stays in its block (HOT)."""
    indexed = {
        column
        for row in rows.rows(
            server,
            "SELECT array_agg(attname::text) AS columns FROM pg_index JOIN pg_attribute ON attrelid = indrelid "
            "AND attnum = ANY (indkey) WHERE indrelid = 'family'::regclass",
        )
        for column in row.columns
    }
    changed = {"generation", "current_hash", "previous_hash", "rotations", "sealed", "last_used_at", "expires_at"}
    assert indexed & changed == set()
