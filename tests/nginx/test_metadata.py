"""Metadata, its preflights, and pushed requests through a real nginx (RFC 8414, RFC 9728, RFC 9126)."""

from __future__ import annotations

import pytest
import requests

from end_to_end.running import answered
from nginx.conftest import REDIRECT_URI, SCOPES, Site

METADATA = "/.well-known/oauth-authorization-server"
DOCUMENTS = (METADATA, "/.well-known/openid-configuration")
NOTHING = (
    METADATA + "/tenant",
    "/.well-known/openid-configuration/tenant",
    "/.well-known/oauth-protected-resource",
    "/.well-known/security.txt",
    "/tenant/.well-known/openid-configuration",
)
SCRIPT = {"Origin": "https://inspector.example"}
ASKS = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "mcp-protocol-version"}
EXPOSED = "WWW-Authenticate, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id"


def readable(answer: requests.Response) -> bool:
    """By a script of any page, and never with credentials."""
    origin, exposed = answer.headers["Access-Control-Allow-Origin"], answer.headers["Access-Control-Expose-Headers"]
    return (origin, exposed) == ("*", EXPOSED) and "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_script_of_any_page_finds_the_server_behind_nginx(site: Site, path: str) -> None:
    answer = site.call(path, headers=SCRIPT)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert readable(answer)
    published = answer.json()
    assert published["issuer"] == site.origin
    assert {name for name in published if name.endswith("_endpoint")} >= {
        *("authorization_endpoint", "token_endpoint", "pushed_authorization_request_endpoint"),
    }
    assert published["authorization_response_iss_parameter_supported"] is True
    assert all(value.startswith(site.origin + "/") for name, value in published.items() if name.endswith("_endpoint"))


@pytest.mark.parametrize("path", NOTHING)
def test_what_is_not_there_is_a_404_that_a_script_can_read(site: Site, path: str) -> None:
    answer = site.call(path, headers=SCRIPT)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert readable(answer)


@pytest.mark.parametrize("path", (*DOCUMENTS, *NOTHING[:-1], "/oauth/par", "/oauth/token"))
def test_a_preflight_is_answered_behind_nginx(site: Site, path: str) -> None:
    answer = site.call(path, method="OPTIONS", headers=SCRIPT | ASKS)
    assert answer.status_code == 204
    assert readable(answer)
    assert answer.headers["Access-Control-Allow-Headers"] == "mcp-protocol-version"


def test_a_pushed_request_is_taken_to_a_code_behind_nginx(site: Site) -> None:
    person = site.person().sign_up()
    app = site.app(person, REDIRECT_URI, scopes=SCOPES)
    parameters = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": app.redirect_uri,
        "scope": "read:data",
        "state": "s",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    auth = (app.client_id, app.client_secret or "")
    pushed = site.call("/oauth/par", method="POST", data=parameters, auth=auth)
    assert (pushed.status_code, pushed.headers["Cache-Control"]) == (201, "no-store")
    query = {"client_id": app.client_id, "request_uri": pushed.json()["request_uri"]}
    address = str(requests.Request("GET", f"{site.origin}/oauth/authorize", params=query).prepare().url)
    back = answered(person.answer(address))
    assert (back["iss"], back["state"]) == (site.origin, "s")
    assert back["code"].startswith("oac_")
