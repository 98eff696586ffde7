"""/oauth/verify: who is let through and what everybody else gets (RFC 6750, RFC 8707, RFC 9728; rule 15)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

import make
import play
import rows
from browser import Browser
from held import done, eventually
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.flows.housekeeping import flush_marks
from oauthsrv.oauth.credentials import digest, new_access_token, new_client_id, new_family_id
from oauthsrv.server import Server
from verifying import challenge, refusal, verify

# Who is let through


def test_a_good_token_names_its_user(connection: play.Connection) -> None:
    answer = verify(connection.browser, connection.access_token, scope="read:data")
    assert answer.status_int == 200
    assert answer.body == b""
    assert answer.headers["X-OAuth-Subject"] == connection.user.user_id
    assert answer.headers["X-OAuth-Client"] == connection.app.client_id
    assert answer.headers["X-OAuth-Scope"] == "read:profile read:data"
    assert 3500 < int(answer.headers["X-OAuth-Expires"]) - time.time() <= 3600


def test_without_a_scope_every_good_token_will_do(connection: play.Connection) -> None:
    assert verify(connection.browser, connection.access_token).status_int == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", " Bearer  "])
def test_the_name_of_the_scheme_is_read_in_any_case(connection: play.Connection, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {connection.access_token}"}
    assert connection.browser.get("/oauth/verify", headers=headers).status_int == 200


def test_a_scope_that_it_lacks_is_named(connection: play.Connection) -> None:
    answer = verify(connection.browser, connection.access_token, scope="read:data write:data")
    assert refusal(answer) == (403, "insufficient_scope")
    assert 'error="insufficient_scope"' in challenge(answer)
    assert 'scope="read:data write:data"' in challenge(answer)


def test_without_a_token_the_challenge_names_no_error(browser: Browser) -> None:
    assert challenge(verify(browser, None)) == 'Bearer realm="oauthsrv"'
    answer = browser.get("/oauth/verify", headers={"Authorization": "Basic eDp5"})
    assert (answer.status_int, challenge(answer)) == (401, 'Bearer realm="oauthsrv"')


def test_identity_headers_that_are_sent_change_nothing(connection: play.Connection) -> None:
    headers = {"Authorization": f"Bearer {connection.access_token}", "X-OAuth-Subject": "usr_admin"}
    assert (
        connection.browser.get("/oauth/verify", headers=headers).headers["X-OAuth-Subject"] == connection.user.user_id
    )
    refused = connection.browser.get("/oauth/verify", headers={"X-OAuth-Subject": "usr_admin"})
    assert refused.status_int == 401
    assert "X-OAuth-Subject" not in refused.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD", "OPTIONS"])
def test_other_methods_are_refused_as_the_protocol_does(browser: Browser, method: str) -> None:
    answer = browser.request("/oauth/verify", method=method)
    assert answer.status_int == (401 if method == "HEAD" else 405)


def test_rule_6_what_is_ended_is_refused_at_the_next_check_on_every_process(
    server: Server, another_server: Server, connection: play.Connection
) -> None:
    from browser import wsgi

    browsers = [Browser(wsgi(server)), Browser(wsgi(another_server))]
    assert [verify(one, connection.access_token).status_int for one in browsers] == [200, 200]
    review.suspend_client(server, connection.app.client_id, by=Actor())
    assert [refusal(verify(one, connection.access_token)) for one in browsers] == [(401, "invalid_token")] * 2
    review.reactivate_client(server, connection.app.client_id, by=Actor())
    assert [verify(one, connection.access_token).status_int for one in browsers] == [200, 200]
    play.post(connection.browser, "/oauth/revoke", connection.app, token=connection.refresh_token)
    assert [refusal(verify(one, connection.access_token)) for one in browsers] == [(401, "invalid_token")] * 2


# Which API


def narrowed(server: Server, browser: Browser, *apis: make.App) -> str:
    app, user = make.app(server), make.user(server)
    play.sign_in(browser, user)
    query = urlencode([*play.request_of(app).items(), *(("resource", api.redirect_uri) for api in apis)])
    code = play.answered(play.allow(browser.get(f"/oauth/authorize?{query}")))["code"]
    return str(play.exchange(browser, app, code).json["access_token"])


def test_rule_10_a_token_is_good_at_the_apis_it_is_meant_for(server: Server, browser: Browser) -> None:
    one, two, three = make.api(server), make.api(server), make.api(server)
    token = narrowed(server, browser, one, two)
    for api, status in ((one, 200), (two, 200), (three, 401)):
        assert verify(browser, token, resource=api.redirect_uri).status_int == status
        assert verify(browser, token, resource=api.redirect_uri + "/").status_int == status
    assert refusal(verify(browser, token)) == (401, "invalid_token"), "it was narrowed"


def test_rule_10_a_token_for_no_api_in_particular_is_good_where_its_scopes_mean_something(
    server: Server, connection: play.Connection
) -> None:
    shares, outsider = make.api(server), make.api(server, scopes=("webhooks",))
    assert verify(connection.browser, connection.access_token, resource=shares.redirect_uri).status_int == 200
    assert refusal(verify(connection.browser, connection.access_token, resource=outsider.redirect_uri)) == (
        401,
        "invalid_token",
    )


def test_an_api_that_was_registered_just_now_is_known_to_every_process(
    server: Server, another_server: Server, connection: play.Connection
) -> None:
    from browser import wsgi

    there = Browser(wsgi(another_server))
    verify(there, connection.access_token, resource=make.api(server).redirect_uri)
    assert verify(there, connection.access_token, resource=make.api(server).redirect_uri).status_int == 200


@pytest.mark.parametrize("resource", ["https://unknown.example", "nonsense", "https://a.example/#x"])
def test_an_unknown_resource_is_an_invalid_target(connection: play.Connection, resource: str) -> None:
    answer = verify(connection.browser, connection.access_token, resource=resource)
    assert refusal(answer) == (400, "invalid_target")
    assert 'error="invalid_request"' in challenge(answer)


@pytest.mark.parametrize("scope", ['read"data', "a\\b", " ", "é", "x" * 101])
def test_rule_11_a_malformed_scope_is_answered_with_a_challenge(connection: play.Connection, scope: str) -> None:
    """RFC 6750 §3.1, whose error codes are not those of the token endpoint."""
    answer = verify(connection.browser, connection.access_token, scope=scope)
    assert refusal(answer) == (400, "invalid_scope")
    assert 'error="invalid_request"' in challenge(answer)


def test_a_challenge_names_the_document_of_the_api_and_it_is_there(server: Server, browser: Browser) -> None:
    api = make.api(server)
    address = f"/.well-known/oauth-protected-resource/{api.client_id}"
    named = f'resource_metadata="{server.settings.issuer}{address}"'
    assert named in challenge(verify(browser, None, resource=api.redirect_uri))
    assert named in challenge(verify(browser, "x", resource=api.redirect_uri))
    assert browser.get(address).json == {
        "resource": api.redirect_uri,
        "resource_name": "Example API",
        "authorization_servers": [server.settings.issuer],
        "scopes_supported": sorted(make.SCOPES),
        "bearer_methods_supported": ["header"],
    }
    assert browser.get(f"/.well-known/oauth-protected-resource/{new_client_id()}").status_int == 404


def test_a_403_names_the_scopes_that_the_call_needs_and_the_apis_document(
    server: Server, connection: play.Connection
) -> None:
    """Of these the token may have some: the union with what it has is the client's part."""
    api = make.api(server)
    refused = verify(
        connection.browser, connection.access_token, scope="read:data write:profile", resource=api.redirect_uri
    )
    assert refusal(refused) == (403, "insufficient_scope")
    document = f"{server.settings.issuer}/.well-known/oauth-protected-resource/{api.client_id}"
    assert 'error="insufficient_scope"' in challenge(refused)
    assert f'scope="read:data write:profile", resource_metadata="{document}"' in challenge(refused)


