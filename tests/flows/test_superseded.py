"""What ends with another thing: codes with a password, scopes with their client, tokens with their successor."""

from __future__ import annotations

import dataclasses
import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from webtest import TestResponse

import make
import play
import rows
from browser import Browser, wsgi
from held import a_lock_is_awaited, eventually, holding, in_parallel, waiting_for_a_lock
from oauthsrv.flows import issuing, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.invalidation import client_changed
from oauthsrv.oauth.credentials import digest, new_access_token, new_code, new_family_id
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import AccessToken, AuthorizationCode
from oauthsrv.server import Server
from oauthsrv.store.authorization import remember_code
from oauthsrv.store.database import sql, transaction
from oauthsrv.store.tokens import LIVES_ON, NEW_FAMILY, SETS_KEPT
from play import is_active, refused


def record_ttl(server: Server, access_token: str) -> int:
    return int(server.redis.connection().ttl(server.tokens.token_key(digest(access_token))))


# Codes (rule 2)


def end_sessions(server: Server, user: make.User) -> None:
    """As a change of the password does, and signing out everywhere."""
    with transaction(server.database) as db:
        sql.users.end_sessions(db, user_id=user.user_id)


def test_rule_2_a_code_given_before_a_password_change_dies_with_it(server: Server, connection: play.Connection) -> None:
    """And spends nothing, and ends nothing: the connection that was there goes on."""
    code = play.code(connection.browser, connection.app)
    form = play.form_with(connection.browser.get("/account/password"), "new_password")
    form["password"], form["new_password"] = connection.user.password, "an entirely other password 1"
    assert form.submit().status_int == 303
    assert refused(play.exchange(connection.browser, connection.app, code))
    assert connection.is_active()
    again = play.code(connection.browser, connection.app)
    assert play.exchange(connection.browser, connection.app, again).status_int == 200


def test_rule_2_a_used_code_that_comes_again_after_a_password_change_still_ends_its_connection(
    server: Server, connection: play.Connection
) -> None:
    """It leaked, whatever else became of it."""
    code = play.code(connection.browser, connection.app)
    tokens = play.exchange(connection.browser, connection.app, code).json
    end_sessions(server, connection.user)
    assert refused(play.exchange(connection.browser, connection.app, code))
    assert rows.family(server, tokens["refresh_token"]).end_reason == "code_replayed"
    assert not is_active(connection.browser, connection.app, tokens["access_token"])
    assert connection.is_active()


def test_rule_2_a_code_is_not_exchanged_while_the_password_is_being_changed(
    server: Server, another_server: Server, connection: play.Connection
) -> None:
    """Two held transactions: the exchange waits for the user's row, and finds its session ended."""
    code = play.code(connection.browser, connection.app)
    with transaction(another_server.database) as db:
        sql.users.end_sessions(db, user_id=connection.user.user_id)
        with in_parallel(lambda: play.exchange(Browser(wsgi(server)), connection.app, code)) as exchanged:
            eventually(lambda: a_lock_is_awaited(server))
            db.commit()
            assert refused(exchanged.result())


def test_rule_2_and_a_password_change_waits_for_an_exchange_under_way(
    server: Server, another_server: Server, connection: play.Connection
) -> None:
    code = play.code(connection.browser, connection.app)
    with (
        holding(issuing, lambda: play.exchange(Browser(wsgi(server)), connection.app, code)) as (gate, exchanged),
        in_parallel(lambda: end_sessions(another_server, connection.user)) as changed,
    ):
        eventually(lambda: a_lock_is_awaited(server))
        assert not changed.done()
        gate.open()
        assert exchanged.result().status_int == 200


def test_rule_2_a_code_dies_with_its_grant_also_while_that_ends(
    server: Server, another_server: Server, connection: play.Connection
) -> None:
    code = play.code(connection.browser, connection.app)
    grant_id = rows.active_grant(server, connection.user.user_id, connection.app.client_id)
    assert revocations.revoke_grant(another_server, grant_id, connection.user.user_id, "user", by=Actor())
    assert refused(play.exchange(connection.browser, connection.app, code))
    assert play.allow(play.ask(connection.browser, connection.app)).status_int == 303
    assert refused(play.exchange(connection.browser, connection.app, code))


# At most so many connections


def bare_codes(server: Server, connection: play.Connection, number: int) -> list[str]:
    """As many codes of one grant, without the way there."""
    grant_id = rows.active_grant(server, connection.user.user_id, connection.app.client_id)
    [user] = rows.rows(
        server,
        'SELECT subject, now()::text AS now FROM "user" WHERE user_id = %(user_id)s',
        user_id=connection.user.user_id,
    )
    codes = [new_code(0) for _ in range(number)]
    for code in codes:
        record = AuthorizationCode(
            client_id=connection.app.client_id,
            grant_id=grant_id,
            subject=user.subject,
            scopes=("read:data",),
            resources=(),
            redirect_uri=connection.app.redirect_uri,
            code_challenge=play.challenge(),
            session_began_at=user.now,
        )
        remember_code(server.redis, code, record, 600)
    return codes


