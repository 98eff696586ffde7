"""The programs of the quickstart run as its page shows them: taken out of it, saved, installed, started, used."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

import pytest
import requests

from end_to_end.chromium import Open
from end_to_end.running import SECONDS, App, Page, Person, Running, Service, answered, eventually, free_port
from end_to_end.test_quickstart import challenge_of, check_installed, code_of, environment, run, tokens_of
from oauthsrv.routes.developer.quickstart import YOUR_SECRET
from oauthsrv.routes.developer.samples import YOUR_CLIENT_ID
from oauthsrv.routes.developer.starts import BROWSER, MOBILE, TERMINAL, WEB, Language

LOOPBACK = "http://127.0.0.1/callback"
QUOTES = "http://127.0.0.1/call'back$(id)?a=b&c='d'"
FLASK, EXPRESS = WEB.languages
# Each call finds its access token too old.
NOT_YET, AT_ONCE = "60_000", "4_000_000_000"


@pytest.fixture(scope="module")
def subject(service: Service, person: Person) -> str:
    """Who the user is, as every program must find."""
    token = tokens_of(service, person, service.app(person, LOOPBACK))["access_token"]
    answer = requests.get(f"{service.origin}/oauth/verify", headers=bearer(token), timeout=SECONDS)
    return answer.headers["X-OAuth-Subject"]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def quickstart(person: Person, app: App, language: Language) -> Page:
    return person.open(f"/developer/apps/{app.client_id}/quickstart?language={language.name}")


def save(page: Page, folder: Path, language: Language, *changes: tuple[str, str]) -> None:
    for file in language.files:
        shown = page.document.find(f".//code[@id='{language.name}-{file.part}']/../../p/span")
        path = folder / shown.text
        path.parent.mkdir(parents=True, exist_ok=True)
        text = code_of(page, f"{language.name}-{file.part}")
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        path.write_text(text)


@contextlib.contextmanager
def started(page: Page, folder: Path, language: Language, secret: str | None = None) -> Iterator[subprocess.Popen[str]]:
    """The program, run by the command of its page."""
    command = code_of(page, f"{language.name}-run").replace(YOUR_SECRET, secret or YOUR_SECRET)
    with subprocess.Popen(
        ["bash", "-c", command],
        cwd=folder,
        env=environment(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as running:
        try:
            yield running
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)


def connections(person: Person, app_name: str) -> int:
    """How many of an app's connections its user sees."""
    links = person.open("/account/apps").document.findall(".//a")
    (address,) = {link.get("href") for link in links if "".join(link.itertext()).strip() == app_name}
    return len(person.open(address).document.findall(".//td[@data-label='Disconnect']"))


# On the command line


def said_by(service: Service, person: Person, running: subprocess.Popen[str], language: Language) -> str:
    """What it says after its user went to the address that it printed, allowed, and came back."""
    assert running.stdin
    assert running.stdout
    said = ""
    while not (address := re.search(rf"^{re.escape(service.origin)}/oauth/authorize\?\S+$", said, re.M)):
        line = running.stdout.readline()
        assert line, said
        said += line
    back = person.answer(address[0])
    assert "code" in answered(back), back
    if language.name == "curl":
        running.stdin.write(back + "\n")
    else:
        assert person.browser.get(back, timeout=SECONDS).status_code == 200
    running.stdin.close()
    said += running.stdout.read()
    assert running.wait(SECONDS) == 0, said
    return said


@pytest.mark.parametrize(
    ("language", "type"),
    list(zip(TERMINAL.languages, ["public", "confidential", "confidential"], strict=True)),
    ids=[language.name for language in TERMINAL.languages],
)
def test_a_command_line_program_signs_in_its_user_and_calls_an_api(
    service: Service, person: Person, subject: str, tmp_path: Path, language: Language, type: str
) -> None:
    check_installed("bash", "curl", "openssl")
    app = service.app(person, LOOPBACK, type=type)
    page = quickstart(person, app, language)
    save(page, tmp_path, language)
    with started(page, tmp_path, language, app.client_secret) as running:
        said = said_by(service, person, running, language)
    assert "The API answered 200." in said
    assert f"The user is {subject}" in said


