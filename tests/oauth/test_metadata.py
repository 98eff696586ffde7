"""Authorization server metadata (RFC 8414, RFC 9207)."""

import json

from oauthsrv.oauth.metadata import authorization_server_metadata

GRANT_TYPES = ("authorization_code", "refresh_token")
ISSUER = "https://login.example.com"


def test_every_endpoint_is_found_from_the_issuer() -> None:
    metadata = authorization_server_metadata(ISSUER, ["read:data"], GRANT_TYPES)
    assert metadata["issuer"] == ISSUER
    for name in ("authorization", "token", "revocation", "introspection"):
        assert metadata[f"{name}_endpoint"].startswith(f"{ISSUER}/oauth/")
    json.dumps(metadata)


def test_it_lists_what_is_supported_and_nothing_more() -> None:
    metadata = authorization_server_metadata(ISSUER, ["read:data", "offline_access"], GRANT_TYPES)
    assert metadata["scopes_supported"] == ["read:data", "offline_access"]
    assert metadata["response_types_supported"] == ["code"]
    assert metadata["response_modes_supported"] == ["query"]
    assert metadata["grant_types_supported"] == list(GRANT_TYPES)
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert metadata["authorization_response_iss_parameter_supported"] is True
    assert "none" in metadata["token_endpoint_auth_methods_supported"]
    # Introspection needs a secret.
    assert metadata["introspection_endpoint_auth_methods_supported"] == ["client_secret_basic", "client_secret_post"]
