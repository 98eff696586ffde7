"""Metadata, CORS, health, and what is answered where nothing is."""

from __future__ import annotations

import pytest

from browser import Browser
from oauthsrv.flows import catalogue
from oauthsrv.flows.endings import Actor
from oauthsrv.server import Server

METADATA = "/.well-known/oauth-authorization-server"
OPEN = (METADATA, "/oauth/token", "/oauth/revoke")
CLOSED = ("/oauth/authorize", "/oauth/introspect", "/login")
SCRIPT = {"Origin": "https://app.example"}


def test_every_endpoint_is_found_from_the_metadata(server: Server, browser: Browser) -> None:
    metadata = browser.get(METADATA).json
    issuer = server.settings.issuer
    assert metadata["issuer"] == issuer
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert metadata["authorization_response_iss_parameter_supported"] is True
    assert "offline_access" in metadata["scopes_supported"]
    for name in ("authorization", "token", "revocation", "introspection"):
        path = metadata[f"{name}_endpoint"].removeprefix(issuer)
        assert browser.get(path).status_int != 404


def test_a_retired_scope_is_no_longer_told(server: Server, browser: Browser) -> None:
    assert "webhooks" in browser.get(METADATA).json["scopes_supported"]
    catalogue.retire(server, "webhooks", by=Actor())
    try:
        assert "webhooks" not in browser.get(METADATA).json["scopes_supported"]
    finally:
        catalogue.restore(server, "webhooks", by=Actor())


@pytest.mark.parametrize("path", OPEN)
def test_a_browsers_script_may_call_it_and_read_the_answer(browser: Browser, path: str) -> None:
    method = "GET" if path == METADATA else "POST"
    preflight = browser.options(
        path,
        headers=SCRIPT
        | {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization,content-type"},
    )
    assert preflight.status_int == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "authorization" in preflight.headers["Access-Control-Allow-Headers"].lower()
    assert method in preflight.headers["Access-Control-Allow-Methods"]
    answer = browser.request(path, method=method, headers=SCRIPT)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("path", OPEN)
def test_an_error_may_be_read_too(browser: Browser, path: str) -> None:
    wrong = browser.request(path, method="DELETE", headers=SCRIPT)
    assert wrong.status_int == 405
    assert wrong.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", CLOSED)
def test_no_script_of_another_origin_reads_it(browser: Browser, path: str) -> None:
    for method in ("OPTIONS", "GET", "POST"):
        answer = browser.request(path, method=method, headers=SCRIPT)
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/oauth/introspect"])
def test_a_get_of_a_protocol_endpoint_is_answered_as_json(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_int == 405
    assert answer.json["error"] == "invalid_request"
    assert "POST" in answer.headers["Allow"]


def test_health_is_told(browser: Browser) -> None:
    assert browser.get("/healthz").json == {"status": "alive"}
    assert browser.get("/readyz").json == {"status": "ready"}


def test_an_unknown_address_gets_a_page(browser: Browser) -> None:
    assert browser.get("/no/such/page").status_int == 404
    assert "Not found" in browser.get("/no/such/page")
