"""What a client metadata document may say, and what is made of it."""

from __future__ import annotations

from typing import Any

import pytest

from oauthsrv.flows.clients.document_fields import DocumentFields, DocumentRefused, read_document
from signing import Signer

URL = "https://app.example/oauth/client.json"
LISTED = {"editor://app.example/callback"}
KEYS = {"keys": [Signer("").jwk]}


def read(**changes: Any) -> DocumentFields:
    members = {"client_id": URL, "client_name": "An App", "redirect_uris": ["https://app.example/callback"]}
    document = {name: value for name, value in (members | changes).items() if value is not None}
    return read_document(document, URL, "https://login.example.com", listed_uris=LISTED)


def test_a_short_document_describes_a_public_client_with_both_grants() -> None:
    client = read()
    assert client.name == "An App"
    assert client.type == "public"
    assert client.authentication_methods == ["none"]
    assert client.grant_types == ["authorization_code", "refresh_token"]
    assert client.redirect_uris == ["https://app.example/callback"]
    assert (client.jwks, client.jwks_uri, client.home_page) == (None, None, "")


@pytest.mark.parametrize("name", [None, "", "   ", "a" * 81, "Verified ✓", "re\u202everse", "–"])
def test_a_name_that_cannot_be_shown_gives_way_to_the_host(name: str | None) -> None:
    assert read(client_name=name).name == "app.example"


@pytest.mark.parametrize("uri", ["javascript:alert(1)", "not a uri", "ftp://app.example"])
def test_a_home_page_that_cannot_be_a_link_is_left_out(uri: str) -> None:
    assert read(client_uri=uri).home_page == ""
    assert read(client_uri="https://app.example").home_page == "https://app.example"


def test_redirect_uris_that_are_not_allowed_here_are_left_out() -> None:
    good = ["https://app.example/callback", "http://127.0.0.1/callback", "com.example.app:/callback", *LISTED]
    bad = ["javascript:alert(1)", "http://app.example/callback", "https://*.example/", "https://login.example.com/x"]
    assert read(redirect_uris=[*bad, *good, *good]).redirect_uris == good


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"client_id": None}, "isn’t its own address"),
        ({"client_id": URL + "?"}, "isn’t its own address"),
        ({"client_id": "HTTPS://app.example/oauth/client.json"}, "isn’t its own address"),
        ({"client_id": [URL]}, "isn’t its own address"),
        ({"client_secret": ""}, "contains a client secret"),
        ({"client_secret_expires_at": 0}, "contains a client secret"),
        ({"client_name": 5}, "client_name must be a string"),
        ({"redirect_uris": None}, "redirect_uris is missing"),
        ({"redirect_uris": []}, "redirect_uris is missing"),
        ({"redirect_uris": "https://app.example/callback"}, "must be an array of strings"),
        ({"redirect_uris": [{"uri": "https://app.example"}]}, "must be an array of strings"),
        ({"redirect_uris": ["file:///etc/passwd"]}, "file: is never allowed"),
        ({"redirect_uris": [f"https://app.example/{n}" for n in range(21)]}, "more than 20 redirect_uris"),
        ({"redirect_uris": [f"https://app.example/{n}" for n in range(101)]}, "which is too many"),
        ({"grant_types": ["client_credentials"]}, "must contain"),
        ({"grant_types": []}, "must contain"),
        ({"response_types": ["token"]}, "must contain"),
        ({"token_endpoint_auth_method": "client_secret_post"}, "shared secret (client_secret_post)"),
        ({"token_endpoint_auth_method": "client_secret_jwt"}, "shared secret (client_secret_jwt)"),
        ({"token_endpoint_auth_methods_supported": ["none", "client_secret_basic"]}, "shared secret"),
        ({"token_endpoint_auth_method": "tls_client_auth"}, "isn’t supported here (tls_client_auth)"),
        ({"token_endpoint_auth_methods_supported": []}, "isn’t supported here"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "neither jwks nor jwks_uri"),
        ({"jwks": KEYS, "jwks_uri": "https://app.example/keys.json"}, "both jwks and jwks_uri"),
        ({"jwks": []}, "jwks must be an object"),
        ({"jwks": {"keys": []}}, "its jwks can’t be used"),
        ({"jwks": {"keys": KEYS["keys"] * 1000}}, "1,000 keys"),
        ({"jwks_uri": "http://app.example/keys.json"}, "must begin with https://"),
        ({"jwks_uri": "https://app.example:8443/keys.json"}, "must be on port 443"),
        ({"jwks_uri": 5}, "jwks_uri must be a string"),
    ],
)  # fmt: skip
def test_a_document_is_refused_with_the_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(DocumentRefused) as refused:
        read(**changes)
    assert reason in str(refused.value)


@pytest.mark.parametrize("document", [None, [], "text", 5, [{"client_id": URL}]])
def test_only_an_object_is_a_document(document: Any) -> None:
    with pytest.raises(DocumentRefused):
        read_document(document, URL, "https://login.example.com")


def test_the_set_of_methods_counts_more_than_the_one_that_is_preferred() -> None:
    client = read(
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_methods_supported=["none", "private_key_jwt", "tls_client_auth"],
        jwks_uri="https://app.example/keys.json",
    )
    assert set(client.authentication_methods) == {"none", "private_key_jwt"}
    assert client.type == "public"
    client = read(token_endpoint_auth_method="private_key_jwt", jwks=KEYS)
    assert (client.authentication_methods, client.type) == (["private_key_jwt"], "confidential")


def test_a_confidential_client_has_no_custom_scheme() -> None:
    with pytest.raises(DocumentRefused, match="custom schemes are for public apps"):
        read(token_endpoint_auth_method="private_key_jwt", jwks=KEYS, redirect_uris=["com.example.app:/callback"])


def test_grants_that_are_not_for_it_are_left_out() -> None:
    assert read(grant_types=["authorization_code", "client_credentials"]).grant_types == ["authorization_code"]
