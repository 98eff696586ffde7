"""The whole way in a real browser: what a person clicks, types and sees, and what Chromium itself lets through."""

from __future__ import annotations

import datetime
import ipaddress
import re
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from end_to_end.asking import Asked, call
from end_to_end.chromium import Open, Window, launched
from end_to_end.running import Answer, App, Listener, Person, Request, Service, answered, eventually


@pytest.fixture(scope="module")
def tls() -> Iterator[ssl.SSLContext]:
    """For the apps on the web: https, with a certificate that the tests' browser takes."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "app.example")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    x509.DNSName("app.example"),
                    x509.DNSName("www.further.example"),
                    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
                ]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "both.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        yield context


@pytest.fixture(scope="module")
def on_the_web(tls: ssl.SSLContext) -> Iterator[Listener]:
    """https://app.example; from /further it sends the browser further, to https://www.further.example."""

    def answer(request: Request) -> Answer:
        if request.path == "/further":
            return 303, {"Location": "https://www.further.example/landed"}, "On"
        return 200, {}, "Welcome back"

    with Listener(answer, tls) as listener:
        yield listener


@pytest.fixture(scope="module")
def chromium(on_the_web: Listener) -> Iterator[Any]:
    """For which every name under .example leads to that app."""
    with launched(f"--host-resolver-rules=MAP *.example 127.0.0.1:{on_the_web.port}") as browser:
        yield browser


@pytest.fixture(scope="module")
def person(service: Service) -> Person:
    """Signed up before; each test signs in with a browser of its own."""
    return service.person().sign_up("Ada Example")


@pytest.fixture(scope="module")
def native(service: Service, developer: Person) -> App:
    return service.app(
        developer, "http://127.0.0.1/callback", "com.example.app:/callback", type="public", name="Phone App"
    )


@pytest.fixture(scope="module")
def web(service: Service, developer: Person) -> App:
    return service.app(developer, "https://app.example/callback", "https://app.example/further", name="Web App")


def test_the_whole_way_from_signing_up_to_a_refused_token(service: Service, api: App, window: Window) -> None:
    """Issue 2, 8: a person signs up, registers an app, allows it, the app works, the person ends it."""
    page = window.page
    window.open("/")
    window.click("link", "Create an account")
    email = window.sign_up()
    window.is_at(service.origin + "/account/apps")
    assert "No app has access" in page.inner_text("main")

    asked: list[Asked] = []

    def app_answers(request: Request) -> Answer:
        if request.path == "/start":
            return 303, {"Location": asked[0].address()}, "Off you go"
        return 200, {}, "Connected"

    with Listener(app_answers) as listener, service.product(api) as product:
        window.click("link", "Developer")
        assert window.heading() == "Register your first app"
        page.get_by_role("link", name="Web app").click()
        page.get_by_label("Name").fill("Sample App")
        page.get_by_label("Redirect URIs").fill(f"{listener.origin}/callback")
        for scope in ("read:profile", "read:data"):
            page.get_by_label(scope).check()
        window.click("button", "Register the app")
        assert window.heading() == "Sample App is registered"
        client_id = page.inner_text("#client-id")
        secret = page.inner_text("#client-secret")
        window.click("link", "I’ve copied the secret")
        window.is_at(f"{service.origin}/developer/apps/{client_id}")
        assert secret not in page.content()

        asked.append(
            Asked(service, App(client_id, secret, f"{listener.origin}/callback"), f"{listener.origin}/callback")
        )
        window.open(listener.origin + "/start")
        assert window.heading() == "Sample App wants to access your account"
        text = page.inner_text("main")
        for words in ("Sample App", "Ada Example", "127.0.0.1", email, "See your profile", "See your data"):
            assert words in text
        assert "billing" not in text
        window.click("button", "Allow")
        back = window.is_at(listener.origin + "/callback")
        assert window.heading() == "Connected"
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


# Redirects after a form: Chromium holds each against the page's form-action (HOUSE, Mako)


def test_an_app_may_send_the_browser_further_to_another_origin(
    service: Service, native: App, person: Person, window: Window
) -> None:
    with Listener() as further:
        landed = f"http://localhost:{further.port}/landed"
        with Listener(lambda request: (303, {"Location": landed}, "On")) as listener:
            asked = Asked(service, native, f"{listener.origin}/callback")
            window.enter(person)
            window.open(asked.address())
            window.click("button", "Allow")
            window.is_at(landed)
            assert [request.path for request in further.requests] == ["/landed"]
            asked.exchange("?" + urlencode(listener.requests[0].query))


