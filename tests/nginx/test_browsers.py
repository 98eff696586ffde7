"""Scripts of other origins: preflights reach the API, and what is refused can be read; cookies go nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from end_to_end.chromium import Window, launched
from end_to_end.node import Node
from end_to_end.running import SECONDS, Listener, Running, eventually, free_port
from end_to_end.test_starts import calls, quickstart, save, started
from nginx.conftest import APP, RULES, Echo, Site, node_api
from oauthsrv.routes.developer.starts import BROWSER

PREFLIGHT = {"Origin": APP, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization"}
EXPOSED = "WWW-Authenticate, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id"


@pytest.fixture(scope="module")
def reader(site: Site) -> str:
    return site.tokens("read:profile read:data").access_token


def seen(answer: requests.Response) -> dict[str, str]:
    return dict(answer.json()["headers"])


# Preflights


@pytest.mark.parametrize("path", ["/api/data", "/api/billing", "/api/that-has-no-rule", "/api/data?x=1"])
def test_a_preflight_reaches_the_api_without_a_token(site: Site, path: str) -> None:
    forged = {"X-OAuth-Subject": "usr_admin", "X-OAuth-Scope": "everything"}
    answer = site.call(path, method="OPTIONS", headers=PREFLIGHT | forged)
    assert answer.status_code == 200
    assert answer.json()["method"] == "OPTIONS"
    assert answer.json()["path"] == path
    assert seen(answer)["origin"] == APP
    assert seen(answer)["access-control-request-method"] == "PUT"
    assert not [name for name in seen(answer) if name.startswith("x-oauth")]


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("OPTIONS", {}),
        ("OPTIONS", {"Origin": APP}),
        ("OPTIONS", {"Access-Control-Request-Method": "PUT"}),
        ("OPTIONS", {"Origin": "", "Access-Control-Request-Method": "PUT"}),
        ("OPTIONS", {"Origin": "", "Access-Control-Request-Method": "A B"}),
        ("OPTIONS", {"Origin": APP, "Access-Control-Request-Method": ""}),
        ("GET", PREFLIGHT),
        ("POST", PREFLIGHT | {"X-HTTP-Method-Override": "OPTIONS"}),
    ],
)
def test_what_is_no_preflight_is_checked(site: Site, method: str, headers: dict[str, str]) -> None:
    assert site.call("/api/data", method=method, headers=headers).status_code == 401


def test_a_preflight_does_not_get_around_what_is_refused_for_everybody(site: Site) -> None:
    assert site.call("/api/data;x", method="OPTIONS", headers=PREFLIGHT).status_code == 400
    assert site.call("/_oauth/check", method="OPTIONS", headers=PREFLIGHT).status_code == 404


# Refusals


def refusals(site: Site, origin: str, token: str, **headers: str) -> dict[int, requests.Response]:
    answers = [
        site.call("/api/data;x", token, origin=origin, headers=headers),
        site.call("/api/data", origin=origin, headers=headers),
        site.call("/api/data", "garbage", origin=origin, headers=headers),
        site.call("/api/billing", token, origin=origin, headers=headers),
        site.call("/api/that-has-no-rule", token, origin=origin, headers=headers),
        site.call("/api/data", token, "POST", data=b"a" * 2_000_000, origin=origin, headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [400, 401, 401, 403, 403, 413]
    return dict(enumerate(answers))


def test_refusals_can_be_read_by_the_scripts_of_a_listed_origin(site: Site, reader: str) -> None:
    for answer in refusals(site, site.origin, reader, Origin=APP).values():
        assert answer.headers["Access-Control-Allow-Origin"] == APP
        assert answer.headers["Access-Control-Expose-Headers"] == EXPOSED
        assert answer.headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://app.example.evil.example", ""])
def test_refusals_say_nothing_to_the_scripts_of_others(site: Site, reader: str, origin: str) -> None:
    for answer in refusals(site, site.origin, reader, Origin=origin).values():
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert answer.headers["Vary"] == "Origin", "or a cache would give one origin the answer of another"


def test_a_star_lets_everybody_read_refusals_and_no_origin_nobody(site: Site, echo: Echo, reader: str) -> None:
    rules = [part for rule in RULES for part in ("--rule", rule)]
    with site.beside("star", "--api", echo.origin, "--origin", "*", *rules) as origin:
        for answer in refusals(site, origin, reader, Origin="https://any.example").values():
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
    with site.beside("silent", "--api", echo.origin, *rules) as origin:
        for answer in refusals(site, origin, reader, Origin=APP).values():
            assert "Access-Control-Allow-Origin" not in answer.headers


def test_limits_can_be_read_and_the_apis_own_words_on_origins_stay_as_they_are(site: Site, reader: str) -> None:
    own = {"Origin": APP, "X-Answer-Header": "Access-Control-Allow-Origin: https://of-the-api.example"}
    answer = site.call("/api/data", reader, headers=own)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://of-the-api.example"
    assert answer.headers["Access-Control-Expose-Headers"] == EXPOSED
    assert answer.headers["RateLimit"].startswith('"calls"')


# A single-page app in Chromium


EXPRESS = """
const express = require('express')
const cors = require('cors')
const app = express()
app.use(cors({ origin: process.argv[2] }))
app.get('/api/data', (request, response) => response.json({ subject: request.get('X-OAuth-Subject') }))
app.put('/api/profile', express.json(), (request, response) => response.json({ saved: request.body }))
app.get('/api/billing', (request, response) => response.json({ plan: 'team' }))
const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port))
"""

CALL = """async ([address, token, method]) => {
  const sent = { method, headers: { Authorization: `Bearer ${token}` } }
  if (method === 'PUT') {
    sent.headers['Content-Type'] = 'application/json'
    sent.body = JSON.stringify({ name: 'Ada' })
  }
  const answer = await fetch(address, sent)
  const headers = Object.fromEntries(answer.headers.entries())
  return { status: answer.status, headers, body: await answer.json() }
}"""


@pytest.fixture(scope="module")
def app() -> Iterator[Listener]:
    """The app's own origin."""
    with Listener() as listener:
        yield listener


