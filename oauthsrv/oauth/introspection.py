"""The responses of introspection (RFC 7662 §2.2), and what an API may learn about a token (rule 10)."""

from collections.abc import Iterable
from typing import Any

from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import AccessToken, Api, Client, Family

# For every token that is unknown, expired, revoked or meant for another caller, with no further detail (§2.2).
INACTIVE: dict[str, Any] = {"active": False}


def access_token_response(token: AccessToken, client: Client, scopes: Iterable[str], issuer: str) -> dict[str, Any]:
    """The response for an active access token of `client`; `scopes` are those that the caller may see."""
    return {
        **common_claims(token, client, scopes, issuer),
        "token_type": "Bearer",
        "iat": token.issued_at,
        "exp": token.expires_at,
    }


def refresh_token_response(family: Family, client: Client, scopes: Iterable[str], issuer: str) -> dict[str, Any]:
    """The response for an active refresh token, to its own client. It has no token_type, as no API accepts it."""
    return {
        **common_claims(family, client, scopes, issuer),
        "iat": int(family.created_at.timestamp()),
        "exp": int(family.expires_at.timestamp()),
    }


def common_claims(token: AccessToken | Family, client: Client, scopes: Iterable[str], issuer: str) -> dict[str, Any]:
    response: dict[str, Any] = {"active": True, "iss": issuer, "client_id": client.wire_id, "scope": " ".join(scopes)}
    response["sub"] = subject_of(token)
    if token.resources:
        # A single audience is a string, several are a list (RFC 7519 §4.1.3).
        response["aud"] = token.resources[0] if len(token.resources) == 1 else list(token.resources)
    return response


def subject_of(token: AccessToken | Family) -> str:
    """The user's subject; without a user the client ID, which no user's subject resembles (RFC 9068 §2.2)."""
    return token.subject or token.client_id


def is_welcome(token: AccessToken, parameters: Parameters) -> bool:
    """Whether the caller accepts it: a token without a user only if it says `apps=yes`."""
    return token.subject is not None or parameters.get("apps") == "yes"


def is_meant_for(token: AccessToken, api: Api) -> bool:
    """Whether `api` may see `token`: its audience names the API, or, without an audience, they share a scope."""
    if token.resources:
        return api.resource in token.resources
    return not api.demands_audience and not api.scopes.isdisjoint(token.scopes)


def scopes_at(token: AccessToken, api: Api) -> tuple[str, ...]:
    """The scopes of `token` that `api` may see: its own (rule 10).

    An API that was registered without scopes sees all scopes of a token that was issued for it alone.
    """
    if not api.scopes and token.resources == (api.resource,):
        return token.scopes
    return tuple([scope for scope in token.scopes if scope in api.scopes])
