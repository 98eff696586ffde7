"""POST /oauth/device_authorization: a device requests a code for its user (RFC 8628 §3.1, §3.2)."""

from __future__ import annotations

import re
from typing import Any

import pytest

import devices
import make
import play
import rows
from browser import Browser
from oauthsrv.flows import device_grant, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.oauth.credentials import is_device_code
from oauthsrv.oauth.grant_types import DEVICE_CODE
from oauthsrv.server import Server
from oauthsrv.store.limits import LIMITS
from play import refused
from seen import new_address


@pytest.fixture
def app(server: Server) -> make.App:
    return devices.app(server)


def test_the_response_has_what_rfc_8628_asks_for(server: Server, anywhere: Browser, app: make.App) -> None:
    answer = devices.ask(anywhere, app)
    assert (answer.status_int, answer.content_type) == (200, "application/json")
    assert is_device_code(answer.json["device_code"])
    code, issuer = answer.json["user_code"], server.settings.issuer
    assert re.fullmatch(r"[B-Z]{4}-[B-Z]{4}", code)
    assert answer.json["verification_uri"] == f"{issuer}/device"
    assert answer.json["verification_uri_complete"] == f"{issuer}/device?user_code={code}"
    assert (answer.json["expires_in"], answer.json["interval"]) == (900, 5)


def test_it_is_found_in_the_metadata(server: Server, anywhere: Browser) -> None:
    metadata = anywhere.get("/.well-known/oauth-authorization-server").json
    assert metadata["device_authorization_endpoint"] == f"{server.settings.issuer}/oauth/device_authorization"
    assert DEVICE_CODE in metadata["grant_types_supported"]


def test_a_confidential_client_authenticates_as_at_the_token_endpoint(server: Server, anywhere: Browser) -> None:
    app = devices.app(server, type="confidential")
    assert devices.ask(anywhere, app).status_int == 200
    wrong = make.App(app.client_id, "sec_" + "0" * 64, app.redirect_uri)
    for sent in (wrong, make.App(app.client_id, None, app.redirect_uri)):
        answer = devices.ask(anywhere, sent)
        assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")


def test_an_unknown_client_is_refused(anywhere: Browser) -> None:
    answer = devices.ask(anywhere, make.App("cli_" + "0" * 32, None, ""))
    assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")
    assert refused(anywhere.post("/oauth/device_authorization", {"scope": "read:data"}), "invalid_client")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "no:such"}, "invalid_scope"),
        ({"scope": 'a"b'}, "invalid_scope"),
        ({"scope": " "}, "invalid_scope"),
        ({"resource": "https://unknown.example"}, "invalid_target"),
        ({"resource": "/relative"}, "invalid_target"),
    ],
)
def test_scope_and_resource_are_checked_as_in_an_authorization_request(
    anywhere: Browser, app: make.App, changes: dict[str, Any], error: str
) -> None:
    assert refused(devices.ask(anywhere, app, **changes), error)


def test_what_is_no_form_or_repeats_a_parameter_is_refused(anywhere: Browser, app: make.App) -> None:
    twice = f"client_id={app.client_id}&scope=read:data&scope=read:profile"
    assert refused(anywhere.post("/oauth/device_authorization", twice), "invalid_request")
    answer = anywhere.post_json("/oauth/device_authorization", {"client_id": app.client_id})
    assert (answer.status_int, answer.json["error"]) == (415, "invalid_request")
    answer = anywhere.get("/oauth/device_authorization")
    assert (answer.status_int, answer.headers["Allow"]) == (405, "POST")


def test_without_scope_it_is_all_that_the_app_may_request(server: Server, anywhere: Browser, app: make.App) -> None:
    made = devices.device(anywhere, app, scope=None)
    play.sign_in(anywhere, make.user(server))
    devices.answer(anywhere, made)
    assert made.tokens()["scope"].split() == list(make.SCOPES)


# Who may


def test_the_device_grant_is_off_until_it_is_turned_on(server: Server, anywhere: Browser) -> None:
    app = make.app(server, type="public", redirect_uris=("http://127.0.0.1/callback",))
    answer = devices.ask(anywhere, app)
    assert refused(answer, "unauthorized_client")
    assert "turned off" in answer.json["error_description"]
    polled = devices.Device(anywhere, app, "odc_" + "A" * 43, "").poll()
    assert refused(polled, "unauthorized_client")


def test_rule_6_a_suspended_app_gets_no_code(server: Server, anywhere: Browser, app: make.App) -> None:
    review.suspend_client(server, app.client_id, by=Actor())
    assert refused(devices.ask(anywhere, app), "unauthorized_client")


def test_the_app_of_a_disabled_developer_gets_no_new_devices(server: Server, anywhere: Browser) -> None:
    owner = make.user(server)
    app = devices.app(server, owner)
    assert revocations.disable_user(server, owner.user_id, by=Actor())
    assert refused(devices.ask(anywhere, app), "unauthorized_client")


# Limits and what is stored


def test_rule_15_one_address_gets_so_many_codes_and_others_are_not_affected(
    server: Server, app: make.App, monkeypatch: pytest.MonkeyPatch, browser: Browser
) -> None:
    monkeypatch.setitem(LIMITS, "device_address", LIMITS["device_address"]._replace(most=3))
    greedy, other = browser.another(new_address()), browser.another(new_address())
    for _ in range(3):
        answer = devices.ask(greedy, app)
        assert answer.status_int == 200
    assert answer.headers["RateLimit"].startswith('"device_address";r=0;')
    over = devices.ask(greedy, app)
    assert (over.status_int, over.json["error"]) == (429, "too_many_requests")
    assert int(over.headers["Retry-After"]) > 0
    assert devices.ask(other, app).status_int == 200
    server.refusals.flush()
    [row] = rows.rows(
        server, "SELECT problem, endpoint FROM refusal WHERE client_id = %(client_id)s", client_id=app.client_id
    )
    assert (row.problem, row.endpoint) == ("device_limit", "/oauth/device_authorization")


def test_rule_15_a_confidential_client_is_charged_its_own_limit(server: Server, anywhere: Browser) -> None:
    answer = devices.ask(anywhere, devices.app(server, type="confidential"))
    assert answer.headers["RateLimit-Policy"].startswith('"token";')


def test_rule_1_neither_code_is_stored_readable_and_both_end_by_themselves(
    server: Server, anywhere: Browser, app: make.App
) -> None:
    redis = server.redis.connection()
    redis.flushall()
    made = devices.device(anywhere, app)
    kept = {key: redis.hgetall(key) if redis.type(key) == b"hash" else redis.get(key) for key in redis.scan_iter()}
    for secret in (made.device_code, made.device_code[4:], made.user_code, made.user_code.replace("-", "")):
        assert secret not in str(kept)
    [record], [user_code] = (redis.keys(server.redis.key(kind, "*")) for kind in "xy")
    assert 0 < redis.ttl(record) <= device_grant.LIFETIME
    assert 0 < redis.ttl(user_code) <= device_grant.LIFETIME


def test_a_user_code_in_use_is_not_given_again(
    server: Server, anywhere: Browser, app: make.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = devices.device(anywhere, app)
    in_use = first.user_code.replace("-", "")
    codes = iter([in_use, in_use, "BCDFGHJK"])
    monkeypatch.setattr(device_grant.user_codes, "new_user_code", lambda: next(codes))
    assert devices.device(anywhere, app).user_code == "BCDF-GHJK"