@pytest.fixture(scope="module")
def express(node: Node, app: Listener) -> Iterator[str]:
    """Express with its own way to allow an origin, as npm installs both."""
    with node_api(node, EXPRESS, app.origin) as origin:
        yield origin


def test_a_single_page_app_in_chromium_calls_the_api_allowed_and_refused(
    site: Site, express: str, app: Listener
) -> None:
    tokens = site.tokens("write:profile read:data")
    rules = [part for rule in RULES for part in ("--rule", rule)]
    with (
        site.beside("spa", "--api", express, "--origin", app.origin, *rules) as origin,
        launched() as browser,
    ):
        page = browser.new_page()
        page.goto(app.origin)

        def call(path: str, token: str = tokens.access_token, method: str = "GET") -> dict[str, Any]:
            answer: dict[str, Any] = page.evaluate(CALL, [origin + path, token, method])
            return answer

        allowed = call("/api/data")
        assert (allowed["status"], bool(allowed["body"]["subject"])) == (200, True)
        assert allowed["headers"]["ratelimit"].startswith('"calls"')
        assert call("/api/profile", method="PUT")["body"] == {"saved": {"name": "Ada"}}

        refused = call("/api/billing")
        assert (refused["status"], refused["body"]["error"]) == (403, "insufficient_scope")
        assert 'scope="read:billing"' in refused["headers"]["www-authenticate"]
        refused = call("/api/data", "garbage")
        assert (refused["status"], refused["body"]["error"]) == (401, "invalid_token")

        site.installation.done("apps", "limit", tokens.app.client_id, "1")
        refused = call("/api/data")
        assert (refused["status"], refused["body"]["error"]) == (429, "too_many_requests")
        assert int(refused["headers"]["retry-after"]) > 0

        # On a page of another origin the script sees nothing.
        with Listener() as other:
            page.goto(other.origin)
            assert "Failed to fetch" in page.evaluate(
                "address => fetch(address).catch(error => String(error))", origin + "/api/data"
            )


