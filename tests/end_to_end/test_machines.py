"""Tokens without a user: Authlib, requests-oauthlib and requests-oauth2client, unchanged, against the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session as Authlib
from oauthlib.oauth2 import BackendApplicationClient, InvalidScopeError, UnauthorizedClientError
from requests.auth import HTTPBasicAuth
from requests_oauth2client import BearerToken, OAuth2Client
from requests_oauthlib import OAuth2Session as RequestsOAuthlib

from end_to_end.running import SECONDS, App, Person, Service


@pytest.fixture(scope="module")
def machine(service: Service, developer: Person) -> App:
    app = export(service, developer)
    service.installation.done("apps", "own-access", app.client_id, "--scope", "read:data")
    return app


def export(service: Service, developer: Person) -> App:
    named = ("Nightly Export", "--owner", developer.email, "--type", "confidential", "--scope", "read:data")
    made = service.installation.made("apps", "add", *named, "--grant", "client_credentials")
    return App(made["client_id"], made["client_secret"], "")


def by_authlib(service: Service, app: App) -> dict[str, Any]:
    client = Authlib(app.client_id, app.client_secret, scope="read:data")
    return dict(client.fetch_token(service.metadata["token_endpoint"]))  # it has no code, so it chooses this grant


def by_requests_oauthlib(service: Service, app: App) -> dict[str, Any]:
    client = RequestsOAuthlib(client=BackendApplicationClient(client_id=app.client_id, scope="read:data"))
    basic = HTTPBasicAuth(app.client_id, str(app.client_secret))
    return dict(client.fetch_token(service.metadata["token_endpoint"], auth=basic))


def by_requests_oauth2client(service: Service, app: App) -> dict[str, Any]:
    auth = (app.client_id, str(app.client_secret))
    token = OAuth2Client(service.metadata["token_endpoint"], auth, testing=True).client_credentials(scope="read:data")
    assert isinstance(token, BearerToken)
    return dict(token.as_dict())


LIBRARIES = [by_authlib, by_requests_oauthlib, by_requests_oauth2client]


@pytest.fixture(autouse=True)
def _http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the server is on loopback


@pytest.mark.parametrize("fetch", LIBRARIES)
def test_a_library_gets_a_token_that_apis_accept_where_they_say_so(
    service: Service, machine: App, api: App, fetch: Callable[[Service, App], dict[str, Any]]
) -> None:
    token = fetch(service, machine)
    assert token["token_type"] == "Bearer"
    assert "refresh_token" not in token
    assert service.introspect(api, token["access_token"]) == {"active": False}
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    address = f"{service.origin}/oauth/verify?scope=read:data"
    assert requests.get(address, headers=headers, timeout=SECONDS).status_code == 401
    answer = requests.get(f"{address}&apps=yes", headers=headers, timeout=SECONDS)
    assert (answer.status_code, answer.headers["X-OAuth-Subject"]) == (200, machine.client_id)


def test_the_grant_is_in_the_metadata(service: Service) -> None:
    assert "client_credentials" in service.metadata["grant_types_supported"]


def test_libraries_understand_what_we_refuse(service: Service, machine: App, developer: Person) -> None:
    closed = export(service, developer)
    with pytest.raises(OAuthError) as refused:
        by_authlib(service, closed)
    assert refused.value.error == "unauthorized_client"
    with pytest.raises(UnauthorizedClientError):
        by_requests_oauthlib(service, closed)
    client = RequestsOAuthlib(client=BackendApplicationClient(client_id=machine.client_id, scope="webhooks"))
    with pytest.raises(InvalidScopeError):
        client.fetch_token(
            service.metadata["token_endpoint"], auth=HTTPBasicAuth(machine.client_id, str(machine.client_secret))
        )


def test_a_library_revokes_its_token(service: Service, machine: App) -> None:
    client = Authlib(machine.client_id, machine.client_secret, revocation_endpoint_auth_method="client_secret_basic")
    token = client.fetch_token(service.metadata["token_endpoint"])["access_token"]
    assert service.introspect(machine, token)["sub"] == machine.client_id
    assert client.revoke_token(service.metadata["revocation_endpoint"], token).status_code == 200
    assert service.introspect(machine, token) == {"active": False}
