"""Clients with a client ID metadata document: the whole flow over https, and what may come between."""

from __future__ import annotations

import threading
from urllib.parse import urlencode

import pytest

import make
import play
from browser import Browser
from described import (
    BACK,
    a_day_passes,
    app_at,
    connected,
    document_of,
    fetched,
    path_of,
    serve,
    text_of,
)
from held import eventually
from hosts import PUBLIC, Host, response
from oauthsrv.flows import catalog
from oauthsrv.flows.clients import documents
from oauthsrv.oauth.client_ids import reference_of
from oauthsrv.server import Server
from oauthsrv.store import limits
from oauthsrv.store.limits import Attempt


def test_the_whole_flow_of_a_client_that_describes_itself(server: Server, signed_in: Browser, there: Host) -> None:
    app = app_at(there)
    page = play.ask(signed_in, app)
    assert page.html.h1.get_text() == "claude.ai wants to access your oauthsrv account"
    assert "calls itself Claude registered itself" in text_of(page)
    assert "You’ll be sent back to claude.ai." in text_of(page)
    assert server.clients.find_client(reference_of(app.client_id)) is None

    answer = play.exchange(signed_in, app, play.answered(play.allow(page))["code"])
    token = answer.json["access_token"]
    assert play.introspect(signed_in, make.api(server), token)["client_id"] == app.client_id
    checked = signed_in.get("/oauth/verify?scope=read:profile", headers={"Authorization": f"Bearer {token}"})
    assert checked.headers["X-OAuth-Client"] == app.client_id
    answer = play.refresh(signed_in, app, answer.json["refresh_token"])
    assert answer.status_int == 200
    assert play.answered(play.ask(signed_in, app))["code"], "the consent is remembered"
    assert fetched(there, app) == 1
    assert there.connected_to == [(PUBLIC, 443)]
    assert play.post(signed_in, "/oauth/revoke", app, token=answer.json["refresh_token"]).status_int == 200
    assert play.refused(play.refresh(signed_in, app, answer.json["refresh_token"]))


def test_a_client_gets_the_scopes_of_those_that_register_themselves(
    server: Server, signed_in: Browser, there: Host
) -> None:
    app = app_at(there)
    assert play.answered(play.ask(signed_in, app, scope="read:billing"))["error"] == "invalid_scope"
    connected(signed_in, app)
    client = server.clients.find_client(reference_of(app.client_id))
    assert client is not None
    assert list(client.scopes) == catalog.default_ceiling(server)
    assert client.wire_id == app.client_id


def test_its_reference_is_no_client_id_at_authorization(server: Server, signed_in: Browser, there: Host) -> None:
    app = app_at(there)
    connected(signed_in, app)
    page = play.ask(signed_in, app, client_id=reference_of(app.client_id))
    assert page.status_int == 400
    assert "This app isn’t registered here" in text_of(page)


def test_nothing_is_fetched_before_a_user_has_signed_in(server: Server, browser: Browser, there: Host) -> None:
    app = app_at(there)
    for prompt in (None, "none"):
        assert play.ask(browser, app, prompt=prompt).location.startswith("/login?r=")
    assert there.connected_to == []
    user = make.user(server)
    form = play.form_with(play.ask(browser, app).follow(), "email")
    form["email"], form["password"] = user.email, user.password
    assert form.submit().follow().html.h1.get_text() == "claude.ai wants to access your oauthsrv account"


def test_metadata_says_that_documents_are_supported(browser: Browser) -> None:
    metadata = browser.get("/.well-known/oauth-authorization-server").json
    assert metadata["client_id_metadata_document_supported"] is True
    assert "none" in metadata["token_endpoint_auth_methods_supported"]


def test_a_client_that_is_known_pushes_its_requests(server: Server, signed_in: Browser, there: Host) -> None:
    app = app_at(there)
    assert play.refused(play.post(signed_in, "/oauth/par", app, **play.request_of(app)), "invalid_client")
    connected(signed_in, app)
    pushed = play.post(signed_in, "/oauth/par", app, **play.request_of(app)).json
    query = urlencode({"client_id": app.client_id, "request_uri": pushed["request_uri"]})
    answer = signed_in.get(f"/oauth/authorize?{query}")
    while answer.location.startswith("/"):
        answer = answer.follow()
    assert play.answered(answer)["code"]


def test_nothing_is_fetched_at_the_token_endpoint(server: Server, browser: Browser, there: Host) -> None:
    app = app_at(there)
    assert play.refused(play.exchange(browser, app, "oac_x"), "invalid_client")
    assert play.refused(play.refresh(browser, app, "ort_x"), "invalid_client")
    assert play.post(browser, "/oauth/revoke", app, token="x").status_int == 401
    assert there.connected_to == []


def test_prompt_none_of_a_client_that_registered_itself_redirects_nobody_who_is_signed_out(
    server: Server, signed_in: Browser, there: Host
) -> None:
    app = app_at(there)
    connected(signed_in, app)
    assert play.ask(signed_in.another(), app, prompt="none").location.startswith("/login?r=")
    assert play.answered(play.ask(signed_in, app, prompt="none"))["code"]


@pytest.mark.parametrize("redirect_uri", ["http://127.0.0.1/callback", "com.example.app:/callback"])
def test_rule_14_a_program_on_the_device_is_warned_about_and_always_asked(
    signed_in: Browser, there: Host, redirect_uri: str
) -> None:
    app = app_at(there, redirect_uri)
    connected(signed_in, app)
    page = play.ask(signed_in, app)
    assert page.status_int == 200
    assert "Any program on it can claim to be this app" in text_of(page)
    assert page.html.h1.get_text() == "claude.ai wants to access your oauthsrv account"


def test_another_redirect_host_than_the_documents_is_warned_about(signed_in: Browser, there: Host) -> None:
    app = app_at(there, "https://elsewhere.example/callback")
    assert "If you allow this, elsewhere.example gets access, not claude.ai." in text_of(play.ask(signed_in, app))


# Documents that cannot be used


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"client_id": "https://claude.ai/another.json"}, "client_id isn't its own address"),
        ({"client_id": None}, "client_id isn't its own address"),
        ({"client_secret": "sec"}, "contains a client secret"),
        ({"token_endpoint_auth_method": "client_secret_basic"}, "shared secret"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "javascript: is never allowed"),
        ({"redirect_uris": []}, "redirect_uris is missing"),
        ({"token_endpoint_auth_method": "\0"}, "NUL character"),  # rule 12
        ({"client_name": "Claude\0"}, "NUL character"),
    ],
)
def test_a_document_that_breaks_the_rules_is_not_used_and_not_kept(
    server: Server, signed_in: Browser, there: Host, changes: dict[str, object], reason: str
) -> None:
    app = app_at(there, **changes)
    page = play.ask(signed_in, app)
    assert page.status_int == 400
    assert reason in text_of(page)
    a_day_passes(server, app)
    serve(there, app)
    assert play.ask(signed_in, app).status_int == 200


def test_an_error_is_not_kept_and_the_document_is_not_asked_for_again_within_a_minute(
    server: Server, signed_in: Browser, there: Host
) -> None:
    app = app_at(there)
    there.serve(path_of(there, app), {}, "Location: http://169.254.169.254/", status="302 Found")
    assert "status 302, not 200" in play.ask(signed_in, app)
    serve(there, app)
    page = play.ask(signed_in, app)
    assert page.status_int == 503
    assert "a moment ago. Try again in" in page
    assert fetched(there, app) == 1
    server.redis.connection().delete(limits.key_of(server.redis, documents.of_url(app.client_id)))
    assert play.ask(signed_in, app).status_int == 200


def test_a_document_that_says_how_long_it_is_fresh_is_kept_so_long(
    server: Server, signed_in: Browser, there: Host
) -> None:
    app = app_at(there, BACK, "Cache-Control: max-age=7200")
    play.ask(signed_in, app)
    found = documents.find_document(server.redis, app.client_id)
    assert found is not None
    assert 7100 < found[1] <= 7200


def test_a_user_opens_ten_new_documents_in_an_hour(
    server: Server, signed_in: Browser, user: make.User, there: Host
) -> None:
    known = app_at(there)
    connected(signed_in, known)
    limits.take(server.redis, *[Attempt("document_user", user.user_id)] * 1)
    for _ in range(8):
        assert play.ask(signed_in, app_at(there)).status_int == 200
    last = app_at(there)
    assert play.ask(signed_in, last).status_int == 429
    assert fetched(there, last) == 0
    a_day_passes(server, known)
    assert play.answered(play.ask(signed_in, known))["code"], "a client that is known doesn't count"
    assert fetched(there, known) == 2


def test_a_slow_document_is_there_when_the_user_tries_again(
    server: Server, signed_in: Browser, there: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, go = app_at(there), threading.Event()
    document = response(document_of(app))

    def slow(connection: object) -> None:
        go.wait(20)
        connection.sendall(document)

    there.answers[path_of(there, app)] = slow
    monkeypatch.setattr("oauthsrv.fetching.SECONDS", 20.0)
    monkeypatch.setattr("oauthsrv.deadline.REQUEST_SECONDS", 0.7)
    page = play.ask(signed_in, app)
    assert page.status_int == 503
    assert "Try again in a few seconds" in page
    monkeypatch.setattr("oauthsrv.deadline.REQUEST_SECONDS", 30.0)
    go.set()
    eventually(lambda: documents.find_document(server.redis, app.client_id))
    assert play.ask(signed_in, app).status_int == 200
    assert fetched(there, app) == 1


def test_rule_12_a_document_that_is_just_being_loaded_as_keys_is_there_when_the_user_tries_again(
    server: Server, signed_in: Browser, there: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One address may be a document and the jwks_uri of a client: who joins the fetch gets what it was begun for."""
    app = app_at(there)
    with monkeypatch.context() as patch:
        patch.setattr(server.fetcher, "fetch", lambda _url, _then: None)
        page = play.ask(signed_in, app)
    assert page.status_int == 503
    assert "Try again in a few seconds" in page
    a_day_passes(server, app)
    assert play.ask(signed_in, app).status_int == 200


# Pushed requests (RFC 9126)


def test_a_client_that_is_known_pushes_its_request_under_its_address(
    server: Server, signed_in: Browser, there: Host
) -> None:
    app = app_at(there)
    connected(signed_in, app)
    pushed = play.push(signed_in, app, prompt="consent")
    assert pushed.status_int == 201, pushed
    page = signed_in.get(play.pushed_address(app, pushed)).follow()
    assert "claude.ai wants to access your oauthsrv account" in text_of(page)
    assert play.exchange(signed_in, app, play.answered(play.allow(page))["code"]).status_int == 200
    by_reference = make.App(reference_of(app.client_id), None, app.redirect_uri)
    page = signed_in.get(play.pushed_address(by_reference, play.push(signed_in, app)))
    assert (page.status_int, page.html.h1.get_text()) == (400, "Start again")
    assert fetched(there, app) == 1


def test_a_client_that_is_not_known_yet_pushes_nothing_and_nothing_is_fetched(signed_in: Browser, there: Host) -> None:
    app = app_at(there)
    pushed = play.push(signed_in, app)
    assert (pushed.status_int, pushed.json["error"]) == (401, "invalid_client")
    assert fetched(there, app) == 0


def test_a_client_that_asks_for_more_later_is_asked_for_what_is_new(signed_in: Browser, there: Host) -> None:
    app = app_at(there)
    play.allow(play.ask(signed_in, app, scope="read:profile"))
    page = play.ask(signed_in, app, scope="read:profile read:data")
    assert page.html.h1.get_text() == "claude.ai wants more access to your oauthsrv account"
    assert "can already:" in text_of(page)
