"""Calls are charged in the step that checks the token, as the rules say, whatever a process knew (rule 6, rule 15)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import make
import play
import rows
from browser import Browser, wsgi
from oauthsrv.flows import apis
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.flows.invalidation import client_changed
from oauthsrv.oauth.credentials import digest
from oauthsrv.oauth.errors import InvalidClient
from oauthsrv.oauth.records import AccessToken
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable, tokens, usage
from oauthsrv.store.limits import Attempt, key_of
from oauthsrv.store.tokens import TokenCheck
from oauthsrv.store.usage import ValuesChanged, share_of

CALLS = st.tuples(
    st.just("call"), st.integers(0, 1), st.integers(0, 1), st.sampled_from([1, 1, 2, 60])
)  # by which process, with whose token, and how many
CHANGES = st.one_of(
    st.tuples(st.just("limit"), st.sampled_from([3, 10, 200]), st.sampled_from([None, 30, 100])),
    st.tuples(st.just("suspend")),
    st.tuples(st.just("reactivate")),
    st.tuples(st.just("lose stamp")),
    st.tuples(st.just("revoke"), st.integers(0, 1)),
)


class Example:
    """An app with two users, what was charged, and what is due by the rules."""

    def __init__(self, processes: list[Server], browser: Browser) -> None:
        self.processes = processes
        self.server = processes[0]
        self.app = make.app(self.server)
        self.users = [play.tokens(self.server, browser.another(), self.app) for _ in range(2)]
        self.is_suspended = False
        self.revoked: set[int] = set()
        self.calls = 0
        self.by_user: Counter[int] = Counter()
        self.active: set[int] = set()
        self.limit(200, None)

    def limit(self, calls: int, percent: int | None) -> None:
        rows.rows(
            self.server,
            "UPDATE client SET calls_per_hour = %(calls)s, grant_share_percent = %(percent)s "
            "WHERE client_id = %(client_id)s",
            calls=calls,
            percent=percent,
            client_id=self.app.client_id,
        )
        client_changed(self.server, self.app.client_id)
        found = self.server.clients.find_client(self.app.client_id)
        assert found
        self.most, self.is_always, self.share = calls, percent is not None, share_of(found)

    def call(self, process: int, user: int, uses: int) -> None:
        checked = self.processes[process].tokens.check(
            self.users[user].access_token, charging=lambda token, checked: uses
        )
        is_good = not self.is_suspended and user not in self.revoked
        assert (checked.token is not None, checked.window is not None) == (is_good, is_good)
        if checked.window:
            window = checked.window
            assert (window.name, window.is_over, window.left) == self.due(user, uses)

    def due(self, user: int, uses: int) -> tuple[str, bool, int]:
        least, name = max(0, self.most - self.calls), "calls"
        if self.share is not None:
            self.active.add(user)
            of_user = max(0, self.share - self.by_user[user])
            if (self.is_always or len(self.active) > 1) and of_user < least:
                least, name = of_user, "share"
        charged = min(least, uses)
        self.calls += charged
        if self.share is not None:
            self.by_user[user] += charged
        return name, charged < uses, least - charged

    def suspend(self) -> None:
        review.suspend_client(self.server, self.app.client_id, by=Actor())
        self.is_suspended = True

    def reactivate(self) -> None:
        review.reactivate_client(self.server, self.app.client_id, by=Actor())
        self.is_suspended = False

    def lose_stamp(self) -> None:
        self.server.redis.connection().delete(self.server.clients.stamp_key(self.app.client_id))

    def revoke(self, user: int) -> None:
        answer = play.post(self.users[user].browser, "/oauth/revoke", self.app, token=self.users[user].refresh_token)
        assert answer.status_int == (400 if self.is_suspended else 200)
        self.revoked |= set() if self.is_suspended else {user}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.one_of(CALLS, CALLS, CHANGES), min_size=3, max_size=16))
def test_rule_15_calls_are_charged_as_the_rules_say_whatever_a_process_knew(
    server: Server, another_server: Server, browser: Browser, steps: list[tuple[Any, ...]]
) -> None:
    example = Example([server, another_server], browser)
    for name, *values in [("call", 0, 0, 1), ("call", 1, 1, 1), *steps, ("call", 0, 0, 1), ("call", 1, 0, 1)]:
        getattr(example, name.replace(" ", "_"))(*values)
    counted: Any = server.redis.connection().get(key_of(server.redis, Attempt("calls", example.app.client_id)))
    assert int(counted or 0) == example.calls


def charged(server: Server, connection: play.Connection) -> int:
    calls = Attempt("calls", connection.app.client_id)
    return int(server.redis.connection().ask("GET", key_of(server.redis, calls)) or 0)


def one(token: AccessToken, checked: TokenCheck) -> int:
    return 1


def refused(token: AccessToken, checked: TokenCheck) -> int:
    raise InvalidClient


def test_rule_6_what_changes_between_decision_and_charge_charges_no_one(
    server: Server, another_server: Server, connection: play.Connection
) -> None:
    def revoking(token: AccessToken, checked: TokenCheck) -> int:
        play.post(connection.browser, "/oauth/revoke", connection.app, token=connection.refresh_token)
        return 1

    another_server.tokens.check(connection.access_token, charging=one)
    checked = another_server.tokens.check(connection.access_token, charging=revoking)
    assert (checked.token, checked.window) == (None, None)
    assert charged(server, connection) == 1


def test_rule_15_a_refused_request_charges_no_one(server: Server, connection: play.Connection) -> None:
    for _ in range(2):
        checked = server.tokens.check(connection.access_token, charging=refused)
        assert isinstance(checked.refusal, InvalidClient)
        assert (checked.token is not None, checked.window) == (True, None)
    assert charged(server, connection) == 0


def test_a_charge_says_what_it_found_instead(server: Server, connection: play.Connection) -> None:
    client = server.clients.find_client(connection.app.client_id)
    assert client
    budget, key = usage.budget_of(server.redis, client, None), server.redis.key("l", "decides")
    with pytest.raises(ValuesChanged) as raised:
        usage.charge(server.redis, budget, 1, [key], [b"old"])
    assert raised.value.values == [None]
    server.redis.connection().set(key, b"new")
    with pytest.raises(ValuesChanged) as raised:
        usage.charge(server.redis, budget, 1, [key], [b"old"])
    assert raised.value.values == [b"new"]
    assert charged(server, connection) == 0
    assert usage.charge(server.redis, budget, 1, [key], [b"new"]).counted == 1


def test_a_client_that_changes_at_every_attempt_is_not_charged(server: Server, connection: play.Connection) -> None:
    def changing(token: AccessToken, checked: TokenCheck) -> int:
        server.clients.changed(connection.app.client_id)
        return 1

    with pytest.raises(StoreUnavailable, match="changed"):
        server.tokens.check(connection.access_token, charging=changing)
    assert charged(server, connection) == 0


def test_rule_6_a_record_is_read_again_if_it_is_another_one(server: Server, connection: play.Connection) -> None:
    before = server.tokens.check(connection.access_token, charging=one).token
    assert before
    key = server.tokens.token_key(digest(connection.access_token))
    record = orjson.loads(server.redis.connection().ask("GET", key)) | {"scopes": ["read:data"]}
    server.redis.connection().set(key, orjson.dumps(record), keepttl=True)
    for charging in (one, None):
        now = server.tokens.check(connection.access_token, charging=charging).token
        assert now == before._replace(scopes=("read:data",)) != before


def test_a_process_knows_few_tokens_and_checks_all(
    server: Server, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "KNOWN_AT_MOST", 2)
    app = make.app(server)
    texts = [play.tokens(server, browser.another(), app).access_token for _ in range(3)]
    for text in texts * 2:
        assert server.tokens.check(text, charging=one).window
        assert len(server.tokens._known) <= 2


def test_rule_10_an_api_that_was_deleted_is_not_known_any_longer(
    server: Server, another_server: Server, connection: play.Connection
) -> None:
    there, api = Browser(wsgi(another_server)), make.api(server)
    assert play.introspect(there, api, connection.access_token)["active"] is True
    apis.delete(server, api.client_id, by=Actor())
    answer = play.post(there, "/oauth/introspect", api, token=connection.access_token)
    assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")
    assert charged(server, connection) == 1
