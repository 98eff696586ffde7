"""/device: a user enters a code, sees which app asks on which device, and decides (RFC 8628 §3.3, §5; rules 13, 14)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from webtest import TestResponse

import devices
import make
import play
import rows
import seen
from browser import Browser
from held import holding, in_parallel
from oauthsrv.flows import device_grant, revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.oauth.grant_types import DEVICE_CODE
from oauthsrv.server import Server
from oauthsrv.store.limits import LIMITS
from play import refused
from seen import flash, form_to, going_to, new_address

DEVICE_ADDRESS = "198.51.100.7"


@pytest.fixture
def app(server: Server) -> make.App:
    return devices.app(server)


@pytest.fixture
def device(browser: Browser, app: make.App) -> devices.Device:
    return devices.device(browser.another(DEVICE_ADDRESS), app)


def text_of(page: TestResponse) -> str:
    return " ".join(page.html.find("main").get_text(" ").split())


# The code


def test_nobody_gets_to_a_device_without_signing_in(server: Server, browser: Browser) -> None:
    answer = browser.get("/device?user_code=WDJB-MJHT")
    assert going_to(server, answer) == "/device?user_code=WDJB-MJHT"


def test_a_link_from_the_device_still_shows_the_code_to_compare(signed_in: Browser, device: devices.Device) -> None:
    page = signed_in.get(f"/device?user_code={device.user_code.lower()}")
    assert "Does your device show exactly this code?" in page
    assert "on a device in front of you" in text_of(page)
    form = play.form_with(page, "user_code")
    assert form["user_code"].value == device.user_code
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert device.user_code in form.submit()
    assert device.is_waiting()  # opening it decides nothing


@pytest.mark.parametrize("typed", ["{}", " {} ", "{}\u2013"])
def test_a_code_is_found_however_it_is_typed(signed_in: Browser, device: devices.Device, typed: str) -> None:
    for code in (device.user_code, device.user_code.lower(), device.user_code.replace("-", " ")):
        assert "Kitchen TV" in devices.enter(signed_in, typed.format(code))


@pytest.mark.parametrize("typed", ["", "WDJB", "WDJB-MJHA", "<b>\"'", "W" * 500])
def test_what_can_be_no_code_is_explained_and_stays_in_the_form(signed_in: Browser, typed: str) -> None:
    page = devices.enter(signed_in, typed)
    assert page.status_int == 422
    assert "8 letters" in page.html.find(id="user_code-error").get_text()
    assert play.form_with(page, "user_code")["user_code"].value == typed


def test_a_code_that_no_device_shows_is_explained(signed_in: Browser) -> None:
    page = devices.enter(signed_in, "BBBB-BBBB")
    assert page.status_int == 422
    assert "No device shows this code" in page.html.find(id="user_code-error").get_text()


def test_rule_15_wrong_codes_are_counted_for_each_user(
    server: Server, browser: Browser, user: make.User, device: devices.Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "user_code_user", LIMITS["user_code_user"]._replace(most=3))
    elsewhere = browser.another(new_address())
    for one in (browser, elsewhere):
        play.sign_in(one, user)
    for number in range(3):
        assert devices.enter(browser if number else elsewhere, "BBBB-BBBB").status_int == 422
    over = devices.enter(browser, device.user_code)
    assert over.status_int == 429
    assert "You tried too many times" in over
    assert play.form_with(over, "user_code")["user_code"].value == device.user_code
    other = browser.another(new_address())
    play.sign_in(other, make.user(server))
    assert "Kitchen TV" in devices.enter(other, device.user_code)


def test_rule_15_wrong_codes_are_counted_for_each_address_and_right_ones_are_not(
    server: Server, browser: Browser, device: devices.Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "user_code_address", LIMITS["user_code_address"]._replace(most=2))
    address = new_address()
    first, second = browser.another(address), browser.another(address)
    for one in (first, second):
        play.sign_in(one, make.user(server))
    for _ in range(4):
        assert devices.enter(first, device.user_code).status_int == 200
    for one in (first, second):
        assert devices.enter(one, "BBBB-BBBB").status_int == 422
    assert devices.enter(second, "BBBB-BBBB").status_int == 429


# The question


def test_rule_14_the_page_shows_who_asks_from_where_and_since_when(
    server: Server, signed_in: Browser, user: make.User, device: devices.Device
) -> None:
    page = devices.enter(signed_in, device.user_code)
    assert "Kitchen TV on a device wants to access your oauthsrv account" in page.html.h1.get_text()
    text = text_of(page)
    for part in (
        *(
            "by Dora Developer",
            "not verified",
            device.user_code,
            DEVICE_ADDRESS,
            "not on the same network as this browser",
        ),
        *("See your profile", "See your data", user.email, "on a device in front of you", "just now"),
    ):
        assert part in text, part
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_rule_14_the_same_network_and_an_apps_server_are_named(server: Server, signed_in: Browser) -> None:
    near = devices.device(signed_in.another(), devices.app(server))
    assert "on the same network as this browser" in text_of(devices.enter(signed_in, near.user_code))
    assert "not on the same network" not in text_of(devices.enter(signed_in, near.user_code))
    other_kind = devices.device(signed_in.another("2001:db8::7"), devices.app(server))
    assert "network as this browser" not in text_of(devices.enter(signed_in, other_kind.user_code))
    by_server = devices.device(signed_in.another(DEVICE_ADDRESS), devices.app(server, type="confidential"))
    assert f"{DEVICE_ADDRESS}, the app’s own server" in text_of(devices.enter(signed_in, by_server.user_code))


def test_rule_14_optional_scopes_can_be_left_out(server: Server, signed_in: Browser) -> None:
    app = devices.app(server, optional_scopes=("read:data",))
    device = devices.device(signed_in.another(), app)
    form = play.form_with(devices.enter(signed_in, device.user_code), "shown")
    assert form["scope"].checked
    form["scope"].checked = False
    assert flash(form.submit("decision", value="allow").follow()).startswith("Allowed.")
    assert device.tokens()["scope"] == "read:profile"


def test_rule_14_at_least_one_scope_is_allowed(server: Server, signed_in: Browser) -> None:
    app = devices.app(server, optional_scopes=("read:data", "read:profile"))
    device = devices.device(signed_in.another(), app)
    form = play.form_with(devices.enter(signed_in, device.user_code), "shown")
    for box in form.fields["scope"]:
        box.checked = False
    page = form.submit("decision", value="allow")
    assert page.status_int == 422
    assert "Choose at least one, or choose Deny." in page
    assert not any(box.checked for box in play.form_with(page, "shown").fields["scope"])
    assert device.is_waiting()


def test_rule_14_consent_is_always_asked_and_never_remembered(
    server: Server, signed_in: Browser, user: make.User, app: make.App
) -> None:
    devices.allowed(signed_in, app).tokens()
    again = devices.device(signed_in.another(), app)
    assert again.is_waiting()
    assert "will be able to" in devices.enter(signed_in, again.user_code)
    assert again.is_waiting()


def test_rule_14_an_approval_never_satisfies_a_later_authorization_request(server: Server, signed_in: Browser) -> None:
    app = devices.app(server, type="confidential")
    devices.allowed(signed_in, app).tokens()
    assert play.ask(signed_in, app).status_int == 200  # the question
    silent = play.answered(play.ask(signed_in, app, prompt="none"))
    assert silent["error"] == "consent_required"


def test_rule_14_an_earlier_consent_does_not_answer_for_a_device(server: Server, signed_in: Browser) -> None:
    app = devices.app(server, type="confidential")
    play.code(signed_in, app)
    device = devices.device(signed_in.another(), app)
    assert device.is_waiting()
    assert "will be able to" in devices.enter(signed_in, device.user_code)


# The decision


def test_a_user_allows_and_the_device_is_a_connection_that_can_be_disconnected(
    server: Server, signed_in: Browser, user: make.User, device: devices.Device
) -> None:
    done = devices.answer(signed_in, device).follow()
    assert (done.html.h1.get_text(), flash(done)) == (
        "Go back to your device", "Allowed. Your device will connect within a few seconds.",
    )  # fmt: skip
    tokens = device.tokens()
    page = signed_in.get("/account/apps").click("Kitchen TV")
    [row] = seen.rows(page, "Connections")
    assert (row["Connection"], row["From"]) == ("Device", DEVICE_ADDRESS)
    form_to(page, "/devices/").submit()
    assert refused(play.refresh(signed_in, device.app, tokens["refresh_token"]))


def test_a_user_denies(server: Server, signed_in: Browser, user: make.User, device: devices.Device) -> None:
    done = devices.answer(signed_in, device, "deny").follow()
    assert flash(done) == "Denied. The device has no access to your account."
    assert refused(device.poll(), "access_denied")
    assert rows.grants(server, user.user_id, device.app.client_id) == []
    [event] = rows.events(server, "grant.denied", device.app.client_id)
    assert event.user_id == user.user_id
    assert "You denied access to Kitchen TV on a device" in signed_in.get("/account/history")


def test_what_was_allowed_is_in_the_users_history(signed_in: Browser, device: devices.Device) -> None:
    devices.answer(signed_in, device)
    page = signed_in.get("/account/history")
    assert "You connected Kitchen TV" in page
    assert "On a device. It can: See your profile, See your data" in page


def test_an_app_that_connects_only_devices_needs_no_redirect_uri(
    server: Server, signed_in: Browser, device: devices.Device
) -> None:
    make.change(server, device.app, grant_types=[DEVICE_CODE, "refresh_token"], redirect_uris=[])
    devices.answer(signed_in, device)
    tokens = device.tokens()
    assert play.refresh(signed_in, device.app, tokens["refresh_token"]).status_int == 200
    assert play.ask(signed_in, device.app, redirect_uri=None).status_int == 400


@pytest.mark.parametrize("decision", ["", "maybe"])
def test_a_decision_is_allow_or_deny(signed_in: Browser, device: devices.Device, decision: str) -> None:
    page = devices.answer(signed_in, device, decision)
    assert page.status_int == 400
    assert device.is_waiting()


@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_rule_13_a_double_click_does_it_once_and_shows_its_result(
    server: Server, signed_in: Browser, user: make.User, device: devices.Device, decision: str
) -> None:
    form = play.form_with(devices.enter(signed_in, device.user_code), "shown")

    def press() -> TestResponse:
        return form.submit("decision", value=decision)

    with holding(device_grant, press) as (gate, first), in_parallel(press) as second:
        gate.open()
        answers = [first.result(), second.result()]
    answers.append(press())
    assert [urlsplit(answer.location).path for answer in answers] == ["/device/done"] * 3
    action = "grant.given" if decision == "allow" else "grant.denied"
    assert len(rows.events(server, action, device.app.client_id)) == 1


def test_a_code_is_answered_once(server: Server, signed_in: Browser, device: devices.Device) -> None:
    devices.answer(signed_in, device, "deny")
    page = devices.enter(signed_in, device.user_code)
    assert page.status_int == 409
    assert "already used" in page
    assert page.click("Enter another code").request.path == "/device"


def test_of_two_users_who_hold_a_code_the_first_decides(
    server: Server, signed_in: Browser, device: devices.Device
) -> None:
    other = signed_in.another(new_address())
    play.sign_in(other, second := make.user(server))
    form = play.form_with(devices.enter(other, device.user_code), "shown")
    devices.answer(signed_in, device)
    late = form.submit("decision", value="allow")
    assert late.status_int == 409
    assert rows.grants(server, second.user_id, device.app.client_id) == []
    assert device.tokens()["access_token"]


def test_a_code_that_expired_under_the_page_is_explained(
    server: Server, signed_in: Browser, user: make.User, device: devices.Device
) -> None:
    form = play.form_with(devices.enter(signed_in, device.user_code), "shown")
    devices.forget(server, device)
    page = form.submit("decision", value="allow")
    assert page.status_int == 422
    assert "it expired" in page.html.find(id="user_code-error").get_text()
    assert rows.grants(server, user.user_id, device.app.client_id) == []


def test_an_app_that_changed_under_the_page_is_shown_again(
    server: Server, signed_in: Browser, device: devices.Device
) -> None:
    form = play.form_with(devices.enter(signed_in, device.user_code), "shown")
    make.change(server, device.app, name="Another TV")
    page = form.submit("decision", value="allow")
    assert page.status_int == 409
    assert "Another TV" in page
    assert device.is_waiting()
    assert play.form_with(page, "shown").submit("decision", value="allow").location.endswith("/device/done")


def test_not_you_leads_to_another_account_and_back_to_the_code(
    server: Server, signed_in: Browser, device: devices.Device
) -> None:
    page = devices.enter(signed_in, device.user_code).click("Not you?")
    form = play.form_with(page, "email")
    other = make.user(server)
    form["email"], form["password"] = other.email, other.password
    assert form.submit().location.endswith(f"/device?user_code={device.user_code}")


# What stops it under the page or before


def suspended(server: Server, app: make.App) -> None:
    review.suspend_client(server, app.client_id, by=Actor())


def turned_off(server: Server, app: make.App) -> None:
    make.set_grant_types(server, app, "authorization_code")


def deleted(server: Server, app: make.App) -> None:
    assert revocations.delete_client(server, app.client_id, by=Actor())


STOPS: Any = {suspended: 400, turned_off: 400, deleted: 422}


@pytest.mark.parametrize("stop", STOPS)
def test_rule_6_what_stops_an_app_stops_its_devices(
    server: Server, signed_in: Browser, user: make.User, device: devices.Device, stop: Any
) -> None:
    form = play.form_with(devices.enter(signed_in, device.user_code), "shown")
    stop(server, device.app)
    assert form.submit("decision", value="allow").status_int == STOPS[stop]
    assert devices.enter(signed_in, device.user_code).status_int == STOPS[stop]
    assert rows.grants(server, user.user_id, device.app.client_id) == []


def test_rule_14_an_app_in_review_connects_devices_of_its_developers_alone(
    server: Server, signed_in: Browser, reviewed: None
) -> None:
    owner = make.user(server)
    device = devices.device(signed_in.another(), devices.app(server, owner, approved=False))
    page = devices.enter(signed_in, device.user_code)
    assert page.status_int == 400
    assert "only its developers" in page
    at_owner = signed_in.another()
    play.sign_in(at_owner, owner)
    assert "will be able to" in devices.enter(at_owner, device.user_code)


def test_rule_13_a_session_that_ended_under_the_page_gives_nothing(
    server: Server, signed_in: Browser, user: make.User, device: devices.Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = play.form_with(devices.enter(signed_in, device.user_code), "shown")
    found = device_grant.find

    def ends_first(*args: Any) -> Any:
        assert revocations.disable_user(server, user.user_id, by=Actor())
        return found(*args)

    monkeypatch.setattr(device_grant, "find", ends_first)
    assert form.submit("decision", value="allow").status_int == 409
    assert device.is_waiting()
    assert rows.grants(server, user.user_id, device.app.client_id) == []


def test_a_refusal_on_the_page_is_in_the_apps_activity(server: Server, signed_in: Browser, user: make.User) -> None:
    app = devices.app(server, user)
    device = devices.device(signed_in.another(), app)
    make.set_grant_types(server, app, "authorization_code")
    page = devices.enter(signed_in, device.user_code)
    assert "See it in the app’s activity" in page
    server.refusals.flush()
    activity = signed_in.get(f"/developer/apps/{app.client_id}/activity")
    assert "Device page" in activity
    assert "turned off" in activity
    assert DEVICE_CODE not in activity


def test_done_can_be_opened_by_itself(signed_in: Browser) -> None:
    assert signed_in.get("/device/done").html.h1.get_text() == "Go back to your device"
