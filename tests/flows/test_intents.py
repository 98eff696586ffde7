"""A holder of a family's row lock who lost its database session creates no marker for what was revoked (rule 6).

`server` and `another_server` are two processes as far as caches and connections go.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Any

import pytest
from webtest import TestResponse

import play
import rows
from browser import Browser
from held import Gate, done, eventually, held_at, in_parallel
from oauthsrv import deadline
from oauthsrv.flows import issuing, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.oauth.credentials import digest
from oauthsrv.oauth.records import AccessToken
from oauthsrv.server import Server
from oauthsrv.store.database import Database, decide, reading, sql
from oauthsrv.store.tokens import INTENT_TTL, PROLONG
from refreshing import GRACE, family_of, lose_marker, refreshing, rotated, without_times


def end_grant(server: Server, connection: play.Connection) -> None:
    grant_id = rows.active_grant(server, connection.user.user_id, connection.app.client_id)
    assert revocations.revoke_grant(server, grant_id, connection.user.user_id, "user", by=Actor())


def give_back(server: Server, connection: play.Connection) -> None:
    assert revocations.revoke_family(
        server, family_of(connection), "client_revoked", by=Actor(), user_id=None, client_id=connection.app.client_id
    )


def disable_user(server: Server, connection: play.Connection) -> None:
    assert revocations.disable_user(server, connection.user.user_id, by=Actor())


REVOCATIONS = [end_grant, give_back, disable_user]
Revocation = Callable[[Server, play.Connection], None]


def end_holders_session(server: Server) -> None:
    """As an idle timeout or a failover does it: the rows it locked are free again, and it does not know."""

    eventually(lambda: end_sessions(server, "idle in transaction") == [True])


def end_sessions(server: Server, state: str) -> list[bool]:
    query = """
        SELECT pg_terminate_backend(pid) AS done
        FROM pg_stat_activity
        WHERE datname = current_database() AND state = %(state)s AND pid <> pg_backend_pid()
    """
    return [row.done for row in rows.rows(server, query, state=state)]


def held_before_marker(
    server: Server, send: Callable[[], TestResponse]
) -> AbstractContextManager[tuple[Gate, Future[TestResponse]]]:
    """`send` under way: it has decided, and stops before it writes to Redis.

    Where the marker is gone, this is the second time, with an intent and in a transaction.
    """
    gate = Gate()
    remember = server.tokens.remember

    def held(text: str, token: AccessToken, lifetime: int, intent: bytes, *more: Any) -> None:
        is_first_of_two = intent == PROLONG and not rows.has_marker(server, str(token.family_id))
        if not is_first_of_two:
            gate.pass_through()
        remember(text, token, lifetime, intent, *more)

    return held_at(gate, server.tokens, "remember", held, send)


def repeat_with_less(connection: play.Connection) -> Callable[[], TestResponse]:
    """A repetition that needs a new access token."""
    assert play.refresh(connection.browser, connection.app, connection.refresh_token).status_int == 200
    return lambda: play.refresh(connection.browser, connection.app, connection.refresh_token, scope="read:profile")


KINDS = [refreshing, repeat_with_less]


@pytest.mark.parametrize("is_lost", [True, False])
@pytest.mark.parametrize("revoke", REVOCATIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_rule_6_a_holder_whose_session_was_ended_creates_no_marker(
    server: Server, another_server: Server, connection: play.Connection, kind: Any, revoke: Revocation, is_lost: bool
) -> None:
    """Neither who only prolongs the marker, nor who creates it where it was gone before.

    A rotation that only prolongs it has committed, and holds nothing.
    """
    send, holds = kind(connection), is_lost or kind is not refreshing
    if is_lost:
        lose_marker(server, connection)
    with held_before_marker(server, send) as (gate, answer):
        if holds:
            end_holders_session(another_server)
        revoke(another_server, connection)  # waits for nobody
        gate.open()
        assert answer.result().status_int in (400, 503)  # as far as it comes: it may look again, and see why
    assert not rows.has_marker(server, family_of(connection))
    assert not connection.is_active()
    assert play.refused(play.refresh(connection.browser, connection.app, connection.refresh_token))
    assert not rows.has_marker(server, family_of(connection))


def test_rule_6_nor_while_another_refresh_comes_between(
    server: Server, another_server: Server, connection: play.Connection, elsewhere: Browser
) -> None:
    """It finds the family revoked, and its own intent is another one."""
    lose_marker(server, connection)
    with held_before_marker(server, refreshing(connection)) as (gate, answer):
        end_holders_session(another_server)
        end_grant(another_server, connection)
        assert play.refused(play.refresh(elsewhere, connection.app, connection.refresh_token))
        another_server.tokens.intend(family_of(connection))  # whoever looked at the family before it was revoked
        gate.open()
        assert answer.result().status_int == 503
    assert not rows.has_marker(server, family_of(connection))


def test_rule_6_and_7_nor_when_redis_comes_back_with_the_intent_and_the_marker(
    server: Server, another_server: Server, connection: play.Connection
) -> None:
    """Older data is swept before anything is done with it (store.redis)."""
    redis = another_server.redis.connection()
    keys = [server.tokens.intent_key(family_of(connection)), server.tokens.marker_key(family_of(connection))]
    lose_marker(server, connection)
    with held_before_marker(server, refreshing(connection)) as (gate, answer):
        redis.set(keys[1], b"1", ex=100)
        older = dict(zip(keys, redis.mget(keys), strict=True))
        end_holders_session(another_server)
        end_grant(another_server, connection)
        redis.mset(older)
        done(server.sweep.whole(redis))
        gate.open()
        assert answer.result().status_int == 503
    assert not redis.exists(*keys)


def test_rule_7_after_a_redis_emptied_within_a_refresh_its_client_may_come_back_late(
    server: Server, connection: play.Connection
) -> None:
    lose_marker(server, connection)
    with held_before_marker(server, refreshing(connection)) as (gate, answer):
        assert server.redis.connection().delete(server.tokens.intent_key(family_of(connection)))
        gate.open()
        assert answer.result().status_int == 503
        assert answer.result().headers["Retry-After"]
    rows.let_pass(server, connection.refresh_token, GRACE + 1)
    again = play.refresh(connection.browser, connection.app, connection.refresh_token)
    assert again.status_int == 200
    assert play.refresh(connection.browser, connection.app, again.json["refresh_token"]).status_int == 200


def test_rule_6_who_only_waited_for_another_refresh_is_not_refused(
    server: Server, connection: play.Connection, elsewhere: Browser
) -> None:
    """They share one intent."""
    lose_marker(server, connection)
    with held_before_marker(server, refreshing(connection)) as (gate, answer):
        with in_parallel(lambda: play.refresh(elsewhere, connection.app, connection.refresh_token)) as second:
            gate.open()
        assert answer.result().status_int == second.result().status_int == 200
        assert answer.result().json["refresh_token"] == second.result().json["refresh_token"]


def revoke_access_token(server: Server, connection: play.Connection, text: str) -> None:
    assert revocations.revoke_access_token(
        server, text, lifetime=3600, client_id=connection.app.client_id, by=Actor(), is_known=True
    )


@pytest.mark.parametrize("is_revoked", [True, False])
def test_rule_5_a_repeat_that_comes_before_the_access_token_is_written_gives_the_same(
    server: Server, connection: play.Connection, elsewhere: Browser, is_revoked: bool
) -> None:
    """Rule 6: if it is revoked before the first request writes it, it stays revoked, and a repeat gives another."""
    with held_before_marker(server, refreshing(connection)) as (gate, answer):
        early = play.refresh(elsewhere, connection.app, connection.refresh_token)
        assert early.status_int == 200
        if is_revoked:
            revoke_access_token(server, connection, early.json["access_token"])
        gate.open()
        assert without_times(answer.result().json) == without_times(early.json)
    assert play.is_active(elsewhere, connection.app, early.json["access_token"]) is not is_revoked
    again = play.refresh(elsewhere, connection.app, connection.refresh_token).json
    assert (again["access_token"] == early.json["access_token"]) is not is_revoked
    assert play.is_active(elsewhere, connection.app, again["access_token"])


def test_rule_5_a_repeat_for_less_that_comes_before_the_access_token_is_written_gives_another(
    server: Server, connection: play.Connection, elsewhere: Browser
) -> None:
    with held_before_marker(server, refreshing(connection)) as (gate, answer):
        less = play.refresh(elsewhere, connection.app, connection.refresh_token, scope="read:profile").json
        gate.open()
        first = answer.result().json
    assert less["refresh_token"] == first["refresh_token"]
    assert (less["scope"], less["access_token"] == first["access_token"]) == ("read:profile", False)
    for tokens in (less, first):
        assert play.is_active(elsewhere, connection.app, tokens["access_token"])


@pytest.mark.parametrize("lost", ["deleted", "emptied"])
def test_rule_6_a_repeat_does_not_write_again_what_was_there(
    server: Server, connection: play.Connection, lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even at once, if it was revoked and Redis forgot that."""
    first = play.refresh(connection.browser, connection.app, connection.refresh_token).json["access_token"]
    if lost == "deleted":
        monkeypatch.setattr(deadline, "REQUEST_SECONDS", 5.0)
        rows.let_pass(server, connection.refresh_token, 5)
        server.redis.connection().delete(server.tokens.token_key(digest(first)))
    else:
        revoke_access_token(server, connection, first)
        server.redis.connection().flushdb()
    again = rotated(connection.browser, connection.app, connection.refresh_token)["access_token"]
    assert again != first
    assert not play.is_active(connection.browser, connection.app, first)
    assert play.is_active(connection.browser, connection.app, again)