def test_a_shell_program_runs_whatever_a_redirect_uri_holds(
    service: Service, person: Person, subject: str, tmp_path: Path
) -> None:
    """Quotes and commands in it stay text."""
    app, language = service.app(person, QUOTES), TERMINAL.languages[-1]
    page = quickstart(person, app, language)
    save(page, tmp_path, language)
    with started(page, tmp_path, language, app.client_secret) as running:
        assert f"The user is {subject}" in said_by(service, person, running, language)


def test_pip_installs_our_client_from_the_server_as_the_page_says(
    service: Service, person: Person, tmp_path: Path
) -> None:
    page = quickstart(person, service.app(person, LOOPBACK, type="public"), TERMINAL.languages[0])
    # Without its dependencies, which come from the index.
    run(tmp_path, code_of(page, "client-install") + " --quiet --no-deps --target installed")
    said = run(tmp_path, "python3 -m oauthsrv auth providers", PYTHONPATH=str(tmp_path / "installed"))
    assert "github" in said


# Web apps


@pytest.fixture
def place(request: pytest.FixtureRequest, language: Language, tmp_path: Path) -> Path:
    """Where a web app is saved: beside the packages that its page has npm install."""
    if language.install.startswith("npm install "):
        request.getfixturevalue("node").give(tmp_path, *language.install.removeprefix("npm install ").split())
    return tmp_path


RENEWS = {
    "flask": ("tokens[user] = token\n", 'tokens[user] = token | {"expires_at": 1}\n'),
    "express": (NOT_YET, AT_ONCE),
}


@pytest.mark.parametrize(
    ("language", "type"),
    [(FLASK, "confidential"), (FLASK, "public"), (EXPRESS, "confidential")],
    ids=["flask", "flask-public", "express"],
)
def test_a_web_app_signs_in_its_user_renews_and_signs_out(
    service: Service, person: Person, subject: str, place: Path, language: Language, type: str
) -> None:
    name = f"Web app {secrets.token_hex(4)}"
    origin = f"http://127.0.0.1:{free_port()}"
    app = service.app(person, f"{origin}/callback", type=type, name=name)
    page = quickstart(person, app, language)
    save(page, place, language, RENEWS[language.name])
    browser = requests.Session()

    def get(path: str, **how: Any) -> requests.Response:
        return browser.get(urljoin(origin, path), timeout=SECONDS, **how)

    with started(page, place, language, app.client_secret):
        assert "Sign in" in eventually(lambda: get("/")).text

        denied = get(person.answer(get("/sign-in", allow_redirects=False).headers["Location"], "deny"))
        assert (denied.status_code, "denied" in denied.text) == (400, True)

        back = person.answer(get("/sign-in", allow_redirects=False).headers["Location"])
        # In a browser that did not ask, the response signs nobody in.
        assert subject not in requests.get(back, timeout=SECONDS).text
        home = get(back)
        assert home.url == f"{origin}/", home.text
        assert f'<b id="user">{subject}</b>' in home.text
        assert "The API answered 200." in home.text
        assert "The API answered 200." in get("/").text  # with another access token
        assert connections(person, name) == 1

        out = browser.post(f"{origin}/sign-out", timeout=SECONDS)
        assert "Sign in" in out.text
        assert connections(person, name) == 0


# In a browser


@pytest.fixture
def demo_api(service: Service) -> Iterator[Callable[[str], str]]:
    """An API behind the guard that lets the scripts of an origin read what it answers."""
    with contextlib.ExitStack() as stack:

        def start(origin: str) -> str:
            port = free_port()
            demo = Running(service.installation, "demo-api", "--listen", f"127.0.0.1:{port}", "--origin", origin)
            stack.callback(demo.kill)
            assert demo.line() == f"The demo API listens on http://127.0.0.1:{port}", demo.errors
            return f"http://127.0.0.1:{port}/api/profile"

        yield start


def calls(page: Page, api: str) -> tuple[str, str]:
    """The change that a developer makes: an address of their API, in place of the one on the page."""
    named = re.search(r'const api = "[^"]*"', code_of(page, "browser-code"))
    assert named
    return named[0], f'const api = "{api}"'


