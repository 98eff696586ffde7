"""Devices: requests-oauth2client, unchanged, against the server, and a person's phone in Chromium."""

from __future__ import annotations

from typing import Any

import pytest
from requests_oauth2client import (
    AccessDenied,
    AuthorizationPending,
    DeviceAuthorizationPollingJob,
    ExpiredToken,
    InvalidGrant,
    OAuth2Client,
    SlowDown,
    UnauthorizedClient,
)

from end_to_end.chromium import Open
from end_to_end.running import App, Person, Service, eventually

GRANTS = ("authorization_code", "refresh_token", "device_code")
SCOPE = "read:profile read:data"


@pytest.fixture(scope="module")
def person(service: Service) -> Person:
    return service.person().sign_up()


@pytest.fixture(scope="module", params=["public", "confidential"])
def app(request: pytest.FixtureRequest, service: Service, developer: Person) -> App:
    return device_app(service, developer, request.param)


def device_app(service: Service, developer: Person, type: str = "public") -> App:
    uri = "http://127.0.0.1/callback" if type == "public" else "https://tv.example/callback"
    return service.app(developer, uri, type=type, name="Kitchen TV", grants=GRANTS)


def library(service: Service, app: App) -> OAuth2Client:
    """It finds the endpoints in the metadata."""
    auth = (app.client_id, app.client_secret) if app.client_secret else app.client_id
    known = {name: value for name, value in service.metadata.items() if name.endswith("_endpoint")}
    return OAuth2Client(auth=auth, testing=True, **known)


def test_requests_oauth2client_takes_a_device_from_code_to_refresh(
    service: Service, app: App, api: App, person: Person
) -> None:
    client = library(service, app)
    device = client.authorize_device(scope=SCOPE)
    with pytest.raises(AuthorizationPending):
        client.device_code(device.device_code)
    with pytest.raises(SlowDown):
        client.device_code(device.device_code)
    assert person.connect(str(device.verification_uri_complete)).heading == "Go back to your device"
    first = client.device_code(device.device_code)
    assert (first.scope, first.token_type) == (SCOPE, "Bearer")
    assert service.introspect(api, first.access_token)["active"]
    second = client.refresh_token(first.refresh_token)
    assert service.introspect(api, second.access_token)["active"]


def test_requests_oauth2client_polls_until_its_user_has_allowed(service: Service, app: App, person: Person) -> None:
    client = library(service, app)
    device = client.authorize_device(scope=SCOPE)
    job = DeviceAuthorizationPollingJob(client, device)
    assert job.interval == 5
    person.connect(str(device.verification_uri_complete))
    token = job()
    assert token is not None
    assert token.scope == SCOPE


def test_requests_oauth2client_understands_what_we_refuse(service: Service, app: App, person: Person) -> None:
    client = library(service, app)
    device = client.authorize_device(scope=SCOPE)
    person.connect(str(device.verification_uri_complete), "deny")
    with pytest.raises(AccessDenied):
        client.device_code(device.device_code)
    with pytest.raises(ExpiredToken):
        client.device_code("odc_" + "A" * 43)
    with pytest.raises(InvalidGrant):
        client.device_code("x")


def test_requests_oauth2client_hears_that_the_grant_is_turned_off(service: Service, developer: Person) -> None:
    client = library(service, service.app(developer, "http://127.0.0.1/callback", type="public"))
    with pytest.raises(UnauthorizedClient):
        client.authorize_device(scope=SCOPE)


# In Chromium


@pytest.mark.parametrize("width", [360, 1440])
def test_a_person_types_the_code_with_the_keyboard_alone(
    service: Service, developer: Person, person: Person, new_window: Open, width: int
) -> None:
    app = device_app(service, developer)
    client = library(service, app)
    device = client.authorize_device(scope=SCOPE)
    window = new_window(viewport={"width": width, "height": 740})
    window.enter(person)
    window.open("/device")
    keyboard = window.page.keyboard
    window.type("Code", str(device.user_code).lower().replace("-", " "))
    keyboard.press("Enter")
    window.shows("Kitchen TV on a device wants to access your oauthsrv account")
    needed, there = window.width()
    assert needed <= there
    tab_to(window.page, "Allow")
    keyboard.press("Enter")
    window.is_at(f"{service.origin}/device/done")
    assert client.device_code(device.device_code).scope == SCOPE


def test_a_double_click_allows_once(service: Service, developer: Person, person: Person, new_window: Open) -> None:
    client = library(service, device_app(service, developer))
    device = client.authorize_device(scope=SCOPE)
    window = new_window()
    window.enter(person)
    window.open(str(device.verification_uri_complete))
    window.click("button", "Continue")
    window.page.get_by_role("button", name="Allow", exact=True).dblclick()
    window.is_at(f"{service.origin}/device/done")
    assert "Allowed." in window.page.locator("main").inner_text()
    assert client.device_code(device.device_code)


def tab_to(page: Any, label: str) -> None:
    def is_there() -> bool:
        page.keyboard.press("Tab")
        return bool(page.evaluate("document.activeElement.textContent.trim()") == label)

    eventually(is_there)
