"""What one user allowed one app, what lies beside it, and a process without Redis."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

import make
import play
import rows
from browser import Browser
from flows.teamwork import Team
from oauthsrv.server import Server

NOWHERE = "unix:///nowhere/oauthsrv-test"  # a Redis that is away


@pytest.fixture
def cut_off(server: Server) -> Iterator[Server]:
    """A process that cannot reach Redis."""
    settings = dataclasses.replace(server.settings, redis_url=NOWHERE)
    assert settings.database_url
    cut_off = Server.open(settings, database_url=settings.database_url, redis_url=NOWHERE)
    yield cut_off
    cut_off.close()


@dataclasses.dataclass
class Scene:
    """What one user allowed one app."""

    server: Server
    browser: Browser
    user: make.User
    app: make.App
    tokens: dict[str, Any]
    code: str  # not yet redeemed
    api: make.App

    @property
    def family_id(self) -> str:
        return str(rows.family(self.server, self.tokens["refresh_token"]).family_id)

    @property
    def grant_id(self) -> str:
        return str(rows.family(self.server, self.tokens["refresh_token"]).grant_id)


@dataclasses.dataclass
class Neighbors:
    """What lies beside it, for an ending to spare or to take along."""

    other_device: dict[str, Any]  # of the same user and app
    other_user: play.Connection  # of the same app
    other_app: play.Connection  # of the same user


@pytest.fixture
def scene(server: Server, browser: Browser) -> Scene:
    connection = play.tokens(server, browser)
    code = play.code(browser, connection.app)
    return Scene(server, browser, connection.user, connection.app, tokens_of(connection), code, make.api(server))


@pytest.fixture
def neighbors(scene: Scene) -> Neighbors:
    device = play.exchange(scene.browser, scene.app, play.code(scene.browser, scene.app)).json
    return Neighbors(
        device,
        other_user=play.tokens(scene.server, scene.browser.another(), scene.app),
        other_app=play.tokens(scene.server, scene.browser.another(), user=scene.user),
    )


def tokens_of(connection: play.Connection) -> dict[str, Any]:
    return {"access_token": connection.access_token, "refresh_token": connection.refresh_token}


@pytest.fixture
def shared(server: Server) -> Team:
    return Team(server)
