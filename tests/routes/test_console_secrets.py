"""The console carries secrets: only its own browser opens them, and no page, log or table shows one."""

from __future__ import annotations

import logging
import re
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import orjson
import pytest
from webtest import TestResponse

import make
import play
from browser import COOKIE, DONE_COOKIE, Browser, wsgi
from consoles import Open, carried, status
from oauthsrv.oauth import base64url
from oauthsrv.oauth.credentials import new_code
from oauthsrv.oauth.sealing import seal
from oauthsrv.routes.developer import console as console_page
from oauthsrv.server import Server
from seen import going_to

READABLE = re.compile(r"\b(?:oat|ort|oac|sec)_[A-Za-z0-9_-]{5,}")


# Whose walk it is


def test_a_field_that_was_changed_or_is_of_another_session_or_app_opens_nothing(server: Server, opened: Open) -> None:
    console = opened("public")
    page = console.exchanged()
    field = carried(page)
    other = make.app(server, console.owner, type="public")

    def post(browser: Browser, app: make.App, walk: str, csrf: str) -> TestResponse:
        return browser.post(f"/developer/apps/{app.client_id}/try", {"csrf": csrf, "walk": walk, "step": "call"})

    csrf = play.form_with(page, "walk")["csrf"].value
    assert post(console.browser, console.app, field, csrf).status_int == 200
    middle = len(field) // 2
    changed = field[:middle] + ("A" if field[middle] != "A" else "B") + field[middle + 1 :]
    for wrong in (changed, field[:-4], field + "=", "", "x", "ü", "A" * 50_000):
        refused = post(console.browser, console.app, wrong, csrf)
        assert refused.status_int == 403, wrong
        assert "can’t be continued here" in refused
        assert refused.click("Start over").request.path == console.path
    assert post(console.browser, other, field, csrf).status_int == 403

    second = Browser(wsgi(server))
    play.sign_in(second, console.owner)
    its_csrf = play.form_with(second.get("/developer/apps"), "csrf")["csrf"].value
    assert "can’t be continued here" in post(second, console.app, field, its_csrf)
    assert "can’t be continued here" not in post(console.browser, console.app, field, csrf)


def test_an_answer_to_a_request_of_another_session_is_refused(server: Server, opened: Open) -> None:
    """Whoever makes another person's browser bring a code of theirs would sign it in to their own account."""
    console = opened("public")
    address = urlsplit(play.allow(console.ask()).location)
    second = Browser(wsgi(server))
    play.sign_in(second, console.owner)
    refused = second.get(f"{address.path}?{address.query}")
    assert refused.status_int == 403
    assert "can’t be continued here" in refused
    assert refused.click("Start over").status_int == 200


def test_an_answer_that_is_none_is_refused(server: Server, opened: Open) -> None:
    console = opened("public")
    came = play.answered(play.allow(console.ask()))

    def back(**changes: str | None) -> TestResponse:
        pairs = {name: value for name, value in (came | changes).items() if value is not None}
        return console.browser.get("/developer/try/callback?" + urlencode(pairs))

    assert back().status_int == 200
    assert back(state=None).status_int == 403
    assert back(state="x").status_int == 403
    for change in ({"code": None}, {"code": "x"}, {"iss": None}, {"iss": "https://other.example"}):
        refused = back(**change)
        assert refused.status_int == 400
        assert refused.click("Start over").request.path == console.path
    assert back(code=None, error="<b>odd</b>").status_int == 200
    assert console.browser.get("/developer/try/callback").status_int == 403


