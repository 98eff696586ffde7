"""Authorization servers of others, installed into a folder of their own and really run, and a person who uses them."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import html5lib
import requests

from client.screen import Screen
from end_to_end.node import Node
from end_to_end.running import SECONDS, free_port
from missing import skip_or_fail
from oauthsrv.client import MemoryTokenStorage, OAuthService

HERE = Path(__file__).parent


class Browser(Screen):
    """A person who opens the address that is shown, signs in, allows, and pastes where the browser ended."""

    def __init__(self) -> None:
        super().__init__()
        self.session = requests.Session()

    def pasted_lines(self, take: Callable[[str], None]) -> Any:
        take(self.landed(self.shown[-1]))
        return super().pasted_lines(take)

    def landed(self, address: str) -> str:
        answer = self.session.get(address, timeout=SECONDS, allow_redirects=False)
        for _ in range(20):
            if location := answer.headers.get("Location"):
                address = urljoin(address, location)
                if "/callback?" in address:
                    return address
                answer = self.session.get(address, timeout=SECONDS, allow_redirects=False)
            else:
                address, fields = form_of(answer.text, address)
                answer = self.session.post(address, fields, timeout=SECONDS, allow_redirects=False)
        raise AssertionError(f"the browser never came back: {answer.status_code} {answer.text[:500]}")


def form_of(page: str, address: str) -> tuple[str, dict[str, str]]:
    """The first form of a page, filled: where it goes, and its fields."""
    form = html5lib.parse(page, namespaceHTMLElements=False).find(".//form")
    assert form is not None, page[:500]
    fields = {each.get("name"): each.get("value") or "ada" for each in form.iter("input") if each.get("name")}
    return urljoin(address, form.get("action") or ""), fields


def service(browser: Screen | None = None, **options: Any) -> OAuthService:
    return OAuthService(MemoryTokenStorage(), terminal=browser or Browser(), login_seconds=SECONDS, **options)


@contextlib.contextmanager
def running(argv: list[str], cwd: Path) -> Iterator[None]:
    """Until the first line of its stdout, and then for as long as the block takes."""
    with subprocess.Popen(argv, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline(), process.stderr and process.stderr.read()
            yield
        finally:
            process.kill()


def installed(argv: list[str], cwd: Path, what: str) -> None:
    try:
        subprocess.run(argv, cwd=cwd, capture_output=True, check=True, timeout=200)
    except (OSError, subprocess.SubprocessError) as error:
        skip_or_fail(f"{what} cannot be installed: {error}")


@contextlib.contextmanager
def oidc_provider(node: Node) -> Iterator[str]:
    """npm's oidc-provider; its issuer."""
    shutil.copy(HERE / "oidc_provider.mjs", node.folder)
    port = free_port()
    with running(["node", "oidc_provider.mjs", str(port)], node.folder):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def django_provider(folder: Path) -> Iterator[str]:
    """django-oauth-toolkit; its origin."""
    python = folder / "venv" / "bin" / "python"
    # By our pip: one of its own would take as long as all the rest.
    installed([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], folder, "a virtual environment")
    into = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-compile", "-q"]
    installed([*into, "django-oauth-toolkit~=3.0"], folder, "django-oauth-toolkit")
    port = free_port()
    with running([str(python), str(HERE / "django_provider.py"), str(port), str(folder)], folder):
        yield f"http://127.0.0.1:{port}"
