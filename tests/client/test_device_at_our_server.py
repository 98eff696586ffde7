"""A login by device against this project's own server: the SDK, and the command line."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from client.screen import Screen, failure
from end_to_end.running import ROOT, SECONDS, App, Person, Service
from oauthsrv.client import ErrorCode, MemoryTokenStorage, OAuthService, Success

SCOPES = ["read:profile", "read:data"]
GRANTS = ("authorization_code", "refresh_token", "device_code")
CANCELLED = 4

Environ = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def person(running: Service) -> Person:
    return running.person().sign_up()


@pytest.fixture(scope="module", params=["public", "confidential"])
def app(request: pytest.FixtureRequest, running: Service, person: Person) -> App:
    return running.app(person, "http://127.0.0.1/callback", type=request.param, grants=GRANTS)


class Phone(Screen):
    """A person opens the address with the code in it on their phone, and decides."""

    def __init__(self, person: Person, decision: str = "allow") -> None:
        super().__init__()
        self.person, self.decision = person, decision

    def show_code(self, address: str) -> None:
        threading.Thread(target=self.person.connect, args=(address, self.decision), daemon=True).start()


def service(terminal: Screen) -> OAuthService:
    return OAuthService(MemoryTokenStorage(), terminal=terminal, login_seconds=SECONDS)


def test_a_login_by_device(running: Service, app: App, person: Person) -> None:
    phone = Phone(person)
    oauth = service(phone)
    done = oauth.authenticate(
        "mine", app.client_id, app.client_secret, issuer=running.origin, scopes=SCOPES, device=True
    )
    assert isinstance(done, Success), done
    assert set(done.value.scopes) == set(SCOPES)
    assert running.introspect(running.api(), done.value.access_token)["active"]
    assert oauth.refresh_tokens("mine").ok
    assert phone.shown[0] == f"{running.origin}/device"
    assert phone.shown[1].startswith(f"{running.origin}/device?user_code=")
    assert oauth.logout("mine").ok


def test_a_person_who_denies(running: Service, app: App, person: Person) -> None:
    denied = failure(
        service(Phone(person, "deny")).authenticate(
            "mine", app.client_id, app.client_secret, issuer=running.origin, device=True
        )
    )
    assert (denied.code, denied.server_error) == (ErrorCode.AUTH_CANCELLED, "access_denied")
    assert denied.error == "The sign-in was denied on the other device."


def test_an_app_whose_device_grant_is_off_says_how_to_turn_it_on(running: Service, person: Person) -> None:
    app = running.app(person, "http://127.0.0.1/callback", type="public")
    refused = failure(service(Screen()).authenticate("mine", app.client_id, issuer=running.origin, device=True))
    assert refused.server_error == "unauthorized_client"
    assert "turned off" in refused.error


# The command line


def login(app: App, running: Service, environ: Environ, tokens: Path) -> subprocess.Popen[str]:
    argv = ["login", "mine", "--issuer", running.origin, "--client-id", app.client_id, "--device"]
    return subprocess.Popen(
        [sys.executable, "run.py", "auth", *argv],
        env=environ(OAUTHSRV_TOKEN_DIR=str(tokens)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def public(running: Service, person: Person) -> App:
    return running.app(person, "http://127.0.0.1/callback", type="public", grants=GRANTS)


def test_the_command_line_logs_in_by_device(
    running: Service, public: App, person: Person, environ: Environ, tmp_path: Path
) -> None:
    with login(public, running, environ, tmp_path) as process:
        assert process.stdout
        assert process.stdout.readline().strip() == f"{running.origin}/device"
        person.connect(process.stdout.readline().strip())
        assert process.wait(SECONDS) == 0
    token = subprocess.run(
        [sys.executable, "run.py", "auth", "token", "mine"],
        env=environ(OAUTHSRV_TOKEN_DIR=str(tmp_path)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert running.introspect(running.api(), token.stdout.strip())["active"]


def test_ctrl_c_ends_the_wait_for_a_device_without_a_word_too_many(
    running: Service, public: App, environ: Environ, tmp_path: Path
) -> None:
    with login(public, running, environ, tmp_path) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline().strip() == f"{running.origin}/device"
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == CANCELLED
        assert "Traceback" not in process.stderr.read()
