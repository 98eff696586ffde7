"""A large revocation is in force at once and carried out in batches (rules 6 and 16)."""

from __future__ import annotations

from typing import Any

import pytest

import make
import play
import rows
from browser import Browser, wsgi
from flows.test_epochs import connected, end_tokens, family_id, unfinished
from held import done
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.server import Server
from oauthsrv.store.database import sql, transaction

# Carrying out


def connections(server: Server, connection: play.Connection, number: int) -> list[str]:
    """So many more, as rows alone."""
    made = rows.rows(
        server,
        """
        INSERT INTO family (family_id, grant_id, client_id, subject, scopes, resources, code_hash, handle_hash,
                            current_hash, expires_at)
        SELECT 'fam_' || md5(%(client_id)s || n), grant_id, client_id, subject, scopes, resources,
               sha256(('c' || client_id || n)::bytea), sha256(('h' || client_id || n)::bytea), current_hash, expires_at
        FROM family, generate_series(1, %(number)s) AS n
        WHERE family_id = %(family_id)s
        RETURNING family_id
        """,
        client_id=connection.app.client_id,
        number=number,
        family_id=family_id(connection),
    )
    return [row.family_id for row in made]


def test_rule_6_a_large_revocation_is_in_force_at_once_and_carried_out_in_batches_that_anybody_goes_on_with(
    server: Server, another_server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocations, "BATCH", 10)
    monkeypatch.setattr(revocations, "AT_ONCE", 0.0)
    monkeypatch.setattr(revocations, "STRAGGLERS", 0)
    families = connections(server, connection, 34)
    redis = server.redis.connection()
    redis.set(server.tokens.marker_key(families[0]), b"1", ex=100)
    end_tokens(server, connection)
    assert not connection.is_active()
    [row] = unfinished(server, connection.app.client_id)
    seen = [revocations.proceed(another_server, row.revocation_id, 0.0) for _ in range(7)]
    assert [one.revoked for one in seen if one.connections] == sorted(one.revoked for one in seen)
    assert (seen[-1].revoked, seen[-1].connections, seen[-1].is_done) == (35, 35, True)
    assert unfinished(server, connection.app.client_id) == []
    assert not redis.exists(server.tokens.marker_key(families[0]))
    reasons = "SELECT DISTINCT end_reason FROM family WHERE client_id = %(client_id)s"
    assert [row.end_reason for row in rows.rows(server, reasons, client_id=connection.app.client_id)] == [
        "client_tokens_ended"
    ]


def test_rule_6_a_row_that_is_locked_is_passed_over_and_ended_later(
    server: Server, another_server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for a revocation, and it waits for nobody."""
    monkeypatch.setattr(revocations, "STRAGGLERS", 0)
    handle_hash = bytes(rows.family(server, connection.refresh_token).handle_hash)
    with transaction(server.database) as db:
        sql.families.lock(db, handle_hash=handle_hash, client_id=connection.app.client_id)
        end_tokens(another_server, connection)
    [row] = unfinished(server, connection.app.client_id)
    assert rows.family(server, connection.refresh_token).ended_at is None
    done(revocations.proceed_with_all(server))
    assert rows.family(server, connection.refresh_token).end_reason == "client_tokens_ended"
    assert unfinished(server, connection.app.client_id) == []
    assert row.client_id == connection.app.client_id


def test_rule_6_connections_made_since_are_left_alone(
    server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocations, "AT_ONCE", 0.0)
    connections(server, connection, 5)
    end_tokens(server, connection)
    fresh = connected(connection.browser, connection.app, connection.user)
    done(revocations.proceed_with_all(server))
    assert fresh.is_active()
    assert rows.lives(server, fresh.refresh_token)
    assert play.refresh(fresh.browser, fresh.app, fresh.refresh_token).status_int == 200


def test_rule_6_ending_tokens_twice_ends_what_came_between(server: Server, connection: play.Connection) -> None:
    end_tokens(server, connection)
    between = connected(connection.browser, connection.app, connection.user)
    assert between.is_active()
    end_tokens(server, connection)
    assert not between.is_active()
    assert len(unfinished(server, connection.app.client_id)) == 1


def test_rule_6_a_user_with_more_than_can_be_done_at_once_is_said_to_be_recorded_and_done_later(
    server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In force is said only when it is."""
    monkeypatch.setattr(revocations, "AT_ONCE", 0.0)
    monkeypatch.setattr(revocations, "GRANTS_OF_USER", 1)
    others = [connected(connection.browser, make.app(server), connection.user) for _ in range(2)]
    everything = [connection, *others]
    assert revocations.revoke_user(server, connection.user.user_id, by=Actor()) is False
    assert any(one.is_active() for one in everything)
    done(revocations.proceed_with_all(server))
    assert not any(one.is_active() for one in everything)
    assert not any(rows.lives(server, one.refresh_token) for one in everything)
    monkeypatch.undo()
    assert revocations.revoke_user(server, connection.user.user_id, by=Actor()) is True


def test_rule_6_consent_given_after_a_user_was_revoked_is_not_swept_away_with_the_rest(
    server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocations, "AT_ONCE", 0.0)
    monkeypatch.setattr(revocations, "GRANTS_OF_USER", 1)
    others = [connected(connection.browser, make.app(server), connection.user) for _ in range(3)]
    revocations.revoke_user(server, connection.user.user_id, by=Actor())
    again = Browser(wsgi(server))
    play.sign_in(again, connection.user)
    fresh = [connected(again, one.app, connection.user) for one in (connection, *others)]
    done(revocations.proceed_with_all(server))
    assert not any(one.is_active() for one in (connection, *others))
    assert all(one.is_active() for one in fresh)


def test_rule_6_a_revocation_recorded_without_redis_is_in_force_after_the_sweep(
    server: Server, another_server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(another_server.invalidator, "invalidate", _away)
    assert revocations.revoke_client_tokens(another_server, connection.app.client_id, by=Actor()) is False
    done(server.sweep.recent(server.redis.connection()))
    assert not connection.is_active()


def _away(**_: Any) -> None:
    from oauthsrv.store import StoreUnavailable

    raise StoreUnavailable("Redis is away")


def test_rule_16_a_batch_reads_no_more_than_its_rows(server: Server, connection: play.Connection) -> None:
    """With the planner's own settings, on tables with rows: a sort of all that is left made each batch take 0.3 s."""
    connections(server, connection, 3000)
    values = {"client_id": connection.app.client_id, "epoch": 1, "reason": "client_tokens_ended", "at_most": 500}
    with transaction(server.database) as db, db.cursor() as cursor:
        cursor.execute('ANALYZE family, "grant"')
        cursor.execute(f"EXPLAIN {sql.families.end_of_client.sql}", values)
        plan = "\n".join(line for [line] in cursor.fetchall())
        db.rollback()
    assert "Index Scan using family_active_by_epoch" in plan, plan
    assert "Sort" not in plan, plan
