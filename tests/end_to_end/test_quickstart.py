"""What the guides and quickstarts show is run as it stands there: taken out of the page, saved, started."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from conftest import skip_or_fail
from end_to_end.running import ROOT, SECONDS, App, Page, Person, Service, answered
from oauthsrv.routes.developer.quickstart import LANGUAGES, YOUR_SECRET, Language
from oauthsrv.routes.developer.samples import YOUR_CLIENT_ID

LOOPBACK = "http://127.0.0.1/callback"
QUOTES = "http://127.0.0.1/call'back$(id)?a=b&c='d'"


@pytest.fixture(scope="module")
def person(service: Service) -> Person:
    return service.person().sign_up("Dora Developer")


@pytest.fixture(scope="module")
def created(person: Person) -> Page:
    """The page that shows a secret once, after the form was sent."""
    fields: dict[str, Any] = {"name": "Calendar", "type": "confidential", "scopes": ["read:profile", "read:data"]}
    fields["grant_types"] = ["authorization_code", "refresh_token"]
    answer = person.send(person.open("/developer/apps/new"), "redirect_uris", redirect_uris=LOOPBACK, **fields)
    assert answer.status_code == 200, answer.text
    return Page(answer)


@pytest.fixture(scope="module")
def public(service: Service, person: Person) -> App:
    return service.app(person, LOOPBACK, type="public")


@pytest.fixture(scope="module")
def hostile(service: Service, person: Person) -> App:
    return service.app(person, QUOTES)


def each_language(*but: str) -> pytest.MarkDecorator:
    shown = [language for language in LANGUAGES if language.name not in but]
    return pytest.mark.parametrize("language", shown, ids=lambda language: language.name)


def code_of(page: Page, element_id: str) -> str:
    found = page.document.findall(f".//code[@id='{element_id}']")
    assert len(found) == 1, (page.answer.url, element_id)
    return "".join(found[0].itertext())


def environment(folder: Path, **values: str) -> dict[str, str]:
    """The machine of a developer: this Python first, and no screen on which a browser could open."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")}
    kept = {name: value for name, value in kept.items() if not name.startswith("OAUTHSRV_")}
    return kept | {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        "OAUTHSRV_TOKEN_DIR": str(folder / "tokens"),
        "OAUTHSRV_TOKEN_STORAGE": "file",
        "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22",
        **values,
    }


def check_installed(*programs: str) -> None:
    for program in programs:
        if not shutil.which(program):
            skip_or_fail(f"{program} is missing: install it to run what the guides show")


