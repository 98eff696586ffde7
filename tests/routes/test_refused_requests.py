"""Pages about requests that can't be answered: for the user in plain words, with details for the app's developers."""

from __future__ import annotations

import dataclasses
import secrets
from urllib.parse import urlencode

import pytest
from webtest import TestResponse

import make
import play
from browser import Browser
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import review
from oauthsrv.flows.invalidation import client_changed
from oauthsrv.server import Server
from rows import rows


def text_of(page: TestResponse) -> str:
    return " ".join(page.html.find("main").get_text().split())


def plain(page: TestResponse) -> str:
    """What is read without opening the details."""
    main = page.html.find("main")
    main.find("details").extract()
    return " ".join(main.get_text().split())


@pytest.fixture
def reviewing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "settings", dataclasses.replace(server.settings, app_review=True))


def test_a_wrong_request_is_explained_to_the_user_first_and_to_developers_in_the_details(
    server: Server, browser: Browser
) -> None:
    app = make.app(server, name="Chart Maker")
    page = play.ask(browser, app, redirect_uri="https://elsewhere.example/cb")
    assert (page.status_int, page.html.h1.get_text()) == (400, "Can’t connect Chart Maker")
    assert "redirect" in page.html.find("details").get_text()
    assert "Error: invalid_request. Request: " in page.html.find("details").get_text()
    text = plain(page)
    assert "You did nothing wrong" in text
    for word in ("redirect", "parameter", "client_id", "invalid_request", "URI"):
        assert word not in text


def test_a_suspended_app_is_named_and_only_its_team_reads_what_happens_to_its_tokens(
    server: Server, signed_in: Browser
) -> None:
    owner = make.user(server)
    app = make.app(server, owner, name="Chart Maker")
    review.suspend_client(server, app.client_id, by=Actor())
    page = play.ask(signed_in, app)
    assert page.html.h1.get_text() == "Can’t connect Chart Maker"
    assert "This app is suspended, so it can’t use anyone’s oauthsrv account right now." in text_of(page)
    assert "tokens" not in plain(page)
    its = signed_in.another()
    play.sign_in(its, owner)
    page = play.ask(its, app)
    assert "they’ll work again when it’s reactivated" in plain(page)


def test_an_unapproved_app_is_named_only_to_signed_in_users(
    server: Server, browser: Browser, user: make.User, reviewing: None
) -> None:
    app = make.app(server, name="Chart Maker", approved=False)
    page = play.ask(browser, app, redirect_uri="https://elsewhere.example/cb")
    assert page.html.h1.get_text() == "Can’t connect this app"
    assert "Chart Maker" not in page
    assert "Chart Maker" not in play.ask(browser, app).follow()
    play.sign_in(browser, user)
    page = play.ask(browser, app)
    assert page.html.h1.get_text() == "Can’t connect Chart Maker"
    assert "oauthsrv hasn’t approved it yet" in plain(page)


def test_an_unknown_app_is_explained_without_parameters(browser: Browser) -> None:
    query = urlencode({"response_type": "code", "client_id": "cli_" + "0" * 32})
    page = browser.get(f"/oauth/authorize?{query}")
    assert page.html.h1.get_text() == "This app isn’t registered here"
    assert "client" not in plain(page)


# The app that waits for a sign-in


def test_signing_in_and_signing_up_name_the_app_that_waits_and_lead_to_it(server: Server, browser: Browser) -> None:
    app = make.app(server, name="Chart <b>Maker</b>")
    page = play.ask(browser, app).follow()
    assert "Continue to Chart <b>Maker</b> with your oauthsrv account." in text_of(page)
    page = page.click("Create one")
    assert "Create your oauthsrv account to continue to Chart <b>Maker</b>." in text_of(page)
    form = play.form_with(page, "name")
    form["name"], form["email"], form["password"] = (
        "New",
        f"{secrets.token_hex(8)}@example.com",
        "a long password of my own",
    )
    asked = form.submit().follow()
    assert "wants to access your oauthsrv account" in asked.html.h1.get_text()


def test_a_self_registered_app_is_not_named_by_the_name_it_gave_itself(server: Server, browser: Browser) -> None:
    app = make.app(server, name="Acme Support")
    sql = "UPDATE client SET registered_by = 'registration', owner_id = NULL WHERE client_id = %(id)s"
    rows(server, sql, id=app.client_id)
    client_changed(server, app.client_id)
    assert "Acme Support" not in play.ask(browser, app).follow()


def test_no_app_is_named_where_none_waits(browser: Browser) -> None:
    assert "Continue to" not in text_of(browser.get("/login"))
    assert "Continue to" not in text_of(browser.get("/account/profile").follow())
