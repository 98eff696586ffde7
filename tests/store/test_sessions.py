"""Browser sessions in Redis (rule 1, rule 13)."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from oauthsrv.oauth.credentials import digest
from oauthsrv.server import Server
from oauthsrv.store import sessions
from oauthsrv.store.sessions import IDLE, LONGEST, Session


@pytest.fixture
def session() -> Session:
    now = datetime.now(UTC)
    return Session("usr_" + secrets.token_hex(16), now, now - timedelta(seconds=1), now + timedelta(microseconds=1))


@pytest.fixture
def secret() -> str:
    return secrets.token_urlsafe(32)


def test_what_is_remembered_is_found(server: Server, session: Session, secret: str) -> None:
    sessions.remember(server.redis, secret, session)
    assert sessions.find(server.redis, secret) == session
    assert sessions.find(server.redis, secret + "x") is None
    sessions.delete(server.redis, session.user_id, digest(secret))
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


def test_a_session_outlives_only_what_ended_before_it(session: Session) -> None:
    assert session.outlives(None)
    assert session.outlives(session.began_at - timedelta(microseconds=1))
    assert not session.outlives(session.began_at)
    assert not session.outlives(session.began_at + timedelta(microseconds=1))


# A user's sessions


def test_a_users_sessions_are_listed_the_last_active_first_and_nobody_elses(server: Server, session: Session) -> None:
    named = {name: secrets.token_urlsafe(32) for name in ("Firefox on Windows", "Safari on iPhone", "")}
    for name, secret in named.items():
        sessions.remember(server.redis, secret, replace(session, browser=name, address="192.0.2.9"))
    sessions.remember(server.redis, secrets.token_urlsafe(32), replace(session, user_id="usr_" + "1" * 32))
    for secret, idle in zip(named.values(), (3600, 60, 86_400), strict=True):
        server.redis.connection().expire(sessions.key(server.redis, secret), IDLE - idle)
    listed = sessions.of_user(server.redis, session.user_id)
    assert [one.session.browser for one in listed] == ["Safari on iPhone", "Firefox on Windows", ""]
    assert {one.session.address for one in listed} == {"192.0.2.9"}
    assert {one.key_hash for one in listed} == {digest(secret) for secret in named.values()}


@pytest.mark.parametrize("idle", [0, 1, 59, 3 * 86_400, IDLE - 1])
def test_when_a_session_was_last_active_is_what_is_missing_of_its_time_to_live(
    server: Server, session: Session, secret: str, idle: int
) -> None:
    sessions.remember(server.redis, secret, session)
    server.redis.connection().expire(sessions.key(server.redis, secret), IDLE - idle)
    [listed] = sessions.of_user(server.redis, session.user_id)
    assert abs((datetime.now(UTC) - listed.last_active).total_seconds() - idle) <= 2
    assert listed.last_active <= datetime.now(UTC)


def test_listing_sessions_is_no_use_of_them(server: Server, session: Session, secret: str) -> None:
    sessions.remember(server.redis, secret, session)
    server.redis.connection().expire(sessions.key(server.redis, secret), 1000)
    sessions.of_user(server.redis, session.user_id)
    assert server.redis.connection().ttl(sessions.key(server.redis, secret)) <= 1000


def test_what_ended_or_is_over_is_not_listed(server: Server, session: Session) -> None:
    deleted, over, lost, kept = (secrets.token_urlsafe(32) for _ in range(4))
    for secret in (deleted, lost, kept):
        sessions.remember(server.redis, secret, session)
    sessions.remember(server.redis, over, replace(session, auth_time=session.auth_time - timedelta(seconds=LONGEST)))
    sessions.delete(server.redis, session.user_id, digest(deleted))
    server.redis.connection().delete(sessions.key(server.redis, lost))
    assert [one.key_hash for one in sessions.of_user(server.redis, session.user_id)] == [digest(kept)]
    assert sessions.of_user(server.redis, "usr_" + "2" * 32) == []


def test_a_record_from_before_browsers_were_noted_is_read(session: Session) -> None:
    older = orjson.dumps(session).partition(b',"browser"')[0] + b"}"
    assert sessions.read(older) == session


def test_rule_1_the_name_of_a_session_on_a_page_is_not_of_its_key(
    server: Server, session: Session, secret: str
) -> None:
    sessions.remember(server.redis, secret, session)
    [listed] = sessions.of_user(server.redis, session.user_id)
    assert len(listed.session_id) == 16
    assert listed.session_id not in listed.key_hash.hex()
    assert listed.session_id not in secret
