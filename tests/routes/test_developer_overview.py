"""One app at a glance: its state, what to do next, what happened lately."""

from __future__ import annotations

import dataclasses

import make
import play
import rows
import seen
from browser import Browser
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import registration, review
from oauthsrv.server import Server
from portal import figures, member, owned, text_of


def test_a_new_app_says_what_to_do_next_until_a_user_allowed_it(
    server: Server, browser: Browser, ada: make.User
) -> None:
    app = make.app(server, ada)
    page = browser.get(f"/developer/apps/{app.client_id}")
    assert "Next steps" in page
    assert text_of(page, "client-id") == app.client_id
    for path in ("quickstart", "try", "doctor"):
        assert page.html.find("a", href=f"/developer/apps/{app.client_id}/{path}"), path
    play.tokens(server, browser.another(), app)
    page = browser.get(f"/developer/apps/{app.client_id}")
    assert "Next steps" not in page
    assert figures(page)["Users connected"] == "1"


def test_a_suspended_app_says_so_and_why_and_what_to_do(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    review.suspend_client(server, client_id, by=Actor())
    page = browser.get(f"/developer/apps/{client_id}")
    assert "suspended this app" in page
    assert "its tokens are refused" in page
    assert "gave no reason" in page
    assert "ask an administrator to reactivate" in page
    assert "Next steps" not in page
    assert "App suspended" in page
    assert "Command line" in page
    rows.rows(
        server,
        "UPDATE client SET suspend_reason = %(reason)s WHERE client_id = %(client_id)s",
        reason="It sends <spam>.",
        client_id=client_id,
    )
    assert "<q>It sends &lt;spam&gt;.</q>" in browser.get(f"/developer/apps/{client_id}")


def test_optional_scopes_are_marked(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    rows.rows(
        server,
        "UPDATE client SET optional_scopes = '{read:data}' WHERE client_id = %(client_id)s",
        client_id=client_id,
    )
    page = browser.get(f"/developer/apps/{client_id}")
    [optional] = page.html.find_all(class_="tag", string="optional")
    assert optional.parent.find("code").get_text() == "read:data"


def test_the_events_of_an_app_name_none_of_its_users(server: Server, browser: Browser, ada: make.User) -> None:
    app = make.app(server, ada)
    user = make.user(server, name="Ursula User")
    play.tokens(server, browser.another("203.0.113.77"), app, user)
    page = browser.get(f"/developer/apps/{app.client_id}")
    assert "App connected" in page
    for theirs in (user.email, user.user_id, "Ursula", "203.0.113.77"):
        assert theirs not in page, theirs


def test_the_events_say_who_of_the_team_did_it(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    person = member(server, ada, client_id, name="Mia Member")
    registration.add_secret(server, client_id, by=Actor(person.user_id, "203.0.113.78"))
    page = browser.get(f"/developer/apps/{client_id}")
    assert seen.rows(page, "Recent events")[0]["By"] == "Member"
    assert "member: Mia Member" in page
    assert "203.0.113.78" not in page


def test_rules_2_and_5_reuse_is_shown_to_the_developer_and_what_to_do(
    server: Server, browser: Browser, ada: make.User
) -> None:
    app = make.app(server, ada)
    client = browser.another("203.0.113.80")
    play.sign_in(client, make.user(server))
    code = play.code(client, app)
    first = play.exchange(client, app, code).json["refresh_token"]
    settings = server.settings
    server.settings = dataclasses.replace(settings, refresh_grace=0)
    try:
        play.refresh(client, app, first)
        assert play.refresh(client, app, first).json["error"] == "invalid_grant"
    finally:
        server.settings = settings
    code = play.code(client, app)
    assert play.exchange(client, app, code).status_int == 200
    assert play.exchange(client, app, code).json["error"] == "invalid_grant"
    page = browser.get(f"/developer/apps/{app.client_id}")
    assert "Refresh token reused" in page
    assert "Store the new refresh token" in page
    assert "Code reused" in page
    assert "203.0.113.80" in page


def test_a_developer_of_a_public_app_sees_no_address_of_its_users(
    server: Server, browser: Browser, ada: make.User
) -> None:
    app = make.app(server, ada, type="public")
    client = browser.another("203.0.113.81")
    play.sign_in(client, make.user(server))
    code = play.code(client, app)
    assert play.exchange(client, app, code).status_int == 200
    assert play.exchange(client, app, code).json["error"] == "invalid_grant"
    page = browser.get(f"/developer/apps/{app.client_id}")
    assert "Code reused" in page
    assert "203.0.113.81" not in page
