"""The developers' console: every step with a real answer."""

from __future__ import annotations

import dataclasses
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import make
import play
from browser import Browser, wsgi
from consoles import Open, carried, offered, status, wire
from oauthsrv.config import Settings
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import changes, registration, review
from oauthsrv.flows.refusals import NotDone
from oauthsrv.flows.token_endpoint import GRANT_TYPES
from oauthsrv.routes.developer import console as console_page
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql
from portal import a_moment_passes

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
    old, new = console.walk(before), console.walk(after)
    assert (old.access_token, old.refresh_token) != (new.access_token, new.refresh_token)
    assert f"Bearer oat_…{new.access_token[-4:]}" in wire(console.take(after, "call"))[0]


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
    a_moment_passes(console.server)
    second = console.take(back, "token")
    assert status(second) == "400 Bad Request"
    assert '"error": "invalid_grant"' in wire(second)[1]
    assert "Exchange each code once" in second
    assert offered(second) == []
    assert "Start over" in second
    assert status(console.take(first, "call")) == "401 Unauthorized"


# What can go wrong


def test_a_no_is_shown_as_the_app_gets_it(opened: Open) -> None:
    console = opened()
    page = console.come_back(play.form_with(console.ask(), "decision").submit("decision", value="deny"))
    assert "error=access_denied" in wire(page)[1]
    assert "The user pressed Deny" in page
    assert offered(page) == []
    assert page.click("Start over").status_int == 200


def test_a_wrong_secret_spends_nothing_and_is_asked_for_again(opened: Open) -> None:
    console = opened()
    page = console.take(console.allowed(), "token", "typed here by mistake: a password")
    assert f"Basic base64({console.app.client_id}:…)" in wire(page)[0]
    assert status(page) == "401 Unauthorized"
    assert '"error": "invalid_client"' in wire(page)[1]
    assert "Basic realm" in wire(page)[1]
    assert re.search(r"/developer/errors/req_\w{32}\?error=invalid_client", wire(page)[1])
    assert "This secret was refused" in page.html.find(id="client_secret-error").get_text()
    assert status(console.take(page, "token", console.app.client_secret)) == "200 OK"


def test_a_missing_secret_is_asked_for_before_anything_is_sent(opened: Open) -> None:
    console = opened()
    page = console.take(console.allowed(), "token", " ")
    assert page.status_int == 422
    assert "Enter the client secret" in page.html.find(id="client_secret-error").get_text()
    assert status(console.take(page, "token", console.app.client_secret)) == "200 OK"


def test_a_secret_that_was_just_deleted_is_asked_for_again(server: Server, opened: Open) -> None:
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
    assert "work again" in refused
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
        patch.setitem(GRANT_TYPES, "authorization_code", broken)
        failed = console.take(page, "token")
    assert status(failed) == "500 Internal Server Error"
    assert '"error": "server_error"' in wire(failed)[1]
    assert "The server failed unexpectedly" in failed
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
    assert len(console.walk(page).exchanges) == console_page.MOST_EXCHANGES
    assert len(carried(page)) < 32 << 10


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
        events = sql.audit.of_client(db, client_id=console.app.client_id, before=None, rows=10)
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
