"""What the end-to-end tests are played with: `run.py` as a process, a person with a browser, an app, an API."""

from __future__ import annotations

import contextlib
import io
import json
import os
import queue
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import html5lib
import psutil
import pytest
import requests

from oauthsrv.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
SCOPES = ("read:profile", "write:profile", "read:data")
SECONDS = 20.0  # more than anything here takes, also on a busy machine


def eventually(question: Callable[[], Any], seconds: float = SECONDS, *, every: float = 0.02) -> Any:
    """The first answer that is not false."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(requests.ConnectionError, psutil.NoSuchProcess):
            if answer := question():
                return answer
        assert time.monotonic() < deadline, f"waited {seconds} seconds"
        time.sleep(every)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


class Installation:
    """A data folder and an address of its own; commands run on it, one of them `serve`."""

    def __init__(self, folder: Path, program: str = "tests/patient.py") -> None:
        self.program = program  # of the server; commands are given to `run.py`
        self.data = folder / "var"
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        ours = {"OAUTHSRV_DATA_DIR": str(self.data), "OAUTHSRV_LISTEN": f"127.0.0.1:{self.port}"}
        theirs = {name: value for name, value in os.environ.items() if not name.startswith("OAUTHSRV_")}
        self.environ = {name: value for name, value in theirs.items() if not name.endswith("_URL")} | ours

    def popen(self, *argv: str, **settings: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, self.program, *argv],
            cwd=ROOT,
            env=self.environ | settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def command(self, *argv: str, typed: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "run.py", *argv],
            cwd=ROOT,
            env=self.environ | settings,
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def done(self, *argv: str, typed: str = "", **settings: str) -> str:
        """What a command prints that succeeds; in this process, as one of its own costs more than most tests."""
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as printed:
            patch.setattr(os, "environ", self.environ | settings)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed.encode())))
            assert main(argv) == 0
        return printed.getvalue()

    def made(self, *argv: str) -> dict[str, Any]:
        """What a command with --json says."""
        return dict(json.loads(self.done(*argv, "--json")))

    def databases(self) -> dict[str, int]:
        """The database servers below the data folder, by name, found without asking the code under test."""
        # All that is asked of a process is asked at once: the next moment it may be gone.
        found = [one.info for one in psutil.process_iter(["pid", "ppid", "name", "cwd"])]
        ours = [one for one in found if one["cwd"] and self.data.resolve() in Path(one["cwd"]).parents]
        pids = {one["pid"] for one in ours}
        return {one["name"]: one["pid"] for one in ours if one["ppid"] not in pids}


class Running:
    """`run.py serve` as a process of its own; its stderr is kept, as it is what an operator reads."""

    def __init__(self, installation: Installation, *options: str, **settings: str) -> None:
        self.installation = installation
        self.popen = installation.popen(*options, **settings)
        self.lines: queue.Queue[str] = queue.Queue()
        self.errors: list[str] = []
        self.readers = [
            threading.Thread(target=self.read, args=(self.popen.stdout, self.lines.put), daemon=True),
            threading.Thread(target=self.read, args=(self.popen.stderr, self.errors.append), daemon=True),
        ]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def read(stream: Any, keep: Callable[[str], None]) -> None:
        for line in stream:
            keep(line.rstrip("\n"))
        keep("")

    def line(self) -> str:
        """The next line of stdout; empty when it is closed."""
        return self.lines.get(timeout=SECONDS)

    def until_ready(self) -> Running:
        line = self.line()
        assert line.startswith("oauthsrv is ready"), [line, *self.errors]
        return self

    def first_admin_link(self) -> str:
        assert "administrator" in self.line()
        return self.line().strip()

    def processes(self) -> list[psutil.Process]:
        parent = psutil.Process(self.popen.pid)
        return [parent, *parent.children(recursive=True)]

    def workers(self) -> list[int]:
        """The processes that answer: children that are this program again, not databases."""
        return [
            child.pid
            for child in psutil.Process(self.popen.pid).children()
            if child.pid not in self.installation.databases().values()
        ]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.popen.send_signal(number)
        code = self.popen.wait(SECONDS)
        for reader in self.readers:
            reader.join(SECONDS)
        return code

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()


@dataclass
class App:
    """A registered app, with the words that libraries use."""

    client_id: str
    client_secret: str | None
    redirect_uri: str


class Page:
    """An HTML answer, as far as forms go."""

    def __init__(self, answer: requests.Response) -> None:
        self.answer = answer
        self.document = html5lib.parse(answer.text, namespaceHTMLElements=False)

    @property
    def heading(self) -> str:
        return " ".join("".join(self.document.find(".//h1").itertext()).split())

    def form(self, with_field: str) -> Any:
        for form in self.document.findall(".//form"):
            if any(part.get("name") == with_field for part in form.iter()):
                return form
        raise AssertionError(f"{self.answer.url} ({self.answer.status_code}, {self.heading}) has no {with_field}")

    def has(self, field: str) -> bool:
        return any(part.get("name") == field for part in self.document.iter())

    def filled(self, with_field: str, **values: str) -> tuple[str, dict[str, str]]:
        """Where the form goes, and what it sends: what it holds, and `values`."""
        form = self.form(with_field)
        held = {
            part.get("name"): part.get("value") or ""
            for part in form.iter("input")
            if part.get("name") and part.get("type") not in ("checkbox", "radio", "submit")
        }
        return urljoin(self.answer.url, form.get("action") or self.answer.url), held | values


class Person:
    """A person with an account and a browser without a screen: it keeps cookies, fills forms, follows to our pages."""

    def __init__(self, origin: str, email: str, password: str = PASSWORD) -> None:
        self.origin, self.email, self.password = origin, email, password
        self.browser = requests.Session()

    def open(self, path: str) -> Page:
        return Page(self.browser.get(urljoin(self.origin, path), timeout=SECONDS))

    def send(self, page: Page, with_field: str, **values: str) -> requests.Response:
        address, fields = page.filled(with_field, **values)
        return self.browser.post(address, fields, allow_redirects=False, timeout=SECONDS)

    def insist(self, page: Page, with_field: str, **values: str) -> requests.Response:
        """Sends it again where the server is too busy, as its page asks for."""

        def answers() -> list[requests.Response]:
            answer = self.send(page, with_field, **values)
            return [] if answer.status_code == 503 else [answer]

        answer: requests.Response = eventually(answers)[0]
        return answer

    def sign_up(self, name: str = "Ada Example") -> Person:
        answer = self.insist(self.open("/signup"), "email", email=self.email, name=name, password=self.password)
        assert answer.status_code == 303, answer.text
        return self

    def sign_in(self) -> Person:
        answer = self.insist(self.open("/login"), "email", email=self.email, password=self.password)
        assert answer.status_code == 303, answer.text
        return self

    def answer(self, address: str, decision: str = "allow") -> str:
        """Where the browser is sent, away from us, after signing in and deciding as far as we ask."""
        answer = self.browser.get(address, allow_redirects=False, timeout=SECONDS)
        for _ in range(8):
            if answer.status_code == 303:
                location = urljoin(answer.url, answer.headers["Location"])
                if not location.startswith(self.origin + "/"):
                    return location
                answer = self.browser.get(location, allow_redirects=False, timeout=SECONDS)
                continue
            page = Page(answer)
            if page.has("password"):
                answer = self.insist(page, "password", email=self.email, password=self.password)
            elif page.has("decision"):
                answer = self.send(page, "decision", decision=decision)
            else:
                break
        raise AssertionError(f"{answer.url} stays at {answer.status_code}: {Page(answer).heading}")

    def connect(self, address: str, decision: str = "allow") -> Page:
        """Answers a device's request at the address that it shows, with the code in it."""
        question = Page(self.send(self.open(address), "user_code"))
        answer = self.send(question, "shown", decision=decision)
        assert answer.status_code == 303, answer.text
        return self.open(answer.headers["Location"])


