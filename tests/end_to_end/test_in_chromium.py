"""The whole story in a real browser: what a person clicks, types and sees, and what Chromium itself lets through."""

from __future__ import annotations

import datetime
import ipaddress
import re
import secrets
import shutil
import ssl
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from authlib.common.security import generate_token
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from conftest import skip_or_fail
from end_to_end.running import PASSWORD, SECONDS, Answer, App, Listener, Person, Request, Service, answered, eventually
from oauthsrv.routes import MAP

try:
    from playwright import sync_api as playwright
except ImportError:
    playwright = None

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--no-sandbox",  # it refuses to run as root otherwise; it sees our own pages alone
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MILLISECONDS = SECONDS * 1000
# Chromium writes one for each page whose status is an error, as those are that a test asks for.
STATUS_LINE = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d ")


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
    """https://app.example; from /onward it sends the browser further, to https://www.further.example."""

    def answer(request: Request) -> Answer:
        if request.path == "/onward":
            return 303, {"Location": "https://www.further.example/landed"}, "On"
        return 200, {}, "Welcome back"

    with Listener(answer, tls) as listener:
        yield listener


@pytest.fixture(scope="module")
def chromium(on_the_web: Listener) -> Iterator[Any]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if playwright is None:
        skip_or_fail("playwright is missing: pip install 'oauthsrv[dev]'")
    if program is None:
        skip_or_fail("Chromium is missing: install it, for example with apt-get install chromium")
    names = f"--host-resolver-rules=MAP *.example 127.0.0.1:{on_the_web.port}"
    with playwright.sync_playwright() as player:
        browser = player.chromium.launch(executable_path=program, args=[*OPTIONS, names])
        yield browser
        browser.close()


