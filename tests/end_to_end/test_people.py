"""Whole flows in real Chromium, each person in a browser of their own: developers, users, administrators."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from end_to_end.asking import Asked, call
from end_to_end.chromium import Open, Window
from end_to_end.running import SECONDS, App, Listener, Person, Service

REASON = "Users report letters that they did not ask for."


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    """Where the apps of these flows are called back."""
    with Listener() as listener:
        yield listener


@pytest.fixture(scope="module")
def product(service: Service, api: App) -> Iterator[Listener]:
    with service.product(api) as product:
        yield product


@pytest.fixture(scope="module")
def person(service: Service) -> Person:
    return service.person().sign_up("Ada Example")


@pytest.fixture(scope="module")
def owner(service: Service) -> Person:
    """Of the apps; signed in."""
    return service.person().sign_up("Dora Developer")


@pytest.fixture
def app(service: Service, owner: Person, listener: Listener) -> App:
    return service.app(owner, f"{listener.origin}/callback", name="Sample App")


def fill_in_app(page: Any, listener: Listener, name: str) -> None:
    page.locator("[name=type][value=confidential]").check()
    page.locator("[name=name]").fill(name)
    page.locator("[name=redirect_uris]").fill(f"{listener.origin}/callback")
    for scope in ("read:profile", "read:data"):
        page.locator(f"[name=scopes][value='{scope}']").check()


def allowed(service: Service, window: Window, app: App) -> dict[str, Any]:
    """The tokens that an app gets from whoever is signed in there."""
    asked = Asked(service, app, app.redirect_uri)
    window.open(asked.address(prompt="consent"))
    window.press("Allow")
    return asked.exchange(window.is_at(app.redirect_uri))


def test_a_developer_gets_from_signing_up_to_a_first_token(
    service: Service, product: Listener, listener: Listener, window: Window
) -> None:
    """The quickstart of the new app holds its own values: what it says is what works."""
    page = window.page
    window.open("/developer/apps/new")
    window.click("link", "Create one")
    window.sign_up("Dora Developer")
    window.is_at(service.origin + "/developer/apps/new")
    fill_in_app(page, listener, "First App")
    window.press("Register the app")
    client_id, secret = page.inner_text("#client-id"), page.inner_text("#client-secret")
    quickstart = page.text_content("main")
    for value in (client_id, f"{listener.origin}/callback", service.origin):
        assert value in quickstart
    tokens = allowed(service, window, App(client_id, secret, f"{listener.origin}/callback"))
    assert call(product, tokens["access_token"]) == 200
    window.open(f"/developer/apps/{client_id}/users")
    assert "1" in page.inner_text("main")


def test_a_user_ends_one_device_then_one_app_and_nothing_else(
    service: Service, owner: Person, product: Listener, app: App, listener: Listener, person: Person, window: Window
) -> None:
    other_app = service.app(owner, f"{listener.origin}/callback", name="Other App")
    window.enter(person)
    other = allowed(service, window, other_app)["access_token"]
    first, second = (allowed(service, window, app)["access_token"] for _ in range(2))
    assert [call(product, token) for token in (first, second, other)] == [200, 200, 200]

    window.open("/account/apps")
    window.page.get_by_role("link", name="Sample App", exact=True).first.click()
    assert window.page.get_by_role("button", name=re.compile("Disconnect .*, since ")).count() == 2
    with window.page.expect_navigation():
        window.page.get_by_role("button", name=re.compile("Disconnect .*, since ")).first.click()
    assert sorted(call(product, token) for token in (first, second)) == [200, 401]
    assert call(product, other) == 200

    window.open("/account/apps")
    window.press("Disconnect Sample App")
    assert [call(product, token) for token in (first, second, other)] == [401, 401, 200]
    assert "You disconnected it" in window.page.get_by_role("region", name="Disconnected apps").inner_text()


def test_an_administrator_suspends_an_app_and_its_next_call_fails_until_it_is_reactivated(
    service: Service, owner: Person, product: Listener, app: App, person: Person, new_window: Open
) -> None:
    users, admins, developers = new_window(), new_window(), new_window()
    users.enter(person)
    token = allowed(service, users, app)["access_token"]
    assert call(product, token) == 200

    admins.enter(service.added_person("--admin", "--name", "Root Example").sign_in())
    admins.open(f"/admin/apps/{app.client_id}/suspend")
    admins.page.get_by_label("Reason").fill(REASON)
    admins.press("Suspend the app")
    assert call(product, token) == 401

    developers.enter(owner)
    developers.open(f"/developer/apps/{app.client_id}")
    assert REASON in developers.page.get_by_role("alert").inner_text()
    users.open(Asked(service, app, app.redirect_uri).address())
    assert users.page.get_by_role("button", name="Allow", exact=True).count() == 0

    admins.open(f"/admin/apps/{app.client_id}")
    admins.press("Reactivate the app")
    assert call(product, token) == 200
    developers.page.reload()
    assert developers.page.get_by_role("alert").count() == 0


def works(service: Service, app: App, secret: str) -> bool:
    """Whether the app's server gets further with this secret."""
    answer = requests.post(
        f"{service.origin}/oauth/introspect", {"token": "none"}, auth=(app.client_id, secret), timeout=SECONDS
    )
    assert answer.status_code in (200, 401)
    return answer.status_code == 200


