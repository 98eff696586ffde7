"""/oauth/token: rules 10 and 11; the tokens' own rules are in tests/flows."""

from __future__ import annotations

import base64
import time

import pytest

import make
import play
import rows
from browser import COOKIE, Browser
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.oauth.credentials import new_family_id, parse_access_token
from oauthsrv.oauth.grant_types import DEVICE_CODE
from oauthsrv.server import Server


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


def test_the_answer_has_what_rfc_6749_asks_for(server: Server, connection: play.Connection) -> None:
    answer = play.refresh(connection.browser, connection.app, connection.refresh_token)
    assert answer.content_type == "application/json"
    assert answer.json["token_type"] == "Bearer"
    assert 0 < answer.json["expires_in"] <= server.settings.access_ttl
    assert answer.json["access_token"].startswith("oat_")
    assert answer.json["refresh_token"].startswith("ort_")


def test_the_id_of_a_new_connection_begins_with_its_time(server: Server, browser: Browser) -> None:
    began = time.time()
    issued = [
        play.tokens(server, browser).access_token,
        play.own_token(browser, make.machine(server, "read:data")).json["access_token"],
    ]
    earliest, latest = (new_family_id(moment)[:16] for moment in (began, time.time()))
    for text in issued:
        reference = parse_access_token(text)
        assert reference
        assert reference.family_id
        assert earliest <= reference.family_id[:16] <= latest


def test_a_new_grant_id_and_hash_of_a_code_begin_with_their_time(server: Server, browser: Browser) -> None:
    began = time.time()
    connection = play.tokens(server, browser)
    row = rows.family(server, connection.refresh_token)
    machine = make.machine(server, "read:data")
    assert play.own_token(browser, machine).status_int == 200
    [own] = rows.rows(server, 'SELECT grant_id FROM "grant" WHERE client_id = %(id)s', id=machine.client_id)
    grants = [bytes.fromhex(found.grant_id.removeprefix("gra_")) for found in (row, own)]
    earliest, latest = (int(moment * 1000).to_bytes(6, "big") for moment in (began, time.time()))
    for stored in (*grants, bytes(row.code_hash)):
        assert earliest <= stored[:6] <= latest


def test_rule_10_a_client_uses_only_the_grants_that_are_turned_on_for_it(
    server: Server, connection: play.Connection
) -> None:
    app = connection.app
    make.set_grant_types(server, app, "authorization_code")
    refused = play.refresh(connection.browser, app, connection.refresh_token)
    assert (refused.status_int, refused.json["error"]) == (400, "unauthorized_client")
    make.set_grant_types(server, app, "authorization_code", "refresh_token")
    assert play.refresh(connection.browser, app, connection.refresh_token).status_int == 200


def test_rule_10_basic_and_form_count_as_one_way(connection: play.Connection) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": connection.refresh_token}
    sent = form | {"client_id": connection.app.client_id, "client_secret": str(connection.app.client_secret)}
    answer = connection.browser.post("/oauth/token", sent)
    assert answer.status_int == 200
    form["refresh_token"] = answer.json["refresh_token"]
    assert connection.browser.post("/oauth/token", form, headers=basic(*connection.app.basic)).status_int == 200


def test_rule_10_two_ways_at_once_are_refused(connection: play.Connection) -> None:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": connection.refresh_token,
        "client_id": connection.app.client_id,
        "client_secret": str(connection.app.client_secret),
    }
    answer = connection.browser.post("/oauth/token", form, headers=basic(*connection.app.basic))
    assert (answer.status_int, answer.json["error"]) == (400, "invalid_request")


def test_rule_10_two_client_ids_are_refused(server: Server, connection: play.Connection) -> None:
    other = make.app(server)
    form = {"grant_type": "refresh_token", "refresh_token": connection.refresh_token, "client_id": other.client_id}
    answer = connection.browser.post("/oauth/token", form, headers=basic(*connection.app.basic))
    assert (answer.status_int, answer.json["error"]) == (400, "invalid_request")


