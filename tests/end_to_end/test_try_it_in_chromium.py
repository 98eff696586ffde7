"""The developers' console in a real browser that runs no script: from a missing redirect URI to a refused token."""

from __future__ import annotations

import re

import pytest

from end_to_end.chromium import Open, Window
from end_to_end.running import App, Person, Service, answered

READABLE = re.compile(r"\b(?:oat|ort|oac|sec)_[A-Za-z0-9_-]{5,}")


@pytest.fixture(scope="module")
def ada(service: Service) -> Person:
    return service.added_person("--name", "Ada Developer").sign_in()


@pytest.fixture
def scriptless(new_window: Open, ada: Person) -> Window:
    window = new_window(java_script_enabled=False)
    window.enter(ada)
    return window


def app_with_console(service: Service, owner: Person, type: str) -> App:
    return service.app(owner, "https://app.example/callback", f"{service.origin}/developer/try/callback", type=type)


def step(window: Window, name: str) -> str:
    """Takes a step; the status of its answer."""
    window.press(name)
    heading = window.page.locator("h2").first.inner_text()
    assert heading.startswith(name), heading
    assert not READABLE.findall(window.page.content())
    return str(heading.removeprefix(name).strip())


def allowed(window: Window, service: Service) -> str:
    window.click("link", "Send request")
    window.click("button", "Allow")
    return window.is_at(f"{service.origin}/developer/try/callback")


def test_the_whole_walk_of_a_confidential_app_without_a_script(
    service: Service, ada: Person, scriptless: Window
) -> None:
    window, page = scriptless, scriptless.page
    app = service.app(ada, "https://app.example/callback", name="Web App")
    window.open(f"/developer/apps/{app.client_id}/try")
    window.shows("Try Web App")
    window.press("Add it to this app")
    assert "redirect URI was added" in page.inner_text("[role=status]")
    page.get_by_label("Update user profile").uncheck()
    window.press("Show the request")
    assert "scope=read%3Aprofile%20read%3Adata\n" in page.inner_text("pre")
    back = allowed(window, service)
    assert answered(back)["code"] not in page.content()
    page.reload()
    assert "303 See Other" in page.locator("h2").first.inner_text()

    page.get_by_label("Client secret").fill("not the secret")
    assert step(window, "Exchange the code") == "401 Unauthorized"
    assert "This secret was refused" in page.inner_text(".error")
    page.get_by_label("Client secret").fill(app.client_secret)
    assert step(window, "Exchange the code") == "200 OK"
    for name in ("Call an API", "Refresh", "Revoke"):
        assert step(window, name) == "200 OK"
    assert step(window, "Call again") == "401 Unauthorized"
    assert "You’re done" in page.inner_text("main")
    page.locator("summary", has_text="Refresh: 200 OK").click()
    assert "grant_type=refresh_token" in page.locator("details[open] pre").first.inner_text()
    window.click("link", "Start over")
    window.is_at(f"{service.origin}/developer/apps/{app.client_id}/try")


def test_a_reload_shows_the_same_response_and_does_not_send_the_code_again(
    service: Service, ada: Person, scriptless: Window
) -> None:
    app = app_with_console(service, ada, "public")
    scriptless.open(f"/developer/apps/{app.client_id}/try")
    allowed(scriptless, service)
    assert step(scriptless, "Exchange the code") == "200 OK"
    scriptless.page.reload()
    assert "200 OK" in scriptless.page.locator("h2").first.inner_text()
    scriptless.page.go_back()
    scriptless.click("link", "Start over")
    scriptless.shows("Try Example App")


def test_a_no_comes_back_to_the_console(service: Service, ada: Person, scriptless: Window) -> None:
    app = app_with_console(service, ada, "public")
    scriptless.open(f"/developer/apps/{app.client_id}/try")
    scriptless.click("link", "Send request")
    scriptless.click("button", "Deny")
    scriptless.is_at(f"{service.origin}/developer/try/callback")
    assert "error=access_denied" in scriptless.page.locator("pre").nth(1).inner_text()
    assert "The user pressed Deny" in scriptless.page.inner_text("[role=status]")


def test_the_pages_fit_a_small_screen(service: Service, ada: Person, new_window: Open) -> None:
    window = new_window(viewport={"width": 360, "height": 800})
    window.enter(ada)
    app = app_with_console(service, ada, "public")
    window.open(f"/developer/apps/{app.client_id}/try")
    for name in ("", "Exchange the code", "Call an API"):
        needed, there = window.width()
        assert needed <= there, name or "start"
        if name:
            assert step(window, name) == "200 OK"
        else:
            allowed(window, service)
