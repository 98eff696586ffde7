"""A code gives tokens once (rule 2), to the client that has its verifier."""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from webtest import TestResponse

import make
import play
import rows
from browser import Browser
from oauthsrv.flows import issuing, metering, response_types, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.oauth import base64url
from oauthsrv.oauth.credentials import digest
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.database import Database, decide
from play import is_active, refused

OTHER_VERIFIER = "another-verifier-that-is-long-enough-for-rfc-7636-as-well"


@pytest.fixture
def user(server: Server, browser: Browser) -> make.User:
    user = make.user(server)
    play.sign_in(browser, user)
    return user


@pytest.fixture
def app(server: Server, user: make.User) -> make.App:
    return make.app(server)


# Once


def test_rule_2_a_code_works_once_and_its_second_use_ends_what_the_first_one_gave(
    server: Server, browser: Browser, elsewhere: Browser, app: make.App
) -> None:
    code = play.code(browser, app)
    first = play.exchange(browser, app, code).json
    assert is_active(browser, app, first["access_token"])
    second = play.exchange(browser, app, code)
    assert refused(second)
    assert "access_token" not in second.json
    for seen_by in (browser, elsewhere):
        assert not is_active(seen_by, app, first["access_token"])
        assert refused(play.refresh(seen_by, app, first["refresh_token"]))
    row = rows.family(server, first["refresh_token"])
    assert row.end_reason == "code_replayed"
    assert not rows.has_marker(server, row.family_id)


