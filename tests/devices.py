"""Devices and their users: requesting a code, entering it, answering, polling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from webtest import TestResponse

import make
import play
from browser import Browser
from oauthsrv.oauth import user_codes
from oauthsrv.oauth.credentials import digest
from oauthsrv.oauth.grant_types import DEVICE_CODE
from oauthsrv.server import Server

GRANTS = ("authorization_code", "refresh_token", DEVICE_CODE)
SCOPE = "read:profile read:data"


def app(server: Server, owner: make.User | None = None, type: str = "public", **more: Any) -> make.App:
    """An app whose owner turned the device grant on."""
    uris = ("http://127.0.0.1/callback",) if type == "public" else (make.REDIRECT_URI,)
    made = make.app(server, owner, type=type, **{"redirect_uris": uris, "name": "Kitchen TV"} | more)
    make.set_grant_types(server, made, *GRANTS)
    return made


def ask(browser: Browser, app: make.App, **form: str | None) -> TestResponse:
    return play.post(browser, "/oauth/device_authorization", app, **{"scope": SCOPE} | form)


@dataclass
class Device:
    """A device that shows a code and polls."""

    browser: Browser  # its connection to the server
    app: make.App
    device_code: str
    user_code: str

    def poll(self, **form: str | None) -> TestResponse:
        sent = {"grant_type": DEVICE_CODE, "device_code": self.device_code} | form
        return play.post(self.browser, "/oauth/token", self.app, **sent)

    def is_waiting(self) -> bool:
        return self.poll().json.get("error") in ("authorization_pending", "slow_down")

    def tokens(self) -> dict[str, Any]:
        answer = self.poll()
        assert answer.status_int == 200, answer
        tokens: dict[str, Any] = answer.json
        return tokens


def device(browser: Browser, app: make.App, **form: str | None) -> Device:
    answer = ask(browser, app, **form)
    assert answer.status_int == 200, answer
    return Device(browser, app, answer.json["device_code"], answer.json["user_code"])


def enter(browser: Browser, user_code: str) -> TestResponse:
    """A signed-in user enters the code: the page with the question, or what was wrong."""
    form = play.form_with(browser.get("/device"), "user_code")
    form["user_code"] = user_code
    return form.submit()


def answer(browser: Browser, device: Device, decision: str = "allow") -> TestResponse:
    page = enter(browser, device.user_code)
    assert page.status_int == 200, page
    return play.form_with(page, "shown").submit("decision", value=decision)


def allowed(browser: Browser, app: make.App, **form: str | None) -> Device:
    """The device of a user who has just allowed it."""
    made = device(browser.another("198.51.100.7"), app, **form)
    assert answer(browser, made).location.endswith("/device/done")
    return made


def let_pass(server: Server, device: Device, seconds: int) -> None:
    """As if the device had polled so much earlier."""
    key = server.redis.key("x", digest(device.device_code).hex())
    server.redis.connection().hincrby(key, "polled", -1000 * seconds)


def forget(server: Server, device: Device) -> None:
    """As if its 15 minutes were over, or Redis had been emptied."""
    code = user_codes.read_user_code(device.user_code)
    assert code
    hashed = user_codes.hash_user_code(code, make.KEY)
    keys = (server.redis.key("x", digest(device.device_code).hex()), server.redis.key("y", hashed.hex()))
    assert server.redis.connection().delete(*keys) == 2
