"""The guard in front of real frameworks under real servers: who is let through, and who is refused."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

import make
import play
from end_to_end.running import free_port
from guard.conftest import Served, calls
from guard.products import fastapi_app
from held import eventually
from oauthsrv.guard import Guard
from oauthsrv.server import Server

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 30


def uvicorn(app: str, port: int) -> list[str]:
    return ["uvicorn", f"guard.products:{app}", "--factory", "--port", str(port), "--log-level", "warning"]


def gunicorn(*options: str) -> Any:
    def command(app: str, port: int) -> list[str]:
        return ["gunicorn", f"guard.products:{app}()", "--bind", f"127.0.0.1:{port}", *options]

    return command


preloaded = gunicorn("--preload", "--workers", "2")
forked = gunicorn("--workers", "2")
threaded = gunicorn("--threads", "4")

PRODUCTS = [
    ("flask_app", preloaded),
    ("flask_views", threaded),
    ("bottle_app", forked),
    ("django_wsgi", forked),
    ("django_asgi", uvicorn),
    ("django_asgi_views", uvicorn),
    ("starlette_app", uvicorn),
    ("fastapi_app", uvicorn),
    ("fastapi_behind", uvicorn),
    ("litestar_app", uvicorn),
]


@pytest.fixture
def environ(server: Server, served: Served, api: make.App, found: Any) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}",
        "OAUTHSRV_ISSUER": server.settings.issuer,
        "OAUTHSRV_GUARD_ADDRESS": served.address,
        "OAUTHSRV_GUARD_CLIENT_ID": api.client_id,
        "OAUTHSRV_GUARD_CLIENT_SECRET": str(api.client_secret),
        "REDIS_URL": found.redis_url,
    }


@contextlib.contextmanager
def running(app: str, command: Any, environ: dict[str, str]) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", *command(app, port)], cwd=ROOT, env=environ)
    origin = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None, f"{app} did not start"
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{origin}/healthz", timeout=SECONDS).status_code == 200
        return False

    try:
        eventually(answers, 60)
        yield origin
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(SECONDS)


@pytest.mark.parametrize(("app", "command"), PRODUCTS, ids=lambda value: value if isinstance(value, str) else "")
def test_it_lets_good_tokens_through_and_nothing_else(
    app: str, command: Any, environ: dict[str, str], server: Server, connection: play.Connection
) -> None:
    good = {"Authorization": f"Bearer {connection.access_token}"}
    forged = {"X-OAuth-Subject": "usr_admin"}
    counted = calls(server, connection)
    with running(app, command, environ) as origin:

        def call(path: str, method: str = "GET", **more: Any) -> requests.Response:
            return requests.request(method, origin + path, timeout=SECONDS, **more)

        first = call("/api/data", headers=good | forged)
        assert (first.status_code, first.json()["subject"]) == (200, connection.user.user_id), first.text
        assert first.json()["header"] in (connection.user.user_id, None)
        assert first.headers["RateLimit"].startswith('"calls"')
        assert call("/api/data", "POST", headers=good, data=b"a" * 200_000).json()["sent"] == 200_000
        for _ in range(20):
            assert call("/api/data", headers=good).status_code == 200
        refused = call("/api/billing", headers=good)
        assert refused.status_code == 403
        assert 'scope="read:billing"' in refused.headers["WWW-Authenticate"]
        assert "insufficient_scope" in refused.text
        for headers in ({}, forged, {"Authorization": "Bearer garbage"}):
            refused = call("/api/data", headers=headers)
            assert refused.status_code == 401
            assert refused.headers["WWW-Authenticate"].startswith("Bearer ")
        assert call("/healthz", headers=forged).status_code == 200
    # Also what was answered from memory, when the process ended; the server charges the question about billing too.
    assert calls(server, connection) == counted + 23


def test_a_stream_a_lifespan_and_websockets_behind_the_guard(
    environ: dict[str, str], connection: play.Connection, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    good = {"Authorization": f"Bearer {connection.access_token}"}
    with running("starlette_app", uvicorn, environ | {"NOTES": str(notes)}) as origin:
        began = time.monotonic()
        with requests.get(f"{origin}/api/stream", headers=good, stream=True, timeout=SECONDS) as answer:
            times = [time.monotonic() - began for _ in answer.iter_lines(chunk_size=1)]
        assert times[2] - times[0] > 0.4, "each part came when it was sent"
        address = origin.replace("http", "ws")
        with connect(f"{address}/api/socket", additional_headers=good) as opened:
            assert json.loads(opened.recv())["subject"] == connection.user.user_id
        for path, headers, status in (
            ("/api/socket", {}, 401),
            ("/api/socket", {"Authorization": "Bearer garbage"}, 401),
            ("/api/unruled", good, 403),
        ):
            with pytest.raises(InvalidStatus) as refused, connect(f"{address}{path}", additional_headers=headers):
                pass
            assert refused.value.response.status_code == status
        assert notes.read_text() == "began\n"
    assert notes.read_text() == "began\nended\n"


@pytest.mark.parametrize("app", ["fastapi_app", "starlette_app", "django_asgi_views"])
def test_a_server_that_hangs_does_not_delay_other_coroutines(
    app: str, environ: dict[str, str], connection: play.Connection
) -> None:
    """More calls wait than there are threads for them; each ends as unavailable, while /healthz answers."""
    good = {"Authorization": f"Bearer {connection.access_token}"}
    statuses: list[int] = []
    with (
        socket.create_server(("127.0.0.1", 0), backlog=200) as silent,
        running(
            app, uvicorn, environ | {"OAUTHSRV_GUARD_ADDRESS": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        ) as origin,
    ):

        def call() -> None:
            statuses.append(requests.get(f"{origin}/api/data", headers=good, timeout=SECONDS).status_code)

        waiting = [threading.Thread(target=call) for _ in range(60)]
        began = time.monotonic()
        for thread in waiting:
            thread.start()
        slowest = 0.0
        while time.monotonic() - began < 1.5:
            asked = time.monotonic()
            assert requests.get(f"{origin}/healthz", timeout=SECONDS).status_code == 200
            slowest = max(slowest, time.monotonic() - asked)
        assert any(thread.is_alive() for thread in waiting), "the server was still hanging"
        for thread in waiting:
            thread.join()
    assert statuses == [503] * 60
    assert slowest < 1.5, "a check by itself takes two seconds"


def test_the_openapi_document_of_fastapi_shows_what_a_route_needs() -> None:
    guard = Guard("https://login.example.com", client_id="cli_1")
    document = fastapi_app(guard).openapi()
    assert document["paths"]["/api/data"]["get"]["security"] == [{"oauth": ["read:data"]}]
    assert document["paths"]["/api/billing"]["get"]["security"] == [{"oauth": ["read:billing"]}]
    assert "security" not in document["paths"]["/healthz"]["get"]
    flow = document["components"]["securitySchemes"]["oauth"]["flows"]["authorizationCode"]
    assert flow["authorizationUrl"] == "https://login.example.com/oauth/authorize"
    assert set(flow["scopes"]) == {"read:data", "read:billing"}
    guard.close()


@pytest.mark.parametrize("face", ["fastapi", "flask", "django"])
@pytest.mark.parametrize("scopes", [("",), (None,), (["read:data write:data"],), (len,)], ids=str)
def test_a_decorator_with_a_slip_raises_where_it_is_written(face: str, scopes: Any) -> None:
    require = __import__(f"oauthsrv.guard.{face}", fromlist=["Require"]).Require(Guard("https://login.example.com"))
    with pytest.raises((ValueError, TypeError)):
        require(*scopes)
