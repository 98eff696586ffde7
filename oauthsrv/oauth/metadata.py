"""The published metadata of this server (RFC 8414 §2, RFC 9207 §3) and of the APIs that it protects (RFC 9728 §2)."""

from collections.abc import Iterable
from typing import Any

from oauthsrv.oauth import pkce
from oauthsrv.oauth.authorization_request import RESPONSE_MODES, RESPONSE_TYPES
from oauthsrv.oauth.client_authentication import METHODS
from oauthsrv.oauth.records import Api
from oauthsrv.oauth.scopes import OFFLINE_ACCESS


def authorization_server_metadata(issuer: str, scopes: Iterable[str], grant_types: Iterable[str]) -> dict[str, Any]:
    """`issuer` is an origin without a slash at its end, and appears as it is: clients compare it as text (§3.3)."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "scopes_supported": [*(scope for scope in scopes if scope != OFFLINE_ACCESS), OFFLINE_ACCESS],
        "response_types_supported": list(RESPONSE_TYPES),
        "response_modes_supported": list(RESPONSE_MODES),
        "grant_types_supported": list(grant_types),
        "token_endpoint_auth_methods_supported": list(METHODS),
        "revocation_endpoint_auth_methods_supported": list(METHODS),
        "introspection_endpoint_auth_methods_supported": [name for name in METHODS if METHODS[name].with_credential],
        "code_challenge_methods_supported": [pkce.METHOD],
        "authorization_response_iss_parameter_supported": True,
    }


def protected_resource_metadata(api: Api, issuer: str) -> dict[str, Any]:
    """The document in which a client finds the server that protects the API."""
    return {
        "resource": api.resource,
        "resource_name": api.name,
        "authorization_servers": [issuer],
        "scopes_supported": sorted(api.scopes),
        "bearer_methods_supported": ["header"],
    }


def metadata_address(api: Api, issuer: str) -> str:
    """Where this server publishes it; the API's own host may redirect its well-known address (§3.1) here."""
    return f"{issuer}/.well-known/oauth-protected-resource/{api.client_id}"