def test_a_walk_that_was_left_for_more_than_an_hour_is_over(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    console = opened("public")
    asked = console.ask()
    page = console.come_back(play.allow(asked))
    monkeypatch.setattr(console_page, "LIFETIME", -1)
    refused = console.take(page, "token")
    assert refused.status_int == 409
    assert "has expired" in refused
    assert refused.click("Start over").request.path == console.path
    assert console.come_back(play.allow(console.ask())).status_int == 409


def test_only_who_may_see_the_app_may_try_it(server: Server, opened: Open) -> None:
    console = opened("public")
    page = console.allowed()
    second = Browser(wsgi(server))
    play.sign_in(second, make.user(server))
    assert second.get(console.path).status_int == 404
    csrf = play.form_with(second.get("/developer/apps"), "csrf")["csrf"].value
    for path in (console.path, f"{console.path}/redirect-uri"):
        assert second.post(path, {"csrf": csrf, "walk": carried(page), "step": "token"}).status_int == 404


# Nothing readable


def test_rule_1_no_secret_is_readable_on_a_page_or_in_a_log(opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    console = opened()
    page = console.take(console.allowed(), "token", "sec_" + "0" * 64)
    secrets = {"sec_" + "0" * 64}
    page = console.take(page, "token", console.app.client_secret)
    for step in ("call", "refresh", "call", "revoke", "again", "refresh"):
        secrets |= console.secrets(page)
        page = console.take(page, step)
    assert len(secrets) == 8, "code, verifier, two client secrets, two pairs"
    for text in [*(page.text for page in console.pages), caplog.text]:
        assert not READABLE.findall(text)
        assert not [secret for secret in secrets if secret in text]


def test_rule_1_state_is_in_the_link_that_sends_it_and_nowhere_else(opened: Open) -> None:
    console = opened("public")
    start = console.start()
    state = parse_qs(urlsplit(start.html.find("a", string="Send request")["href"]).query)["state"][0]
    assert start.text.count(state) == 1
    assert console.app.client_id not in state
    assert state not in console.come_back(play.allow(start.click("Send request")))


def test_rule_13_a_form_that_is_asked_for_again_does_not_show_the_client_secret(opened: Open) -> None:
    console = opened()
    form = play.form_with(console.allowed(), "walk")
    form["client_secret"], form["csrf"] = console.app.client_secret, "x" * 43
    again = form.submit("step", value="token", headers={"Sec-Fetch-Site": "same-origin"})
    assert "Submit again" in again
    assert console.app.client_secret
    assert console.app.client_secret not in again
    page = play.form_with(again, "walk").submit()
    assert page.status_int == 422
    assert status(console.take(page, "token", console.app.client_secret)) == "200 OK"


# What is answered goes on


def test_a_step_leaves_the_page_around_it_as_it_was(opened: Open) -> None:
    """The request inside is answered in the same thread: cookies, messages and headers are those of the page."""
    console = opened("public")
    page = console.allowed()
    csrf = play.form_with(page, "walk")["csrf"].value
    assert console.browser.post(f"{console.path}/redirect-uri", {"csrf": csrf}).status_int == 303
    page = console.take(page, "token")
    assert "redirect URI was added" in page
    (cookie,) = page.headers.getall("Set-Cookie")
    assert cookie.startswith(f"{DONE_COOKIE}=; ")
    assert "Access-Control-Allow-Origin" not in page.headers
    assert page.content_type == "text/html"
    assert page.html.find("a", attrs={"aria-current": "page"}) is not None
    assert console.browser.post("/logout", {"csrf": csrf}).status_int == 303


def test_a_code_that_was_never_given_is_refused_by_the_server(opened: Open) -> None:
    console = opened("public")
    came = play.answered(play.allow(console.ask())) | {"code": new_code(0)}
    page = console.seen(console.browser.get("/developer/try/callback?" + urlencode(came)))
    assert status(console.take(page, "token")) == "400 Bad Request"


def test_rule_13_a_visitor_takes_no_code_along_to_the_sign_in(server: Server, browser: Browser) -> None:
    code = new_code(0)
    answer = browser.get("/developer/try/callback?" + urlencode({"code": code, "state": "x"}))
    assert going_to(server, answer) == "/developer"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_rule_13_an_error_at_the_address_with_the_code_tells_it_to_nobody(opened: Open) -> None:
    console = opened()
    address = urlsplit(play.allow(console.ask()).location)
    code = parse_qs(address.query)["code"][0]
    state = parse_qs(address.query)["state"][0]
    for pairs, expected in (({"code": code, "state": "x"}, 403), ({"code": code, "state": state, "iss": "x"}, 400)):
        page = console.browser.get(f"{address.path}?{urlencode(pairs)}")
        assert page.status_int == expected
        assert page.headers["Referrer-Policy"] == "no-referrer"


def test_a_page_from_before_an_update_says_to_start_over(opened: Open) -> None:
    """What is sealed has fields of other names then."""
    console = opened()
    page = console.allowed()
    payload = orjson.dumps([int(time.time()), console.walk(page)])
    form = play.form_with(page, "walk")

    def sealed(bound_to: str) -> str:
        before = console_page.PURPOSE.replace(b" code ", b" authorization_code ")
        return base64url.encode(seal(console.browser.cookies[COOKIE], bound_to, payload, before))

    form["walk"] = sealed(console.app.client_id)
    callback = "/developer/try/callback?" + urlencode({"state": sealed("")})
    for answer in (form.submit("step", value="token"), console.browser.get(callback)):
        assert answer.status_int == 403
        assert "the server was updated" in answer
        assert "Start over" in answer
