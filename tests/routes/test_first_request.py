"""/developer/apps/<client_id>/first-request: a new app waits for its first request, and says what failed."""

from __future__ import annotations

import make
import play
import rows
from browser import Browser
from held import done
from oauthsrv.flows import housekeeping
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql
from portal import filled, text_of


def test_a_new_app_waits_fails_is_allowed_and_has_its_first_token(
    server: Server, browser: Browser, ada: make.User
) -> None:
    app = make.app(server, ada)
    path = f"/developer/apps/{app.client_id}/first-request"
    page = browser.get(path)
    assert "Waiting for your first request" in page.html.h1.get_text()
    assert "Nothing has arrived yet" in page
    assert page.headers["Refresh"] == f"8; url={path}?tries=1"

    wrong = play.request_of(app)["redirect_uri"] + "/"
    assert play.ask(browser, app, redirect_uri=wrong).status_int == 400
    done(housekeeping.flush_refusals(server))
    page = browser.get(path)
    assert "The last request failed" in page.html.find(id="failure").get_text()
    assert wrong in page.html.find(class_="difference").get_text()
    assert "Add this URI" in page

    code = play.code(browser, app)
    page = browser.get(path)
    assert "Waiting for the token request" in page.html.h1.get_text()
    assert play.exchange(browser, app, code).status_int == 200
    page = browser.get(path)
    assert "has its first token" in page.html.h1.get_text()
    assert "Refresh" not in page.headers
    assert "failed" not in page.html.find("main").get_text()


def test_an_app_whose_connections_have_all_ended_has_had_its_token(
    server: Server, browser: Browser, ada: make.User
) -> None:
    app = make.app(server, ada)
    token = play.exchange(browser, app, play.code(browser, app)).json["refresh_token"]

    def has_exchanged() -> bool:
        with reading(server.database) as db:
            return bool(sql.developer.facts(db, client_id=app.client_id).has_exchanged)

    assert has_exchanged()
    assert play.post(browser, "/oauth/revoke", app, token=token).status_int == 200
    assert not rows.lives(server, token)
    assert has_exchanged()
    assert "has its first token" in browser.get(f"/developer/apps/{app.client_id}/first-request").html.h1.get_text()


def test_the_page_after_the_secret_leads_there(browser: Browser, ada: make.User) -> None:
    created = filled(browser.get("/developer/apps/new")).submit()
    client_id = text_of(created, "client-id")
    page = created.click("I’ve copied the secret")
    assert page.request.path == f"/developer/apps/{client_id}/first-request"
    assert client_id in page
    assert text_of(created, "client-secret") not in page


def test_a_forgotten_tab_stops_and_can_be_stopped(server: Server, browser: Browser, ada: make.User) -> None:
    path = f"/developer/apps/{make.app(server, ada).client_id}/first-request"
    for tries in ("200", "9999"):
        assert "Refresh" not in browser.get(f"{path}?tries={tries}").headers
    assert "Refresh" not in browser.get(path).click("Stop").headers
    for nonsense in ("-1", "²", "99999999", "x"):
        assert browser.get(path, {"tries": nonsense}).headers["Refresh"].endswith("tries=1")
