"""The published metadata of an API that this server protects (RFC 9728 §2)."""

from typing import Any

from oauthsrv.oauth.records import Api


def protected_resource_metadata(api: Api, issuer: str) -> dict[str, Any]:
    """The document that tells a client which server protects the API."""
    return {
        "resource": api.resource,
        "resource_name": api.name,
        "authorization_servers": [issuer],
        "scopes_supported": sorted(api.scopes),
        "bearer_methods_supported": ["header"],
    }


def metadata_address(api: Api, issuer: str) -> str:
    """The address where this server publishes it; the API may redirect its own well-known address (§3.1) here."""
    return f"{issuer}/.well-known/oauth-protected-resource/{api.client_id}"
