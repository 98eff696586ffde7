"""Epochs: whatever has an older one than its client is refused, before any row says so (rule 6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from webtest import TestResponse

import make
import play
import rows
from browser import Browser
from held import done, holding
from oauthsrv.flows import issuing, revocations, rotation
from oauthsrv.flows.audit import Actor
from oauthsrv.oauth.credentials import digest, parse_access_token
from oauthsrv.server import Server
from oauthsrv.store.database import sql, transaction
from play import is_active, refused


@pytest.fixture
def nothing_carried_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows stay as they are: only the epoch says what is revoked."""
    monkeypatch.setattr(revocations, "proceed", lambda *_: revocations.Progress(0, None, False))


def end_tokens(server: Server, connection: play.Connection) -> None:
    assert revocations.revoke_client_tokens(server, connection.app.client_id, by=Actor())


def delete(server: Server, connection: play.Connection) -> None:
    assert revocations.delete_client(server, connection.app.client_id, by=Actor())


ALL_OF_CLIENT = [end_tokens, delete]


Revocation = Callable[[Server, play.Connection], None]


def connected(browser: Browser, app: make.App, user: make.User) -> play.Connection:
    """By a signed-in user."""
    tokens = play.exchange(browser, app, play.code(browser, app)).json
    return play.Connection(browser, user, app, tokens["access_token"], tokens["refresh_token"])


def family_id(connection: play.Connection) -> str:
    reference = parse_access_token(connection.access_token)
    assert reference and reference.family_id
    return reference.family_id


def unfinished(server: Server, client_id: str) -> list[Any]:
    return rows.rows(
        server,
        "SELECT * FROM revocation WHERE client_id = %(client_id)s AND finished_at IS NULL",
        client_id=client_id,
    )


@pytest.mark.parametrize("revoke", ALL_OF_CLIENT)
def test_rule_6_the_epoch_alone_refuses_whatever_is_older(
    server: Server, another_server: Server, connection: play.Connection, elsewhere: Browser, nothing_carried_out: None,
    revoke: Revocation,
) -> None:  # fmt: skip
    """Checks, refreshes and codes, on every process, and nobody else's."""
    other, api = play.tokens(server, Browser(connection.browser.app)), make.api(server)
    code = play.code(connection.browser, connection.app)
    assert is_active(elsewhere, api, connection.access_token)
    revoke(another_server, connection)
    assert rows.family(server, connection.refresh_token).ended_at is None
    for seen_by in (connection.browser, elsewhere):
        assert not is_active(seen_by, api, connection.access_token)
        assert play.refresh(seen_by, connection.app, connection.refresh_token).status_int in (400, 401)
        assert play.exchange(seen_by, connection.app, code).status_int in (400, 401)
        assert is_active(seen_by, api, other.access_token)
    assert rows.events(server, "family.reused", connection.app.client_id) == []
    assert rows.events(server, "family.code_replayed", connection.app.client_id) == []


def test_rule_6_a_refresh_of_an_older_epoch_is_invalid_grant_and_introspection_says_no(
    server: Server, connection: play.Connection, nothing_carried_out: None
) -> None:
    assert is_active(connection.browser, connection.app, connection.refresh_token)
    end_tokens(server, connection)
    assert not is_active(connection.browser, connection.app, connection.refresh_token)
    assert refused(play.refresh(connection.browser, connection.app, connection.refresh_token))


def test_rule_6_consent_of_an_older_epoch_is_none_and_the_next_one_makes_a_new_grant(
    server: Server, connection: play.Connection, nothing_carried_out: None
) -> None:
    """Though the old grant's row says nothing yet, and there may be one active grant only."""
    old = rows.active_grant(server, connection.user.user_id, connection.app.client_id)
    end_tokens(server, connection)
    page = play.ask(connection.browser, connection.app)
    assert page.status_int == 200  # the question
    answer = play.exchange(connection.browser, connection.app, play.answered(play.allow(page))["code"])
    assert answer.status_int == 200
    assert is_active(connection.browser, connection.app, answer.json["access_token"])
    new = rows.active_grant(server, connection.user.user_id, connection.app.client_id)
    assert new != old
    reasons = {
        row.grant_id: row.end_reason for row in rows.grants(server, connection.user.user_id, connection.app.client_id)
    }
    assert reasons == {old: "client_tokens_ended", new: None}
    assert rows.family(server, connection.refresh_token).end_reason == "client_tokens_ended"
    assert not connection.is_active()


def test_rule_6_silent_authorization_asks_again(
    server: Server, connection: play.Connection, nothing_carried_out: None
) -> None:
    assert "code" in play.answered(play.ask(connection.browser, connection.app, prompt="none"))
    end_tokens(server, connection)
    assert play.answered(play.ask(connection.browser, connection.app, prompt="none"))["error"] == "consent_required"


