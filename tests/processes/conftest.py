"""Server processes on the databases of the tests, each started as a person starts them."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import psutil
import pytest
import requests

import make
import play
from held import eventually
from oauthsrv.embedded import Databases

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 30.0  # for an answer on a busy machine


class Process:
    """`run.py serve`, or another program that takes its options, and its workers."""

    def __init__(self, program: Path, found: Databases, *options: str, **environ: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        self.url = f"http://{address}"
        self._log: IO[str] = tempfile.TemporaryFile("w+")  # noqa: SIM115  as long as the process
        ours = {
            "DATABASE_URL": found.database_url,
            "REDIS_URL": found.redis_url,
            "OAUTHSRV_LISTEN": address,
            "OAUTHSRV_KEY": make.KEY,
            "OAUTHSRV_THREADS": "8",
        }
        theirs = {name: value for name, value in os.environ.items() if not name.startswith("OAUTHSRV_")}
        self.start = lambda: subprocess.Popen(
            [sys.executable, str(program), "serve", *options],
            cwd=ROOT,
            env=theirs | ours | environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.popen = self.start()

    def await_ready(self) -> None:
        assert self.popen.stdout
        line = self.popen.stdout.readline()
        assert line.startswith("oauthsrv is ready"), line + self.log()

    def log(self) -> str:
        self._log.seek(0)
        return self._log.read()

    def workers(self) -> list[int]:
        """Both databases are external, so all its children are workers."""
        return [child.pid for child in psutil.Process(self.popen.pid).children()]

    def kill(self) -> None:
        """kill -9: the parent, whereupon its workers leave."""
        workers = self.workers()
        self.popen.kill()
        self.popen.wait()
        eventually(lambda: not any(map(psutil.pid_exists, workers)))

    def start_again(self) -> None:
        self.popen = self.start()
        self.await_ready()

    def stop(self) -> None:
        processes = [self.popen.pid, *self.workers()] if self.popen.poll() is None else []
        self.popen.terminate()
        try:
            self.popen.wait(SECONDS)
        finally:
            self.popen.kill()
            self.popen.wait()
        assert not [pid for pid in processes if psutil.pid_exists(pid)]
        assert "Traceback" not in self.log(), self.log()

    # What a client sends

    def post(self, path: str, app: make.App, headers: dict[str, str] | None = None, **form: str) -> requests.Response:
        auth = app.basic if app.client_secret else None
        fields = form if app.client_secret else {"client_id": app.client_id, **form}
        return requests.post(self.url + path, fields, auth=auth, headers=headers, timeout=SECONDS)

    def exchange(self, app: make.App, code: str, **headers: str) -> requests.Response:
        return self.post(
            "/oauth/token", app, headers, grant_type="authorization_code", code=code, code_verifier=play.VERIFIER
        )

    def refresh(
        self, app: make.App, token: str, headers: dict[str, str] | None = None, **more: str
    ) -> requests.Response:
        return self.post("/oauth/token", app, headers, grant_type="refresh_token", refresh_token=token, **more)

    def is_active(self, asking: make.App, token: str) -> bool:
        answer = self.post("/oauth/introspect", asking, token=token)
        assert answer.status_code == 200, answer.text
        return bool(answer.json()["active"])


Start = Callable[..., Process]


@pytest.fixture(scope="module")
def starting(found: Databases) -> Iterator[Start]:
    """Starts a process without waiting for it, so that several can start at once; stops all at the end."""
    with contextlib.ExitStack() as stack:

        def start(*options: str, program: Path = ROOT / "run.py", **environ: str) -> Process:
            process = Process(program, found, *options, **environ)
            stack.callback(process.stop)
            return process

        yield start
