"""A person who is signed in."""

from __future__ import annotations

import secrets

import pytest

import make
import play
from browser import Browser, wsgi
from oauthsrv.server import Server
from seen import called


@pytest.fixture
def signed_in(server: Server, user: make.User) -> Browser:
    address = f"10.1.{secrets.randbelow(256)}.{secrets.randbelow(256)}"
    browser = called(Browser(wsgi(server), address), "Firefox on Windows")
    play.sign_in(browser, user)
    return browser
