"""Tokens that a client gets for itself, without a user (RFC 6749 §4.4): who gets them, and how they end (rule 6).

`server` and `another_server` are two processes as far as caches and connections go.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import make
import play
import rows
from browser import Browser
from held import a_lock_is_awaited, done, eventually, holding, in_parallel
from oauthsrv.flows import client_credentials, housekeeping, issuing, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import own_access, registration, review
from oauthsrv.flows.clients.own_access import Access
from oauthsrv.oauth.credentials import digest, parse_access_token
from oauthsrv.server import Server
from oauthsrv.store.limits import LIMITS

FAMILIES = """
SELECT family_id, grant_id, subject, scopes, resources, ended_at, end_reason, expires_at > now() + '29 days' AS is_new
FROM family
WHERE client_id = %(id)s
ORDER BY created_at, family_id
"""


@pytest.fixture
def app(server: Server) -> make.App:
    return make.machine(server, "read:profile", "read:data")


def families(server: Server, app: make.App) -> list[Any]:
    return rows.rows(server, FAMILIES, id=app.client_id)


def token_of(browser: Browser, app: make.App, **form: str | None) -> str:
    answer = play.own_token(browser, app, **form)
    assert answer.status_int == 200, answer
    return str(answer.json["access_token"])


def open_to(server: Server, app: make.App, *scopes: str, resources: tuple[str, ...] = ()) -> None:
    own_access.open_access(server, app.client_id, Access(scopes, resources), by=Actor())


# What it gets


def test_the_answer_has_an_access_token_and_no_refresh_token(server: Server, browser: Browser, app: make.App) -> None:
    answer = play.own_token(browser, app)
    assert answer.json.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert answer.json["scope"] == "read:profile read:data"
    assert answer.json["expires_in"] == server.settings.access_ttl
    assert "no-store" in answer.headers["Cache-Control"]
    assert play.introspect(browser, app, answer.json["access_token"])["sub"] == app.client_id


def test_a_part_of_its_scopes_may_be_requested(browser: Browser, app: make.App) -> None:
    assert play.own_token(browser, app, scope="read:data webhooks").json["scope"] == "read:data"


def test_offline_access_gives_nothing(browser: Browser, app: make.App) -> None:
    answer = play.own_token(browser, app, scope="read:data offline_access")
    assert answer.json["scope"] == "read:data"
    assert play.refused(play.own_token(browser, app, scope="offline_access"), "invalid_scope")


def test_its_tokens_are_for_the_apis_that_were_opened(server: Server, browser: Browser) -> None:
    one, other, closed = (make.api(server, scopes=("read:data",)) for _ in range(3))
    app = make.machine(server, "read:data", resources=(one.redirect_uri, other.redirect_uri))
    for_all, for_one = token_of(browser, app), token_of(browser, app, resource=one.redirect_uri + "/")
    assert sorted(play.introspect(browser, app, for_all)["aud"]) == sorted([one.redirect_uri, other.redirect_uri])
    assert play.introspect(browser, app, for_one)["aud"] == one.redirect_uri
    assert play.refused(play.own_token(browser, app, resource=closed.redirect_uri), "invalid_target")
    assert play.refused(play.own_token(browser, app, resource="not a URI"), "invalid_target")


@pytest.mark.parametrize(("scope", "error"), [("webhooks", "invalid_scope"), ('a"b', "invalid_scope")])
def test_other_scopes_are_refused(browser: Browser, app: make.App, scope: str, error: str) -> None:
    assert play.refused(play.own_token(browser, app, scope=scope), error)


def test_nothing_is_open_by_default(server: Server, browser: Browser) -> None:
    app = make.app(server, grant_types=("client_credentials",), redirect_uris=())
    assert play.refused(play.own_token(browser, app), "unauthorized_client")


def test_a_client_without_the_grant_is_refused(server: Server, browser: Browser) -> None:
    app = make.app(server)
    open_to(server, app, "read:data")
    answer = play.own_token(browser, app)
    assert (answer.status_int, answer.json["error"]) == (400, "unauthorized_client")


def test_a_wrong_secret_is_refused(browser: Browser, app: make.App) -> None:
    wrong = make.App(app.client_id, "sec_" + "0" * 64, "")
    answer = play.own_token(browser, wrong)
    assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")
    assert "Basic" in answer.headers["WWW-Authenticate"]


def test_a_public_client_cannot_have_it(server: Server) -> None:
    with pytest.raises(Exception, match="A public app has no secret"):
        make.app(server, type="public", grant_types=("client_credentials",), redirect_uris=())


def test_no_user_is_sent_to_consent_for_it(browser: Browser, app: make.App) -> None:
    page = browser.get(f"/oauth/authorize?response_type=code&client_id={app.client_id}", expect_errors=True)
    assert page.status_int == 400
    assert "grant" in page


# One row


def test_rule_16_a_thousand_requests_leave_one_row(server: Server, browser: Browser, app: make.App) -> None:
    tokens = {token_of(browser, app, scope=scope) for scope in [None, "read:data read:profile"] * 5}
    assert len(tokens) == 10
    [family] = families(server, app)
    assert (family.subject, family.scopes, family.is_new) == (None, ["read:profile", "read:data"], True)
    token_of(browser, app, scope="read:data")
    assert len({one.grant_id for one in families(server, app)}) == 1
    assert len(families(server, app)) == 2


def test_its_tokens_do_not_supersede_each_other(server: Server, browser: Browser, app: make.App) -> None:
    """Each of its machines gets one, all for the same."""
    tokens = [token_of(browser, app) for _ in range(3)]
    redis, key = server.redis.connection(), server.tokens.token_key
    assert min(int(redis.ttl(key(digest(token)))) for token in tokens) > 3000


def test_rule_6_two_processes_that_begin_at_once_share_a_row(
    server: Server, browser: Browser, elsewhere: Browser, app: make.App
) -> None:
    begin = holding(client_credentials, lambda: token_of(browser, app))
    with begin as (gate, first), in_parallel(lambda: token_of(elsewhere, app)) as second:
        eventually(lambda: a_lock_is_awaited(server))
        gate.open()
        tokens = [first.result(), second.result()]
    assert all(play.is_active(browser, app, token) for token in tokens)
    assert len(families(server, app)) == 1


def test_a_known_family_needs_no_postgresql(server: Server, browser: Browser, app: make.App) -> None:
    token_of(browser, app)
    with pytest.MonkeyPatch.context() as patch:
        for opening in ("reading", "transaction"):
            patch.setattr(client_credentials, opening, lambda _: pytest.fail("PostgreSQL was asked"))
        assert play.is_active(browser, app, token_of(browser, app))


def test_rule_7_an_emptied_redis_loses_its_tokens_and_no_row(server: Server, browser: Browser, app: make.App) -> None:
    old = token_of(browser, app)
    server.redis.connection().flushall()
    assert not play.is_active(browser, app, old)
    assert play.is_active(browser, app, token_of(browser, app))
    assert len(families(server, app)) == 1


def test_rule_16_a_family_that_is_not_used_ends(server: Server, browser: Browser, app: make.App) -> None:
    token_of(browser, app)
    rows.rows(server, "UPDATE family SET expires_at = now() WHERE client_id = %(id)s", id=app.client_id)
    done(housekeeping.walk(server))
    assert [family.end_reason for family in families(server, app)] == ["expired"]
    server.own_families = type(server.own_families)()
    assert play.is_active(browser, app, token_of(browser, app))


def test_rule_15_new_rows_have_a_limit(server: Server, browser: Browser) -> None:
    api = make.api(server)
    app = make.machine(server, *make.SCOPES, resources=(api.redirect_uri,))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(LIMITS, "own_families", LIMITS["own_families"]._replace(most=2))
        for scope in make.SCOPES[:2]:
            token_of(browser, app, scope=scope)
        answer = play.own_token(browser, app, scope=make.SCOPES[2])
        assert answer.status_int == 429
        assert int(answer.headers["Retry-After"]) > 0
        token_of(browser, app, scope=make.SCOPES[0])


def test_rule_15_it_is_charged_to_the_client(server: Server, browser: Browser, app: make.App) -> None:
    left = [int(play.own_token(browser, app).headers["RateLimit"].split("r=")[1].split(";")[0]) for _ in range(3)]
    assert left == [left[0], left[0] - 1, left[0] - 2]


# How they end


def revoke_all(server: Server, app: make.App, _token: str) -> None:
    assert revocations.revoke_client_tokens(server, app.client_id, by=Actor())


def revoke_connection(server: Server, app: make.App, token: str) -> None:
    reference = parse_access_token(token)
    assert reference
    assert own_access.end_connection(server, app.client_id, str(reference.family_id), by=Actor())


def close(server: Server, app: make.App, _token: str) -> None:
    open_to(server, app, "write:profile")


def only_for_an_api(server: Server, app: make.App, _token: str) -> None:
    open_to(server, app, "read:profile", "read:data", resources=(make.api(server).redirect_uri,))


def turn_off(server: Server, app: make.App, _token: str) -> None:
    make.change(server, app, grant_types=["authorization_code"], redirect_uris=["https://a.example/"])


def suspend(server: Server, app: make.App, _token: str) -> None:
    assert review.suspend_client(server, app.client_id, by=Actor())


def delete(server: Server, app: make.App, _token: str) -> None:
    assert revocations.delete_client(server, app.client_id, by=Actor())


def disable_owner(server: Server, app: make.App, _token: str) -> None:
    client = server.clients.find_client(app.client_id)
    assert client
    assert revocations.disable_user(server, str(client.owner_id), by=Actor())


WAYS_TO_END = [
    *(revoke_all, revoke_connection, close, only_for_an_api, turn_off, suspend, delete, disable_owner),
]


@pytest.mark.parametrize("end", WAYS_TO_END)
def test_rule_6_a_token_ends_at_once_on_every_process(
    server: Server,
    browser: Browser,
    elsewhere: Browser,
    app: make.App,
    end: Callable[[Server, make.App, str], None],
) -> None:
    other, api = make.machine(server, "read:data"), make.api(server)
    token, spared = token_of(browser, app), token_of(browser, other)
    assert play.post(elsewhere, "/oauth/introspect", api, token=token, apps="yes").json["active"]
    end(server, app, token)
    for process in (browser, elsewhere):
        assert not play.post(process, "/oauth/introspect", api, token=token, apps="yes").json["active"]
        assert play.is_active(process, other, spared)


def test_rfc_7009_revokes_one_token_alone(browser: Browser, elsewhere: Browser, app: make.App) -> None:
    one, other = token_of(browser, app), token_of(browser, app)
    assert play.post(browser, "/oauth/revoke", app, token=one).status_int == 200
    assert not play.is_active(elsewhere, app, one)
    assert play.is_active(elsewhere, app, other)


def test_rule_10_another_client_revokes_nothing(server: Server, browser: Browser, app: make.App) -> None:
    token = token_of(browser, app)
    assert play.post(browser, "/oauth/revoke", make.machine(server, "read:data"), token=token).status_int == 200
    assert play.is_active(browser, app, token)


@pytest.mark.parametrize("end", [revoke_all, revoke_connection])
def test_after_a_revocation_it_gets_new_tokens_of_a_new_family(
    server: Server, browser: Browser, elsewhere: Browser, app: make.App, end: Callable[[Server, make.App, str], None]
) -> None:
    token_of(elsewhere, app)
    end(server, app, token_of(browser, app))
    assert all(play.is_active(browser, app, token_of(process, app)) for process in (elsewhere, browser))
    ended, living = families(server, app)
    assert (ended.ended_at is None, living.ended_at is None) == (False, True)


def test_a_suspended_client_gets_none_and_its_tokens_come_back(server: Server, browser: Browser, app: make.App) -> None:
    token = token_of(browser, app)
    suspend(server, app, token)
    assert play.refused(play.own_token(browser, app), "unauthorized_client")
    review.reactivate_client(server, app.client_id, by=Actor())
    assert play.is_active(browser, app, token)


def test_a_disabled_owner_gets_no_more(server: Server, browser: Browser, app: make.App) -> None:
    disable_owner(server, app, "")
    answer = play.own_token(browser, app)
    assert play.refused(answer, "unauthorized_client")
    assert "owner" in answer.json["error_description"]


def test_a_deleted_secret_gets_no_more(server: Server, browser: Browser, app: make.App) -> None:
    added = registration.add_secret(server, app.client_id, by=Actor())
    registration.delete_secret(server, app.client_id, str(app.client_secret)[-4:], by=Actor())
    assert play.refused(play.own_token(browser, app), "invalid_client")
    token_of(browser, make.App(app.client_id, added.text, ""))


def test_a_token_loses_the_scopes_that_are_closed(server: Server, browser: Browser, app: make.App) -> None:
    token = token_of(browser, app)
    open_to(server, app, "read:data")
    assert play.introspect(browser, app, token)["scope"] == "read:data"


def lose_marker(server: Server, token: str) -> None:
    reference = parse_access_token(token)
    assert reference
    server.redis.connection().delete(server.tokens.marker_key(str(reference.family_id)))


@pytest.mark.parametrize("end", [revoke_all, revoke_connection])
def test_rule_6_a_revocation_waits_for_a_token_under_way_and_revokes_it(
    server: Server, browser: Browser, app: make.App, end: Callable[[Server, make.App, str], None]
) -> None:
    known = token_of(browser, app)
    lose_marker(server, known)
    begin = holding(client_credentials, lambda: token_of(browser, app))
    with begin as (gate, issuing), in_parallel(lambda: end(server, app, known)) as revoking:
        if end is revoke_connection:
            eventually(lambda: a_lock_is_awaited(server))
        gate.open()
        token = issuing.result()
        revoking.result()
    assert not play.is_active(browser, app, token)


def test_rule_6_a_token_that_waits_for_a_revocation_is_of_a_new_family(
    server: Server, browser: Browser, elsewhere: Browser, app: make.App
) -> None:
    known = token_of(browser, app)
    lose_marker(server, known)
    begin = holding(revocations, lambda: revoke_connection(server, app, known))
    with begin as (gate, revoking), in_parallel(lambda: token_of(elsewhere, app)) as issuing:
        eventually(lambda: a_lock_is_awaited(server))
        gate.open()
        revoking.result()
        token = issuing.result()
    assert not play.is_active(browser, app, known)
    assert play.is_active(browser, app, token)
    assert len(families(server, app)) == 2


def test_rule_6_issuing_against_revoking_in_a_loop(
    server: Server, browser: Browser, elsewhere: Browser, app: make.App
) -> None:
    """What was issued before a revocation began is refused after it, at both processes."""
    with ThreadPoolExecutor(2) as threads:
        for number in range(20):
            issuing = [threads.submit(token_of, process, app) for process in (browser, elsewhere)]
            before = token_of(browser, app)
            (revoke_all if number % 2 else revoke_connection)(server, app, before)
            assert not play.is_active(browser, app, before)
            assert not play.is_active(elsewhere, app, before)
            for one in issuing:
                one.result()
    assert play.is_active(browser, app, token_of(elsewhere, app))
    assert sum(family.ended_at is None for family in families(server, app)) == 1


# What pages count


def test_it_is_no_user_of_the_app(server: Server, browser: Browser) -> None:
    app = make.machine(server, "read:data")
    token_of(browser, app)
    [row] = rows.rows(server, "SELECT users FROM client_overview WHERE client_id = %(id)s", id=app.client_id)
    assert row.users == 0
    assert rows.audited(server, "client.own_access_used", None) >= 1


def test_at_most_fifty_families_are_kept(server: Server, browser: Browser, app: make.App) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client_credentials, "FAMILIES_PER_GRANT", 1)
        patch.setattr(issuing, "FAMILIES_PER_GRANT", 1)
        first = token_of(browser, app)
        token_of(browser, app, scope="read:data")
    assert not play.is_active(browser, app, first)
    assert [family.end_reason for family in families(server, app)].count(None) == 1
