"""A server of its own for a benchmark: embedded databases in a temporary folder, and the real `oauthsrv serve`."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from oauthsrv import places
from oauthsrv.bench import processes
from oauthsrv.bench.measured_app import KEY
from oauthsrv.commands import Refused, on_databases
from oauthsrv.config import Settings, load
from oauthsrv.embedded.database_server import listener
from oauthsrv.embedded.folders import open_data_folder
from oauthsrv.embedded.postgres import SUPERUSER, Postgres
from oauthsrv.embedded.valkey import Valkey
from oauthsrv.store.database import sql
from oauthsrv.store.database_check import connect

START_SECONDS = 60.0
STOP_SECONDS = 20.0
QUOTED = 2000  # characters of its log
ASK_EVERY = 0.005  # seconds, until it answers

OURS = re.compile(r"OAUTHSRV_|DATABASE_URL|REDIS_URL")
STATEMENT = b"statement: "


class Site:
    """Databases that run, with the settings and environment of a server on them."""

    def __init__(self, settings: Settings, environment: Mapping[str, str]) -> None:
        self.settings = settings
        self._environment = environment
        data_folder = open_data_folder(settings.data_dir)
        self._postgres, self._valkey = Postgres(data_folder), Valkey(data_folder)
        self._log = settings.data_dir.parent / "server.log"
        self._server: subprocess.Popen[bytes] | None = None

    @contextlib.contextmanager
    def serving(self) -> Iterator[float]:
        """Run a server during the block; yields the seconds from its start until it was ready."""
        began = time.perf_counter()
        with self._log.open("wb") as log:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "oauthsrv", "serve"],
                env=dict(self._environment),
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C ends this program, which stops the server
            )
        try:
            self._await_ready(self._server)
            yield time.perf_counter() - began
        finally:
            stop(self._server)

    def _await_ready(self, server: "subprocess.Popen[bytes]") -> None:
        ends = time.monotonic() + START_SECONDS
        while not is_ready(self.address):
            if server.poll() is not None or time.monotonic() > ends:
                raise Refused(f"the server did not start: {self._log.read_text(errors='replace')[-QUOTED:]}")
            time.sleep(ASK_EVERY)

    @property
    def address(self) -> tuple[str, int]:
        return self.settings.listen.host, self.settings.listen.port

    def cpu(self) -> list[float | None]:
        """Seconds that the server, PostgreSQL and Valkey have used."""
        assert self._server
        pids = (self._server.pid, listener(self._postgres.socket), listener(self._valkey.socket))
        return [processes.cpu_seconds(pid) if pid else None for pid in pids]

    def memory(self) -> int | None:
        assert self._server
        return processes.memory(self._server.pid)

    @contextlib.contextmanager
    def logging_statements(self) -> Iterator[None]:
        """Let connections made in this block log what they are sent, so that it can be counted."""
        with contextlib.closing(connect(self._postgres.url_as(SUPERUSER))) as db:
            db.autocommit = True
            sql.bench.log_statements(db)
            try:
                yield
            finally:
                sql.bench.log_no_statements(db)

    def statements(self) -> int:
        """The number of messages with statements that PostgreSQL has logged."""
        return self._postgres.log.read_bytes().count(STATEMENT)


def stop(server: "subprocess.Popen[bytes]") -> None:
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def is_ready(address: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(address, timeout=5) as connection:
            connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def temporary_site(workers: int, threads: int) -> Iterator[Site]:
    """A site that leaves nothing behind. Its settings are the defaults, whatever the environment says."""
    with tempfile.TemporaryDirectory(prefix="oauthsrv-bench-") as folder:
        Path(folder).chmod(0o711)  # as root the databases run as another user, who has to reach the folder inside
        environment = {name: value for name, value in os.environ.items() if not OURS.match(name)} | {
            "OAUTHSRV_KEY": KEY,
            "OAUTHSRV_DATA_DIR": f"{folder}/data",
            "OAUTHSRV_LISTEN": f"127.0.0.1:{free_port()}",
            "OAUTHSRV_WORKERS": str(workers),
            "OAUTHSRV_THREADS": str(threads),
            "PYTHONPATH": str(places.PACKAGE.parent),
        }
        with on_databases(load(environment)) as settings:
            assert settings.database_url
            assert settings.redis_url
            environment |= {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url}
            yield Site(settings, environment)
