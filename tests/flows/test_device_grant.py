"""Polling for tokens (RFC 8628 §3.4, §3.5): how often, what is answered, once (rule 2), and what ends it (rule 6)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import orjson
import pytest

import devices
import make
import play
import rows
from browser import Browser, wsgi
from devices import Device
from oauthsrv.flows import device_grant, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.flows.refusals import NotDone
from oauthsrv.oauth import user_codes
from oauthsrv.oauth.credentials import digest
from oauthsrv.oauth.grant_types import DEVICE_CODE
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable, device_codes
from oauthsrv.store.limits import LIMITS
from oauthsrv.store.sessions import Session
from play import is_active, refused
from seen import new_address


@pytest.fixture
def signed_in(browser: Browser, user: make.User) -> Browser:
    play.sign_in(browser, user)
    return browser


@pytest.fixture
def app(server: Server) -> make.App:
    return devices.app(server)


@pytest.fixture
def device(server: Server, app: make.App) -> Device:
    return devices.device(Browser(wsgi(server), new_address()), app)


# How often


def test_a_device_waits_for_its_user(server: Server, signed_in: Browser, device: Device) -> None:
    for _ in range(3):
        answer = device.poll()
        assert (answer.status_int, answer.json["error"]) == (400, "authorization_pending")
        devices.let_pass(server, device, device_grant.INTERVAL)
    devices.answer(signed_in, device)
    tokens = device.tokens()
    assert tokens["token_type"] == "Bearer"
    assert tokens["scope"] == devices.SCOPE
    assert tokens["refresh_token"].startswith("ort_")


def test_who_polls_too_early_waits_five_seconds_longer_from_then(server: Server, device: Device) -> None:
    assert refused(device.poll(), "authorization_pending")
    assert refused(device.poll(), "slow_down")
    devices.let_pass(server, device, 5)
    assert refused(device.poll(), "slow_down")
    devices.let_pass(server, device, 15)
    assert refused(device.poll(), "authorization_pending")
    devices.let_pass(server, device, 13)
    assert refused(device.poll(), "slow_down")


def test_a_poll_that_is_a_moment_early_is_in_time(server: Server, device: Device) -> None:
    assert refused(device.poll(), "authorization_pending")
    devices.let_pass(server, device, 4)
    assert refused(device.poll(), "authorization_pending")


def test_two_processes_have_one_clock_for_a_device(server: Server, elsewhere: Browser, device: Device) -> None:
    assert refused(device.poll(), "authorization_pending")
    assert refused(Device(elsewhere, device.app, device.device_code, "").poll(), "slow_down")


def test_an_answer_does_not_wait_for_the_interval(signed_in: Browser, device: Device) -> None:
    for _ in range(3):
        device.poll()
    devices.answer(signed_in, device)
    assert device.tokens()


# What is refused


@pytest.mark.parametrize("device_code", ["x", "odc_", "oac_" + "A" * 43, "odc_" + "é" * 43, "odc_" + "A" * 44])
def test_what_can_be_no_device_code_is_refused(device: Device, device_code: str) -> None:
    assert refused(device.poll(device_code=device_code))


def test_a_device_code_that_is_missing_or_repeated_is_an_invalid_request(browser: Browser, device: Device) -> None:
    assert refused(device.poll(device_code=None), "invalid_request")
    twice = f"grant_type={DEVICE_CODE}&client_id={device.app.client_id}" + "&device_code=a" * 2
    assert refused(browser.post("/oauth/token", twice), "invalid_request")


def test_rule_7_lost_state_is_answered_expired_token(server: Server, signed_in: Browser, app: make.App) -> None:
    waiting, allowed = devices.device(signed_in, app), devices.allowed(signed_in, app)
    for device in (waiting, allowed):
        devices.forget(server, device)
        answer = device.poll()
        assert (answer.status_int, answer.json["error"]) == (400, "expired_token")


def test_rule_10_another_clients_device_code_is_refused_and_not_touched(
    server: Server, signed_in: Browser, device: Device
) -> None:
    thief = Device(device.browser, devices.app(server), device.device_code, "")
    unknown = play.post(device.browser, "/oauth/token", thief.app, grant_type="authorization_code", code="oac_x").json
    for _ in range(2):
        assert refused(thief.poll())
        assert thief.poll().json | {"error_uri": ""} == unknown | {"error_uri": ""}
    assert refused(device.poll(), "authorization_pending")
    devices.answer(signed_in, device)
    assert refused(thief.poll())
    assert device.tokens()


def test_rule_10_a_confidential_client_polls_with_its_secret(server: Server, signed_in: Browser) -> None:
    device = devices.allowed(signed_in, devices.app(server, type="confidential"))
    without = Device(device.browser, make.App(device.app.client_id, None, ""), device.device_code, "")
    assert refused(without.poll(), "invalid_client")
    assert device.tokens()


def test_a_denied_device_gets_the_same_answer_each_time(signed_in: Browser, device: Device) -> None:
    devices.answer(signed_in, device, "deny")
    for _ in range(2):
        assert refused(device.poll(), "access_denied")


def test_the_resource_can_be_narrowed_and_not_changed(server: Server, signed_in: Browser, app: make.App) -> None:
    api, other = make.api(server), make.api(server)
    device = devices.allowed(signed_in, app, resource=api.redirect_uri)
    assert refused(device.poll(resource=other.redirect_uri), "invalid_target")
    token = device.poll(resource=api.redirect_uri).json["access_token"]
    assert is_active(signed_in, api, token)
    assert not is_active(signed_in, other, token)


# Once


def test_rule_2_a_device_code_works_once_and_its_second_use_ends_what_the_first_one_gave(
    server: Server, signed_in: Browser, elsewhere: Browser
) -> None:
    device = devices.allowed(signed_in, devices.app(server, type="confidential"))
    first = device.tokens()
    assert is_active(signed_in, device.app, first["access_token"])
    assert refused(Device(elsewhere, device.app, device.device_code, "").poll())
    assert not is_active(elsewhere, device.app, first["access_token"])
    assert refused(play.refresh(signed_in, device.app, first["refresh_token"]))
    assert rows.family(server, first["refresh_token"]).end_reason == "code_replayed"
    assert len(rows.events(server, "family.code_replayed", device.app.client_id)) == 1


def test_rule_2_of_parallel_polls_at_two_processes_one_succeeds(
    server: Server, signed_in: Browser, elsewhere: Browser, app: make.App
) -> None:
    device = devices.allowed(signed_in, app)
    browsers = [signed_in.another(), elsewhere] * 12
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda at: Device(at.another(), app, device.device_code, "").poll(), browsers))
    assert sorted(answer.status_int for answer in answers) == [200] + [400] * 23
    assert all(refused(answer) for answer in answers if answer.status_int != 200)


def test_rule_7_a_redis_with_older_data_does_not_make_a_used_device_code_usable(
    server: Server, signed_in: Browser, app: make.App
) -> None:
    device = devices.allowed(signed_in, app)
    redis, [key] = server.redis.connection(), server.redis.connection().keys(server.redis.key("x", "*"))[-1:]
    record = redis.dump(key)
    device.tokens()
    redis.delete(key)
    redis.restore(key, 60_000, record)
    assert refused(device.poll())


def test_rule_9_a_user_presses_again_if_redis_goes_away_after_the_commit(
    server: Server, signed_in: Browser, user: make.User, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_: object) -> None:
        raise StoreUnavailable("as after a failover")

    form = play.form_with(devices.enter(signed_in, device.user_code), "shown")
    with monkeypatch.context() as patch:
        patch.setattr(device_grant.device_codes, "allow", unavailable)
        assert form.submit("decision", value="allow").status_int == 503
    assert device.is_waiting()
    assert form.submit("decision", value="allow").location.endswith("/device/done")
    assert device.tokens()
    assert len(rows.grants(server, user.user_id, device.app.client_id)) == 1


def test_a_request_that_a_later_version_wrote_is_read(server: Server, signed_in: Browser, device: Device) -> None:
    redis, key = server.redis.connection(), server.redis.key("x", digest(device.device_code).hex())
    later = orjson.loads(redis.hget(key, "request")) | {"of a later version": 1}
    redis.hset(key, mapping={"request": orjson.dumps(later), "of a later version": "1"})
    devices.answer(signed_in, device)
    allowed = orjson.loads(redis.hget(key, "answer")) | {"of a later version": 1}
    redis.hset(key, "answer", orjson.dumps(allowed))
    assert device.tokens()


# What ends it before it is redeemed


def grant_revoked(server: Server, user: make.User, app: make.App) -> None:
    grant_id = rows.active_grant(server, user.user_id, app.client_id)
    assert revocations.revoke_grant(server, grant_id, user.user_id, "user", by=Actor())


def user_disabled(server: Server, user: make.User, app: make.App) -> None:
    assert revocations.disable_user(server, user.user_id, by=Actor())


def all_tokens_revoked(server: Server, user: make.User, app: make.App) -> None:
    assert revocations.revoke_client_tokens(server, app.client_id, by=Actor())


ENDS = (grant_revoked, user_disabled, all_tokens_revoked)


@pytest.mark.parametrize("end", ENDS)
def test_rule_6_what_ends_access_ends_an_allowed_device_too(
    server: Server, signed_in: Browser, user: make.User, app: make.App, end: Callable[..., None]
) -> None:
    device = devices.allowed(signed_in, app)
    end(server, user, app)
    for _ in range(2):
        assert refused(device.poll())


@pytest.mark.parametrize("end", ENDS)
def test_rule_6_what_ends_access_ends_the_tokens_of_a_device(
    server: Server, signed_in: Browser, user: make.User, end: Callable[..., None]
) -> None:
    app = devices.app(server, type="confidential")
    tokens = devices.allowed(signed_in, app).tokens()
    assert is_active(signed_in, app, tokens["access_token"])
    end(server, user, app)
    assert not is_active(signed_in, app, tokens["access_token"])
    assert refused(play.refresh(signed_in, app, tokens["refresh_token"]))


def test_rule_2_an_allowed_device_dies_with_a_password_change(
    server: Server, signed_in: Browser, user: make.User, app: make.App
) -> None:
    device = devices.allowed(signed_in, app)
    form = play.form_with(signed_in.get("/account/password"), "new_password")
    form["password"], form["new_password"] = user.password, "seven quiet otters"
    assert form.submit().status_int == 303
    assert refused(device.poll())


def test_rule_6_a_suspended_apps_device_waits_for_its_return(server: Server, signed_in: Browser, app: make.App) -> None:
    device = devices.allowed(signed_in, app)
    assert review.suspend_client(server, app.client_id, by=Actor())
    assert refused(device.poll(), "unauthorized_client")
    assert review.reactivate_client(server, app.client_id, by=Actor())
    assert device.tokens()


def test_a_scope_that_was_taken_from_the_app_is_not_in_the_tokens(
    server: Server, signed_in: Browser, app: make.App
) -> None:
    device = devices.allowed(signed_in, app)
    make.change(server, app, scopes=("read:profile",))
    assert device.tokens()["scope"] == "read:profile"


def test_a_grant_that_is_turned_off_is_refused(server: Server, signed_in: Browser, app: make.App) -> None:
    device = devices.allowed(signed_in, app)
    make.set_grant_types(server, app, "authorization_code", "refresh_token")
    assert refused(device.poll(), "unauthorized_client")


# Who is charged


def test_rule_15_waiting_devices_of_a_public_app_use_up_nothing_of_the_app(
    server: Server, signed_in: Browser, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "token_connection", LIMITS["token_connection"]._replace(most=3))
    for _ in range(3):
        assert device.is_waiting()
    over = device.poll()
    assert (over.status_int, over.headers["RateLimit-Policy"]) == (429, '"token_connection";q=3;w=60')
    other = devices.device(device.browser, device.app)
    assert refused(other.poll(), "authorization_pending")


def test_rule_15_a_device_code_that_never_was_is_charged_to_its_sender(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "proof_address", LIMITS["proof_address"]._replace(most=2))
    for _ in range(2):
        assert refused(device.poll(device_code="odc_" + "A" * 43), "expired_token")
    assert device.poll(device_code="odc_" + "A" * 43).status_int == 429
    assert refused(device.poll(), "authorization_pending")


# Activity


def test_the_apps_activity_shows_what_a_device_did_wrong_and_not_that_it_waits(
    server: Server, signed_in: Browser, user: make.User
) -> None:
    app = devices.app(server, user)
    device = devices.device(signed_in.another(), app)
    for _ in range(3):
        device.poll()
    device.poll(device_code="odc_" + "A" * 43)
    server.refusals.flush()
    found = rows.rows(
        server,
        "SELECT problem, sum(count) AS count FROM refusal WHERE client_id = %(client_id)s GROUP BY problem "
        "ORDER BY problem",
        client_id=app.client_id,
    )
    assert [(row.problem, row.count) for row in found] == [("expired_token", 1), ("slow_down", 2)]
    page = signed_in.get(f"/developer/apps/{app.client_id}/activity")
    assert "polled the token endpoint too often" in page
    assert device.device_code not in page


def test_who_read_the_request_before_another_user_claimed_it_gives_no_grant(server: Server, device: Device) -> None:
    first, second = make.user(server), make.user(server)
    code = user_codes.read_user_code(device.user_code)
    assert code is not None
    question = device_grant.find(server, code)
    assert question is not None
    assert device_codes.claim(server.redis, question.stored, first.user_id)
    now = datetime.now(UTC)
    with pytest.raises(NotDone):
        device_grant.allow(
            server, question, ["read:data"], second.user_id, Session(second.user_id, now, now, now), by=Actor()
        )
    assert rows.grants(server, second.user_id, device.app.client_id) == []