def answered(address: str) -> dict[str, str]:
    """The parameters that an app gets back."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@dataclass
class Request:
    path: str
    query: dict[str, str]
    headers: dict[str, str] = field(repr=False)


Answer = tuple[int, dict[str, str], str]
# With an icon, or a browser would come once more to ask for one.
HEAD = "<!DOCTYPE html><html lang=en><title>App</title><link rel=icon href=data:,>"


class Listener:
    """A little HTTP server of an app or an API, on a port that the system chose."""

    def __init__(self, answer: Callable[[Request], Answer] | None = None, context: Any = None) -> None:
        self.requests: list[Request] = []
        self.respond = answer or (lambda request: (200, {}, "You may close this window."))
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path, _, _ = self.path.partition("?")
                request = Request(path, answered(self.path), {name.lower(): v for name, v in self.headers.items()})
                listener.requests.append(request)
                status, headers, text = listener.respond(request)
                body = (HEAD + f"<h1>{text}</h1>").encode()
                self.send_response(status)
                for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):
                    self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if context:
            # Each connection shakes hands in its own thread: Chromium opens some that it never uses.
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port: int = self.server.server_address[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Service(Running):
    """The server that the tests share, and what they need on it."""

    @property
    def origin(self) -> str:
        return self.installation.origin

    @property
    def metadata(self) -> dict[str, Any]:
        answer = requests.get(f"{self.origin}/.well-known/oauth-authorization-server", timeout=SECONDS)
        found: dict[str, Any] = answer.json()
        return found

    def person(self, email: str | None = None) -> Person:
        return Person(self.origin, email or f"{secrets.token_hex(5)}@example.com")

    def added_person(self, *options: str) -> Person:
        person = self.person()
        self.installation.done("users", "add", person.email, "--password-stdin", *options, typed=PASSWORD + "\n")
        return person

    def app(
        self,
        owner: Person,
        *redirect_uris: str,
        type: str = "confidential",
        scopes: tuple[str, ...] = SCOPES,
        name: str = "Example App",
        grants: tuple[str, ...] = (),
    ) -> App:
        uris = [part for uri in redirect_uris for part in ("--redirect-uri", uri)]
        allowed = [part for scope in scopes for part in ("--scope", scope)]
        allowed += [part for grant in grants for part in ("--grant", grant)]
        made = self.installation.made("apps", "add", name, "--owner", owner.email, "--type", type, *uris, *allowed)
        assert re.fullmatch(r"cli_[0-9a-f]{32}", made["client_id"])
        return App(made["client_id"], made.get("client_secret"), redirect_uris[0])

    def api(self, resource: str | None = None, scopes: tuple[str, ...] = SCOPES) -> App:
        resource = resource or f"https://{secrets.token_hex(5)}.example"
        allowed = [part for scope in scopes for part in ("--scope", scope)]
        made = self.installation.made("apis", "add", "Example API", "--resource", resource, *allowed)
        return App(made["client_id"], made["client_secret"], resource)

    def introspect(self, asking: App, token: str) -> dict[str, Any]:
        assert asking.client_secret
        answer = requests.post(
            f"{self.origin}/oauth/introspect",
            {"token": token},
            auth=(asking.client_id, asking.client_secret),
            timeout=SECONDS,
        )
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    def product(self, api: App) -> Listener:
        """A product's API: it asks us about each bearer token, and answers 401 where we say no (RFC 6750 §3)."""

        def answer(request: Request) -> Answer:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            if scheme != "Bearer" or not self.introspect(api, token)["active"]:
                return 401, {"WWW-Authenticate": 'Bearer error="invalid_token"'}, "No"
            return 200, {}, "Your data"

        return Listener(answer)
