"""A client that registers itself (RFC 7591)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from client.provider import Provider, Received, as_json
from client.screen import failure
from oauthsrv.client import (
    ErrorCode,
    OAuthProvider,
    OAuthService,
)

# A client that registers itself


def test_without_a_client_id_the_client_registers_itself_and_is_used_again(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    """RFC 7591."""
    assert oauth.authenticate(mine, scopes=["read:data"]).ok
    (client_id, client), *_ = provider.clients.items()
    assert client["token_endpoint_auth_method"] == "none"
    assert client["redirect_uris"] == parse_qs(urlsplit(opened[0]).query)["redirect_uri"]
    assert client["scope"] == "read:data"
    assert provider.last("/token").form["client_id"] == client_id
    assert oauth.refresh_tokens("mine").ok
    assert oauth.authenticate(mine, device=True).ok
    assert list(provider.clients) == [client_id]


def test_logging_out_takes_the_registered_client_away(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    """RFC 7592."""
    assert oauth.authenticate(mine).ok
    first = list(provider.clients)
    assert oauth.logout("mine").ok
    assert provider.clients == {}
    assert provider.received[-1].authorization == f"Bearer reg-{first[0]}"
    assert oauth.authenticate("mine").ok
    assert list(provider.clients) != first


def test_a_registration_with_a_secret_is_used_with_it_until_it_expires(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    def register(received: Received) -> Any:
        provider.counts["registered"] += 1
        registered = {
            "client_id": f"c{provider.counts['registered']}",
            "client_secret": "s",
            "client_secret_expires_at": 1,
        }
        return as_json(registered | {"token_endpoint_auth_method": "client_secret_post"}, 201)

    provider.instead["/register"] = register
    assert oauth.authenticate(mine).ok
    sent = provider.last("/token").form
    assert (sent["client_id"], sent["client_secret"]) == ("c1", "s")
    assert oauth.authenticate(mine).ok
    assert provider.last("/token").form["client_id"] == "c2"


@pytest.mark.parametrize(
    "answer", [{}, {"client_id": 5}, {"client_id": "a", "token_endpoint_auth_method": "tls_client_auth"}]
)
def test_a_registration_that_cannot_be_used_says_what_to_do(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, answer: dict[str, Any]
) -> None:
    provider.instead["/register"] = lambda received: as_json(answer, 201)
    failed = failure(oauth.authenticate(mine))
    assert failed.code is ErrorCode.AUTH_FAILED
    assert "--client-id" in failed.error


def test_without_client_id_and_registration_the_variable_is_named(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider
) -> None:
    provider.metadata = {"registration_endpoint": None}
    failed = failure(oauth.authenticate(mine))
    assert failed.code is ErrorCode.CONFIG_MISSING
    assert "MINE_CLIENT_ID" in failed.error
