"""What only a real browser or socket shows: cookies of two servers, tabs, scripts of other pages, addresses."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from end_to_end.chromium import Window
from end_to_end.running import SECONDS, App, Installation, Listener, Person, Service, answered, eventually

CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636, appendix B


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with Listener() as listener:
        yield listener


@pytest.fixture(scope="module")
def neighbor(short_folder: Callable[[], Path]) -> Iterator[Service]:
    """Another server on the same host."""
    running = Service(Installation(short_folder()))
    try:
        yield running.until_ready()
        assert running.stop() == 0
    finally:
        running.kill()


def request_of(app: App, state: str, **more: str) -> str:
    asked = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": app.redirect_uri,
        "scope": "read:profile",
        "state": state,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **more,
    }
    return "/oauth/authorize?" + urlencode(asked)


def signs_in(window: Window, email: str) -> None:
    window.sign_in(Person(window.origin, email))


# Cookies


def test_two_servers_on_one_host_do_not_sign_each_others_people_out(
    service: Service, neighbor: Service, window: Window
) -> None:
    """Cookies know no port: the browser sends each server those of the other one too."""
    window.open("/signup")
    here = window.sign_up("Ada at the first")
    window.is_at(service.origin + "/developer/apps")
    window.open(neighbor.origin + "/signup")
    there = window.sign_up("Ada at the second")
    window.is_at(neighbor.origin + "/developer/apps")
    for origin, email in ((service.origin, here), (neighbor.origin, there), (service.origin, here)):
        window.open(origin + "/account/profile")
        assert email in window.page.inner_text("body")
    window.open(neighbor.origin + "/account/profile")
    window.click("button", "Sign out")
    window.is_at(neighbor.origin + "/login")
    window.open(service.origin + "/account/profile")
    assert here in window.page.inner_text("body")


# Tabs

BUSY = ("Temporarily unavailable", "Too busy right now")


@pytest.fixture
def tabs(chromium: Any, service: Service) -> Iterator[list[Window]]:
    """Of one browser, at whose pages nobody has been yet."""
    context = chromium.new_context()
    yield [Window(context.new_page(), service.origin) for _ in range(3)]
    context.close()


def shown(tab: Window) -> str:
    """The heading of the page; on a machine that is too slow for an answer in time, after loading it again."""

    def heading() -> str:
        tab.page.wait_for_load_state()
        if (found := tab.heading()) not in BUSY:
            return found
        tab.page.reload()
        return ""

    return str(eventually(heading, 3 * SECONDS, every=0.5))


@pytest.mark.parametrize("length", [20, 5_000])
def test_rule_13_several_tabs_each_keep_their_own_request(
    service: Service, developer: Person, listener: Listener, tabs: list[Window], length: int
) -> None:
    apps = [service.app(developer, listener.origin + "/callback", name=f"App in tab {number}") for number in range(3)]
    person = service.added_person()
    states = [f"{number}" * length for number in range(3)]
    for tab, app, state in zip(tabs, apps, states, strict=True):
        tab.open(request_of(app, state))
        assert shown(tab) == "Sign in"
        assert len(tab.page.url) < 1_700
    # The last one opened signs in first; another one sends the form that it has; the third one is loaded again.
    for tab in (tabs[2], tabs[0]):
        with tab.page.expect_navigation():
            signs_in(tab, person.email)
        shown(tab)
    tabs[1].page.reload()
    for number, (tab, state) in enumerate(zip(tabs, states, strict=True)):
        assert f"App in tab {number}" in shown(tab)
        goes_through(tab, listener, person)
        assert answered(tab.page.url)["state"] == state


def test_rule_13_tabs_that_a_new_browser_opens_at_once_all_get_there(
    service: Service, developer: Person, listener: Listener, tabs: list[Window]
) -> None:
    """As when it opens those of yesterday: each answer brings another cookie, and the last one stays."""
    app = service.app(developer, listener.origin + "/callback", name="App of yesterday")
    person = service.added_person()
    for number, tab in enumerate(tabs):
        address = service.origin + request_of(app, f"state-{number}")
        tab.page.evaluate("address => { setTimeout(() => { location.href = address }, 50) }", address)
    for tab in tabs:
        tab.page.wait_for_url(service.origin + "/**")
    for number, tab in enumerate(tabs):
        goes_through(tab, listener, person)
        assert answered(tab.page.url)["state"] == f"state-{number}"


def goes_through(tab: Window, listener: Listener, person: Person) -> None:
    """Whatever a page offers, up to the app."""
    steps: list[str] = []
    while not tab.page.url.startswith(listener.origin):
        steps.append(heading := shown(tab))
        assert len(steps) < 8, steps
        with tab.page.expect_navigation():
            if heading == "Start again":
                tab.click("link", "Continue")
            elif heading == "Already answered":  # its answer came too late, and it was loaded again
                tab.click("link", "Start again")
            elif heading == "Sign in":
                signs_in(tab, person.email)
            elif tab.page.get_by_role("button", name="Allow", exact=True).count():
                tab.click("button", "Allow")
            else:
                tab.click("button", "Submit again")


def test_a_hint_at_another_account_leads_to_a_choice(
    service: Service, developer: Person, listener: Listener, window: Window
) -> None:
    app = service.app(developer, listener.origin + "/callback", name="App with a hint")
    first, second = service.added_person(), service.added_person()
    window.open(request_of(app, "x", login_hint=first.email))
    assert window.page.get_by_label("Email").input_value() == first.email
    signs_in(window, first.email)
    window.is_at(service.origin + "/oauth/authorize")
    window.open(request_of(app, "x", login_hint=second.email))
    window.is_at(service.origin + "/login")
    assert first.email in window.page.inner_text("main")
    assert window.page.get_by_label("Email").input_value() == second.email
    window.click("link", f"Continue as {first.email}")
    window.is_at(service.origin + "/oauth/authorize")
    assert first.email in window.page.inner_text("main")


# Scripts of other pages

SCRIPT = """
async ([address, init]) => {
    try {
        const answer = await fetch(address, init)
        const headers = ["www-authenticate", "retry-after", "ratelimit", "ratelimit-policy"]
        return {
            status: answer.status,
            body: await answer.text(),
            headers: Object.fromEntries(headers.map(name => [name, answer.headers.get(name)])),
        }
    } catch (error) {
        return {error: String(error)}
    }
}
"""


@pytest.fixture
def elsewhere(chromium: Any, listener: Listener) -> Iterator[Callable[..., Any]]:
    """fetch() on a page of another origin; what Chromium says on its console is its own affair here."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(listener.origin + "/")
    yield lambda address, **init: page.evaluate(SCRIPT, [address, init])
    context.close()