def run(folder: Path, command: str, **values: str) -> str:
    check_installed("bash", "curl", "openssl")
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment(folder, **values),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def first_token(service: Service, person: Person, folder: Path, language: Language, program: str, command: str) -> str:
    """What the program says after its user went to the address that it printed, allowed, and came back."""
    check_installed("bash", "curl", "openssl", *(["node"] if language.name == "node" else []))
    (folder / language.file).write_text(program)
    running = subprocess.Popen(
        ["bash", "-c", command],
        cwd=folder,
        env=environment(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert running.stdin
    assert running.stdout
    try:
        said = ""
        while not (address := re.search(rf"^{re.escape(service.origin)}/oauth/authorize\?\S+$", said, re.M)):
            line = running.stdout.readline()
            assert line, said
            said += line
        back = person.answer(address[0])
        assert "code" in answered(back), back
        if language.name == "python":
            assert person.browser.get(back, timeout=SECONDS).status_code == 200
        else:
            running.stdin.write(back + "\n")
        running.stdin.close()
        said += running.stdout.read()
        assert running.wait(SECONDS) == 0, said
    finally:
        running.kill()
        running.wait()
    return said


def check_said(said: str, language: Language) -> None:
    assert "The API answered 200." in said
    if language.name == "curl":
        pairs = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
        assert len({pair["refresh_token"] for pair in pairs}) == 2, said
    elif language.name != "python":  # which renews when it must
        assert re.search(r"Renewed for 3(600|59\d) seconds", said), said


@each_language()
def test_a_new_apps_program_runs_as_its_page_shows_it(
    service: Service, person: Person, created: Page, tmp_path: Path, language: Language
) -> None:
    program, command = code_of(created, f"{language.name}-code"), code_of(created, f"{language.name}-run")
    check_said(first_token(service, person, tmp_path, language, program, command), language)


@each_language("python")
def test_a_program_runs_whatever_a_redirect_uri_holds(
    service: Service, person: Person, hostile: App, tmp_path: Path, language: Language
) -> None:
    """Quotes and commands in it stay text, in every language."""
    page = person.open(f"/developer/apps/{hostile.client_id}/quickstart?language={language.name}")
    assert hostile.client_secret
    program = code_of(page, f"{language.name}-code")
    command = code_of(page, f"{language.name}-run").replace(YOUR_SECRET, hostile.client_secret)
    check_said(first_token(service, person, tmp_path, language, program, command), language)


@each_language()
def test_the_program_of_the_guide_needs_a_client_id_and_nothing_else(
    service: Service, person: Person, public: App, tmp_path: Path, language: Language
) -> None:
    page = service.person().open(f"/developer/docs/quickstart?language={language.name}")
    program = code_of(page, f"{language.name}-code")
    assert YOUR_CLIENT_ID in program
    program = program.replace(YOUR_CLIENT_ID, public.client_id)
    command = code_of(page, f"{language.name}-run")
    check_said(first_token(service, person, tmp_path, language, program, command), language)


# What the guides show


Guide = Callable[[str, str], str]


@pytest.fixture
def guide(service: Service) -> Guide:
    return lambda name, element_id: code_of(service.person().open(f"/developer/docs/{name}"), element_id)


def challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def tokens_of(service: Service, person: Person, app: App, **more: str) -> dict[str, Any]:
    verifier = secrets.token_urlsafe(32)
    asked = {"response_type": "code", "client_id": app.client_id, "redirect_uri": app.redirect_uri, **more}
    asked |= {"code_challenge": challenge_of(verifier), "code_challenge_method": "S256", "state": "x"}
    back = answered(person.answer(f"{service.origin}/oauth/authorize?{urlencode(asked)}"))
    form = {"grant_type": "authorization_code", "code": back["code"], "code_verifier": verifier}
    assert app.client_secret
    answer = requests.post(
        f"{service.origin}/oauth/token", form, auth=(app.client_id, app.client_secret), timeout=SECONDS
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def credentials(app: App) -> dict[str, str]:
    assert app.client_secret
    return {"CLIENT_ID": app.client_id, "CLIENT_SECRET": app.client_secret}


@pytest.mark.parametrize(
    ("language", "program", "file"),
    [("shell", "bash", "pkce.sh"), ("python", "python3", "pkce.py"), ("node", "node", "pkce.mjs")],
)
def test_the_challenge_of_the_guide_is_that_of_its_verifier(
    guide: Guide, tmp_path: Path, language: str, program: str, file: str
) -> None:
    check_installed(program)
    (tmp_path / file).write_text(guide("pkce", language))
    verifier, challenge = run(tmp_path, f"{program} {file}").split()
    assert re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier)
    assert challenge == challenge_of(verifier)


def test_tokens_are_renewed_and_given_back_as_the_guides_say(
    service: Service, person: Person, hostile: App, api: App, guide: Guide, tmp_path: Path
) -> None:
    first = tokens_of(service, person, hostile)
    sent = {**credentials(hostile), "REFRESH_TOKEN": first["refresh_token"]}

    def sample(name: str, element_id: str) -> str:
        return guide(name, element_id).replace(YOUR_CLIENT_ID, hostile.client_id)

    second = json.loads(run(tmp_path, sample("refresh", "refresh"), **sent))
    assert second["refresh_token"] != first["refresh_token"]
    assert max(map(len, (first["refresh_token"], second["refresh_token"]))) <= 255
    # The old access token stays good after a refresh; a given-back refresh token ends all.
    assert service.introspect(api, first["access_token"])["active"]
    run(tmp_path, sample("revocation", "revoke"), **sent | {"REFRESH_TOKEN": second["refresh_token"]})
    for pair in (first, second):
        assert service.introspect(api, pair["access_token"]) == {"active": False}


def shown_answer(service: Service, name: str, key: str) -> str:
    """The JSON of a guide with this key, as the answer to what was sent."""
    page = service.person().open(f"/developer/docs/{name}")
    texts = ["".join(code.itertext()) for code in page.document.findall(".//pre/code")]
    return next(text for text in texts if text[0] == "{" and f'"{key}"' in text)


def test_tokens_are_checked_as_the_guides_say(
    service: Service, person: Person, hostile: App, api: App, guide: Guide, tmp_path: Path
) -> None:
    token = tokens_of(service, person, hostile)["access_token"]
    assert api.client_secret
    values = {"ACCESS_TOKEN": token, "API_ID": api.client_id, "API_SECRET": api.client_secret}
    served = run(tmp_path, guide("tokens", "verify"), **values)
    assert served.startswith("HTTP/1.1 200")
    for header in ("X-OAuth-Subject", "X-OAuth-Client", "X-OAuth-Scope", "X-OAuth-Expires", "RateLimit-Policy"):
        assert f"\n{header}:".lower() in served.lower()
    said = json.loads(run(tmp_path, guide("tokens", "introspect"), **values))
    assert said["active"]
    assert set(json.loads(shown_answer(service, "tokens", "active"))) == set(said)


def test_the_guard_of_the_guide_lets_good_tokens_through_and_no_others(
    service: Service, person: Person, hostile: App, guide: Guide, tmp_path: Path
) -> None:
    token = tokens_of(service, person, hostile)["access_token"]
    (tmp_path / "api.py").write_text(
        guide("tokens", "guard") + "\nimport os\nfor text in (os.environ['ACCESS_TOKEN'], 'oat_x'):\n"
        "    print(data_of(text)[0])\nguard.close()\n"
    )
    assert run(tmp_path, "python3 api.py", ACCESS_TOKEN=token).split() == ["200", "401"]


def test_an_mcp_client_finds_its_way_as_the_guide_says(
    service: Service, person: Person, hostile: App, guide: Guide, tmp_path: Path
) -> None:
    mcp_server = service.api("https://mcp.example.com/mcp", ("read:data",))
    check = guide("mcp-server", "verify")
    refused = run(tmp_path, check, ACCESS_TOKEN="", RESOURCE=mcp_server.redirect_uri)
    assert refused.startswith("HTTP/1.1 401")
    document = re.search(r'resource_metadata="([^"]+)"', refused)
    assert document
    served = requests.get(document[1], timeout=SECONDS).json()
    shown = json.loads(shown_answer(service, "mcp-server", "authorization_servers"))
    assert shown == {name: value for name, value in served.items() if name != "resource_name"}

    token = tokens_of(service, person, hostile, resource=mcp_server.redirect_uri)["access_token"]
    values = {"ACCESS_TOKEN": token, "RESOURCE": mcp_server.redirect_uri}
    assert run(tmp_path, check, **values).startswith("HTTP/1.1 200")
    elsewhere = service.api()
    assert run(tmp_path, check, **values | {"RESOURCE": elsewhere.redirect_uri}).startswith("HTTP/1.1 401")


# Without a browser on the app's side


def test_the_program_of_an_app_that_acts_for_itself_gets_a_token(
    service: Service, person: Person, tmp_path: Path
) -> None:
    command = service.installation.command
    named = ("Export", "--owner", person.email, "--type", "confidential", "--scope", "read:data")
    made = service.installation.made("apps", "add", *named, "--grant", "client_credentials")
    assert command("apps", "own-access", made["client_id"], "--scope", "read:data").returncode == 0
    page = person.open(f"/developer/apps/{made['client_id']}/quickstart")
    (tmp_path / "own_token.sh").write_text(code_of(page, "own_token-code"))
    said = run(tmp_path, code_of(page, "own_token-run").replace(YOUR_SECRET, made["client_secret"]))
    assert "The API answered 200." in said


def test_the_program_of_a_device_waits_until_its_user_has_allowed_it(
    service: Service, person: Person, tmp_path: Path
) -> None:
    named = ("Kitchen TV", "--owner", person.email, "--type", "public", "--scope", "read:data")
    made = service.installation.made("apps", "add", *named, "--grant", "device_code")
    page = person.open(f"/developer/apps/{made['client_id']}/quickstart")
    (tmp_path / "device.sh").write_text(code_of(page, "device-code"))
    check_installed("bash", "curl")
    with subprocess.Popen(
        ["bash", "-c", code_of(page, "device-run")],
        cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as running:  # fmt: skip
        assert running.stdout
        try:
            address = next(line.strip() for line in running.stdout if line.startswith(service.origin))
            person.connect(address)
            said = running.stdout.read()
        finally:
            running.kill()
    assert "The API answered 200." in said, said
