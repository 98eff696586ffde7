"""nginx with the printed configuration, in front of two server processes and of an API that tells what reached it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import secrets
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
import psycopg2
import pytest
import redis
import requests

from end_to_end.node import Node
from end_to_end.running import SECONDS, App, Installation, Person, Running, Service, answered, eventually, free_port
from missing import skip_or_fail
from oauthsrv.embedded import Databases, databases
from oauthsrv.setting_values import Listen

SCOPES = ("read:profile", "write:profile", "read:data", "write:data", "read:billing")
RULES = (
    "GET /api/profile read:profile",
    "* /api/profile write:profile",
    "GET /api/billing read:billing",
    "* /api/data/both read:data read:billing",
    "GET /api/data read:data",
    "* /api/data write:data",
    "GET /api/open -",
    "GET /api/export read:data +apps",
)
APP = "https://app.example"  # whose scripts call the API
VERIFIER = "a-verifier-that-is-long-enough-for-rfc-7636-and-no-secret"
REDIRECT_URI = "https://app.example/callback"
LOG = Path("/var/log/nginx/oauthsrv.access.log")  # as it is printed


class Echo:
    """A product's API without any check of its own: it answers with what reached it."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def answer(self) -> None:
                sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                shown = {
                    "method": self.command,
                    "path": self.path,
                    "headers": [[name.lower(), value] for name, value in self.headers.items()],
                    "length": len(sent),
                }
                body = b"" if self.command == "HEAD" else json.dumps(shown).encode()
                self.send_response(int(self.headers.get("X-Answer-With") or 200))
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                for line in self.headers.get_all("X-Answer-Header") or ():
                    self.send_header(*line.split(": ", 1))
                if long := self.headers.get("X-Answer-Long"):
                    self.send_header("Location", "/" + "a" * int(long))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
            daemon_threads = True

        self.server = Server((host, 0), Handler)
        self.address = str(Listen(host, self.server.server_address[1]))
        self.origin = f"http://{self.address}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@dataclass
class Tokens:
    person: Person
    app: App
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)


