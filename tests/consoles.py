"""A developer at the console: what tests press, see and open."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from webtest import TestResponse

import make
import play
from browser import COOKIE, Browser
from oauthsrv.routes.developer import console as console_page
from oauthsrv.routes.developer.console import Walk
from oauthsrv.server import Server


class Console:
    """A signed-in developer's browser at the console of one app; every page it saw is kept."""

    def __init__(self, server: Server, browser: Browser, owner: make.User, app: make.App) -> None:
        self.server, self.browser, self.owner, self.app = server, browser, owner, app
        self.path = f"/developer/apps/{app.client_id}/try"
        self.pages: list[TestResponse] = []

    def seen(self, page: TestResponse) -> TestResponse:
        self.pages.append(page)
        return page

    def start(self, query: str = "") -> TestResponse:
        return self.seen(self.browser.get(self.path + query))

    def ask(self, query: str = "") -> TestResponse:
        """The consent page, or the redirect of who allowed before."""
        return self.start(query).click("Send request")

    def come_back(self, answer: TestResponse) -> TestResponse:
        assert answer.status_int == 303, answer
        assert answer.location.startswith(self.server.settings.issuer + "/developer/try/callback?")
        address = urlsplit(answer.location)
        return self.seen(self.browser.get(f"{address.path}?{address.query}"))

    def allowed(self) -> TestResponse:
        answer = self.ask()
        return self.come_back(play.allow(answer) if answer.status_int == 200 else answer)

    def take(self, page: TestResponse, step: str, secret: str | None = None) -> TestResponse:
        form = play.form_with(page, "walk")
        if secret is not None:
            form["client_secret"] = secret
        return self.seen(form.submit("step", value=step))

    def exchanged(self) -> TestResponse:
        return self.take(self.allowed(), "token", self.app.client_secret)

    def walk(self, page: TestResponse) -> Walk:
        """What the page carries, opened with the browser's cookie."""
        return console_page.opened(carried(page), self.browser.cookies[COOKIE], self.app.client_id)

    def secrets(self, page: TestResponse) -> set[str]:
        """Whatever no page may show; `page` is one of the steps."""
        names = ("code", "client_secret", "access_token", "refresh_token", "code_verifier")
        walk = self.walk(page)
        return {secret for secret in (self.app.client_secret, *(getattr(walk, name) for name in names)) if secret}


def carried(page: TestResponse) -> str:
    return str(play.form_with(page, "walk")["walk"].value)


def status(page: TestResponse) -> str:
    """The latest answer's, as its heading says it."""
    return str(page.html.find("h2").find(class_="tag").get_text())


def wire(page: TestResponse) -> tuple[str, str]:
    """The latest request and answer."""
    request, answer = page.html.find_all("pre")[:2]
    return request.get_text(), answer.get_text()


def offered(page: TestResponse) -> list[str]:
    return [button["value"] for button in page.html.find_all("button", attrs={"name": "step"})]


Open = Callable[..., Console]