@dataclass
class Window:
    """One person's browser, on the page it shows; whatever Chromium complains of is kept."""

    page: Any
    origin: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(MILLISECONDS)
        self.page.on("console", self.hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def hear(self, message: Any) -> None:
        if message.type in ("error", "warning") and not STATUS_LINE.match(message.text):
            self.complaints.append(message.text)

    def open(self, path: str) -> Any:
        return self.page.goto(path if "://" in path else self.origin + path)

    def heading(self) -> str:
        (heading,) = self.page.locator("h1").all_inner_texts()
        return str(heading)

    def click(self, role: str, name: str) -> None:
        self.page.get_by_role(role, name=name, exact=True).click()

    def is_at(self, prefix: str) -> str:
        """Waits until the page of that address is shown; its whole address."""
        self.page.wait_for_url(re.compile(re.escape(prefix) + r"(?:[?#].*)?\Z"))
        return str(self.page.url)

    def sign_up(self, name: str = "Ada Example") -> str:
        email = f"{secrets.token_hex(5)}@example.com"
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.click("button", "Create account")
        return email

    def sign_in(self, person: Person) -> None:
        self.page.get_by_label("E-mail").fill(person.email)
        self.page.get_by_label("Password").fill(person.password)
        self.click("button", "Sign in")

    def enter(self, person: Person) -> None:
        """With the session that this person has already: signing in takes longer than most tests."""
        cookies = [{"name": one.name, "value": one.value, "url": self.origin} for one in person.browser.cookies]
        self.page.context.add_cookies(cookies)

    def width(self) -> tuple[int, int]:
        """What the page would need, and what there is."""
        needed, there = self.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        return needed, there


Open = Callable[..., Window]


@pytest.fixture
def new_window(chromium: Any, service: Service) -> Iterator[Open]:
    """Another person's browser each time. At the end none may have had anything to complain of."""
    opened: list[tuple[Any, Window]] = []

    def open_one(**how: Any) -> Window:
        context = chromium.new_context(ignore_https_errors=True, **how)
        window = Window(context.new_page(), service.origin)
        opened.append((context, window))
        return window

    yield open_one
    for context, window in opened:
        context.close()
        assert window.complaints == []


@pytest.fixture
def window(new_window: Open) -> Window:
    return new_window()


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
    return service.app(developer, "https://app.example/callback", "https://app.example/onward", name="Web App")


@dataclass
class Asked:
    """An authorization request, as an app makes it."""

    service: Service
    app: App
    redirect_uri: str
    verifier: str = field(default_factory=lambda: generate_token(48))
    state: str = field(default_factory=lambda: generate_token(20))

    def address(self, **more: str) -> str:
        parameters = {
            "response_type": "code",
            "client_id": self.app.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "read:profile read:data",
            "state": self.state,
            "code_challenge": create_s256_code_challenge(self.verifier),
            "code_challenge_method": "S256",
        }
        return f"{self.service.origin}/oauth/authorize?{urlencode(parameters | more)}"

    def exchange(self, back: str) -> dict[str, Any]:
        came = answered(back)
        assert (came["state"], came["iss"]) == (self.state, self.service.origin)
        form = {
            "grant_type": "authorization_code",
            "code": came["code"],
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
            "client_id": self.app.client_id,
        }
        secret = {"client_secret": self.app.client_secret} if self.app.client_secret else {}
        answer = requests.post(f"{self.service.origin}/oauth/token", form | secret, timeout=SECONDS)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    def refresh(self, token: str) -> requests.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": self.app.client_id}
        secret = {"client_secret": self.app.client_secret} if self.app.client_secret else {}
        return requests.post(f"{self.service.origin}/oauth/token", form | secret, timeout=SECONDS)


def call(product: Listener, token: str) -> int:
    return requests.get(product.origin, headers={"Authorization": f"Bearer {token}"}, timeout=SECONDS).status_code


def test_the_whole_story_from_signing_up_to_a_refused_token(service: Service, api: App, window: Window) -> None:
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
        window.click("link", "Register your first app")
        page.get_by_label("Name").fill("Story App")
        page.get_by_label("Yes: confidential").check()
        page.get_by_label("Redirect URIs").fill(f"{listener.origin}/callback")
        for scope in ("read:profile", "read:data"):
            page.get_by_label(scope).check()
        window.click("button", "Register the app")
        assert window.heading() == "Story App is registered"
        client_id = page.inner_text("#client-id")
        secret = page.inner_text("#client-secret")
        window.click("link", "I have copied the secret")
        window.is_at(f"{service.origin}/developer/apps/{client_id}")
        assert secret not in page.content()

        asked.append(
            Asked(service, App(client_id, secret, f"{listener.origin}/callback"), f"{listener.origin}/callback")
        )
        window.open(listener.origin + "/start")
        assert window.heading() == "Allow Story App to use your account?"
        told = page.inner_text("main")
        for words in ("Story App", "Ada Example", "127.0.0.1", email, "Read user profile", "Read user data"):
            assert words in told
        assert "billing" not in told
        window.click("button", "Allow")
        back = window.is_at(listener.origin + "/callback")
        assert window.heading() == "Connected"
        tokens = asked[0].exchange(back)
        assert call(product, tokens["access_token"]) == 200

        window.open("/account/apps")
        assert "Story App" in page.inner_text("main")
        page.get_by_role("button", name="End access of Story App").click()
        window.is_at(service.origin + "/account/apps")
        assert "No app has access" in page.inner_text("main")
        assert "Story App" in page.get_by_role("region", name="Ended access").inner_text()

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


@pytest.mark.parametrize("path", ["/callback", "/onward"])
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
    for path in ("/callback", "/onward"):
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
        window.page.get_by_label("E-mail").fill(person.email)
        window.page.get_by_label("Password").fill("not my password")
        window.click("button", "Sign in")
        assert "do not fit together" in window.page.inner_text("[role=alert]")
        assert window.page.get_by_label("E-mail").input_value() == person.email
        window.page.get_by_label("Password").fill(person.password)
        window.click("button", "Sign in")
        assert window.heading() == "Allow Phone App to use your account?"
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
        assert window.heading() == "Allow Phone App to use your account?"  # a new question, as for every such app
        assert page.locator("form[action='/oauth/authorize'] input[name=csrf]").input_value() != ticket
        assert listener.requests == []
        assert service.introspect(api, tokens["access_token"])["active"]


def test_back_from_the_app_asks_anew_and_sends_no_code(
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
        assert window.heading() == "Allow Phone App to use your account?"
        page.reload()
        assert window.heading() == "Allow Phone App to use your account?"
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


# Every page, as it looks


def every_page(service: Service, owner: Person, administrator: Person, app: App) -> list[str]:
    """Each page of the map, with what its path names filled in."""
    api = service.api()
    found = administrator.open("/admin/users?q=" + owner.email).answer.text
    user = re.search(r"/admin/users/(usr_[0-9a-f]+)", found)
    assert user, found
    pages = []
    for method, path, guards, _ in MAP:
        if method == "GET" and guards and guards[0].__name__ == "page":
            client = api if path.startswith("/admin/apis/") else app
            pages.append(path.replace("<user_id>", user[1]).replace("<client_id>", client.client_id))
    assert not [path for path in pages if "<" in path]
    return pages


# Text that is hard to read: its words, its colours, their contrast (WCAG 2.2, 1.4.3).
FAINT = """() => {
  const rgb = (text) => (text.match(/[0-9.]+/g) || [0, 0, 0, 0]).map(Number)
  const light = (colour) => {
    const [r, g, b] = colour.map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = rgb(getComputedStyle(one).backgroundColor)
      if (colour[3] !== 0) return colour.slice(0, 3)
    }
    return [255, 255, 255]
  }
  const faint = []
  for (const element of document.body.querySelectorAll('*')) {
    const text = element.value || [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data).join('')
    if (!text.trim() || element.type === 'hidden' || !element.checkVisibility()) continue
    const pair = [rgb(getComputedStyle(element).color).slice(0, 3), behind(element)].map(light).sort((a, b) => b - a)
    const contrast = (pair[0] + 0.05) / (pair[1] + 0.05)
    if (contrast < 4.5) faint.push([text.trim().slice(0, 40), getComputedStyle(element).color, contrast.toFixed(2)])
  }
  return faint
}"""


def look(window: Window, path: str) -> None:
    """The page on a small and a large screen, in both themes."""
    for scheme in ("light", "dark"):
        window.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert window.page.evaluate(FAINT) == [], (path, scheme)
    for width in (1440, 360):
        window.page.set_viewport_size({"width": width, "height": 800})
        needed, there = window.width()
        assert needed <= there, (path, width)
    window.heading()


def test_every_page_fits_small_and_large_screens_and_can_be_read_in_both_themes(
    service: Service, developer: Person, web: App, window: Window
) -> None:
    for path in ("/", "/login", "/signup", "/welcome?link=lnk_none", "/oauth/authorize?client_id=none", "/none"):
        window.open(path)
        look(window, path)
    name = "A Rather-Long-Name-Without-A-Place-To-Break-It-In-Two"
    administrator = service.added_person("--admin", "--name", name).sign_in()
    pages = every_page(service, developer, administrator, web)
    consent = Asked(service, web, web.redirect_uri).address(prompt="consent")
    window.enter(administrator)
    for path in [*pages, consent]:
        answer = window.open(path)
        assert answer.status < 500, path
        look(window, path)