def test_rule_16_after_the_last_of_160_parallel_exchanges_at_most_fifty_connections_are_left(
    server: Server, another_server: Server, connection: play.Connection
) -> None:
    """At two processes, and the fifty work."""
    processes = [wsgi(server), wsgi(another_server)]
    codes = bare_codes(server, connection, 160)

    def send(number: int) -> TestResponse:
        return play.exchange(Browser(processes[number % 2]), connection.app, codes[number])

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(send, range(len(codes))))
    assert {answer.status_int for answer in answers} == {200}
    active = "SELECT count(*) AS number FROM family WHERE client_id = %(client_id)s AND ended_at IS NULL"
    [row] = rows.rows(server, active, client_id=connection.app.client_id)
    assert row.number == issuing.FAMILIES_PER_GRANT
    good = [answer for answer in answers if server.tokens.check(answer.json["access_token"]).token]
    assert len(good) == issuing.FAMILIES_PER_GRANT


def test_rule_16_exchanges_of_all_threads_that_waited_for_their_grant_leave_at_most_fifty_connections(
    server: Server, another_server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each began before the others were committed, so none sees them: two workers have 32 threads."""
    monkeypatch.setattr(server, "settings", dataclasses.replace(server.settings, workers=2))
    grant_id = rows.active_grant(server, connection.user.user_id, connection.app.client_id)
    codes = iter(bare_codes(server, connection, 30 + 32))
    client = server.clients.find_client(connection.app.client_id)
    assert client is not None

    def exchange(code: str) -> None:
        pairs = {"code": code, "redirect_uri": connection.app.redirect_uri, "code_verifier": play.VERIFIER}
        parameters = Parameters(tuple(pairs.items()))
        issuing.exchange_code(issuing.TokenRequest(server, client, parameters, Actor()))

    for code in itertools.islice(codes, 30):
        exchange(code)
    with ThreadPoolExecutor(32) as threads:
        with transaction(server.database) as db:
            sql.grants.lock_to_trim(db, grant_id=grant_id)
            exchanges = [threads.submit(exchange, code) for code in codes]
            eventually(lambda: waiting_for_a_lock(another_server) == 32)
        for one in exchanges:
            one.result()
    active = "SELECT count(*) AS number FROM family WHERE client_id = %(client_id)s AND ended_at IS NULL"
    [row] = rows.rows(server, active, client_id=connection.app.client_id)
    assert row.number == issuing.FAMILIES_PER_GRANT


def test_an_exchange_locks_no_family_where_there_are_few(server: Server, connection: play.Connection) -> None:
    """A rotation under way is not waited for."""
    handle_hash = bytes(rows.family(server, connection.refresh_token).handle_hash)
    code = play.code(connection.browser, connection.app)
    with transaction(server.database) as db:
        sql.families.lock(db, handle_hash=handle_hash, client_id=connection.app.client_id)
        with in_parallel(lambda: play.exchange(Browser(wsgi(server)), connection.app, code)) as exchanged:
            assert exchanged.result().status_int == 200


# Scopes that were taken away


def set_scopes(server: Server, app: make.App, *scopes: str) -> None:
    """As a change of the app does."""
    rows.rows(
        server,
        "UPDATE client SET scopes = %(scopes)s, changed_at = now() WHERE client_id = %(client_id)s",
        scopes=list(scopes),
        client_id=app.client_id,
    )
    assert client_changed(server, app.client_id)


def test_rule_5_a_scope_taken_from_an_app_is_taken_at_checks_and_at_refresh(
    server: Server, connection: play.Connection, elsewhere: Browser
) -> None:
    api = make.api(server)
    verify = "/oauth/verify?scope=read:profile"
    bearer = {"Authorization": f"Bearer {connection.access_token}"}
    assert elsewhere.get(verify, headers=bearer).status_int == 200
    set_scopes(server, connection.app, "read:data")
    assert elsewhere.get(verify, headers=bearer).status_int == 403
    assert elsewhere.get("/oauth/verify", headers=bearer).headers["X-OAuth-Scope"] == "read:data"
    for asking in (connection.app, api):
        assert play.introspect(elsewhere, asking, connection.access_token)["scope"] == "read:data"
    assert play.introspect(elsewhere, connection.app, connection.refresh_token)["scope"] == "read:data"
    tokens = play.refresh(elsewhere, connection.app, connection.refresh_token).json
    assert tokens["scope"] == "read:data"
    set_scopes(server, connection.app, "read:data", "read:profile")  # the user granted it, and it comes back
    assert set(play.refresh(elsewhere, connection.app, tokens["refresh_token"]).json["scope"].split()) == {
        "read:data",
        "read:profile",
    }


def test_rule_5_where_no_scope_is_left_checks_say_no_and_a_refresh_spends_nothing(
    server: Server, connection: play.Connection, elsewhere: Browser
) -> None:
    set_scopes(server, connection.app, "write:data")
    assert (
        elsewhere.get("/oauth/verify", headers={"Authorization": f"Bearer {connection.access_token}"}).status_int == 401
    )
    assert not is_active(elsewhere, connection.app, connection.access_token)
    assert not is_active(elsewhere, connection.app, connection.refresh_token)
    assert refused(play.refresh(elsewhere, connection.app, connection.refresh_token), "invalid_scope")
    assert rows.family(server, connection.refresh_token).generation == 1
    set_scopes(server, connection.app, "read:data")
    assert play.refresh(elsewhere, connection.app, connection.refresh_token).status_int == 200


def test_rule_5_a_scope_taken_between_consent_and_exchange_is_not_given(
    server: Server, connection: play.Connection, elsewhere: Browser
) -> None:
    code = play.code(connection.browser, connection.app)
    set_scopes(server, connection.app, "write:data")
    assert refused(play.exchange(elsewhere, connection.app, code), "invalid_scope")
    set_scopes(server, connection.app, "read:data")
    assert play.exchange(elsewhere, connection.app, code).json["scope"] == "read:data"  # the code was not spent


def test_rule_5_a_repeated_refresh_does_not_give_a_scope_that_was_taken_away(
    server: Server, connection: play.Connection, elsewhere: Browser
) -> None:
    first = play.refresh(connection.browser, connection.app, connection.refresh_token).json
    set_scopes(server, connection.app, "read:data")
    again = play.refresh(elsewhere, connection.app, connection.refresh_token).json
    assert again["refresh_token"] == first["refresh_token"]
    assert again["scope"] == "read:data"


# Superseded access tokens


def test_a_superseded_access_token_lives_on_for_a_minute_at_most(server: Server, connection: play.Connection) -> None:
    """Requests under way succeed, and what a client refreshes without end does not pile up."""
    tokens, seen = connection.refresh_token, [connection.access_token]
    for _ in range(5):
        answer = play.refresh(connection.browser, connection.app, tokens).json
        tokens = answer["refresh_token"]
        seen.append(answer["access_token"])
    assert all(is_active(connection.browser, connection.app, one) for one in seen)
    *superseded, latest = (record_ttl(server, one) for one in seen)
    assert all(0 < ttl <= LIVES_ON for ttl in superseded)
    assert latest > 3000


def test_access_tokens_for_other_scopes_or_resources_keep_their_life(
    server: Server, connection: play.Connection
) -> None:
    narrow = play.refresh(connection.browser, connection.app, connection.refresh_token, scope="read:data").json
    whole = play.refresh(connection.browser, connection.app, narrow["refresh_token"]).json
    assert record_ttl(server, connection.access_token) <= LIVES_ON
    assert record_ttl(server, narrow["access_token"]) > 3000
    assert record_ttl(server, whole["access_token"]) > 3000


def test_a_repetition_keeps_the_token_that_both_halves_of_a_client_use(
    server: Server, connection: play.Connection
) -> None:
    first = play.refresh(connection.browser, connection.app, connection.refresh_token).json
    again = play.refresh(connection.browser, connection.app, connection.refresh_token).json
    assert again["access_token"] == first["access_token"]
    assert record_ttl(server, first["access_token"]) > 3000


def test_a_family_keeps_one_token_for_each_set_and_a_few_sets(server: Server, connection: play.Connection) -> None:
    """The oldest sets are superseded too, so a client that asks for new sets does not fill the store."""
    api_tokens = [connection.access_token]
    sets = [" ".join(chosen) for chosen in (("read:data",), ("read:profile",), ("read:profile", "read:data"))]
    tokens = connection.refresh_token
    for chosen in (*sets, sets[0]):
        answer = play.refresh(connection.browser, connection.app, tokens, scope=chosen).json
        tokens = answer["refresh_token"]
        api_tokens.append(answer["access_token"])
    ttls = [record_ttl(server, one) for one in api_tokens]
    whole, data, profile, whole_again, data_again = ttls
    assert whole <= LIVES_ON  # superseded by the same set, whatever the order
    assert data <= LIVES_ON
    assert min(profile, whole_again, data_again) > 3000


def test_only_a_few_sets_have_a_token_with_all_its_life(server: Server) -> None:
    family_id = new_family_id(0)
    texts = [new_access_token("cli_" + "0" * 32, family_id) for _ in range(SETS_KEPT + 2)]
    for number, text in enumerate(texts):
        server.tokens.remember(text, a_token(family_id=family_id, scopes=(f"s{number}",)), 600, NEW_FAMILY)
    assert [record_ttl(server, text) > LIVES_ON for text in texts] == [False, False] + [True] * SETS_KEPT


def a_token(**changes: Any) -> AccessToken:
    values: dict[str, Any] = {
        "client_id": "cli_" + "0" * 32,
        "family_id": "fam_" + "0" * 32,
        "grant_id": None,
        "subject": "usr_" + "0" * 32,
        "scopes": ("a",),
        "resources": (),
        "issued_at": 0,
        "expires_at": 0,
    }
    return AccessToken(**values | changes)