class Site(Service):
    """The whole: nginx at the issuer's address, two server processes, an API, and the databases behind them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        installation = Installation(folder)
        self.server_address = f"http://127.0.0.1:{installation.port}"
        self.nginx_port = free_port()
        installation.origin = f"https://localhost:{self.nginx_port}"
        installation.environ |= {
            "OAUTHSRV_ISSUER": installation.origin,
            "OAUTHSRV_TRUSTED_PROXIES": "127.0.0.1",
        }
        self.certificate, self.key = certificate(folder)
        super().__init__(installation, "serve", "--workers", "2")

    @contextlib.contextmanager
    def nginx(
        self, name: str, *options: str, change: Callable[[str], str] = str, at: str | None = None, **settings: str
    ) -> Iterator[str]:
        """nginx with exactly what the command prints, or with what an operator changed; its origin."""
        printed = self.installation.done("nginx", *options, **settings)
        configuration = self.folder / f"{name}.conf"
        configuration.write_text(change(printed))
        errors = self.folder / f"{name}.log"
        pid = f"daemon off; pid {self.folder}/{name}.pid;"
        with errors.open("w") as log:
            nginx = subprocess.Popen(
                ["nginx", "-c", str(configuration), "-g", pid], stderr=log, stdin=subprocess.DEVNULL
            )
        origin = at or settings.get("OAUTHSRV_ISSUER", self.installation.origin)
        try:
            eventually(lambda: nginx.poll() is not None or self.call("/", origin=origin) is not None)
            assert nginx.poll() is None, errors.read_text()
            yield origin
        finally:
            nginx.terminate()
            nginx.wait(SECONDS)

    @contextlib.contextmanager
    def beside(self, name: str, *options: str, change: Callable[[str], str] = str, **settings: str) -> Iterator[str]:
        """Another nginx, without TLS."""
        issuer = f"http://127.0.0.1:{free_port()}"
        with self.nginx(name, *options, change=change, **({"OAUTHSRV_ISSUER": issuer} | settings)) as origin:
            yield origin

    def call(self, path: str, token: str | None = None, method: str = "GET", **more: Any) -> requests.Response:
        """One request through nginx; with `origin`, elsewhere."""
        headers = dict(more.pop("headers", {}))
        if token is not None:
            headers.setdefault("Authorization", f"Bearer {token}")
        origin = more.pop("origin", self.origin)
        more.setdefault("verify", str(self.certificate))
        return requests.request(method, origin + path, headers=headers, timeout=SECONDS, allow_redirects=False, **more)

    def person(self, email: str | None = None) -> Person:
        person = super().person(email)
        person.browser.trust_env = False  # or the machine's own certificates would be used instead
        person.browser.verify = str(self.certificate)
        return person

    def tokens(self, scopes: str = "read:profile read:data", app: App | None = None, **more: str) -> Tokens:
        """A person allows an app, all of it through nginx."""
        person = self.person().sign_up()
        app = app or self.app(person, REDIRECT_URI, scopes=SCOPES)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
        asked = {
            "response_type": "code",
            "client_id": app.client_id,
            "redirect_uri": app.redirect_uri,
            "scope": scopes,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "state": "x",
            **more,
        }
        code = answered(person.answer(f"{self.origin}/oauth/authorize?{urlencode(asked)}"))["code"]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": app.redirect_uri,
            "code_verifier": VERIFIER,
        }
        assert app.client_secret
        answer = self.call("/oauth/token", method="POST", data=form, auth=(app.client_id, app.client_secret))
        assert answer.status_code == 200, answer.text
        got = answer.json()
        return Tokens(person, app, got["access_token"], got["refresh_token"])

    def active(self, api: App, token: str) -> bool:
        """Introspection, through nginx."""
        assert api.client_secret
        answer = self.call(
            "/oauth/introspect", method="POST", data={"token": token}, auth=(api.client_id, api.client_secret)
        )
        return bool(answer.json()["active"])


def certificate(folder: Path) -> tuple[Path, Path]:
    """A throwaway one for localhost, which believes in itself."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    for program in ("nginx", "openssl"):
        if shutil.which(program) is None:
            skip_or_fail(f"{program} is missing: install it with apt-get install {program}")
    if not LOG.parent.is_dir():
        skip_or_fail(f"{LOG.parent} is missing, where nginx logs")
    folder = Path(tempfile.mkdtemp(prefix="oas-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def node_api(node: Node, program: str, *argv: str) -> Iterator[str]:
    """An API that prints the port it chose; its origin."""
    file = node.folder / f"{secrets.token_hex(4)}.cjs"
    file.write_text(program)
    running = subprocess.Popen(["node", str(file), *argv], cwd=node.folder, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout
        yield f"http://127.0.0.1:{int(running.stdout.readline())}"
    finally:
        running.kill()
        running.wait()


@pytest.fixture(scope="session")
def echo() -> Iterator[Echo]:
    echo = Echo()
    yield echo
    echo.close()


@pytest.fixture(scope="session")
def site(folder: Path, echo: Echo) -> Iterator[Site]:
    site = Site(folder)
    try:
        site.until_ready()
        assert len(site.workers()) == 2
        tls = ("--certificate", str(site.certificate), "--key", str(site.key))
        rules = [part for rule in RULES for part in ("--rule", rule)]
        with site.nginx("nginx", "--api", echo.origin, "--origin", APP, *rules, *tls):
            yield site
        assert site.stop() == 0
        assert not [line for line in site.errors if "Traceback" in line or " ERROR " in line]
    finally:
        site.kill()
        for pid in site.installation.databases().values():
            psutil.Process(pid).kill()


@pytest.fixture(scope="session")
def stores(site: Site) -> Iterator[Databases]:
    """The databases that run already."""
    with databases(site.installation.data) as found:
        yield found


@pytest.fixture(scope="session")
def memory(stores: Databases) -> Iterator[redis.Redis]:
    assert stores.redis_url
    with redis.Redis.from_url(stores.redis_url) as connection:
        yield connection


@pytest.fixture(scope="session")
def rows(stores: Databases) -> Iterator[Any]:
    """Asks PostgreSQL."""
    connection = psycopg2.connect(stores.database_url)
    connection.autocommit = True

    def rows(query: str, *values: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()

    yield rows
    connection.close()


@pytest.fixture(scope="session")
def api(site: Site) -> App:
    return site.api(scopes=SCOPES)


@pytest.fixture(scope="session")
def demo_api(site: Site, api: App, stores: Databases) -> Iterator[str]:
    """The demo API with answers kept, beside nginx; its origin."""
    port = free_port()
    settings = {
        "OAUTHSRV_GUARD_ADDRESS": site.server_address,
        "OAUTHSRV_GUARD_CLIENT_ID": api.client_id,
        "OAUTHSRV_GUARD_CLIENT_SECRET": str(api.client_secret),
        "REDIS_URL": str(stores.redis_url),
    }
    running = Running(site.installation, "demo-api", "--listen", f"127.0.0.1:{port}", **settings)
    try:
        assert running.line() == f"The demo API listens on http://127.0.0.1:{port}", running.errors
        yield f"http://127.0.0.1:{port}"
        assert running.stop() == 0
        assert not [line for line in running.errors if "Traceback" in line]
    finally:
        running.kill()


def token_key(memory: redis.Redis, token: str) -> bytes:
    [key] = memory.scan_iter(match=f"*:t:{hashlib.sha256(token.encode()).hexdigest()}", count=10_000)
    return bytes(key)


def garbage() -> str:
    """It has the shape of a token, and was never given to anybody."""
    return "oat_" + secrets.token_urlsafe(64)


READ = "read:profile read:data"


@pytest.fixture(scope="module")
def reader(site: Site) -> str:
    """A token that may only read."""
    return site.tokens(READ).access_token


def refusal(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def raw(site: Site, *lines: str, body: str = "") -> bytes:
    """A request to the letter."""
    context = ssl.create_default_context(cafile=str(site.certificate))
    with socket.create_connection(("127.0.0.1", site.nginx_port), timeout=20) as plain:
        connection = context.wrap_socket(plain, server_hostname="localhost")
        text = "\r\n".join([*lines, f"Host: localhost:{site.nginx_port}", "Connection: close", "", body])
        connection.sendall(text.encode("latin-1"))
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer
