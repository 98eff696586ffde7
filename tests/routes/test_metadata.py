"""Metadata, CORS, health, and what is answered where nothing is."""

from __future__ import annotations

from functools import partial
from unittest.mock import Mock

import pytest

import make
from browser import Browser, wsgi
from held import done
from oauthsrv.flows import catalog, housekeeping
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.response_types import RESPONSE_TYPES
from oauthsrv.flows.token_endpoint import GRANT_TYPES
from oauthsrv.oauth.client_authentication import METHODS
from oauthsrv.oauth.credentials import new_client_id
from oauthsrv.routes import MAP, guards, metadata
from oauthsrv.routes.request import Request
from oauthsrv.routes.responses import RESPONSE_MODES
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.limits import TooMany, Window

METADATA = "/.well-known/oauth-authorization-server"
CONFIGURATION = "/.well-known/openid-configuration"
UNKNOWN = "/.well-known/security.txt"
NOTHING = (
    UNKNOWN,
    METADATA + "/",
    CONFIGURATION + "/",
    METADATA + "/other/issuer",
    CONFIGURATION + "/other/issuer",
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/mcp",
    "/.well-known/oauth-protected-resource/cli_00000000000000000000000000000000/more",
)
BELOW_A_PATH = ("/tenant/.well-known/openid-configuration", "/tenant/.well-known/oauth-authorization-server")
POSTED = ("/oauth/par", "/oauth/token", "/oauth/revoke", "/oauth/register")
OPEN = (METADATA, CONFIGURATION, "/.well-known/oauth-protected-resource/mcp", UNKNOWN, *POSTED)
CLOSED = ("/oauth/authorize", "/oauth/introspect", "/login")
SCRIPT = {"Origin": "https://app.example"}


def test_every_endpoint_is_found_from_the_metadata(server: Server, browser: Browser) -> None:
    published = browser.get(METADATA).json
    issuer = server.settings.issuer
    assert published["issuer"] == issuer
    assert published["code_challenge_methods_supported"] == ["S256"]
    assert published["authorization_response_iss_parameter_supported"] is True
    assert "offline_access" in published["scopes_supported"]
    for name in ("authorization", "token", "revocation", "introspection"):
        path = published[f"{name}_endpoint"].removeprefix(issuer)
        assert browser.get(path).status_int != 404


def test_metadata_lists_what_is_supported_and_nothing_more(server: Server, browser: Browser) -> None:
    published = browser.get(METADATA).json
    assert published["response_types_supported"] == list(RESPONSE_TYPES) == ["code"]
    assert published["response_modes_supported"] == list(RESPONSE_MODES) == ["query"]
    assert published["grant_types_supported"] == list(GRANT_TYPES)
    assert published["token_endpoint_auth_methods_supported"] == list(METHODS)
    assert set(METHODS) - set(published["introspection_endpoint_auth_methods_supported"]) == {"none"}
    for endpoint in ("token", "revocation", "introspection"):
        algorithms = published[f"{endpoint}_endpoint_auth_signing_alg_values_supported"]
        assert algorithms == ["ES256", "RS256", "PS256", "EdDSA", "Ed25519"]
    on_the_map = {f"{server.settings.issuer}{path}" for _, path, _, _ in MAP}
    endpoints = {value for name, value in published.items() if name.endswith("_endpoint")}
    assert len(endpoints) > 3
    assert endpoints <= on_the_map


def test_what_this_installation_does_without_is_left_out(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(metadata.METADATA, "registration_endpoint", lambda server: None)
    assert "registration_endpoint" not in browser.get(METADATA).json


def test_a_deprecated_scope_is_no_longer_shown(server: Server, browser: Browser) -> None:
    assert "webhooks" in browser.get(METADATA).json["scopes_supported"]
    catalog.deprecate(server, "webhooks", by=Actor())
    try:
        assert "webhooks" not in browser.get(METADATA).json["scopes_supported"]
    finally:
        catalog.restore(server, "webhooks", by=Actor())


def test_metadata_is_the_same_under_both_addresses(browser: Browser) -> None:
    assert browser.get(CONFIGURATION).json == browser.get(METADATA).json


def test_metadata_asks_no_database(server: Server, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    before = browser.get(METADATA).json
    asked: list[str] = []
    document = f"/.well-known/oauth-protected-resource/{make.api(server).client_id}"
    api_before = browser.get(document).json
    done(housekeeping.refresh_published(server))

    def away(*_args: object) -> object:
        asked.append("a database")
        raise StoreUnavailable("away")

    monkeypatch.setattr(server.database, "take", away)
    monkeypatch.setattr(server.redis, "connection", away)
    for path in (METADATA, CONFIGURATION):
        assert browser.get(path).json == before
    assert browser.get(UNKNOWN).status_int == 404
    assert not asked
    assert browser.get(document).json == api_before
    # Whether there is another API is known to the databases alone; that is said where a script can read it.
    unknown = browser.get(f"/.well-known/oauth-protected-resource/{new_client_id()}")
    assert (unknown.status_int, unknown.headers["Access-Control-Allow-Origin"]) == (503, "*")
    token = browser.post("/oauth/token", {"client_id": new_client_id()})
    assert (token.status_int, token.headers["Access-Control-Allow-Origin"]) == (503, "*")
    assert "Retry-After" in token.headers
    # A change that was made while PostgreSQL left is not forgotten, and no reason to fail.
    catalog.refresh(server)
    assert browser.get(METADATA).json == before


def test_a_scope_that_another_process_added_is_listed_by_housekeeping(server: Server, another_server: Server) -> None:
    catalog.add(another_server, "read:elsewhere", catalog.ScopeFields("Read elsewhere", 99, False), by=Actor())
    there, here = Browser(wsgi(another_server)), Browser(wsgi(server))
    assert "read:elsewhere" in there.get(METADATA).json["scopes_supported"]
    assert "read:elsewhere" not in here.get(METADATA).json["scopes_supported"]
    assert housekeeping.Task(2, housekeeping.refresh_published, is_elected=False) in housekeeping.TASKS
    done(housekeeping.refresh_published(server))
    assert "read:elsewhere" in here.get(METADATA).json["scopes_supported"]


@pytest.mark.parametrize("path", OPEN)
@pytest.mark.parametrize(
    "headers", ["authorization,content-type", "mcp-protocol-version", "MCP-Protocol-Version, X-Anything, traceparent"]
)
def test_a_browsers_script_may_call_it_and_read_the_answer(browser: Browser, path: str, headers: str) -> None:
    method = "POST" if path in POSTED else "GET"
    preflight = browser.options(
        path, headers=SCRIPT | {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    )
    assert preflight.status_int == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert preflight.headers["Access-Control-Allow-Headers"] == headers
    assert method in preflight.headers["Access-Control-Allow-Methods"]
    answer = browser.request(path, method=method, headers=SCRIPT)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert set(exposed) == {"WWW-Authenticate", "Retry-After", "RateLimit", "RateLimit-Policy", "X-Request-Id"}
    for shown in (preflight, answer):
        assert "Access-Control-Allow-Credentials" not in shown.headers


@pytest.mark.parametrize("asked", ["", "a b", "x\x7f", "é", ",", "a,,b", "x" * 2000, "a\tb: c"])
def test_a_preflight_repeats_nothing_but_names_of_headers(browser: Browser, asked: str) -> None:
    preflight = browser.options(METADATA, headers=SCRIPT | {"Access-Control-Request-Headers": asked})
    assert preflight.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type"


@pytest.mark.parametrize("path", OPEN)
def test_an_error_may_be_read_too(browser: Browser, path: str) -> None:
    wrong = browser.request(path, method="DELETE", headers=SCRIPT)
    assert wrong.status_int == (404 if path == UNKNOWN else 405)
    assert wrong.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", (*NOTHING, *BELOW_A_PATH))
def test_nothing_is_found_at_a_well_known_address_of_anothers(browser: Browser, path: str) -> None:
    """Clients try several addresses, and go on after a 404 that they can read."""
    answer = browser.get(path, headers=SCRIPT)
    assert (answer.status_int, answer.json["error"]) == (404, "not_found")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", NOTHING)
def test_a_preflight_of_an_address_where_nothing_is_is_answered(browser: Browser, path: str) -> None:
    """Otherwise a script can't read the 404, and doesn't go on to the next address."""
    headers = SCRIPT | {
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "mcp-protocol-version",
    }
    preflight = browser.options(path, headers=headers)
    assert (preflight.status_int, preflight.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert preflight.headers["Access-Control-Allow-Headers"] == "mcp-protocol-version"


def test_a_process_that_starts_without_its_databases_publishes_what_its_parent_read(server: Server) -> None:
    api = make.api(server)
    done(housekeeping.refresh_published(server))
    nowhere = {"database_url": "postgresql://127.0.0.1:1/x", "redis_url": "redis://127.0.0.1:1/0"}
    alone = Server.open(server.settings, **nowhere, known=server.known)
    try:
        here, there = Browser(wsgi(server)), Browser(wsgi(alone))
        for path in (METADATA, CONFIGURATION, f"/.well-known/oauth-protected-resource/{api.client_id}"):
            assert there.get(path).status_int == 200
            assert there.get(path).json == here.get(path).json
    finally:
        alone.close()


def test_a_limit_that_is_reached_may_be_read(server: Server) -> None:
    handler = Mock(side_effect=TooMany(Window("token", 1, 60, 2, 30)))
    request = Request(server, {"REQUEST_METHOD": "POST", "PATH_INFO": "/oauth/token"}, {})
    answer = guards.cors(request, partial(guards.oauth_json, handler=handler))
    assert (answer.status_code, dict(answer.headerlist)["Access-Control-Allow-Origin"]) == (429, "*")
    assert {"retry-after", "ratelimit", "ratelimit-policy"} <= {name.lower() for name, _ in answer.headerlist}


def test_who_may_be_called_by_scripts_of_other_origins() -> None:
    """The contract: all well-known documents, pushing, tokens, revocation, registration; no page, no introspection."""
    opened = {path for _, path, guards, _ in MAP if any(guard.__name__ == "cors" for guard in guards)}
    assert {path for path in opened if "/.well-known/" not in path} == set(POSTED)
    assert {path for _, path, _, _ in MAP if "/.well-known/" in path} <= opened


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


def test_health_is_shown(browser: Browser) -> None:
    assert browser.get("/healthz").json == {"status": "alive"}
    assert browser.get("/readyz").json == {"status": "ready"}


def test_an_unknown_address_gets_a_page(browser: Browser) -> None:
    assert browser.get("/no/such/page").status_int == 404
    assert "Not found" in browser.get("/no/such/page")


@pytest.mark.parametrize("path", [METADATA, "/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/verify"])
def test_rule_11_no_cache_keeps_an_answer_of_the_protocol(browser: Browser, path: str) -> None:
    """Not one of HTTP/1.0 either (RFC 6749 §5.1)."""
    for method in ("GET", "POST"):
        answer = browser.request(path, method=method)
        assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
