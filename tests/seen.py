"""What a person finds on a page and does there, and browsers that say what they are."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit

from webtest import TestResponse

import make
from browser import Browser
from oauthsrv.routes import pending
from oauthsrv.server import Server

AGENTS = {
    "Firefox on Windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0",
    "Safari on iPhone": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
}


def called(browser: Browser, name: str) -> Browser:
    browser.extra_environ["HTTP_USER_AGENT"] = AGENTS[name]
    return browser


def new_email() -> str:
    return f"new.{secrets.token_hex(6)}@example.com"


def new_address() -> str:
    """An address that no limit has counted yet."""
    return f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.{secrets.randbelow(256)}"


def main_form(page: TestResponse) -> Any:
    """The form of the page itself, not the one that signs out."""
    return next(form for form in page.forms.values() if form.action != "/logout")


def sign_up(browser: Browser, email: str, password: str = make.PASSWORD, name: str = "") -> TestResponse:
    form = main_form(browser.get("/signup"))
    form["email"], form["password"], form["name"] = email, password, name
    return form.submit()


def going_to(server: Server, answer: TestResponse) -> str:
    """The page reached after signing in on the page that they are sent to."""
    address = urlsplit(answer.headers["Location"])
    assert (answer.status_int, address.path) == (303, "/login")
    opened = pending.open_address(server, parse_qs(address.query)["r"][0])
    assert opened
    return opened.pending.path


def form_to(page: TestResponse, path: str) -> Any:
    """The one form that is sent to an address with this in it."""
    [form] = [form for form in page.forms.values() if path in form.action]
    return form


def flash(page: TestResponse) -> str:
    return str(page.html.find(class_="notice good").get_text())


def rows(page: TestResponse, caption: str) -> list[dict[str, str]]:
    """The rows of the table with this caption: what stands in the column of each head."""
    found = page.html.find("caption", string=caption)
    if found is None:
        return []
    return [
        {cell["data-label"]: " ".join(cell.get_text(" ").split()) for cell in row.find_all("td")}
        for row in found.parent.tbody.find_all("tr")
    ]
