"""The parts every test may use: real databases, a server on them, a browser that checks every answer."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import itertools
import secrets
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
import redis

import make
import play
import reaper
from browser import Browser, wsgi
from end_to_end.chromium import open_pages
from end_to_end.node import Node
from held import done
from oauthsrv import deadline
from oauthsrv.config import Settings, load
from oauthsrv.embedded import Databases, databases, postgres
from oauthsrv.embedded.postgres import SUPERUSER
from oauthsrv.flows.housekeeping import flush_marks
from oauthsrv.passwords.hashing import Passwords
from oauthsrv.server import Server
from oauthsrv.store.migrations import migrate

WITH_PROCESSES = ("end_to_end", "processes", "nginx", "client", "serving", "embedded", "redis_lost", "tests")


def pytest_configure(config: pytest.Config) -> None:
    # Ignored signals are inherited, and shells start background jobs so: nothing here could be interrupted then.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):  # the workers of pytest-xdist inherit it
        reaper.start()


@pytest.hookimpl(trylast=True)  # after pytest-randomly
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that start processes come first: a long one that came last would leave the other workers idle."""
    items.sort(key=lambda item: item.path.parent.name not in WITH_PROCESSES)


def pytest_collection_finish() -> None:
    """What was collected stays: no garbage collection looks at it again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        report.sections += [("Page in Chromium", text) for text in open_pages()]
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    seconds: Counter[str] = Counter()
    for report in itertools.chain(*terminalreporter.stats.values()):
        if isinstance(report, pytest.TestReport):
            seconds[report.location[0]] += report.duration
    terminalreporter.section("slowest files, in seconds")
    for name, duration in seconds.most_common(10):
        terminalreporter.line(f"{duration:7.1f}  {name}")


@pytest.fixture(scope="session", autouse=True)
def _unhurried_requests() -> Iterator[None]:
    """Of requests in this process: tests hold some at a gate, and the machine may be slow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deadline, "REQUEST_SECONDS", 30.0)
        yield


@pytest.fixture(scope="session")
def workspace() -> Iterator[Path]:
    """A folder with a short path that the database's user may pass."""
    folder = Path(tempfile.mkdtemp(prefix="oas-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Node:
    """Node.js with what tests use of npm: installed once a run, by the first worker of pytest-xdist that needs it."""
    base = tmp_path_factory.getbasetemp()
    return Node.installed(base if worker_id == "master" else base.parent)


@pytest.fixture(scope="session")
def cluster(workspace: Path) -> Iterator[Databases]:
    """PostgreSQL and Valkey of this process; `found` is what a file of tests has there.

    Without fsync, as no test lets the machine crash; a process that is killed loses nothing by it.
    """
    with contextlib.ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(postgres.SETTINGS, "fsync", "off")
            cluster = stack.enter_context(databases(workspace / "var"))
        migrate(cluster.database_url)
        yield cluster


@pytest.fixture(scope="module")
def found(cluster: Databases) -> Iterator[Databases]:
    """A database of its own for each file, and an empty Redis: nothing depends on what other tests left."""
    name = f"test_{secrets.token_hex(4)}"
    with contextlib.closing(psycopg2.connect(cluster.database_url)) as connection:
        connection.autocommit = True
        template, owner = connection.info.dbname, connection.info.user
    maintenance = psycopg2.extensions.make_dsn(cluster.database_url, dbname="postgres", user=SUPERUSER)
    with contextlib.closing(psycopg2.connect(maintenance)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(f'CREATE DATABASE {name} TEMPLATE "{template}" OWNER "{owner}"')
        redis.Redis.from_url(cluster.redis_url).flushall()
        parts = urlsplit(cluster.database_url)
        found = dataclasses.replace(cluster, database_url=urlunsplit(parts._replace(path=f"/{name}")))
        migrate(found.database_url)  # a copy has the tables, not the settings of the database
        yield found
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def settings(found: Databases) -> Settings:
    return dataclasses.replace(load({}), database_url=found.database_url, redis_url=found.redis_url, key=make.KEY)


@pytest.fixture(scope="module")
def server(settings: Settings) -> Iterator[Server]:
    """As one process has it; passwords are hashed quickly here."""
    server = opened(settings)
    yield server
    server.close()


def opened(settings: Settings) -> Server:
    assert settings.database_url
    assert settings.redis_url
    server = Server.open(settings, database_url=settings.database_url, redis_url=settings.redis_url)
    server.passwords.close()
    server.passwords = Passwords(waiting_at_most=8, cost=4)
    return server


@pytest.fixture
def another_server(settings: Settings) -> Iterator[Server]:
    """A second process on the same databases, as far as caches and connections go."""
    server = opened(settings)
    yield server
    server.close()


@pytest.fixture
def elsewhere(another_server: Server) -> Browser:
    """A browser at the second process."""
    return Browser(wsgi(another_server))


@pytest.fixture
def browser(server: Server) -> Browser:
    return Browser(wsgi(server))


@pytest.fixture
def user(server: Server) -> make.User:
    return make.user(server)


@pytest.fixture
def connection(server: Server, browser: Browser) -> play.Connection:
    """A user who allowed an app, and its tokens."""
    return play.tokens(server, browser)


@pytest.fixture
def written(server: Server) -> Iterator[None]:
    """Marks of last use are in PostgreSQL when the test ends; within it call `flush_marks`."""
    yield
    done(flush_marks(server))