@pytest.mark.parametrize("path", ["/callback", "/further"])
def test_an_app_on_the_web_gets_its_answer_and_may_redirect_too(
    service: Service, web: App, window: Window, on_the_web: Listener, path: str
) -> None:
    asked = Asked(service, web, f"https://app.example{path}")
    window.open(asked.address())
    window.click("link", "Create one")
    window.sign_up()
    assert "app.example" in window.page.inner_text("main")
    on_the_web.requests.clear()
    window.click("button", "Allow")
    window.is_at("https://app.example/callback" if path == "/callback" else "https://www.further.example/landed")
    first = on_the_web.requests[0]
    assert "referer" not in first.headers
    asked.exchange("?" + urlencode(first.query))


def test_after_signing_in_a_remembered_consent_leads_straight_to_the_app(
    service: Service, web: App, person: Person, new_window: Open
) -> None:
    """The sign-in's own POST is what is redirected to the app's origin here."""
    first = Asked(service, web, web.redirect_uri)
    first.exchange(person.answer(first.address()))
    for path in ("/callback", "/further"):
        window = new_window()
        asked = Asked(service, web, f"https://app.example{path}")
        window.open(asked.address())
        assert window.heading() == "Sign in"
        window.sign_in(person)
        if path == "/callback":
            asked.exchange(window.is_at(asked.redirect_uri))
        else:
            window.is_at("https://www.further.example/landed")


def test_without_those_sources_chromium_would_have_stopped_the_redirect(
    service: Service, web: App, person: Person, chromium: Any
) -> None:
    """A control of the tests above: this is what they would see."""
    context = chromium.new_context(ignore_https_errors=True)
    window = Window(context.new_page(), service.origin)

    def tightened(route: Any) -> None:
        answer = route.fetch(max_redirects=0)
        policy = re.sub(r"form-action [^;]*", "form-action 'self'", answer.headers["content-security-policy"])
        route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": policy})

    window.enter(person)
    window.open(Asked(service, web, web.redirect_uri).address(prompt="consent"))
    window.page.get_by_role("button", name="Allow").wait_for()
    window.page.route(re.compile("/oauth/authorize"), tightened)
    window.page.reload()
    window.page.unroute(re.compile("/oauth/authorize"))
    with window.page.expect_console_message(lambda message: "form-action" in message.text):
        window.click("button", "Allow")
    assert "app.example" not in window.page.url.partition("?")[0]
    context.close()


def test_an_app_with_a_scheme_of_its_own_is_called(
    service: Service, native: App, person: Person, window: Window
) -> None:
    """RFC 8252 §7.1: no program here takes it, but Chromium asks for one, which it does not where it stops us."""
    asked = Asked(service, native, "com.example.app:/callback")
    window.enter(person)
    window.open(asked.address())
    assert "com.example.app" in window.page.inner_text("main")
    with window.page.expect_request(re.compile(r"com\.example\.app:/callback\?")) as called:
        window.click("button", "Allow")
    asked.exchange(called.value.url)


# What people do


def test_who_is_not_signed_in_signs_in_first_and_comes_back_to_the_question(
    service: Service, native: App, person: Person, window: Window
) -> None:
    with Listener() as listener:
        asked = Asked(service, native, f"{listener.origin}/callback")
        window.open(asked.address())
        assert window.heading() == "Sign in"
        window.page.get_by_label("Email").fill(person.email)
        window.page.get_by_label("Password").fill("not my password")
        window.click("button", "Sign in")
        assert "Wrong email or password" in window.page.inner_text("[role=alert]")
        assert window.page.get_by_label("Email").input_value() == person.email
        window.page.get_by_label("Password").fill(person.password)
        window.click("button", "Sign in")
        assert window.heading() == "Phone App wants to access your account"
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
        assert page.get_by_role("link", name="Ask again").is_visible()
        page.reload()
        assert window.heading() == "Already answered"
        page.go_back()
        assert window.heading() == "Phone App wants to access your account"  # a new question, as for every such app
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
        assert window.heading() == "Phone App wants to access your account"
        page.reload()
        assert window.heading() == "Phone App wants to access your account"
        assert len(listener.requests) == 1
        assert service.introspect(api, tokens["access_token"])["active"]


def test_a_keyboard_is_enough_from_sign_in_to_allow(
    service: Service, native: App, person: Person, window: Window
) -> None:
    page = window.page
    with Listener() as listener:
        asked = Asked(service, native, f"{listener.origin}/callback")
        window.open(asked.address())
        eventually(lambda: page.evaluate("document.activeElement.id") == "email")
        page.keyboard.type(person.email)
        page.keyboard.press("Tab")
        page.keyboard.type(person.password)
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
