"""Against this project's own server: through Chromium, through a pasted address, with ten terminals at once."""

from __future__ import annotations

import os
import subprocess
import sys
import webbrowser
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from client.screen import Screen
from end_to_end.chromium import launched
from end_to_end.running import ROOT, SECONDS, App, Person, Service
from oauthsrv.client import (
    AuthStatus,
    ErrorCode,
    Failure,
    FileTokenStorage,
    MemoryTokenStorage,
    OAuthService,
    Success,
    create_client,
)

SCOPES = ["read:profile", "read:data"]

Environ = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def person(running: Service) -> Person:
    return running.person().sign_up()


@pytest.fixture(scope="module")
def public(running: Service, person: Person) -> App:
    return running.app(person, "http://127.0.0.1/callback", type="public")


@pytest.fixture(scope="module")
def confidential(running: Service, person: Person) -> App:
    return running.app(person, "http://127.0.0.1/callback")


@pytest.fixture(scope="module")
def api(running: Service) -> App:
    return running.api()


@pytest.fixture(params=["public", "confidential"])
def app(request: pytest.FixtureRequest) -> App:
    app: App = request.getfixturevalue(request.param)
    return app


class ByPerson(Screen):
    """Whatever address is shown, this person opens it in their browser, and decides; and pastes where it ended."""

    def __init__(self, person: Person, decision: str = "allow") -> None:
        super().__init__()
        self.person, self.decision = person, decision

    def pasted_lines(self, take: Callable[[str], None]) -> Any:
        take(self.person.answer(self.shown[0], self.decision))
        return super().pasted_lines(take)


def login(running: Service, app: App, terminal: Screen, storage: Any = None) -> OAuthService:
    oauth = OAuthService(storage or MemoryTokenStorage(), terminal=terminal, login_seconds=SECONDS)
    done = oauth.authenticate(
        "mine", app.client_id, app.client_secret, open_browser=False, issuer=running.origin, scopes=SCOPES
    )
    assert done.ok, done
    return oauth


def token_of(oauth: OAuthService) -> str:
    found = oauth.get_bearer_token("mine")
    assert isinstance(found, Success), found
    return found.value


def test_a_whole_life_by_pasted_address(running: Service, app: App, api: App, person: Person) -> None:
    oauth = login(running, app, ByPerson(person))
    first = token_of(oauth)
    assert set(running.introspect(api, first)["scope"].split()) == set(SCOPES)
    renewed = oauth.refresh_tokens("mine")
    assert isinstance(renewed, Success)
    assert renewed.value.access_token != first
    assert running.introspect(api, token_of(oauth))["active"]
    out = oauth.logout("mine")
    assert isinstance(out, Success)
    assert out.value.revoked
    assert not running.introspect(api, renewed.value.access_token)["active"]
    assert oauth.get_status("mine") == Success(AuthStatus.NOT_AUTHENTICATED)


def test_a_person_who_denies(running: Service, public: App, person: Person) -> None:
    oauth = OAuthService(MemoryTokenStorage(), terminal=ByPerson(person, "deny"), login_seconds=SECONDS)
    denied = oauth.authenticate("mine", public.client_id, open_browser=False, issuer=running.origin)
    assert isinstance(denied, Failure)
    assert (denied.code, denied.server_error) == (ErrorCode.AUTH_CANCELLED, "access_denied")


def test_an_access_that_was_ended_needs_a_new_login(running: Service, public: App, api: App) -> None:
    person = running.person().sign_up()
    oauth = login(running, public, ByPerson(person))
    page = person.open("/account/apps")
    (form,) = [form for form in page.document.findall(".//form") if form.get("action", "").endswith("/end")]
    csrf = next(part.get("value") for part in form.iter("input") if part.get("name") == "csrf")
    answer = person.browser.post(running.origin + form.get("action"), {"csrf": csrf}, timeout=SECONDS)
    assert answer.ok
    refused = oauth.refresh_tokens("mine")
    assert isinstance(refused, Failure)
    assert (refused.code, refused.server_error) == (ErrorCode.TOKEN_REFRESH_FAILED, "invalid_grant")
    assert refused.needs_login


def test_where_a_server_registers_nobody_the_variable_is_named(running: Service) -> None:
    assert "registration_endpoint" not in running.metadata
    failed = OAuthService(MemoryTokenStorage()).authenticate("mine", issuer=running.origin)
    assert isinstance(failed, Failure)
    assert failed.code is ErrorCode.CONFIG_MISSING
    assert "MINE_CLIENT_ID" in failed.error


