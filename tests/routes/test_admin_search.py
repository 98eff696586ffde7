"""Search everywhere: by what people know, and by a token or secret that was found somewhere."""

from __future__ import annotations

import logging
import secrets
from typing import Any

import pytest
from webtest import TestResponse

import make
import play
from browser import Browser
from oauthsrv.flows import lookup
from oauthsrv.oauth.credentials import new_code, new_family_id, new_refresh_token
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql
from rows import rows


def search(browser: Browser, text: str) -> TestResponse:
    """From the box that every page has."""
    form = play.form_with(browser.get("/admin/hosts"), "searched")
    form["searched"] = text
    return form.submit()


def test_a_single_match_opens_immediately(server: Server, browser: Browser, root: make.User) -> None:
    user, app, api = make.user(server), make.app(server, name=f"App {secrets.token_hex(6)}"), make.api(server)
    assert search(browser, f" {user.email.upper()} ").location == f"/admin/users/{user.user_id}"
    assert search(browser, user.user_id).location == f"/admin/users/{user.user_id}"
    assert search(browser, f"client_id={app.client_id}&x=1").location == f"/admin/apps/{app.client_id}"
    assert search(browser, api.client_id).location == f"/admin/apis/{api.client_id}"
    assert search(browser, api.redirect_uri).location == f"/admin/apis/{api.client_id}"


def test_several_matches_are_listed_and_no_match_is_reported(server: Server, browser: Browser, root: make.User) -> None:
    mark = secrets.token_hex(6)
    users = [make.user(server, name=f"Many {mark}") for _ in range(2)]
    app = make.app(server, users[0], name=f"Many {mark}")
    page = search(browser, f"many {mark}")
    assert {f"/admin/users/{user.user_id}" for user in users} <= {link["href"] for link in page.html.select("li a")}
    assert app.client_id in page
    assert play.form_with(page, "searched")["searched"].value == ""  # of the box above
    assert f'value="many {mark}"' in page
    assert "Nothing matches" in search(browser, f"nothing {mark}")
    assert "Nothing matches" in search(browser, new_family_id(0))


def test_a_found_token_shows_whose_it_is_and_is_revoked_in_two_clicks(
    server: Server, browser: Browser, root: make.User
) -> None:
    connection = play.tokens(server, browser.another())
    for text, kind in (
        (f"Authorization: Bearer {connection.access_token}", "Access token"),
        (connection.refresh_token, "Refresh token"),
    ):
        page = search(browser, text)
        assert page.status_int == 200
        assert kind in page.html.find("main").get_text()
        assert connection.user.email in page
        assert "active" in page
    page = play.press(page, "Revoke this connection").follow()
    assert "The connection was revoked" in page
    assert page.request.path == f"/admin/users/{connection.user.user_id}"
    assert not connection.is_active()
    assert "isn’t active" in search(browser, connection.access_token)
    assert "no longer works" in search(browser, connection.refresh_token)


def test_rule_1_a_searched_token_is_nowhere_afterwards(
    server: Server, browser: Browser, root: make.User, caplog: pytest.LogCaptureFixture
) -> None:
    connection = play.tokens(server, browser.another())
    with caplog.at_level(logging.DEBUG):
        for text in (connection.access_token, connection.refresh_token, str(connection.app.client_secret)):
            page = search(browser, text)
            assert text not in page
            assert text not in page.request.url
            assert page.headers["Referrer-Policy"] == "no-referrer"
            assert text not in caplog.text
            assert not rows(server, "SELECT 1 FROM audit_event WHERE details::text LIKE %(t)s", t=f"%{text}%")
            redis = server.redis.connection()
            assert not [key for key in redis.scan_iter(count=1000) if text.encode() in key]
    assert "Token or secret looked up" in browser.get("/admin/log", {"app": connection.app.client_id})


def test_rule_1_a_token_in_the_address_of_an_administrators_page_is_not_shown(
    server: Server, browser: Browser, root: make.User
) -> None:
    token = new_refresh_token().text
    for path in ("/admin/users", "/admin/apps", "/admin/log"):
        answer = browser.get(path, {"q": token, "user": f" {token}"})
        assert answer.location == "/admin/search"
        page = answer.follow()
        assert token not in page
        assert "Paste it here" in page