def test_a_single_page_app_signs_in_its_user_calls_an_api_and_signs_out(
    service: Service,
    person: Person,
    subject: str,
    new_window: Open,
    demo_api: Callable[[str], str],
    tmp_path: Path,
) -> None:
    origin = f"http://127.0.0.1:{free_port()}"
    name = f"Page {secrets.token_hex(4)}"
    app = service.app(person, f"{origin}/callback", type="public", name=name)
    (language,) = BROWSER.languages
    page = quickstart(person, app, language)
    save(page, tmp_path, language, calls(page, demo_api(origin)), (NOT_YET, AT_ONCE))
    with started(page, tmp_path, language):
        eventually(lambda: requests.get(f"{origin}/callback", timeout=SECONDS).ok)
        window = new_window()
        window.enter(person)
        window.open(f"{origin}/callback")
        window.page.get_by_text("Signed out.").wait_for()
        window.click("button", "Sign in")
        window.click("button", "Allow")
        window.page.get_by_text("The API answered 200.").wait_for()
        assert subject in window.page.inner_text("#answer")
        assert window.page.url == f"{origin}/callback/"  # no code, no state
        window.page.evaluate("document.getElementById('answer').textContent = ''")
        window.click("button", "Call the API")
        window.page.get_by_text("The API answered 200.").wait_for()
        assert connections(person, name) == 1
        window.click("button", "Sign out")
        window.page.get_by_text("Signed out.").wait_for()
        assert connections(person, name) == 0
        # A response that the page did not ask for.
        window.open(f"{origin}/callback/?code=oac_x&state=forged&iss={service.origin}")
        window.page.get_by_text("doesn't match our request").wait_for()


# On a phone: the requests that AppAuth sends


def constant(code: str, name: str) -> str:
    """Its value in the program. None here holds anything that Kotlin or Swift would write in another way."""
    found = re.search(rf'\b{name}\b(?:: \w+)? = (?:"([^"\\]*)"|\[([^\]]*)\])', code)
    assert found, name
    return found[1] or " ".join(re.findall(r'"([^"\\]*)"', found[2]))


NAMES = {
    "android": ("CLIENT_ID", "REDIRECT_URI", "SCOPE", "ISSUER", "API"),
    "ios": ("clientId", "redirectUri", "scopes", "issuer", "api"),
}


@pytest.mark.parametrize("language", MOBILE.languages, ids=lambda language: language.name)
def test_a_mobile_app_gets_what_appauth_asks_for(
    service: Service, person: Person, subject: str, language: Language
) -> None:
    app = service.app(person, "com.example.app:/callback", type="public")
    code = code_of(quickstart(person, app, language), f"{language.name}-code")
    client_id, redirect_uri, scope, issuer, api = (constant(code, name) for name in NAMES[language.name])
    assert (client_id, issuer) == (app.client_id, service.origin)
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    asked = {
        "nonce": secrets.token_urlsafe(16),  # AppAuth sends one, to OAuth servers too
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": scope,
        "state": state,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    }
    address = person.answer(f"{issuer}/oauth/authorize?{urlencode(asked)}")
    assert address.startswith(f"{redirect_uri}?")
    back = answered(address)
    assert back["state"] == state

    def post(path: str, **form: str) -> requests.Response:
        sent = requests.post(f"{issuer}/oauth/{path}", form | {"client_id": client_id}, timeout=SECONDS)
        assert sent.status_code == 200, sent.text
        return sent

    exchange = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": redirect_uri}
    first = post("token", **exchange, code_verifier=verifier).json()
    second = post("token", grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    answer = requests.get(api, headers=bearer(second["access_token"]), timeout=SECONDS)
    assert (answer.status_code, answer.headers["X-OAuth-Subject"]) == (200, subject)
    post("revoke", token=second["refresh_token"])
    assert requests.get(api, headers=bearer(second["access_token"]), timeout=SECONDS).status_code == 401


# The guide, before there is an app


def test_the_program_of_the_guide_needs_a_client_id_and_nothing_else(
    service: Service, person: Person, subject: str, tmp_path: Path
) -> None:
    language = TERMINAL.languages[-1]
    page = service.person().open(f"/developer/docs/quickstart?language={language.name}")
    app = service.app(person, LOOPBACK, type="public")
    save(page, tmp_path, language, (YOUR_CLIENT_ID, app.client_id))
    with started(page, tmp_path, language) as running:
        assert f"The user is {subject}" in said_by(service, person, running, language)
