"""Browser sessions in Redis (rule 1, rule 13)."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from oauthsrv.oauth.credentials import digest
from oauthsrv.server import Server
from oauthsrv.store import sessions
from oauthsrv.store.sessions import IDLE, LONGEST, Session


@pytest.fixture
def session() -> Session:
    now = datetime.now(UTC)
    return Session("usr_" + "0" * 32, now, now - timedelta(seconds=1), now + timedelta(microseconds=1))


@pytest.fixture
def secret() -> str:
    return secrets.token_urlsafe(32)


def test_what_is_remembered_is_found(server: Server, session: Session, secret: str) -> None:
    sessions.remember(server.redis, secret, session)
    assert sessions.find(server.redis, secret) == session
    assert sessions.find(server.redis, secret + "x") is None
    sessions.strike(server.redis, session.user_id, digest(secret))
    assert sessions.find(server.redis, secret) is None


def test_rule_1_the_cookie_itself_is_not_kept(server: Server, session: Session, secret: str) -> None:
    sessions.remember(server.redis, secret, session)
    key = sessions.key(server.redis, secret)
    assert secret.encode() not in key
    assert secret.encode() not in (server.redis.connection().get(key) or b"")


def test_rule_13_a_session_lives_14_days_after_its_last_use(server: Server, session: Session, secret: str) -> None:
    sessions.remember(server.redis, secret, session)
    key = sessions.key(server.redis, secret)
    assert server.redis.connection().ttl(key) == IDLE == 14 * 86_400
    server.redis.connection().expire(key, 100)
    sessions.find(server.redis, secret)
    assert server.redis.connection().ttl(key) == IDLE


def test_rule_13_a_session_lives_90_days_in_all(server: Server, session: Session, secret: str) -> None:
    assert LONGEST == 90 * 86_400
    sessions.remember(server.redis, secret, replace(session, auth_time=session.auth_time - timedelta(days=89)))
    assert sessions.find(server.redis, secret) is not None
    sessions.remember(server.redis, secret, replace(session, auth_time=session.auth_time - timedelta(days=90)))
    assert sessions.find(server.redis, secret) is None, "however often it was renewed, which counts as its beginning"


def test_a_confirmation_changes_only_its_own_time(server: Server, session: Session, secret: str) -> None:
    sessions.remember(server.redis, secret, replace(session, confirmed_at=session.began_at - timedelta(days=1)))
    server.redis.connection().expire(sessions.key(server.redis, secret), 1000)
    sessions.confirm(server.redis, secret, session)
    assert 900 < server.redis.connection().ttl(sessions.key(server.redis, secret)) <= 1000
    found = sessions.find(server.redis, secret)
    assert found is not None
    assert replace(found, confirmed_at=session.confirmed_at) == session
    assert datetime.now(UTC) - found.confirmed_at < timedelta(seconds=10)


def test_a_session_outlives_only_endings_before_it(session: Session) -> None:
    assert session.outlives(None)
    assert session.outlives(session.began_at - timedelta(microseconds=1))
    assert not session.outlives(session.began_at)
    assert not session.outlives(session.began_at + timedelta(microseconds=1))
