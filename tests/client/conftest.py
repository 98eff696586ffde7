"""What the client's tests share: a small provider, a service with storage in memory, a browser that says yes."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from client.provider import Provider
from client.screen import Screen
from end_to_end.running import Installation, Service
from oauthsrv.client import MemoryTokenStorage, OAuthProvider, OAuthService

ROOT = Path(__file__).resolve().parents[2]
# What a developer's own machine may hold, and tests must not see.
FOREIGN = ("BROWSER", "SSH_CONNECTION", "SSH_TTY", "DISPLAY", "WAYLAND_DISPLAY", "HTTP_PROXY", "http_proxy")


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder for each test: nothing of the developer's is read or changed."""
    for name in list(os.environ):
        if name in FOREIGN or name.startswith("OAUTHSRV_TO") or name.endswith(("_CLIENT_ID", "_CLIENT_SECRET")):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("OAUTHSRV_TOKEN_STORAGE", "file")
    return home


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as provider:
        yield provider


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def oauth(screen: Screen) -> OAuthService:
    return OAuthService(MemoryTokenStorage(), terminal=screen, login_seconds=10, http_seconds=5)


@pytest.fixture
def mine(provider: Provider) -> OAuthProvider:
    """The small provider, as a person would write it down, on any port."""
    return OAuthProvider("mine", issuer=provider.issuer, redirect_ports=())


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A browser that follows redirects, whoever they lead to; the addresses that it was given."""
    addresses: list[str] = []

    def follow(address: str) -> None:
        with requests.Session() as browser:
            browser.trust_env = False
            browser.get(address, timeout=10)

    def browse(address: str) -> bool:
        addresses.append(address)
        threading.Thread(target=follow, args=(address,), daemon=True).start()
        return True

    monkeypatch.setattr(webbrowser, "open", browse)
    return addresses


@pytest.fixture(scope="session")
def running() -> Iterator[Service]:
    """`python run.py`, with databases of its own."""
    folder = Path(tempfile.mkdtemp(prefix="oas-"))
    folder.chmod(0o711)
    service = Service(Installation(folder))
    try:
        service.until_ready()
        yield service
        assert service.stop() == 0
    finally:
        service.kill()
        shutil.rmtree(folder, ignore_errors=True)


Environ = Callable[..., dict[str, str]]


@pytest.fixture
def environ(own_home: Path) -> Environ:
    """The environment of a command in a process of its own."""

    def make(**more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OAUTHSRV_")}
        return {**kept, "OAUTHSRV_TOKEN_STORAGE": "file", "PYTHONPATH": str(ROOT), **more}

    return make


# `oauthsrv auth` as a process

# A browser that follows redirects; it says things on stdout, and stays open after its window is shown.
BROWSER = f"""#!{sys.executable}
import os, sys, time, urllib.request
print("a browser says something on stdout", flush=True)
if os.fork():
    sys.exit(0)
urllib.request.urlopen(sys.argv[1], timeout=10).read()
time.sleep(float(os.environ.get("STAYS_OPEN", "0")))
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    return tmp_path / "tokens"


@pytest.fixture
def environment(environ: Callable[..., dict[str, str]], tokens: Path, tmp_path: Path) -> dict[str, str]:
    script = tmp_path / "browser"
    script.write_text(BROWSER)
    script.chmod(0o755)
    return environ(OAUTHSRV_TOKEN_DIR=str(tokens), BROWSER=str(script), OAUTHSRV_WORKERS="wrong")


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    def run(*argv: str, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "oauthsrv", "auth", *argv],
            env=environment | more,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=ROOT,
        )

    return run


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    with contextlib.ExitStack() as stack:

        def start(*argv: str, **options: Any) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-m", "oauthsrv", "auth", *argv],
                env=environment,
                stdin=options.pop("stdin", subprocess.PIPE),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=ROOT,
                **options,
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        yield start
