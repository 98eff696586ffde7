"""The developers' console: every step with a real answer, and no secret readable in any page, log or table."""

from __future__ import annotations

import dataclasses
import logging
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import orjson
import pytest
from webtest import TestResponse

import make
import play
from browser import COOKIE, DONE_COOKIE, Browser
from oauthsrv.app import wsgi
from oauthsrv.config import Settings
from oauthsrv.flows import grant_types
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import changes, registration, review
from oauthsrv.flows.refusals import NotDone
from oauthsrv.oauth import base64url
from oauthsrv.oauth.credentials import new_code
from oauthsrv.oauth.sealing import seal
from oauthsrv.routes.developer import console as consoles
from oauthsrv.routes.developer.console import Walk
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql
from seen import going_to

READABLE = re.compile(r"\b(?:oat|ort|oac|sec)_[A-Za-z0-9_-]{5,}")


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
        return consoles.opened(carried(page), self.browser.cookies[COOKIE], self.app.client_id)

    def secrets(self, page: TestResponse) -> set[str]:
        """Whatever no page may show; `page` is one of the steps."""
        names = ("code", "client_secret", "access_token", "refresh_token", "code_verifier")
        known = self.walk(page).known
        return {secret for secret in (self.app.client_secret, *(known[name] for name in names)) if secret}


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


@pytest.fixture
def opened(server: Server, browser: Browser) -> Open:
    def open_one(type: str = "confidential", **more: Any) -> Console:
        owner = make.user(server, name="Ada Developer")
        assert play.sign_in(browser, owner).status_int == 303
        uris = (make.REDIRECT_URI, server.settings.issuer + "/developer/try/callback")
        return Console(server, browser, owner, make.app(server, owner, type=type, **{"redirect_uris": uris} | more))

    return open_one


# The walk


@pytest.mark.parametrize("type", ["confidential", "public"])
def test_the_whole_walk_from_yes_to_a_refused_call(opened: Open, type: str) -> None:
    console = opened(type)
    page = console.allowed()
    assert status(page) == "303 See Other"
    assert offered(page) == ["token"]
    page = console.take(page, "token", console.app.client_secret)
    assert status(page) == "200 OK"
    request, answer = wire(page)
    assert "POST /oauth/token HTTP/1.1" in request
    assert "grant_type=authorization_code\n&code=oac_…" in request
    assert (f"Authorization: Basic base64({console.app.client_id}:sec_…" in request) == (type == "confidential")
    assert (f"client_id={console.app.client_id}" in request) == (type == "public")
    assert '"token_type": "Bearer"' in answer
    assert "Cache-Control: no-store" in answer
    assert "client_secret" not in play.form_with(page, "walk").fields, "it is asked for once"
    for step, said in (
        ("call", "200 OK"),
        ("refresh", "200 OK"),
        ("call", "200 OK"),
        ("revoke", "200 OK"),
        ("again", "401 Unauthorized"),
    ):
        assert step in offered(page), step
        page = console.take(page, step)
        assert status(page) == said, step
    assert "X-OAuth-" not in wire(page)[1]
    assert 'error="invalid_token"' in wire(page)[1]
    assert "You’re done" in page
    assert len(page.html.find_all("li", class_="done")) == 6
    assert status(console.take(page, "refresh")) == "400 Bad Request"


def test_a_call_tells_what_an_api_learns(opened: Open) -> None:
    console = opened("public")
    _, answer = wire(console.take(console.exchanged(), "call"))
    assert f"X-OAuth-Client: {console.app.client_id}" in answer.replace("X-Oauth", "X-OAuth")
    assert "read:profile" in answer


def test_a_refresh_gives_tokens_that_the_next_steps_use(opened: Open) -> None:
    console = opened("public")
    before = console.exchanged()
    after = console.take(before, "refresh")
    old, new = console.walk(before).known, console.walk(after).known
    assert (old["access_token"], old["refresh_token"]) != (new["access_token"], new["refresh_token"])
    assert f"Bearer oat_…{new['access_token'][-4:]}" in wire(console.take(after, "call"))[0]


def test_who_allowed_before_is_not_asked_again_unless_they_want_to_be(opened: Open) -> None:
    console = opened()
    console.allowed()
    assert console.ask().status_int == 303
    assert console.ask("?prompt=consent").status_int == 200


def test_the_request_asks_for_what_was_ticked(opened: Open) -> None:
    console = opened()
    page = console.start()
    assert "scope=read%3Aprofile%20write%3Aprofile%20read%3Adata" in page.html.find("pre").get_text()
    form = next(form for form in page.forms.values() if form.method.lower() == "get")
    for at in (0, 2):
        form.set("scope", False, index=at)
    page = console.seen(form.submit())
    assert "scope=write%3Aprofile\n" in page.html.find("pre").get_text()
    sent = parse_qs(urlsplit(page.html.find("a", string="Send request")["href"]).query)
    assert sent["scope"] == ["write:profile"]
    answer = play.allow(page.click("Send request"))
    page = console.take(console.come_back(answer), "token", console.app.client_secret)
    assert '"scope": "write:profile"' in wire(page)[1]


