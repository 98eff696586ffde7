"""What the console carries from step to step: with the browser, sealed, and nothing of it here (rule 1).

The key comes from the secret in the browser's cookie, so a signed-in session opens only what it was given itself.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson

from oauthsrv.oauth import base64url
from oauthsrv.oauth.sealing import seal, unseal
from oauthsrv.pages import PageError
from oauthsrv.routes.developer.transcript import Exchange

LIFETIME = 3600  # seconds from one step to the next
MOST_EXCHANGES = 10  # kept: the form that carries them has a limit
STATE, WALK = b"oauthsrv console: state", b"oauthsrv console: walk"


Made = TypeVar("Made")


@dataclass(frozen=True)
class Beginning:
    """What an authorization request was made of; its `state` is this, sealed."""

    client_id: str
    nonce: str
    scopes: list[str]
    prompt: str


@dataclass
class Walk:
    """Where the developer stands; the exchanges hold no secret in full."""

    nonce: str
    code: str = field(repr=False)
    client_secret: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    done: list[str] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list, repr=False)

    def add(self, one: Exchange) -> None:
        self.exchanges = [*self.exchanges, one][-MOST_EXCHANGES:]


def verifier(browser: str, client_id: str, nonce: str) -> str:
    """The PKCE verifier: made again at each step, and kept nowhere."""
    return base64url.encode(hmac.digest(browser.encode(), f"try {client_id} {nonce}".encode(), "sha256"))


def sealed_beginning(beginning: Beginning, browser: str) -> str:
    return sealed(beginning, browser, "", STATE)


def opened_beginning(text: str, browser: str) -> Beginning:
    return opened(text, browser, "", STATE, "/developer/apps", lambda values: Beginning(**values))


def sealed_walk(walk: Walk, browser: str, client_id: str) -> str:
    return sealed(walk, browser, client_id, WALK)


def opened_walk(text: str, browser: str, client_id: str) -> Walk:
    return opened(text, browser, client_id, WALK, f"/developer/apps/{client_id}/try", walk_of)


def walk_of(values: dict[str, Any]) -> Walk:
    return Walk(**values | {"exchanges": [Exchange(**one) for one in values["exchanges"]]})


def sealed(value: Beginning | Walk, browser: str, bound_to: str, purpose: bytes) -> str:
    payload = orjson.dumps({"at": int(time.time()), "value": value})
    return base64url.encode(seal(browser, bound_to, payload, purpose))


def opened(text: str, browser: str, bound_to: str, purpose: bytes, start: str, made_of: Callable[[Any], Made]) -> Made:
    data = base64url.decode(text, len(text) * 3 // 4)
    payload = unseal(browser, bound_to, data, purpose) if data else None
    if payload is None:
        raise PageError(
            403,
            "This can’t be continued here",
            "You started in another browser or with another app, or you have signed in or out since.",
            todo="Start over: it takes a minute.",
            link=(start, "Start over"),
        )
    kept = orjson.loads(payload)
    if kept["at"] + LIFETIME < time.time():
        raise PageError(
            409,
            "This has expired",
            "The console keeps your test tokens for an hour between steps.",
            todo="Start over: it takes a minute.",
            link=(start, "Start over"),
        )
    try:
        return made_of(kept["value"])
    except (TypeError, KeyError):
        raise PageError(
            409,
            "The console was updated",
            "The server was updated after you started, so your steps can’t be continued.",
            todo="Start over: it takes a minute.",
            link=(start, "Start over"),
        ) from None