def test_rule_2_a_code_of_an_older_version_works_once_too(
    server: Server, browser: Browser, app: make.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was issued before an upgrade and has no time, as those that were exchanged by then."""
    older = "oac_" + base64url.encode(secrets.token_bytes(32))
    monkeypatch.setattr(response_types, "new_code", lambda now: older)
    assert play.code(browser, app) == older
    first = play.exchange(browser, app, older).json
    assert is_active(browser, app, first["access_token"])
    assert bytes(rows.family(server, first["refresh_token"]).code_hash) == digest(older)
    assert refused(play.exchange(browser, app, older))
    assert not is_active(browser, app, first["access_token"])


def test_rule_2_a_second_use_ends_also_what_was_refreshed_since(browser: Browser, app: make.App) -> None:
    code = play.code(browser, app)
    first = play.exchange(browser, app, code).json
    later = play.refresh(browser, app, first["refresh_token"]).json
    assert refused(play.exchange(browser, app, code))
    assert not is_active(browser, app, later["access_token"])
    assert refused(play.refresh(browser, app, later["refresh_token"]))


def test_rule_2_a_second_use_is_written_down_once(
    server: Server, browser: Browser, user: make.User, app: make.App
) -> None:
    code = play.code(browser, app)
    play.exchange(browser, app, code)
    for _ in range(3):
        assert refused(play.exchange(browser, app, code))
    [event] = rows.events(server, "family.code_replayed", app.client_id)
    assert event.user_id == user.user_id
    assert code not in str(event)


def test_rule_2_a_second_use_ends_nothing_else(
    server: Server, browser: Browser, user: make.User, app: make.App
) -> None:
    code = play.code(browser, app)
    other_device = play.exchange(browser, app, play.code(browser, app)).json
    other_app = play.tokens(server, browser.another())
    same_user = play.tokens(server, browser.another(), user=user)
    play.exchange(browser, app, code)
    assert refused(play.exchange(browser, app, code))
    assert is_active(browser, app, other_device["access_token"])
    assert play.refresh(browser, app, other_device["refresh_token"]).status_int == 200
    assert other_app.is_active()
    assert same_user.is_active()
    assert play.ask(browser, app).status_int == 303  # and consent is not asked for again


def test_rule_2_of_parallel_exchanges_one_succeeds(server: Server, browser: Browser, app: make.App) -> None:
    code = play.code(browser, app)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: play.exchange(browser.another(), app, code), range(8)))
    assert sorted(answer.status_int for answer in answers) == [200] + [400] * 7
    assert all(refused(answer) for answer in answers if answer.status_int != 200)


def test_rule_2_two_codes_of_one_grant_make_two_families(server: Server, browser: Browser, app: make.App) -> None:
    first, second = (play.exchange(browser, app, play.code(browser, app)).json for _ in range(2))
    row, other = (rows.family(server, tokens["refresh_token"]) for tokens in (first, second))
    assert row.family_id != other.family_id
    assert row.grant_id == other.grant_id


def test_rule_16_a_grant_has_at_most_so_many_families_and_the_longest_unused_end_at_once(
    server: Server, browser: Browser, app: make.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert issuing.FAMILIES_PER_GRANT == 50
    monkeypatch.setattr(issuing, "FAMILIES_PER_GRANT", 2)
    first, second = (play.exchange(browser, app, play.code(browser, app)).json for _ in range(2))
    used = play.refresh(browser, app, first["refresh_token"]).json
    third = play.exchange(browser, app, play.code(browser, app)).json
    assert not is_active(browser, app, second["access_token"])
    assert rows.family(server, second["refresh_token"]).end_reason == "too_many_families"
    for tokens in (used, third):
        assert is_active(browser, app, tokens["access_token"])
        assert rows.lives(server, tokens["refresh_token"])


@pytest.mark.parametrize(
    "code", ["oac_", "oac_" + "A" * 43, "oac_" + "A" * 51, "x", "ort_" + "A" * 43, "oac_" + "é" * 43, " "]
)
def test_rule_2_a_code_that_never_was_is_refused(browser: Browser, app: make.App, code: str) -> None:
    assert refused(play.exchange(browser, app, code))


def test_rule_2_a_code_that_is_missing_gets_an_answer_that_says_so(browser: Browser, app: make.App) -> None:
    answer = play.post(browser, "/oauth/token", app, grant_type="authorization_code", code_verifier=play.VERIFIER)
    assert refused(answer, "invalid_request")
    assert "code" in answer.json["error_description"]


# Checked before it is spent


def outsider(server: Server, browser: Browser, app: make.App, code: str) -> TestResponse:
    return play.exchange(browser, make.app(server), code)


def outsider_without_secret(server: Server, browser: Browser, app: make.App, code: str) -> TestResponse:
    public = make.app(server, type="public", redirect_uris=("https://spa.example/",))
    return play.exchange(browser, public, code, redirect_uri=None)


def wrong_secret(server: Server, browser: Browser, app: make.App, code: str) -> TestResponse:
    return play.exchange(browser, make.App(app.client_id, "sec_" + "0" * 64, app.redirect_uri), code)


def no_secret(server: Server, browser: Browser, app: make.App, code: str) -> TestResponse:
    return play.exchange(browser, make.App(app.client_id, None, app.redirect_uri), code)


def secret_twice(server: Server, browser: Browser, app: make.App, code: str) -> TestResponse:
    return play.exchange(browser, app, code, client_secret=app.client_secret)


def other_redirect_uri(server: Server, browser: Browser, app: make.App, code: str) -> TestResponse:
    return play.exchange(browser, app, code, redirect_uri=app.redirect_uri + "/")


def wrong_verifier(server: Server, browser: Browser, app: make.App, code: str) -> TestResponse:
    return play.exchange(browser, app, code, code_verifier=OTHER_VERIFIER)


def no_verifier(server: Server, browser: Browser, app: make.App, code: str) -> TestResponse:
    return play.exchange(browser, app, code, code_verifier=None)


def plain_challenge(server: Server, browser: Browser, app: make.App, code: str) -> TestResponse:
    return play.exchange(browser, app, code, code_verifier=play.challenge())


def strange_resource(server: Server, browser: Browser, app: make.App, code: str) -> TestResponse:
    return play.exchange(browser, app, code, resource="https://nobody-asked.example")


FAILURES = {
    outsider: "invalid_grant",
    outsider_without_secret: "invalid_grant",
    wrong_secret: "invalid_client",
    no_secret: "invalid_client",
    secret_twice: "invalid_request",
    other_redirect_uri: "invalid_grant",
    wrong_verifier: "invalid_grant",
    no_verifier: "invalid_grant",
    plain_challenge: "invalid_grant",
    strange_resource: "invalid_target",
}

Fail = Callable[[Server, Browser, make.App, str], TestResponse]


@pytest.mark.parametrize("fail", FAILURES)
def test_rule_2_an_exchange_that_fails_spends_nothing_and_ends_nothing(
    server: Server, browser: Browser, app: make.App, fail: Fail
) -> None:
    """Rule 3 too: wrong, missing and plain verifiers."""
    code = play.code(browser, app)
    for _ in range(2):
        assert refused(fail(server, browser, app, code), FAILURES[fail])
    tokens = play.exchange(browser, app, code)
    assert tokens.status_int == 200
    assert refused(fail(server, browser, app, code), FAILURES[fail])
    assert is_active(browser, app, tokens.json["access_token"])
    assert rows.lives(server, tokens.json["refresh_token"])


def test_rule_2_the_redirect_uri_may_be_left_out(browser: Browser, app: make.App) -> None:
    assert play.exchange(browser, app, play.code(browser, app), redirect_uri=None).status_int == 200


def test_rule_2_the_redirect_uri_counts_as_it_was_used_not_as_registered(server: Server, browser: Browser) -> None:
    play.sign_in(browser, make.user(server))
    native = make.app(server, type="public", redirect_uris=("http://127.0.0.1/callback",))
    used = "http://127.0.0.1:50123/callback"
    code = play.code(browser, native, redirect_uri=used)
    assert refused(play.exchange(browser, native, code))
    assert refused(play.exchange(browser, native, code, redirect_uri="http://127.0.0.1:50124/callback"))
    assert play.exchange(browser, native, code, redirect_uri=used).status_int == 200


# PKCE


def test_rule_3_a_verifier_without_a_challenge_is_refused_and_spends_nothing(server: Server, browser: Browser) -> None:
    """An attacker took the challenge out of the request: the downgrade of RFC 9700 §4.8.2."""
    play.sign_in(browser, make.user(server))
    app = make.app(server, skips_pkce=True)
    code = play.code(browser, app, code_challenge=None, code_challenge_method=None)
    answer = play.exchange(browser, app, code)
    assert refused(answer)
    assert "code_challenge" in answer.json["error_description"]
    tokens = play.exchange(browser, app, code, code_verifier=None)
    assert tokens.status_int == 200
    assert refused(play.exchange(browser, app, code))
    assert rows.lives(server, tokens.json["refresh_token"])


def test_rule_3_an_app_that_cannot_do_pkce_and_does_it_is_held_to_it(server: Server, browser: Browser) -> None:
    play.sign_in(browser, make.user(server))
    app = make.app(server, skips_pkce=True)
    code = play.code(browser, app)
    assert refused(play.exchange(browser, app, code, code_verifier=None))
    assert play.exchange(browser, app, code).status_int == 200


# What a code dies with


def test_rule_2_a_code_dies_with_its_grant_and_a_new_grant_does_not_revive_it(
    server: Server, browser: Browser, user: make.User, app: make.App
) -> None:
    code = play.code(browser, app)
    grant_id = rows.active_grant(server, user.user_id, app.client_id)
    assert revocations.revoke_grant(server, grant_id, user.user_id, "user", by=Actor())
    assert refused(play.exchange(browser, app, code))
    again = play.code(browser, app)
    assert refused(play.exchange(browser, app, code))
    assert play.exchange(browser, app, again).status_int == 200


def test_rule_2_a_code_of_a_suspended_app_waits_for_its_return(server: Server, browser: Browser, app: make.App) -> None:
    """Rule 6 too: a suspension ends nothing."""
    code = play.code(browser, app)
    assert review.suspend_client(server, app.client_id, by=Actor())
    assert refused(play.exchange(browser, app, code), "unauthorized_client")
    assert review.reactivate_client(server, app.client_id, by=Actor())
    assert play.exchange(browser, app, code).status_int == 200


def test_rule_2_a_code_dies_with_its_app(server: Server, browser: Browser, app: make.App) -> None:
    code = play.code(browser, app)
    assert revocations.delete_client(server, app.client_id, by=Actor())
    assert refused(play.exchange(browser, app, code), "invalid_client")


# Redis emptied


def test_rule_7_after_a_flush_a_code_is_gone_and_the_next_one_needs_no_new_consent(
    server: Server, browser: Browser, user: make.User, app: make.App
) -> None:
    code = play.code(browser, app)
    server.redis.connection().flushall()
    assert refused(play.exchange(browser, app, code))
    play.sign_in(browser, user)
    asked = play.ask(browser, app)
    assert asked.status_int == 303  # no question
    assert play.exchange(browser, app, play.answered(asked)["code"]).status_int == 200


def test_rule_2_and_7_a_flush_does_not_make_a_used_code_usable(server: Server, browser: Browser, app: make.App) -> None:
    code = play.code(browser, app)
    tokens = play.exchange(browser, app, code).json
    server.redis.connection().flushall()
    assert refused(play.exchange(browser, app, code))
    refreshed = play.refresh(browser, app, tokens["refresh_token"])
    assert refreshed.status_int == 200
    assert is_active(browser, app, refreshed.json["access_token"])


def unavailable(*_: object, **__: object) -> None:
    raise StoreUnavailable("as after a failover")


@pytest.mark.parametrize("afterwards", ["the count of families", "the charge"])
def test_rule_9_what_fails_after_the_commit_does_not_take_the_tokens_away(
    browser: Browser, app: make.App, monkeypatch: pytest.MonkeyPatch, afterwards: str
) -> None:
    code = play.code(browser, app)
    with monkeypatch.context() as patch:
        if afterwards == "the charge":
            patch.setattr(metering.limits, "count", unavailable)
        else:
            patch.setattr(issuing.sql.families, "count_active", unavailable)
        answer = play.exchange(browser, app, code)
    assert answer.status_int == 200, answer
    assert is_active(browser, app, answer.json["access_token"])


# What is written before the family is there (rule 6, rule 8)


def keys_of(server: Server, *kinds: str) -> set[bytes]:
    redis = server.redis.connection()
    return {key for kind in kinds for key in redis.scan_iter(server.redis.key(kind, "*"), count=1000)}


def test_rule_2_a_second_use_leaves_no_token_marker_or_list_behind(
    server: Server, browser: Browser, app: make.App
) -> None:
    """They are written before PostgreSQL says that the code was used."""
    code = play.code(browser, app)
    play.exchange(browser, app, code)
    before = keys_of(server, "t", "f", "k")
    assert refused(play.exchange(browser, app, code))
    assert keys_of(server, "t", "f", "k") <= before


def test_rule_6_an_access_token_has_its_grants_epoch_where_this_process_has_an_older_one(
    server: Server, browser: Browser, app: make.App
) -> None:
    """The process that raised it has not deleted the stamp yet, and the user has allowed the app again."""
    code = play.code(browser, app)
    for table in ("client", '"grant"'):
        rows.rows(server, f"UPDATE {table} SET epoch = epoch + 1 WHERE client_id = %(id)s", id=app.client_id)
    tokens = play.exchange(browser, app, code).json
    server.clients.changed(app.client_id)
    assert is_active(browser, app, tokens["access_token"])


def test_rule_8_an_exchange_whose_time_is_over_adds_no_family(
    server: Server, browser: Browser, app: make.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = play.code(browser, app)

    def too_late(database: Database, query: Callable[..., Any], **values: Any) -> Any:
        return decide(database, lambda db, **given: query(db, **given | {"deadline": 0.0}), **values)

    with monkeypatch.context() as patch:
        patch.setattr(issuing, "decide", too_late)
        assert play.exchange(browser, app, code).status_int >= 400
    assert rows.rows(server, "SELECT FROM family WHERE client_id = %(id)s", id=app.client_id) == []
    assert play.exchange(browser, app, code).status_int == 200