def test_scopes_that_are_not_the_apps_are_not_asked_for(opened: Open) -> None:
    console = opened(scopes=("read:data",))
    text = console.start("?scope=read:billing&scope=nonsense").html.find("pre").get_text()
    assert "scope=read%3Adata\n" in text


def test_a_code_is_exchanged_by_a_button_so_its_page_may_be_loaded_again(opened: Open) -> None:
    console = opened("public")
    answer = play.allow(console.ask())
    for _ in range(3):
        page = console.come_back(answer)
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
    assert status(console.take(page, "token")) == "200 OK"


def test_a_repeated_exchange_shows_the_refusal_and_what_it_ended(opened: Open) -> None:
    console = opened("public")
    back = console.allowed()
    first = console.take(back, "token")
    second = console.take(back, "token")
    assert status(second) == "400 Bad Request"
    assert '"error": "invalid_grant"' in wire(second)[1]
    assert "A code works once" in second
    assert offered(second) == []
    assert "Start over" in second
    assert status(console.take(first, "call")) == "401 Unauthorized"


# What can go wrong


def test_a_no_is_shown_as_the_app_gets_it(opened: Open) -> None:
    console = opened()
    page = console.come_back(play.form_with(console.ask(), "decision").submit("decision", value="deny"))
    assert "error=access_denied" in wire(page)[1]
    assert "The user denied access" in page
    assert offered(page) == []
    assert page.click("Start over").status_int == 200


def test_a_wrong_secret_spends_nothing_and_is_asked_for_again(opened: Open) -> None:
    console = opened()
    page = console.take(console.allowed(), "token", "typed here by mistake: a password")
    assert f"Basic base64({console.app.client_id}:…)" in wire(page)[0]
    assert status(page) == "401 Unauthorized"
    assert '"error": "invalid_client"' in wire(page)[1]
    assert "Basic realm" in wire(page)[1]
    assert "This secret was refused" in page.html.find(id="client_secret-error").get_text()
    assert status(console.take(page, "token", console.app.client_secret)) == "200 OK"


def test_a_missing_secret_is_asked_for_before_anything_is_sent(opened: Open) -> None:
    console = opened()
    page = console.take(console.allowed(), "token", " ")
    assert page.status_int == 422
    assert "Enter the client secret" in page.html.find(id="client_secret-error").get_text()
    assert status(console.take(page, "token", console.app.client_secret)) == "200 OK"


def test_a_secret_that_was_retired_meanwhile_is_asked_for_again(server: Server, opened: Open) -> None:
    console = opened()
    page = console.exchanged()
    new = registration.add_secret(server, console.app.client_id, by=Actor())
    assert console.app.client_secret
    registration.delete_secret(server, console.app.client_id, console.app.client_secret[-4:], by=Actor())
    page = console.take(page, "refresh")
    assert status(page) == "401 Unauthorized"
    assert status(console.take(page, "refresh", new.text)) == "200 OK"


def test_a_suspended_app_gets_an_answer_that_says_so_at_the_start_and_at_each_step(
    server: Server, opened: Open
) -> None:
    console = opened()
    page = console.exchanged()
    review.suspend_client(server, console.app.client_id, by=Actor())
    refused = console.take(page, "refresh")
    assert '"error": "unauthorized_client"' in wire(refused)[1]
    assert "they work again" in refused
    start = console.start()
    assert "suspended this app" in start
    assert "Send request" not in start


def test_an_app_that_waits_for_approval_can_be_tried_by_its_owner_alone(
    settings: Settings, server: Server, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "settings", dataclasses.replace(settings, app_review=True))
    console = opened("public", approved=False)
    assert "waiting for approval" in console.start()
    assert status(console.exchanged()) == "200 OK"
    administrator = Browser(wsgi(server))
    play.sign_in(administrator, make.user(server, admin=True))
    page = administrator.get(console.path)
    assert "waiting for approval" in page
    assert "Send request" not in page


