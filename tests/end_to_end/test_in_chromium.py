"""The whole way in a real browser: what a person clicks, types and sees, and what Chromium itself lets through."""

from __future__ import annotations

import pytest

from end_to_end.asking import Asked, call
from end_to_end.chromium import Window
from end_to_end.running import Answer, App, Listener, Person, Request, Service, answered


@pytest.fixture(scope="module")
def person(service: Service) -> Person:
    """Signed up before; each test signs in with a browser of its own."""
    return service.person().sign_up("Ada Example")


@pytest.fixture(scope="module")
def native(service: Service, developer: Person) -> App:
    return service.app(
        developer, "http://127.0.0.1/callback", "com.example.app:/callback", type="public", name="Phone App"
    )


def test_the_whole_way_from_signing_up_to_a_refused_token(service: Service, api: App, window: Window) -> None:
    """A person signs up, registers an app, allows it, the app works, the person ends it."""
    page = window.page
    window.open("/")
    window.click("link", "Create an account")
    email = window.sign_up()
    window.is_at(service.origin + "/developer/apps")
    window.shows("Register your first app")
    window.open("/account/apps")
    assert "No app has access" in page.inner_text("main")

    asked: list[Asked] = []

    def app_answers(request: Request) -> Answer:
        if request.path == "/start":
            return 303, {"Location": asked[0].address()}, "Off you go"
        return 200, {}, "Connected"

    with Listener(app_answers) as listener, service.product(api) as product:
        window.click("link", "Developer")
        page.get_by_role("link", name="Web app").click()
        page.get_by_label("Name").fill("Sample App")
        page.get_by_label("Redirect URIs").fill(f"{listener.origin}/callback")
        for scope in ("read:profile", "read:data"):
            page.get_by_label(scope).check()
        window.click("button", "Register the app")
        window.shows("Sample App is registered")
        client_id = page.inner_text("#client-id")
        secret = page.inner_text("#client-secret")
        window.click("link", "I’ve copied the secret")
        window.is_at(f"{service.origin}/developer/apps/{client_id}/first-request")
        assert secret not in page.content()

        asked.append(
            Asked(service, App(client_id, secret, f"{listener.origin}/callback"), f"{listener.origin}/callback")
        )
        window.open(listener.origin + "/start")
        window.shows("Sample App wants to access your oauthsrv account")
        text = page.inner_text("main")
        for words in ("Sample App", "Ada Example", "127.0.0.1", email, "See your profile", "See your data"):
            assert words in text
        assert "billing" not in text
        window.click("button", "Allow")
        back = window.is_at(listener.origin + "/callback")
        window.shows("Connected")
        tokens = asked[0].exchange(back)
        assert call(product, tokens["access_token"]) == 200

        window.open("/account/apps")
        assert "Sample App" in page.inner_text("main")
        page.get_by_role("button", name="Disconnect Sample App").click()
        window.is_at(service.origin + "/account/apps")
        assert "No app has access" in page.inner_text("main")
        assert "Sample App" in page.get_by_role("region", name="Disconnected apps").inner_text()

        assert call(product, tokens["access_token"]) == 401
        refused = asked[0].refresh(tokens["refresh_token"])
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


# What people do


def test_who_is_not_signed_in_signs_in_first_and_comes_back_to_the_question(
    service: Service, native: App, person: Person, window: Window
) -> None:
    with Listener() as listener:
        asked = Asked(service, native, f"{listener.origin}/callback")
        window.open(asked.address())
        window.shows("Sign in")
        window.page.get_by_label("Email").fill(person.email)
        window.page.get_by_label("Password").fill("not my password")
        window.click("button", "Sign in")
        assert "Wrong email or password" in window.page.inner_text("[role=alert]")
        assert window.page.get_by_label("Email").input_value() == person.email
        window.page.get_by_label("Password").fill(person.password)
        window.click("button", "Sign in")
        window.shows("Phone App wants to access your oauthsrv account")
        assert listener.requests == []
        window.click("button", "Allow")
        asked.exchange(window.is_at(asked.redirect_uri))


def test_a_no_reaches_the_app_and_nothing_is_connected(service: Service, native: App, window: Window) -> None:
    with Listener() as listener:
        asked = Asked(service, native, f"{listener.origin}/callback")
        window.open(asked.address())
        window.click("link", "Create one")
        window.sign_up()
        window.click("button", "Deny")
        came = answered(window.is_at(asked.redirect_uri))
        assert (came["error"], came["state"], came["iss"]) == ("access_denied", asked.state, service.origin)
        assert "code" not in came
    window.open("/account/apps")
    assert "No app has access" in window.page.inner_text("main")


def test_a_question_that_was_answered_gives_no_second_code(
    service: Service, native: App, api: App, person: Person, window: Window
) -> None:
    """rule 13: not from another tab, not by reload, not by Back; and the first tokens live."""
    page = window.page
    with Listener() as listener:
        asked = Asked(service, native, f"{listener.origin}/callback")
        window.enter(person)
        window.open(asked.address())
        ticket = page.locator("form[action='/oauth/authorize'] input[name=csrf]").input_value()
        elsewhere = page.context.request.post(
            f"{service.origin}/oauth/authorize", form={"csrf": ticket, "decision": "allow"}, max_redirects=0
        )
        assert elsewhere.status == 303
        tokens = asked.exchange(elsewhere.headers["location"])

        window.click("button", "Allow")
        page.get_by_role("heading", name="Already answered").wait_for()
        assert page.get_by_role("link", name="Start again").is_visible()
        page.reload()
        window.shows("Already answered")
        page.go_back()
        window.shows("Phone App wants to access your oauthsrv account")  # a new question, as for every such app
        assert page.locator("form[action='/oauth/authorize'] input[name=csrf]").input_value() != ticket
        assert listener.requests == []
        assert service.introspect(api, tokens["access_token"])["active"]


def test_back_from_the_app_asks_again_and_sends_no_code(
    service: Service, native: App, api: App, person: Person, window: Window
) -> None:
    page = window.page
    with Listener() as listener:
        asked = Asked(service, native, f"{listener.origin}/callback")
        window.enter(person)
        window.open(asked.address())
        window.click("button", "Allow")
        tokens = asked.exchange(window.is_at(asked.redirect_uri))
        page.go_back()
        window.shows("Phone App wants to access your oauthsrv account")
        page.reload()
        window.shows("Phone App wants to access your oauthsrv account")
        assert len(listener.requests) == 1
        assert service.introspect(api, tokens["access_token"])["active"]


def test_a_keyboard_is_enough_from_sign_in_to_allow(
    service: Service, native: App, person: Person, window: Window
) -> None:
    page = window.page
    with Listener() as listener:
        asked = Asked(service, native, f"{listener.origin}/callback")
        window.open(asked.address())
        window.type("Email", person.email)
        page.keyboard.press("Tab")
        window.type("Password", person.password)
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Allow").wait_for()
        passed: list[str] = []
        while not passed or passed[-1] != "Allow":
            assert len(passed) < 15, passed
            page.keyboard.press("Tab")
            passed.append(page.evaluate("document.activeElement.innerText"))
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", passed[-1]
        assert passed[0] == "Skip to the content"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.innerText") == "Deny"
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Enter")
        asked.exchange(window.is_at(asked.redirect_uri))
