"""Where a form before an app leads in a real browser, which holds each redirect against the page's policy (rule 13)."""

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

from end_to_end.asking import Asked
from end_to_end.chromium import Open, Window, launched
from end_to_end.running import Answer, App, Listener, Person, Request, Service, answered

LANDED = "https://www.further.example/landed"
OPENED = "claude://opened"
HOPS = {"/further": LANDED, "/opens": OPENED}  # where the app sends the browser on; from its other paths nowhere


def respond(request: Request) -> Answer:
    if hop := HOPS.get(request.path):
        return 302, {"Location": hop}, "On"
    return 200, {}, "Welcome back"


@pytest.fixture(scope="module")
def tls() -> Iterator[ssl.SSLContext]:
    """For the apps on the web: https, with a certificate that the tests' browser takes."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "app.example")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("app.example"), x509.DNSName("www.further.example")]
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([*names, address]), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "both.pem"
        path.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        yield context


@pytest.fixture(scope="module")
def on_the_web(tls: ssl.SSLContext) -> Iterator[Listener]:
    """https://app.example, and every other name under .example."""
    with Listener(respond, tls) as listener:
        yield listener


@pytest.fixture(scope="module")
def on_the_device() -> Iterator[Listener]:
    with Listener(respond) as listener:
        yield listener


@pytest.fixture(scope="module")
def chromium(on_the_web: Listener) -> Iterator[Any]:
    with launched(f"--host-resolver-rules=MAP *.example 127.0.0.1:{on_the_web.port}") as browser:
        yield browser


@pytest.fixture(scope="module")
def native(service: Service, developer: Person) -> App:
    uris = ("http://127.0.0.1/callback", "http://127.0.0.1/further", "http://127.0.0.1/opens")
    return service.app(developer, *uris, "com.example.app:/callback", type="public", name="Phone App")


@pytest.fixture(scope="module")
def web(service: Service, developer: Person) -> App:
    uris = ("https://app.example/callback", "https://app.example/further", "https://app.example/opens")
    return service.app(developer, *uris, name="Web App")


WAYS = [
    "https:/callback",
    "https:/further",
    "https:/opens",
    "http:/further",
    "http:/opens",
    "com.example.app:/callback",
]


@pytest.fixture
def asked(request: Any, service: Service, web: App, native: App, on_the_device: Listener) -> Asked:
    """By an app whose answer goes that way."""
    scheme, _, path = request.param.partition(":")
    uris = {"https": f"https://app.example{path}", "http": on_the_device.origin + path}
    return Asked(service, web if scheme == "https" else native, uris.get(scheme, request.param))


def reaches(window: Window, asked: Asked, button: str) -> str:
    """Where the browser is at last, or what it was asked to open."""
    path = asked.redirect_uri.rpartition("/")[2]
    end = HOPS.get(f"/{path}", asked.redirect_uri)
    with window.page.expect_request(lambda request: request.url.startswith(end)) as last:
        window.click("button", button)
    return str(last.value.url)


@pytest.mark.parametrize("button", ["Allow", "Deny"])
@pytest.mark.parametrize("asked", WAYS, indirect=True)
def test_the_answer_reaches_the_app_and_whatever_the_app_sends_the_browser_to(
    person: Person, window: Window, on_the_web: Listener, on_the_device: Listener, asked: Asked, button: str
) -> None:
    for listener in (on_the_web, on_the_device):
        listener.requests.clear()
    window.enter(person)
    window.open(asked.address(prompt="consent"))
    end = reaches(window, asked, button)
    first = [one for one in (*on_the_web.requests, *on_the_device.requests) if one.path in asked.redirect_uri]
    assert "referer" not in (first[0].headers if first else {})
    came = first[0].query if first else answered(end)
    if button == "Deny":
        assert (came["error"], came["state"]) == ("access_denied", asked.state)
    else:
        asked.exchange("?" + urlencode(came))


