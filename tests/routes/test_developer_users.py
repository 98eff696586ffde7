"""The users of an app in numbers, and the end of all its tokens."""

from __future__ import annotations

import make
import play
import rows
from browser import Browser
from oauthsrv.flows import revocations
from oauthsrv.flows.audit import Actor
from oauthsrv.server import Server
from portal import an_hour_passes, figures, owned


def test_users_are_counted_and_not_named(server: Server, browser: Browser, ada: make.User) -> None:
    app = make.app(server, ada)
    empty = browser.get(f"/developer/apps/{app.client_id}/users")
    assert figures(empty)["Connected now"] == "0"
    assert "Nobody is connected" in empty
    assert "No connection ended" in empty
    first = play.tokens(server, browser.another(), app, make.user(server, name="Ursula User"))
    assert play.exchange(first.browser, app, play.code(first.browser, app)).status_int == 200
    second = play.tokens(server, browser.another(), app)
    grant_id = rows.active_grant(server, first.user.user_id, app.client_id)
    rows.rows(server, 'UPDATE "grant" SET last_used_at = now() WHERE grant_id = %(grant_id)s', grant_id=grant_id)
    gone = play.tokens(server, browser.another(), app)
    grant_id = rows.active_grant(server, gone.user.user_id, app.client_id)
    revocations.revoke_grant(server, grant_id, gone.user.user_id, "user", by=Actor(gone.user.user_id))
    page = browser.get(f"/developer/apps/{app.client_id}/users")
    assert figures(page) == {
        "Connected now": "2",
        "Used in 7 days": "1",
        "Used in 30 days": "1",
        "New in 30 days": "3",
        "Connections": "3",
    }
    assert "The user disconnected the app" in page
    for user in (first.user, second.user, gone.user):
        assert user.email not in page
    assert "Ursula" not in page


def test_all_tokens_are_ended_after_a_question(server: Server, browser: Browser, ada: make.User) -> None:
    app = make.app(server, ada)
    connection = play.tokens(server, browser.another(), app)
    other = play.tokens(server, browser.another())
    page = play.press(browser.get(f"/developer/apps/{app.client_id}/users"), "Revoke all tokens")
    assert "the connected user" in page
    assert connection.is_active()
    form = play.form_with(page, "sure")
    page = form.submit().follow()
    assert page.request.path.endswith("/users")
    assert "All tokens of the app were revoked" in page
    assert "All tokens of the app were revoked" in page
    assert not connection.is_active()
    assert other.is_active()
    assert play.refresh(connection.browser, app, connection.refresh_token).json["error"] == "invalid_grant"


def test_rule_13_ending_all_tokens_never_asks_for_the_password_again(
    server: Server, browser: Browser, ada: make.User
) -> None:
    client_id = owned(server, ada)
    page = play.press(browser.get(f"/developer/apps/{client_id}/users"), "Revoke all tokens")
    an_hour_passes(server, browser)
    form = play.form_with(page, "sure")
    assert form.submit().status_int == 303


def test_an_app_that_was_just_deleted_has_nothing_to_end(server: Server, browser: Browser, ada: make.User) -> None:
    client_id = owned(server, ada)
    page = play.press(browser.get(f"/developer/apps/{client_id}/users"), "Revoke all tokens")
    revocations.delete_client(server, client_id, by=Actor(ada.user_id))
    form = play.form_with(page, "sure")
    answer = form.submit()
    assert answer.status_int == 404
    assert "This app was deleted" in answer