def test_rule_6_pages_and_counts_know_what_the_rows_do_not_say_yet(
    server: Server, connection: play.Connection, nothing_carried_out: None
) -> None:
    end_tokens(server, connection)
    page = connection.browser.get("/account/apps")
    assert "disconnected all users" in page.text
    developer = Browser(connection.browser.app)
    [owner] = rows.rows(
        server,
        'SELECT "user".user_id, email FROM client JOIN "user" ON user_id = owner_id WHERE client_id = %(client_id)s',
        client_id=connection.app.client_id,
    )
    play.sign_in(developer, make.User(owner.user_id, owner.email))
    users = developer.get(f"/developer/apps/{connection.app.client_id}/users").html
    figures = {one.find("dt").get_text(): one.find("dd").get_text() for one in users.select(".figures dl > div")} or {
        one.get_text(" ", strip=True): "" for one in users.select(".figures > *")
    }
    assert any("Connected now" in name and ("0" in name or figures[name].startswith("0")) for name in figures), figures
    with transaction(server.database) as db:
        counts = sql.developer.users(db, client_id=connection.app.client_id)
        app = sql.clients.overview(db, client_id=connection.app.client_id)
        assert sql.grants.find_active(db, user_id=connection.user.user_id, client_id=connection.app.client_id) is None
    assert (counts.connected, counts.connections, counts.came_in_month, app.users) == (0, 0, 1, 0)


# What is under way while the epoch is raised


def refresh(connection: play.Connection) -> TestResponse:
    return play.refresh(Browser(connection.browser.app), connection.app, connection.refresh_token)


def exchange(connection: play.Connection) -> TestResponse:
    return play.exchange(Browser(connection.browser.app), connection.app, play.code(connection.browser, connection.app))


@pytest.mark.parametrize("revoke", ALL_OF_CLIENT)
@pytest.mark.parametrize("send", [refresh, exchange])
def test_rule_6_what_a_transaction_under_way_gives_afterwards_is_refused_already(
    server: Server,
    another_server: Server,
    connection: play.Connection,
    elsewhere: Browser,
    send: Any,
    revoke: Revocation,
) -> None:
    """The revocation waits for nobody, and what is given has the epoch of its grant."""
    module = rotation if send is refresh else issuing
    with holding(module, lambda: send(connection)) as (gate, answer):
        revoke(another_server, connection)
        gate.open()
        tokens = answer.result().json
    if "access_token" in tokens:
        for seen_by in (connection.browser, elsewhere):
            assert not is_active(seen_by, make.api(server), tokens["access_token"])
            assert play.refresh(seen_by, connection.app, tokens["refresh_token"]).status_int in (400, 401)
    [row] = unfinished(server, connection.app.client_id)
    rows.rows(
        server,
        "UPDATE revocation SET began_at = began_at - interval '1 minute' WHERE revocation_id = %(id)s",
        id=row.revocation_id,
    )
    done(revocations.proceed_with_all(server))
    assert unfinished(server, connection.app.client_id) == []
    query = "SELECT family_id FROM family WHERE client_id = %(client_id)s AND ended_at IS NULL"
    assert rows.rows(server, query, client_id=connection.app.client_id) == []


@pytest.mark.parametrize("revoke", ALL_OF_CLIENT)
@pytest.mark.parametrize("send", [refresh, exchange])
def test_rule_6_and_what_begins_while_it_commits(
    server: Server,
    another_server: Server,
    connection: play.Connection,
    elsewhere: Browser,
    send: Any,
    revoke: Revocation,
) -> None:
    with holding(revocations, lambda: revoke(another_server, connection)) as (gate, ended):
        tokens = send(connection).json
        assert is_active(elsewhere, connection.app, tokens["access_token"])  # nothing is revoked yet
        gate.open()
        ended.result()
    for seen_by in (connection.browser, elsewhere):
        assert not is_active(seen_by, make.api(server), tokens["access_token"])
        assert play.refresh(seen_by, connection.app, tokens["refresh_token"]).status_int in (400, 401)


def test_rule_6_a_process_with_an_older_record_does_not_refuse_what_is_new(
    server: Server, another_server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever raised the epoch was killed before it deleted the stamp: the token says that the record is old."""
    connection.is_active()  # so that this process keeps the client
    monkeypatch.setattr(revocations, "client_changed", lambda *_: True)
    end_tokens(another_server, connection)
    monkeypatch.undo()
    fresh = play.exchange(connection.browser, connection.app, play.code(connection.browser, connection.app))
    assert fresh.status_int == 200
    assert is_active(connection.browser, make.api(server), fresh.json["access_token"])
    assert not connection.is_active()


def test_rule_7_a_redis_with_older_data_brings_nothing_back(
    server: Server, another_server: Server, connection: play.Connection
) -> None:
    redis = server.redis.connection()
    keys = [
        server.clients.stamp_key(connection.app.client_id),
        server.tokens.marker_key(family_id(connection)),
        server.tokens.token_key(digest(connection.access_token)),
    ]
    assert connection.is_active()
    older = dict(zip(keys, redis.mget(keys), strict=True))
    end_tokens(another_server, connection)
    redis.mset(older)
    for process in (server, another_server):
        process.clients.forget_all()
        done(process.sweep.whole(process.redis.connection()))
        assert process.tokens.check(connection.access_token).token is None


def test_a_record_without_an_epoch_counts_as_zero_and_unknown_fields_are_passed_over(
    server: Server, connection: play.Connection
) -> None:
    """Records of an earlier version and of a later one."""
    redis, key = server.redis.connection(), server.tokens.token_key(digest(connection.access_token))
    record = orjson.loads(redis.get(key))
    redis.set(key, orjson.dumps({name: value for name, value in record.items() if name != "epoch"}), keepttl=True)
    assert connection.is_active()
    redis.set(key, orjson.dumps(record | {"later": 1}), keepttl=True)
    assert connection.is_active()
    redis.set(key, orjson.dumps(record | {"epoch": 1}), keepttl=True)
    assert not connection.is_active()