# Bad input: each its own answer, and none asks PostgreSQL


@pytest.fixture
def no_postgresql(server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the process keeps of the client is kept; from now on nobody may ask PostgreSQL."""
    other = make.api(server)
    assert verify(connection.browser, connection.access_token, resource=other.redirect_uri).status_int == 200

    def refused() -> None:
        raise AssertionError("PostgreSQL was asked")

    with monkeypatch.context() as patch:
        patch.setattr(server.database, "take", refused)
        yield


GARBAGE = {
    "a word": "x",
    "nothing": "",
    "too short": "oat_" + "A" * 85,
    "too long": "oat_" + "A" * 87,
    "another alphabet": "oat_" + "+" * 86,
    "bytes": "oat_" + "\xff" * 86,
    "a refresh token": "ort_" + "A" * 70,
    "a megabyte": "a" * 1_000_000,
    "of a client that never was": new_access_token(new_client_id(), new_family_id(0)),
    "without a user, of a client that never was": new_access_token(new_client_id(), None),
}


@pytest.mark.parametrize("what", GARBAGE)
@pytest.mark.usefixtures("no_postgresql")
def test_garbage_is_an_invalid_token(browser: Browser, what: str) -> None:
    answer = verify(browser, GARBAGE[what])
    assert refusal(answer) == (401, "invalid_token")
    assert 'error="invalid_token"' in challenge(answer)


@pytest.mark.usefixtures("no_postgresql")
def test_an_expired_token_is_an_invalid_token(server: Server, connection: play.Connection) -> None:
    server.redis.connection().pexpire(server.tokens.token_key(digest(connection.access_token)), 1)
    eventually(lambda: verify(connection.browser, connection.access_token).status_int == 401)
    assert refusal(verify(connection.browser, connection.access_token)) == (401, "invalid_token")


@pytest.mark.usefixtures("no_postgresql")
def test_wrong_scope_two_tokens_and_a_token_in_the_address(connection: play.Connection) -> None:
    text = connection.access_token
    assert refusal(verify(connection.browser, text, scope="write:data")) == (403, "insufficient_scope")
    assert refusal(verify(connection.browser, f"{text}, Bearer {text}")) == (400, "invalid_request")
    assert refusal(verify(connection.browser, f"{text} {text}")) == (400, "invalid_request")
    assert refusal(verify(connection.browser, text, access_token=text)) == (400, "invalid_request")
    assert refusal(verify(connection.browser, None, access_token=text)) == (400, "invalid_request")


def test_revoked_tokens_and_those_for_another_api_ask_nothing_of_postgresql(
    server: Server, browser: Browser, connection: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = make.api(server), make.api(server)
    token = narrowed(server, browser.another(), one)
    revoked = play.tokens(server, browser.another())
    play.post(revoked.browser, "/oauth/revoke", revoked.app, token=revoked.access_token)
    verify(browser, token, resource=two.redirect_uri)

    def refused() -> None:
        raise AssertionError("PostgreSQL was asked")

    monkeypatch.setattr(server.database, "take", refused)
    assert refusal(verify(browser, token, resource=two.redirect_uri)) == (401, "invalid_token")
    assert refusal(verify(browser, token)) == (401, "invalid_token")
    assert refusal(verify(browser, revoked.access_token)) == (401, "invalid_token")
    assert verify(browser, token, resource=one.redirect_uri).status_int == 200


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("scope=a&scope=b", "invalid_request"),
        ("resource=https://a.example&resource=https://b.example", "invalid_request"),
        ("scope=%00", "invalid_request"),
        ("scope=%ff", "invalid_request"),
        ("scope=%C3%A9", "invalid_scope"),
        ("scope=+", "invalid_scope"),
        ("uses=1&uses=2", "invalid_request"),
    ],
)
@pytest.mark.usefixtures("no_postgresql")
def test_a_question_that_cannot_be_understood_gets_an_answer_that_says_so(
    connection: play.Connection, query: str, error: str
) -> None:
    headers = {"Authorization": f"Bearer {connection.access_token}"}
    assert refusal(connection.browser.get(f"/oauth/verify?{query}", headers=headers)) == (400, error)


# What a check leaves behind


def test_a_check_is_a_use_of_the_grant_from_the_callers_address(server: Server, connection: play.Connection) -> None:
    verify(connection.browser.another("203.0.113.9"), connection.access_token)
    done(flush_marks(server))
    [grant] = rows.rows(
        server,
        'SELECT last_used_at, last_used_from FROM "grant" WHERE client_id = %(client_id)s',
        client_id=connection.app.client_id,
    )
    assert grant.last_used_at is not None
    assert grant.last_used_from == "203.0.113.9"


def test_a_check_is_one_round_trip_to_redis_and_none_to_postgresql(
    server: Server, connection: play.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify(connection.browser, connection.access_token, scope="read:data")
    redis = server.redis.connection()
    sent: list[Any] = []
    ask, pipeline = redis.ask_packed, redis.pipeline

    def counted_pipeline(*args: Any, **kwargs: Any) -> Any:
        sent.append("pipeline")
        return pipeline(*args, **kwargs)

    monkeypatch.setattr(redis, "ask_packed", lambda *args: (sent.append(args[0].split()[2]), ask(*args))[1])
    monkeypatch.setattr(redis, "execute_command", lambda *args, **_: sent.append(args[0]))
    monkeypatch.setattr(redis, "pipeline", counted_pipeline)

    def refused() -> None:
        raise AssertionError("PostgreSQL was asked")

    monkeypatch.setattr(server.database, "take", refused)
    assert verify(connection.browser, connection.access_token, scope="read:data").status_int == 200
    assert sent == [b"EVALSHA"]
