"""The browser of the suite: WebTest, with every answer checked for strict HTML, caching and protection."""

from __future__ import annotations

import functools
import itertools
import json
import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import html5lib
from webtest import TestApp, TestRequest, TestResponse
from webtest.forms import Form

from oauthsrv import app
from oauthsrv.config import load
from oauthsrv.pages import NOT_IN_HTML
from oauthsrv.request_ids import is_request_id
from oauthsrv.routes import browsers
from oauthsrv.server import Server

# The names of our cookies, as the settings of tests make them.
SUFFIX = load({}).cookie_suffix
COOKIE = browsers.COOKIE + SUFFIX
KNOWN_COOKIE = browsers.KNOWN_COOKIE + SUFFIX
DONE_COOKIE = browsers.DONE_COOKIE + SUFFIX

PROTOCOL = (
    *("/oauth/par", "/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/verify"),
    "/oauth/device_authorization",
    "/oauth/register",
    *("/.well-known/", "/healthz", "/readyz"),
)

FORM = re.compile(r"<form\b.*?</form>", re.S)
WORD_WITH_DIGIT = re.compile(r"\b(?=[\w-]{8})[a-zA-Z_-]*\d[\w-]*")
PLAIN_TEXT = re.compile(r"""(?<=>)[^"<>&]*[^"<>&\s][^"<>&]*(?=<)|(?<= href=")[^"<>&]*(?=")""")

# Where an app waits: what its forms are answered with leads there, and from there anywhere.
LEAD_AWAY = ("/oauth/authorize", "/login", "/signup")


@functools.lru_cache(4)
def wsgi(server: Server) -> Callable[..., Any]:
    """The application on a server, put together once for all its browsers."""
    return app.wsgi(server)


class BrowserResponse(TestResponse):
    """Finds its forms without parsing the whole page, which took a tenth of the suite's time."""

    def _parse_forms(self) -> None:
        forms = [Form(self, text, self.parser_features) for text in FORM.findall(self.testbody)]
        self._forms_indexed = {**dict(enumerate(forms)), **{form.id: form for form in forms if form.id}}


class BrowserRequest(TestRequest):
    ResponseClass = BrowserResponse


class Browser(TestApp):
    """Follows links, fills forms, keeps cookies; an answer that breaks a rule of all answers fails the test."""

    RequestClass = BrowserRequest

    def __init__(self, app: Any, address: str = "192.0.2.1") -> None:
        super().__init__(app, extra_environ={"REMOTE_ADDR": address}, lint=True)

    def do_request(self, req: Any, status: Any = None, expect_errors: Any = None) -> TestResponse:
        response = super().do_request(req, status or "*", expect_errors)
        check(req.path, response)
        return response

    def set_cookie(self, name: str, value: str) -> None:
        """Just as it is: WebTest puts quotes around most values, and the server would no longer know its cookies."""
        super().set_cookie(name, "x")
        next(cookie for cookie in self.cookiejar if cookie.name == name).value = value

    def another(self, address: str = "192.0.2.1") -> Browser:
        """Another person's browser at the same server."""
        return Browser(self.app.app if hasattr(self.app, "app") else self.app, address)


def check(path: str, response: TestResponse) -> None:
    assert response.status_int != 500, response.text
    assert is_request_id(response.headers["X-Request-Id"]), path
    names = [name.lower() for name, _ in response.headerlist if name != "Set-Cookie"]
    assert len(names) == len({*names}), response.headerlist
    if path.startswith("/static/"):
        return
    if path.startswith("/logos/") and response.content_type != "text/html":
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        return
    if response.status_int != 204:
        assert response.headers["Cache-Control"] == "no-store", path
    is_protocols = path.startswith("/oauth/") and not path.startswith("/oauth/authorize")
    if is_protocols or path.startswith(PROTOCOL) or "/.well-known/" in path:
        if response.body:
            json.loads(response.body)
        return
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    if response.content_type == "text/html" and response.body:
        check_html(alike(response.text))
        leads_away = path in LEAD_AWAY or 'name="confirm_password"' in response.text
        assert ("form-action 'self'" in policy) != (leads_away and response.status_int != 405), path


def alike(text: str) -> str:
    """A page with each word that has a digit, as ids, tokens and times have, numbered in the order in which they come.

    Text and link targets without special characters are replaced by placeholders. So the same page for another user is
    the same text, and two ids that are the same stay the same.
    """
    numbers: dict[str, int] = defaultdict(itertools.count().__next__)
    text = PLAIN_TEXT.sub(lambda found: found[0] if NOT_IN_HTML.search(found[0]) else "text", text)
    return WORD_WITH_DIGIT.sub(lambda found: f"w{numbers[found[0]]:0{len(found[0]) - 1}}", text)


@functools.lru_cache(2000)
def check_html(text: str) -> None:
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    document = parser.parse(text)
    assert len(document.findall(".//h1")) == 1
    assert not document.findall(".//*[@style]")
    assert not [script for script in document.findall(".//script") if script.get("src") is None]
    ids = [element.get("id") for element in document.iter() if isinstance(element.tag, str) and element.get("id")]
    assert len(ids) == len(set(ids)), sorted(ids)
    for form in document.findall(".//form"):
        if (form.get("method") or "get").lower() == "post":
            fields = [field for field in form.findall(".//input") if field.get("name") == "csrf"]
            assert len(fields) == 1
            assert len(fields[0].get("value")) >= 16
