"""What tests of pages share: a developer or an administrator who is signed in, a server where new apps are reviewed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

import make
import play
from browser import Browser, wsgi
from consoles import Console, Open
from hosts import Host, host
from oauthsrv.server import Server
from seen import new_address


@pytest.fixture
def anywhere(server: Server) -> Browser:
    """A browser at an address that no limit has counted yet."""
    return Browser(wsgi(server), new_address())


@pytest.fixture
def signed_in(browser: Browser, user: make.User) -> Browser:
    """The browser of a user who is signed in."""
    play.sign_in(browser, user)
    return browser


@pytest.fixture
def ada(server: Server, browser: Browser) -> make.User:
    """A developer who is signed in."""
    ada = make.user(server, name="Ada Developer")
    assert play.sign_in(browser, ada).status_int == 303
    return ada


@pytest.fixture
def root(server: Server, browser: Browser) -> make.User:
    """An administrator who is signed in."""
    root = make.user(server, admin=True, name="Root Admin")
    play.sign_in(browser, root)
    return root


@pytest.fixture
def reviewed(server: Server) -> Iterator[None]:
    """New apps wait until they are approved."""
    settings = server.settings
    server.settings = dataclasses.replace(settings, app_review=True)
    yield
    server.settings = settings


@pytest.fixture
def registration(server: Server) -> Iterator[None]:
    """Apps can register themselves."""
    settings = server.settings
    server.settings = dataclasses.replace(settings, registration="open")
    yield
    server.settings = settings


@pytest.fixture
def opened(server: Server, browser: Browser) -> Open:
    def open_one(type: str = "confidential", **more: Any) -> Console:
        owner = make.user(server, name="Ada Developer")
        assert play.sign_in(browser, owner).status_int == 303
        uris = (make.REDIRECT_URI, server.settings.issuer + "/developer/try/callback")
        return Console(server, browser, owner, make.app(server, owner, type=type, **{"redirect_uris": uris} | more))

    return open_one


@pytest.fixture
def there(server: Server) -> Iterator[Host]:
    """claude.ai, which is listed at first, is all that the server can fetch from."""
    with host("claude.ai") as made:
        made.connect(server.fetcher)
        yield made