def test_rule_6_an_intent_ends_by_itself_and_a_new_one_prolongs_it(server: Server, connection: play.Connection) -> None:
    redis, key = server.redis.connection(), server.tokens.intent_key(family_of(connection))
    first = server.tokens.intend(family_of(connection))
    redis.expire(key, 5)
    assert server.tokens.intend(family_of(connection)) == first
    assert INTENT_TTL - 5 < redis.ttl(key) <= INTENT_TTL


def test_rule_6_revoking_deletes_marker_and_intent(server: Server, connection: play.Connection) -> None:
    server.tokens.intend(family_of(connection))
    end_grant(server, connection)
    keys = [server.tokens.intent_key(family_of(connection)), server.tokens.marker_key(family_of(connection))]
    assert not server.redis.connection().exists(*keys)


def test_a_refresh_with_its_marker_needs_no_intent(server: Server, connection: play.Connection) -> None:
    """That would be one more round trip for each."""
    assert play.refresh(connection.browser, connection.app, connection.refresh_token).status_int == 200
    assert not server.redis.connection().exists(server.tokens.intent_key(family_of(connection)))


def test_rule_12_an_unknown_or_foreign_refresh_token_leaves_no_key(server: Server, connection: play.Connection) -> None:
    outsider = play.tokens(server, Browser(connection.browser.app))
    before = server.redis.connection().keys("*:i:*")
    assert play.refused(play.refresh(connection.browser, connection.app, "ort_" + "A" * 70))
    assert play.refused(play.refresh(connection.browser, connection.app, outsider.refresh_token))
    assert server.redis.connection().keys("*:i:*") == before


def test_rule_6_an_exchange_whose_family_cannot_be_added_gives_nothing_and_the_code_can_be_sent_again(
    server: Server, another_server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It needs no intent: its family was never there, and nobody learns its token."""
    code = play.code(connection.browser, connection.app)

    def ended(database: Database, query: Callable[..., Any], **values: Any) -> Any:
        end_sessions(another_server, "idle")
        return decide(database, query, **values)

    with monkeypatch.context() as patch:
        patch.setattr(issuing, "decide", ended)
        assert play.exchange(connection.browser, connection.app, code).status_int == 503
    grant_id = rows.active_grant(server, connection.user.user_id, connection.app.client_id)
    with reading(server.database) as db:
        assert len(sql.families.of_grant(db, grant_id=grant_id)) == 1
    assert play.exchange(connection.browser, connection.app, code).status_int == 200


def test_only_a_marker_means_yes(server: Server, connection: play.Connection) -> None:
    """Whatever else stands under its name does not."""
    redis = server.redis.connection()
    redis.set(server.tokens.marker_key(family_of(connection)), b"ended", ex=100)
    assert not connection.is_active()