def test_a_script_of_another_page_finds_everything(service: Service, elsewhere: Callable[..., Any], api: App) -> None:
    """As MCP clients in a browser do: with headers of their own, so that each request has its preflight."""
    own = {"MCP-Protocol-Version": "2025-06-18", "X-Client": "x"}
    for path in ("oauth-authorization-server", "openid-configuration", f"oauth-protected-resource/{api.client_id}"):
        answer = elsewhere(f"{service.origin}/.well-known/{path}", headers=own)
        assert answer["status"] == 200, answer
        assert service.origin in answer["body"]
    for path in ("oauth-authorization-server/mcp", "oauth-protected-resource", "oauth-protected-resource/mcp", "none"):
        answer = elsewhere(f"{service.origin}/.well-known/{path}", headers=own)
        assert (answer["status"], json.loads(answer["body"])["error"]) == (404, "not_found"), path


def test_a_script_of_another_page_reads_errors_and_limits_of_the_token_endpoint(
    service: Service, developer: Person, listener: Listener, elsewhere: Callable[..., Any]
) -> None:
    basic = {"Authorization": "Basic Y2xpXzA6eA==", "Content-Type": "application/x-www-form-urlencoded"}
    for path in ("token", "revoke"):
        answer = elsewhere(f"{service.origin}/oauth/{path}", method="POST", headers=basic, body="token=x")
        assert answer["status"] == 401, answer
        assert answer["headers"]["www-authenticate"].startswith("Basic ")
    app = service.app(developer, listener.origin + "/callback", type="public", name="App in a page")
    body = urlencode({"grant_type": "refresh_token", "refresh_token": "ort_x", "client_id": app.client_id})
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = elsewhere(f"{service.origin}/oauth/token", method="POST", headers=form, body=body)
    assert (answer["status"], json.loads(answer["body"])["error"]) == (400, "invalid_grant")


def test_no_script_of_another_page_reads_anything_else(service: Service, elsewhere: Callable[..., Any]) -> None:
    for path in ("/oauth/introspect", "/oauth/authorize", "/login", "/", "/oauth/verify"):
        assert "error" in elsewhere(service.origin + path, headers={"X-Client": "x"}), path
        assert "error" in elsewhere(service.origin + path, credentials="include"), path
    assert "error" in elsewhere(f"{service.origin}/.well-known/oauth-authorization-server", credentials="include")


# Addresses, as they come in by a socket


def ask(origin: str, target: bytes, method: bytes = b"GET") -> tuple[int, bytes]:
    address = urlsplit(origin)
    with socket.create_connection((str(address.hostname), int(address.port or 80)), timeout=SECONDS) as connection:
        connection.sendall(method + b" " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    return int(answer.split(b" ", 2)[1]), answer


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"POST", b"OPTIONS", b"FOO"])
@pytest.mark.parametrize(
    "target",
    [
        *(b"/%ff", b"/%fflogin", b"/oauth/%ffverify", b"/oauth/verify%ff", b"/login%c0%af", b"/%ed%a0%80"),
        *(b"//login", b"/%2flogin", b"/oauth%2Fverify", b"/oauth//verify", b"/oauth/verify%00", b"/login%0a"),
        *(b"/login#x", b"/login%", b"/login%zz", b"/oauth/./verify", b"/oauth/../login", b"/healthz%2f"),
        *(b"javascript:/login", b"login", b"?login", b"http://x//login", b"/.well-known/%ff", b"/log%7fin"),
        *(b"/\xfflogin", b"///healthz", b"/static/..%2foauthsrv.css"),
    ],
)
def test_rule_12_no_address_answers_under_another_spelling(service: Service, target: bytes, method: bytes) -> None:
    status, answer = ask(service.origin, target, method)
    assert status in (400, 404), answer[:300]


def test_addresses_that_are_right_are_answered(service: Service) -> None:
    for target in (b"/login", b"/%6cogin", b"http://elsewhere.example/login", b"/?x=//%2f%zz%ff", b"/healthz"):
        assert ask(service.origin, target)[0] == 200, target