def test_rule_10_a_confidential_client_without_its_secret_is_not_taken_for_public(connection: play.Connection) -> None:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": connection.refresh_token,
        "client_id": connection.app.client_id,
    }
    answer = connection.browser.post("/oauth/token", form)
    assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")
    assert connection.is_active()


def test_rule_10_a_public_client_with_a_secret_is_refused(server: Server, browser: Browser) -> None:
    app = make.app(server, type="public")
    answer = browser.post("/oauth/token", {"grant_type": "refresh_token"}, headers=basic(app.client_id, "x"))
    assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")


def test_rule_10_a_public_client_may_send_basic_with_an_empty_secret(server: Server, browser: Browser) -> None:
    """As Go's oauth2 does first with every client, and Swagger UI always."""
    app = make.app(server, type="public")
    play.sign_in(browser, make.user(server))
    form = {"grant_type": "authorization_code", "redirect_uri": app.redirect_uri, "code_verifier": play.VERIFIER}
    header = basic(app.client_id, "")
    answer = browser.post("/oauth/token", form | {"code": play.code(browser, app)}, headers=header)
    assert answer.status_int == 200, answer
    # Swagger UI names the client in the form too.
    form = {"grant_type": "refresh_token", "client_id": app.client_id, "client_secret": ""}
    sent = form | {"refresh_token": answer.json["refresh_token"]}
    answer = browser.post("/oauth/token", sent, headers=header)
    assert answer.status_int == 200, answer
    assert browser.post("/oauth/revoke", {"token": answer.json["refresh_token"]}, headers=header).status_int == 200
    again = browser.post("/oauth/token", form | {"refresh_token": answer.json["refresh_token"]}, headers=header)
    assert again.json["error"] == "invalid_grant"


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/oauth/introspect"])
def test_rule_10_a_confidential_client_with_an_empty_secret_is_refused(connection: play.Connection, path: str) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": connection.refresh_token, "token": connection.refresh_token}
    answer = connection.browser.post(path, form, headers=basic(connection.app.client_id, ""))
    assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    answer = connection.browser.post(path, form | {"client_id": connection.app.client_id, "client_secret": ""})
    assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")
    assert connection.is_active()


@pytest.mark.parametrize("kind", ["code", "refresh_token"])
def test_rule_10_what_is_anothers_cannot_be_used_and_is_not_harmed(server: Server, browser: Browser, kind: str) -> None:
    app, thief, user = make.app(server), make.app(server), make.user(server)
    play.sign_in(browser, user)
    code = play.code(browser, app)
    if kind == "code":
        assert play.exchange(browser, thief, code).json["error"] == "invalid_grant"
        assert play.exchange(browser, app, code).status_int == 200
        return
    token = play.exchange(browser, app, code).json["refresh_token"]
    assert play.refresh(browser, thief, token).json["error"] == "invalid_grant"
    assert play.refresh(browser, app, token).status_int == 200


def test_rule_11_basic_is_challenged_and_form_is_not(server: Server, browser: Browser) -> None:
    app = make.app(server)
    wrong = browser.post("/oauth/token", {"grant_type": "refresh_token"}, headers=basic(app.client_id, "sec_wrong"))
    assert wrong.status_int == 401
    assert wrong.headers["WWW-Authenticate"].startswith("Basic ")
    form = {"grant_type": "refresh_token", "client_id": app.client_id, "client_secret": "sec_wrong"}
    assert "WWW-Authenticate" not in browser.post("/oauth/token", form).headers