@pytest.mark.parametrize("asked", ["https:/callback", "https:/further", "https:/opens"], indirect=True)
def test_a_sign_in_before_a_remembered_consent_does_so_too(
    service: Service, web: App, person: Person, window: Window, asked: Asked
) -> None:
    """The sign-in's own POST is what is redirected to the app's origin here."""
    earlier = Asked(service, web, web.redirect_uri)
    earlier.exchange(person.answer(earlier.address()))
    window.open(asked.address())
    window.page.get_by_label("Email").fill(person.email)
    window.page.get_by_label("Password").fill(person.password)
    reaches(window, asked, "Sign in")


def test_with_a_policy_of_other_pages_chromium_would_have_stopped_the_redirect(
    service: Service, web: App, person: Person, chromium: Any
) -> None:
    """A control of the tests above: this is what they would see."""
    context = chromium.new_context(ignore_https_errors=True)
    window = Window(context.new_page(), service.origin)

    def tightened(route: Any) -> None:
        answer = route.fetch(max_redirects=0)
        policy = answer.headers["content-security-policy"] + "; form-action 'self'"
        route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": policy})

    window.enter(person)
    address = re.compile("/oauth/authorize")
    window.page.route(address, tightened)
    window.open(Asked(service, web, web.redirect_uri).address(prompt="consent"))
    window.page.unroute(address)
    with window.page.expect_console_message(lambda message: "form-action" in message.text):
        window.click("button", "Allow")
    assert "app.example" not in window.page.url.partition("?")[0]
    context.close()


# A second click


@pytest.mark.parametrize("script", [True, False])
def test_rule_13_a_double_click_on_allow_brings_one_code_to_the_app(
    service: Service, native: App, person: Person, new_window: Open, on_the_device: Listener, script: bool
) -> None:
    """With the script one form is sent. Without it the browser drops the first answer; the second one is the same."""
    window = new_window(java_script_enabled=script)
    asked = Asked(service, native, f"{on_the_device.origin}/callback")
    window.enter(person)
    window.open(asked.address())
    on_the_device.requests.clear()
    window.page.get_by_role("button", name="Allow").dblclick()
    window.is_at(asked.redirect_uri)
    codes = {request.query["code"] for request in on_the_device.requests if request.path == "/callback"}
    assert len(codes) == 1
    asked.exchange(window.page.url)


def test_rule_13_after_an_app_was_opened_the_buttons_come_back_and_give_the_same_answer(
    service: Service, native: App, person: Person, window: Window
) -> None:
    page, asked = window.page, Asked(service, native, "com.example.app:/callback")
    window.enter(person)
    page.clock.install(time=datetime.datetime(2030, 1, 1))
    window.open(asked.address())
    page.clock.pause_at(datetime.datetime(2030, 1, 2))  # or a slow machine's five seconds are over too early
    # Chromium asks whether to open the app, and takes the mouse until that is answered: a script clicks.
    page.remove_listener("console", window.hear)  # it would have a person do so
    sent: list[str] = []
    form = page.locator("form", has=page.get_by_role("button", name="Allow"))
    for _ in range(2):
        with page.expect_event("requestfailed") as opened:  # no program here takes it
            form.get_by_role("button", name="Allow").evaluate("button => button.click()")
        sent.append(opened.value.url)
        assert form.get_attribute("aria-busy") == "true"
        assert form.locator("button.busy").inner_text() == "Allow"
        page.clock.fast_forward(5000)
        page.get_by_text("Didn’t open? Try again.").wait_for()
        assert form.get_attribute("aria-busy") is None
    assert sent[0] == sent[1]
    asked.exchange(sent[1])


def test_a_form_can_be_sent_again_after_it_failed_or_the_user_came_back(
    service: Service, person: Person, window: Window
) -> None:
    page = window.page
    window.enter(person)
    window.open("/account/profile")
    page.get_by_label("Name").fill("Ada Twice")
    window.click("button", "Save")
    page.get_by_text("Your profile was changed.").wait_for()
    page.go_back()
    assert page.locator("form[aria-busy]").count() == 0