def test_a_secret_is_replaced_while_the_app_goes_on_working(
    service: Service, owner: Person, product: Listener, app: App, person: Person, new_window: Open
) -> None:
    users, window = new_window(), new_window()
    users.enter(person)
    token = allowed(service, users, app)["access_token"]
    assert app.client_secret
    window.enter(owner)
    window.open(f"/developer/apps/{app.client_id}/secrets")
    window.press("Add a second secret")
    new = window.page.inner_text("#client-secret")
    for _ in range(3):  # servers of the app that have the new one already, and some that have not
        assert works(service, app, app.client_secret)
        assert works(service, app, new)

    window.press("I’ve copied the secret")
    assert new not in window.page.content()
    window.page.get_by_role("link", name="Delete", exact=True).first.click()
    page = window.page
    page.get_by_label(re.compile(app.client_secret[-4:])).check()
    window.press("Delete the secret")
    assert not works(service, app, app.client_secret)
    assert works(service, app, new)
    assert call(product, token) == 200


@dataclass
class Keyboard:
    """A person who has no mouse."""

    window: Window

    def reach(self, control: str) -> None:
        """Goes on by Tab to what these words of CSS name, and sees that it is there."""
        page = self.window.page
        for _ in range(80):
            if page.evaluate("control => document.activeElement?.matches(control)", control):
                assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {control} on {page.url}")

    def type(self, control: str, text: str) -> None:
        self.reach(control)
        self.window.page.keyboard.type(text)

    def press(self, control: str, key: str = "Enter") -> None:
        self.reach(control)
        with self.window.page.expect_navigation():
            self.window.page.keyboard.press(key)

    def tick(self, control: str) -> None:
        self.reach(control)
        self.window.page.keyboard.press("Space")


def test_a_keyboard_is_enough_to_sign_up_register_allow_and_end(
    service: Service, product: Listener, listener: Listener, window: Window
) -> None:
    keys, page = Keyboard(window), window.page
    window.open("/developer/apps/new")
    window.click("link", "Create one")
    keys.type("[name=email]", f"{listener.port}.keys@example.com")
    keys.type("[name=name]", "Kay Board")
    keys.type("[name=password]", "correct horse battery")
    keys.press("main button[type=submit]")
    window.is_at(service.origin + "/developer/apps/new")

    keys.tick("[name=type]")
    keys.type("[name=name]", "Keyboard App")
    keys.type("[name=redirect_uris]", f"{listener.origin}/callback")
    keys.tick("[name=scopes][value='read:data']")
    keys.press("main button.primary")
    client_id, secret = page.inner_text("#client-id"), page.inner_text("#client-secret")

    app = App(client_id, secret, f"{listener.origin}/callback")
    asked = Asked(service, app, app.redirect_uri)
    window.open(asked.address(scope="read:data"))
    keys.press("button[value=allow]")
    token = asked.exchange(window.is_at(app.redirect_uri))["access_token"]
    assert call(product, token) == 200

    window.open("/account/apps")
    keys.press("form[action$='/end'] button", "Space")
    assert call(product, token) == 401


def test_without_javascript_everything_works(
    service: Service, product: Listener, listener: Listener, new_window: Open
) -> None:
    window = new_window(java_script_enabled=False)
    page = window.page
    window.open("/developer/apps/new")
    window.click("link", "Create one")
    window.sign_up("Nora Script")
    fill_in_app(page, listener, "Plain App")
    window.press("Register the app")
    app = App(page.inner_text("#client-id"), page.inner_text("#client-secret"), f"{listener.origin}/callback")
    token = allowed(service, window, app)["access_token"]
    assert call(product, token) == 200

    for tab in ("", "/edit", "/secrets", "/activity", "/usage", "/users", "/try", "/doctor", "/team", "/danger"):
        assert window.open(f"/developer/apps/{app.client_id}{tab}").status == 200
    window.open(f"/developer/apps/{app.client_id}/secrets")
    window.press("Add a second secret")
    assert works(service, app, page.inner_text("#client-secret"))

    window.open("/account/apps")
    window.press("Disconnect Plain App")
    assert call(product, token) == 401