def test_a_product_that_refuses_a_token_gets_a_new_one(running: Service, public: App, api: App, person: Person) -> None:
    """The access token is revoked behind our back; the refresh token lives."""
    storage = MemoryTokenStorage()
    login(running, public, ByPerson(person), storage)
    client = create_client(storage)
    tokens = client.oauth.get_tokens("mine")
    assert isinstance(tokens, Success)
    form = {"token": tokens.value.access_token, "client_id": public.client_id, "token_type_hint": "access_token"}
    assert requests.post(running.metadata["revocation_endpoint"], form, timeout=SECONDS).ok
    with running.product(api) as product, client.session("mine") as session:
        assert session.get(product.origin, timeout=SECONDS).status_code == 200
    assert client.oauth.get_tokens("mine") != tokens


def test_ten_at_once_with_one_expired_token_rotate_once(
    running: Service, public: App, api: App, person: Person, tmp_path: Path
) -> None:
    """A second rotation would be reuse after the grace time, and the family would end."""
    import dataclasses

    oauth = login(running, public, ByPerson(person), FileTokenStorage(tmp_path))
    before = oauth.storage.load_tokens("mine")
    assert before
    oauth.storage.save_tokens("mine", dataclasses.replace(before, issued_at=0))

    def one(_: int) -> str:
        return token_of(OAuthService(FileTokenStorage(tmp_path)))

    with ThreadPoolExecutor(10) as pool:
        found = set(pool.map(one, range(10)))
    assert len(found) == 1
    assert running.introspect(api, found.pop())["active"]


# Through a real browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with launched() as browser:
        yield browser


def enter(context: Any, person: Person, origin: str) -> Any:
    """A page with the session that this person has: on a busy machine a sign-in may be refused at first."""
    cookies = [{"name": one.name, "value": one.value, "url": origin} for one in person.browser.cookies]
    context.add_cookies(cookies)
    page = context.new_page()
    page.set_default_timeout(SECONDS * 1000)
    return page


def decide(page: Any, button: str) -> str:
    """Presses the button, and reads the page that the client shows."""
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_url("**/callback?*")
    return str(page.locator("body").inner_text())


@pytest.mark.parametrize(
    ("button", "shown"), [("Allow", "go back to the terminal"), ("Deny", "Nothing was allowed")], ids=["allow", "deny"]
)
def test_a_login_through_chromium(
    running: Service,
    public: App,
    api: App,
    person: Person,
    chromium: Any,
    monkeypatch: pytest.MonkeyPatch,
    button: str,
    shown: str,
) -> None:
    """The client opens the browser by itself; what comes back is caught on the loopback interface."""
    addresses: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: addresses.append(address) is None)
    oauth = OAuthService(MemoryTokenStorage(), terminal=Screen(), login_seconds=2 * SECONDS)
    with ThreadPoolExecutor(1) as pool, chromium.new_context() as context:
        result = pool.submit(oauth.authenticate, "mine", public.client_id, issuer=running.origin, scopes=SCOPES)
        while not addresses:
            assert not result.done(), result.result()
            playwright_pause(context)
        page = enter(context, person, running.origin)
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.goto(addresses[0])
        assert shown in decide(page, button)
        done = result.result(SECONDS)
    # The one thing it may miss is an icon, which it asks for by itself.
    assert [text for text in complaints if "404" not in text] == []
    if button == "Allow":
        assert done.ok, done
        assert running.introspect(api, token_of(oauth))["active"]
    else:
        assert isinstance(done, Failure)
        assert done.code is ErrorCode.AUTH_CANCELLED


def playwright_pause(context: Any) -> None:
    """Its own short wait: an ordinary sleep would stop its event loop."""
    page = context.pages[0] if context.pages else context.new_page()
    page.wait_for_timeout(20)


def test_the_command_line_ends_with_a_token_that_introspection_calls_active(
    running: Service, public: App, api: App, person: Person, chromium: Any, environ: Environ, tmp_path: Path
) -> None:
    """`oauthsrv auth login`, then `oauthsrv auth token`."""
    environment = environ(OAUTHSRV_TOKEN_DIR=str(tmp_path / "tokens"))
    start = [sys.executable, "-m", "oauthsrv", "auth"]
    argv = [*start, "login", "mine", "--issuer", running.origin, "--client-id", public.client_id, "--no-browser"]
    with subprocess.Popen(argv, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        address = process.stdout.readline().strip()
        with chromium.new_context() as context:
            page = enter(context, person, running.origin)
            page.goto(address)
            assert "go back to the terminal" in decide(page, "Allow")
        assert process.wait(SECONDS) == 0
    token = subprocess.run(
        [*start, "token", "mine"], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    said = running.introspect(api, token.stdout.strip())
    assert (said["active"], said["client_id"]) == (True, public.client_id)
    assert os.stat(tmp_path / "tokens" / "mine.json").st_mode & 0o777 == 0o600