def test_rule_1_a_token_from_an_address_is_found_and_not_shown(browser: Browser, root: make.User) -> None:
    """There it is percent-encoded, with what stands before it."""
    token = new_refresh_token().text
    page = search(browser, f"https://app.example/?next=%2Fcallback%3Frefresh%20token%3D{token}")
    assert "It’s unknown" in page
    assert token not in page


def test_rule_1_a_search_whose_form_is_stale_is_not_repeated(browser: Browser, root: make.User) -> None:
    token = new_refresh_token().text
    page = browser.post("/admin/search", {"csrf": "x", "searched": token}, headers={"Sec-Fetch-Site": "same-origin"})
    assert page.status_int == 403
    assert token not in page


def test_a_superseded_refresh_token_is_known_and_one_that_was_never_issued_too(
    server: Server, browser: Browser, root: make.User
) -> None:
    connection = play.tokens(server, browser.another())
    assert "current refresh token: the app can" in search(browser, connection.refresh_token)
    play.refresh(connection.browser, connection.app, connection.refresh_token)
    assert "It isn’t its connection’s current" in search(browser, connection.refresh_token)
    for text in (new_refresh_token().text, new_code(0)):
        assert "never existed" in search(browser, text)


def test_a_code_shows_whose_it_is_before_and_after_its_exchange(
    server: Server, browser: Browser, root: make.User
) -> None:
    app, user, person = make.app(server), make.user(server), browser.another()
    play.sign_in(person, user)
    code = play.code(person, app)
    page = search(browser, f"https://app.example/callback?code={code}&state=x")
    assert "hasn’t been exchanged yet" in page
    assert user.email in page
    play.exchange(person, app, code)
    page = search(browser, code)
    assert "It was exchanged" in page
    assert user.email in page
    play.press(page, "Disconnect the app from this user").follow()
    assert "ended" in search(browser, code)


def test_a_secret_shows_its_app_or_api(server: Server, browser: Browser, root: make.User) -> None:
    app, api = make.app(server, name="Leaky Secret"), make.api(server)
    page = search(browser, str(app.client_secret))
    assert "Leaky Secret" in page
    assert f"/developer/apps/{app.client_id}/secrets" in page
    assert f"/admin/apis/{api.client_id}" in search(browser, str(api.client_secret))
    assert "deleted or never existed" in search(browser, f"sec_{secrets.token_hex(32)}")


@pytest.mark.parametrize("prefix", lookup.KINDS)
def test_what_is_cut_off_or_cannot_be_looked_up_says_so(browser: Browser, root: make.User, prefix: str) -> None:
    text = f"{prefix}_{'A' * 20}"
    page = search(browser, text)
    assert "incomplete" in page or "can’t be looked up" in page
    assert text not in page


def test_a_token_of_an_app_without_a_user_shows_its_app(server: Server, browser: Browser, root: make.User) -> None:
    app = make.machine(server)
    token = play.own_token(browser.another(), app).json["access_token"]
    page = search(browser, token)
    assert "None: the app acts for itself" in page
    assert play.press(page, "Revoke this connection").location == f"/admin/apps/{app.client_id}"
    assert "isn’t active" in search(browser, token)


def test_ids_of_logs_lead_to_their_user(server: Server, browser: Browser, root: make.User) -> None:
    connection = play.tokens(server, browser.another())
    [row] = rows(
        server,
        'SELECT family_id, grant_id FROM family JOIN "grant" USING (grant_id) WHERE user_id = %(u)s',
        u=connection.user.user_id,
    )
    for its_id in row:
        assert search(browser, its_id).location == f"/admin/users/{connection.user.user_id}"


def test_rule_13_a_former_administrator_revokes_nothing(server: Server, browser: Browser) -> None:
    connection = play.tokens(server, browser.another())
    [row] = rows(
        server,
        'SELECT family_id FROM family JOIN "grant" USING (grant_id) WHERE user_id = %(u)s',
        u=connection.user.user_id,
    )
    admin = make.user(server, admin=True)
    play.sign_in(browser, admin)
    form: Any = play.form_with(browser.get("/admin/search"), "searched")
    with reading(server.database) as db:
        sql.users.set_admin(db, user_id=admin.user_id, is_admin=False)
    answer = browser.post(f"/admin/connections/{row.family_id}/end", {"csrf": form["csrf"].value})
    assert answer.status_int == 403
    assert connection.is_active()
