"""The published metadata of this server (RFC 8414 §2, RFC 9207 §3) and of the APIs that it protects (RFC 9728 §2)."""

from collections.abc import Iterable
from typing import Any

from oauthsrv.oauth.records import Api
from oauthsrv.oauth.scopes import OFFLINE_ACCESS

SECRET_METHODS = ("client_secret_basic", "client_secret_post")
ALL_METHODS = (*SECRET_METHODS, "none")


def authorization_server_metadata(issuer: str, scopes: Iterable[str]) -> dict[str, Any]:
    """`issuer` is an origin without a slash at its end, and appears as it is: clients compare it as text (§3.3)."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "scopes_supported": [*(scope for scope in scopes if scope != OFFLINE_ACCESS), OFFLINE_ACCESS],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": list(ALL_METHODS),
        "revocation_endpoint_auth_methods_supported": list(ALL_METHODS),
        "introspection_endpoint_auth_methods_supported": list(SECRET_METHODS),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    }


def protected_resource_metadata(api: Api, issuer: str) -> dict[str, Any]:
    """From which a client finds the server that protects the API."""
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
