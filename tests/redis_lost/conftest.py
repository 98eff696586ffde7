"""A Redis of its own that tests empty, restart, and give older data."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from browser import Browser, wsgi
from oauthsrv.config import Settings
from oauthsrv.embedded import Databases, databases
from oauthsrv.passwords.hashing import Passwords
from oauthsrv.server import Server


class Valkey:
    """A server that can be stopped, started, and put back to an earlier state."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = contextlib.ExitStack()
        self._snapshots = 0
        self.url = ""

    def start(self) -> None:
        self.url = self._running.enter_context(databases(self._folder, want_postgres=False)).redis_url

    def stop(self) -> None:
        self._running.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    def snapshot(self) -> Path:
        """A copy of its data folder, as a backup of a running server makes it."""
        with redis.Redis.from_url(self.url, single_connection_client=True) as client:
            client.config_set("appendfsync", "always")
            client.set("snapshot", self._snapshots)  # WAITAOF speaks of what its own connection wrote, and all before
            written = client.execute_command("WAITAOF", 1, 0, 20_000)
            client.config_set("appendfsync", "everysec")
            assert written[0] == 1
        self._snapshots += 1
        copy = self._folder / f"snapshot-{self._snapshots}"
        copy_tree(self._folder / "valkey", copy)
        return copy

    def come_back_as(self, snapshot: Path) -> None:
        self.stop()
        shutil.rmtree(self._folder / "valkey")
        copy_tree(snapshot, self._folder / "valkey")
        self.start()


def copy_tree(source: Path, target: Path) -> None:
    """With the owners, as Valkey may run as another user than the tests."""
    shutil.copytree(source, target)
    for path in [source, *source.rglob("*")]:
        status = path.stat()
        os.chown(target / path.relative_to(source), status.st_uid, status.st_gid)


@pytest.fixture(scope="module")
def valkey(workspace: Path) -> Iterator[Valkey]:
    valkey = Valkey(workspace / "lost")
    valkey.start()
    yield valkey
    valkey.stop()


@pytest.fixture(scope="module")
def settings(found: Databases, settings: Settings, valkey: Valkey) -> Settings:
    return dataclasses.replace(settings, redis_url=valkey.url)


def opened(settings: Settings) -> Server:
    assert settings.database_url
    assert settings.redis_url
    server = Server.open(settings, database_url=settings.database_url, redis_url=settings.redis_url)
    server.passwords.close()
    server.passwords = Passwords(waiting_at_most=8, cost=4)
    return server


@pytest.fixture(scope="module")
def server(settings: Settings) -> Iterator[Server]:
    server = opened(settings)
    yield server
    server.close()


@pytest.fixture(params=["a process that kept running", "a process started afterwards"])
def later(request: pytest.FixtureRequest, server: Server, settings: Settings) -> Iterator[Callable[[], Browser]]:
    """Called when Redis is back: who then asks."""
    with contextlib.ExitStack() as stack:

        def later() -> Browser:
            if request.param == "a process that kept running":
                return Browser(wsgi(server))
            return Browser(wsgi(stack.enter_context(contextlib.closing(opened(settings)))))

        yield later


def ending_form(browser: Browser) -> Any:
    """The button on the page of connected apps, of which there is one."""
    page = browser.get("/account/apps")
    [form] = [form for form in page.forms.values() if (form.action or "").endswith("/end")]
    return form


def at(seen_by: Browser, person: Browser) -> Browser:
    """This person's cookies in another browser, at the process of `seen_by`."""
    copy = seen_by.another()
    for cookie in person.cookiejar:
        copy.cookiejar.set_cookie(cookie)
    return copy
