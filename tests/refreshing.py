"""What tests of refresh tokens share: a refresh that works, and tokens that were never issued."""

import dataclasses
from collections.abc import Callable
from typing import Any

from webtest import TestResponse

import make
import play
from browser import Browser, wsgi
from oauthsrv.oauth.credentials import RefreshToken, make_refresh_token, parse_access_token, parse_refresh_token
from oauthsrv.server import Server

GRACE = 30  # as settings have it by default


def with_settings(server: Server, **changes: Any) -> Browser:
    """A process with other settings on the same databases."""
    changed = object.__new__(Server)
    changed.__dict__ |= server.__dict__ | {"settings": dataclasses.replace(server.settings, **changes)}
    return Browser(wsgi(changed))


def refreshing(connection: play.Connection) -> Callable[[], TestResponse]:
    return lambda: play.refresh(connection.browser, connection.app, connection.refresh_token)


def family_of(connection: play.Connection) -> str:
    reference = parse_access_token(connection.access_token)
    assert reference and reference.family_id
    return reference.family_id


def lose_marker(server: Server, connection: play.Connection) -> None:
    """As after an hour without use: the next refresh has to create it."""
    assert server.redis.connection().delete(server.tokens.marker_key(family_of(connection)))


def rotated(browser: Browser, app: make.App, token: str, **more: str) -> dict[str, Any]:
    answer = play.refresh(browser, app, token, **more)
    assert answer.status_int == 200, answer
    tokens: dict[str, Any] = answer.json
    return tokens


def scopes_of(tokens: dict[str, Any]) -> set[str]:
    return set(tokens["scope"].split())


def without_times(tokens: dict[str, Any]) -> dict[str, Any]:
    """What a repeated response has in common with the first one."""
    return {name: value for name, value in tokens.items() if not name.endswith("expires_in")}


def parsed(text: str) -> RefreshToken:
    token = parse_refresh_token(text)
    assert token is not None
    return token


def forged(text: str, behind: int = 0) -> str:
    """A token with the handle of this one, `behind` generations before it, and a random part that never was."""
    token = parsed(text)
    return make_refresh_token(token.handle, token.generation - behind).text