def test_rule_11_an_unknown_client_reads_like_a_wrong_secret(server: Server, browser: Browser) -> None:
    known = browser.post("/oauth/token", {}, headers=basic(make.app(server).client_id, "sec_wrong"))
    unknown = browser.post("/oauth/token", {}, headers=basic("cli_" + "0" * 32, "sec_wrong"))
    assert known.json | {"error_uri": ""} == unknown.json | {"error_uri": ""}


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ("", 401, "invalid_client"),
        ("grant_type=password", 400, "unsupported_grant_type"),
        ("grant_type=authorization_code", 400, "invalid_request"),
        ("grant_type=authorization_code&code=x", 400, "invalid_grant"),
        ("grant_type=refresh_token", 400, "invalid_request"),
        ("grant_type=refresh_token&refresh_token=ort_x", 400, "invalid_grant"),
        ("grant_type=refresh_token&grant_type=refresh_token", 400, "invalid_request"),
        ("grant_type=refresh_token&refresh_token=a%00b", 400, "invalid_request"),
        ("grant_type=refresh_token&refresh_token=%ff", 400, "invalid_request"),
        ("&".join(f"p{n}=1" for n in range(1000)), 400, "invalid_request"),
        ("grant_type=refresh_token&refresh_token=" + "x" * 65536, 400, "invalid_request"),
    ],
)
def test_rule_11_and_12_each_mistake_has_its_own_answer(
    server: Server, browser: Browser, form: str, status: int, error: str
) -> None:
    headers = basic(*make.app(server).basic) if form else {}
    answer = browser.post("/oauth/token", form, headers=headers)
    assert (answer.status_int, answer.json["error"]) == (status, error)


def test_an_unknown_grant_type_is_refused_with_those_that_are_supported(server: Server, browser: Browser) -> None:
    answer = browser.post("/oauth/token", {"grant_type": "password"}, headers=basic(*make.app(server).basic))
    supported = browser.get("/.well-known/oauth-authorization-server").json["grant_types_supported"]
    assert answer.json["error_description"] == f"grant_type must be {' or '.join(supported)}."
    assert supported == ["authorization_code", "refresh_token", DEVICE_CODE, "client_credentials"]


def test_rule_12_what_is_no_form_gets_a_4xx(browser: Browser) -> None:
    for content_type, body in (
        ("application/json", b"{}"),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("application/x-www-form-urlencoded", b"\xff\xfe"),
        ("application/x-www-form-urlencoded", b"a=" + b"x" * (10 << 20)),
    ):
        answer = browser.post("/oauth/token", body, content_type=content_type)
        assert 400 <= answer.status_int < 500
        assert answer.json["error"] == "invalid_request" or answer.status_int == 401


def test_rule_12_broken_basic_credentials_get_a_401(browser: Browser) -> None:
    for header in ("Basic", "Basic !!!", "Basic " + base64.b64encode(b"nocolon").decode(), "Bearer x", "Basic \xff"):
        answer = browser.post("/oauth/token", {"grant_type": "refresh_token"}, headers={"Authorization": header})
        assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")


def test_rule_6_a_suspended_client_keeps_its_refresh_token(server: Server, connection: play.Connection) -> None:
    review.suspend_client(server, connection.app.client_id, by=Actor())
    answer = play.refresh(connection.browser, connection.app, connection.refresh_token)
    assert (answer.status_int, answer.json["error"]) == (400, "unauthorized_client")
    review.reactivate_client(server, connection.app.client_id, by=Actor())
    assert play.refresh(connection.browser, connection.app, connection.refresh_token).status_int == 200


def test_an_apis_credentials_get_no_tokens(server: Server, browser: Browser) -> None:
    answer = play.refresh(browser, make.api(server), "ort_x")
    assert (answer.status_int, answer.json["error"]) == (400, "unauthorized_client")


def test_rule_1_the_redis_of_a_whole_flow_holds_no_secret(server: Server, connection: play.Connection) -> None:
    code = play.code(connection.browser, connection.app)
    redis = server.redis.connection()
    kept = b"".join(
        key + (redis.dump(key) or b"") for key in redis.scan_iter(match=f"{server.installation.id}:*", count=1000)
    )
    for secret in (
        connection.access_token,
        connection.refresh_token,
        code,
        str(connection.app.client_secret),
        make.PASSWORD,
    ):
        assert secret.encode() not in kept
    assert connection.browser.cookies[COOKIE].encode() not in kept