def test_an_error_of_ours_is_an_answer_like_any_other(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError

    console = opened("public")
    page = console.allowed()
    with monkeypatch.context() as patch:
        patch.setitem(grant_types.GRANT_TYPES, "authorization_code", broken)
        failed = console.take(page, "token")
    assert status(failed) == "500 Internal Server Error"
    assert '"error": "server_error"' in wire(failed)[1]
    assert "expected another response" in failed
    assert status(console.take(failed, "token")) == "200 OK"


def test_a_step_before_its_turn_leads_back_to_the_start(opened: Open) -> None:
    console = opened("public")
    page = console.allowed()
    for step in ("call", "authorize", "nonsense", ""):
        refused = console.take(page, step)
        assert refused.status_int == 400
        assert refused.click("Start over").request.path == console.path


def test_the_longest_walk_still_fits_into_a_form(opened: Open) -> None:
    console = opened("public")
    page = console.exchanged()
    for _ in range(12):
        page = console.take(page, "call")
        assert status(page) == "200 OK"
    assert len(console.walk(page).exchanges) == consoles.MOST_EXCHANGES
    assert len(carried(page)) < 32 << 10


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
    """Whoever makes somebody's browser bring a code of theirs would sign it in to their own account."""
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
    monkeypatch.setattr(consoles, "LIFETIME", -1)
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


# The redirect URI


def test_the_console_has_no_redirect_uri_of_its_own_until_one_is_registered(server: Server, opened: Open) -> None:
    console = opened(redirect_uris=(make.REDIRECT_URI,))
    page = console.start()
    uri = server.settings.issuer + "/developer/try/callback"
    assert page.html.find(id="redirect-uri").get_text() == uri
    assert "Send request" not in page
    assert page.click("Add it yourself").request.path == f"/developer/apps/{console.app.client_id}/edit"
    asked = play.ask(console.browser, console.app, redirect_uri=uri)
    assert asked.status_int == 400, "it is no exception to the protocol"

    form = next(form for form in page.forms.values() if form.action.endswith("/redirect-uri"))
    added = form.submit().follow()
    assert "redirect URI was added" in added
    client = server.clients.find_client(console.app.client_id)
    assert client is not None
    assert client.redirect_uris == (make.REDIRECT_URI, uri)
    form.submit()
    client = server.clients.find_client(console.app.client_id)
    assert client is not None
    assert client.redirect_uris == (make.REDIRECT_URI, uri)
    with reading(server.database) as db:
        events = sql.audit.of_client(db, client_id=console.app.client_id, rows=10)
    changes = [event for event in events if event.action == "client.changed"]
    assert [event.details["changed"] for event in changes] == [["redirect_uris"]]
    assert console.exchanged().status_int == 200


def test_an_app_with_as_many_redirect_uris_as_there_may_be_sees_what_to_do(server: Server, opened: Open) -> None:
    uris = tuple(f"https://app.example/{number}" for number in range(20))
    console = opened(redirect_uris=uris)
    form = next(form for form in console.start().forms.values() if form.action.endswith("/redirect-uri"))
    refused = form.submit()
    assert refused.status_int == 409
    assert "20 redirect URIs" in refused


@pytest.mark.parametrize("uri", ["http://app.example/cb", "com.example.app:/cb"])
def test_rule_4_what_a_form_would_refuse_is_not_added_by_a_click_either(server: Server, uri: str) -> None:
    app = make.app(server)
    with pytest.raises(NotDone):
        changes.add_redirect_uri(server, app.client_id, uri, by=Actor())


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
    came = play.answered(play.allow(console.ask())) | {"code": new_code()}
    page = console.seen(console.browser.get("/developer/try/callback?" + urlencode(came)))
    assert status(console.take(page, "token")) == "400 Bad Request"


def test_rule_13_somebody_signed_out_takes_no_code_along_to_the_sign_in(server: Server, browser: Browser) -> None:
    code = new_code()
    answer = browser.get("/developer/try/callback?" + urlencode({"code": code, "state": "x"}))
    assert going_to(server, answer) == "/developer"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_rule_13_an_error_at_the_address_with_the_code_tells_it_to_nobody(opened: Open) -> None:
    console = opened()
    address = urlsplit(play.allow(console.ask()).location)
    code = parse_qs(address.query)["code"][0]
    state = parse_qs(address.query)["state"][0]
    for pairs, status in (({"code": code, "state": "x"}, 403), ({"code": code, "state": state, "iss": "x"}, 400)):
        page = console.browser.get(f"{address.path}?{urlencode(pairs)}")
        assert page.status_int == status
        assert page.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("change", [{"another": 1}, {"known": None}, {"known": {}}])
def test_a_page_from_before_an_update_says_to_start_over(opened: Open, change: dict[str, Any]) -> None:
    console = opened()
    page = console.allowed()
    walk = dataclasses.asdict(console.walk(page)) | change
    browser = console.browser.cookies[COOKIE]

    def sealed(bound_to: str) -> str:
        payload = orjson.dumps({name: value for name, value in walk.items() if value is not None})
        return base64url.encode(seal(browser, bound_to, payload, consoles.PURPOSE))

    form = play.form_with(page, "walk")
    form["walk"] = sealed(console.app.client_id)
    callback = "/developer/try/callback?" + urlencode({"state": sealed("")})
    for answer in (form.submit("step", value="token"), console.browser.get(callback)):
        assert answer.status_int == 409
        assert "Start over" in answer
