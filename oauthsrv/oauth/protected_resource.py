"""What an API says of itself, so that a client finds the server that protects it (RFC 9728 §2)."""

from __future__ import annotations

from typing import Any

from oauthsrv.oauth.records import Api


def protected_resource_metadata(api: Api, issuer: str) -> dict[str, Any]:
    return {
        "resource": api.resource,
        "resource_name": api.name,
        "authorization_servers": [issuer],
        "scopes_supported": sorted(api.scopes),
        "bearer_methods_supported": ["header"],
    }


def metadata_address(api: Api, issuer: str) -> str:
    """Where this server tells it; the API's own host may hand its well-known address (§3.1) on to this one."""
    return f"{issuer}/.well-known/oauth-protected-resource/{api.client_id}"