def test_a_single_page_app_in_chromium_calls_the_demo_api_and_its_guard_through_nginx(
    site: Site, app: Listener
) -> None:
    tokens = site.tokens("read:data")
    port = free_port()
    rules = ("--rule", "* /api/profile read:data", "--rule", "* /api read:data")
    listen = ("--listen", f"127.0.0.1:{port}", "--origin", app.origin)
    demo = Running(site.installation, "demo-api", *listen, OAUTHSRV_GUARD_ADDRESS=site.server_address)
    try:
        assert demo.line() == f"The demo API listens on http://127.0.0.1:{port}", demo.errors
        with (
            site.beside("spa-demo", "--api", f"http://127.0.0.1:{port}", "--origin", app.origin, *rules) as origin,
            launched() as browser,
        ):
            page = browser.new_page()
            page.goto(app.origin)
            allowed = page.evaluate(CALL, [origin + "/api/data", tokens.access_token, "GET"])
            assert (allowed["status"], allowed["body"]) == (200, {"items": []})
            by_guard = page.evaluate(CALL, [origin + "/api/profile", tokens.access_token, "PUT"])
            assert (by_guard["status"], by_guard["body"]["error"]) == (403, "insufficient_scope")
            assert 'scope="write:profile"' in by_guard["headers"]["www-authenticate"]
            by_nginx = page.evaluate(CALL, [origin + "/api/data", "garbage", "GET"])
            assert (by_nginx["status"], by_nginx["body"]["error"]) == (401, "invalid_token")
    finally:
        demo.kill()


def test_the_single_page_app_of_the_quickstart_signs_in_and_calls_an_api_through_nginx(
    site: Site, node: Node, tmp_path: Path
) -> None:
    person, origin = site.person().sign_up(), f"http://127.0.0.1:{free_port()}"
    app = site.app(person, f"{origin}/callback", type="public")
    (language,) = BROWSER.languages
    page = quickstart(person, app, language)
    rules = [part for rule in RULES for part in ("--rule", rule)]
    with (
        node_api(node, EXPRESS, origin) as api,
        site.beside("spa-start", "--api", api, "--origin", origin, *rules) as nginx,
        started(page, tmp_path, language),
        launched() as browser,
    ):
        save(page, tmp_path, language, calls(page, f"{nginx}/api/data"))
        window = Window(browser.new_context(ignore_https_errors=True).new_page(), site.origin)
        eventually(lambda: requests.get(f"{origin}/callback", timeout=SECONDS).ok)
        window.open(f"{origin}/callback")
        window.click("button", "Sign in")
        window.sign_in(person)
        window.click("button", "Allow")
        window.page.get_by_text("The API answered 200.").wait_for()
        assert '"subject":"' in window.page.inner_text("#answer")
        window.click("button", "Sign out")
        window.page.get_by_text("Signed out.").wait_for()
        assert window.complaints == []


# Cookies


def test_cookies_of_sign_in_do_not_reach_the_api(site: Site, reader: str) -> None:
    person = site.person().sign_up()
    session = "; ".join(f"{one.name}={one.value}" for one in person.browser.cookies)
    assert "oauthsrv" in session
    for path, token in (("/api/data", reader), ("/api/open", None)):
        answer = site.call(path, token, headers={"Cookie": session + "; theme=dark"})
        assert answer.status_code == 200
        assert "cookie" not in seen(answer)
    answer = site.call("/api/data", method="OPTIONS", headers=PREFLIGHT | {"Cookie": session})
    assert "cookie" not in seen(answer)


def test_the_api_beside_sign_in_cannot_set_cookies(site: Site, reader: str) -> None:
    for name in ("__Host-oauthsrv", "oauthsrv", "__HOST-x", "theme"):
        answer = site.call("/api/data", reader, headers={"X-Answer-Header": f"Set-Cookie: {name}=planted; Path=/"})
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers


def test_on_a_host_of_its_own_the_api_has_cookies_of_its_own(site: Site, echo: Echo, reader: str) -> None:
    rules = ("--rule", "* / read:data")
    with site.beside("cookies", "--api", echo.origin, "--api-host", "api.localhost", *rules) as origin:
        headers = {"Host": "api.localhost", "Cookie": "theme=dark", "X-Answer-Header": "Set-Cookie: theme=light"}
        answer = site.call("/", reader, headers=headers, origin=origin)
        assert seen(answer)["cookie"] == "theme=dark"
        assert answer.headers["Set-Cookie"] == "theme=light"
