"""The parts every test may use: real databases, a server on them, a browser that checks every answer."""

from __future__ import annotations

import dataclasses
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import make
import play
import reaper
from browser import Browser
from oauthsrv.app import wsgi
from oauthsrv.config import Settings, load
from oauthsrv.embedded import Databases, databases
from oauthsrv.flows.housekeeping import flush_marks
from oauthsrv.passwords import Passwords
from oauthsrv.server import Server
from oauthsrv.store.migrations import migrate


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # the workers of pytest-xdist inherit it
        reaper.start()


def skip_or_fail(reason: str) -> None:
    """For what a machine may lack: a skip that says what to install, a failure where everything must run."""
    if os.environ.get("OAUTHSRV_TEST_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def room() -> Iterator[Path]:
    """A folder with a short path that the database's user may pass."""
    folder = Path(tempfile.mkdtemp(prefix="oas-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def found(room: Path) -> Iterator[Databases]:
    with databases(room / "var") as found:
        migrate(found.database_url)
        yield found


@pytest.fixture(scope="session")
def settings(found: Databases) -> Settings:
    return dataclasses.replace(load({}), database_url=found.database_url, redis_url=found.redis_url)


@pytest.fixture(scope="session")
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
def story(server: Server, browser: Browser) -> play.Story:
    """A user who allowed an app, and its tokens."""
    return play.tokens(server, browser)


@pytest.fixture
def written(server: Server) -> Iterator[None]:
    """Marks of last use are in PostgreSQL when the test ends; within it call `flush_marks`."""
    yield
    flush_marks(server)
