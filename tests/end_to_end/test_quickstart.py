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

from end_to_end.running import ROOT, SECONDS, App, Page, Person, Service, answered
from missing import skip_or_fail
from oauthsrv.routes.developer.quickstart import YOUR_SECRET
from oauthsrv.routes.developer.samples import YOUR_CLIENT_ID

QUOTES = "http://127.0.0.1/call'back$(id)?a=b&c='d'"


@pytest.fixture(scope="module")
def person(service: Service) -> Person:
    return service.person().sign_up("Dora Developer")


@pytest.fixture(scope="module")
def hostile(service: Service, person: Person) -> App:
    return service.app(person, QUOTES)


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
