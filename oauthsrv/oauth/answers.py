"""The JSON answers about tokens (RFC 6749 §5.1, RFC 7662 §2.2)."""

from collections.abc import Iterable
from typing import Any

from oauthsrv.oauth.records import AccessToken, Api, Family

# Said of every token that is unknown, ended or meant for somebody else, and nothing more (RFC 7662 §2.2).
INACTIVE: dict[str, Any] = {"active": False}


def token_answer(
    *, access_token: str, expires_in: int, scopes: Iterable[str], refresh_token: str | None = None
) -> dict[str, Any]:
    """`expires_in` is what remains, in seconds; the scope is always told, as it may differ from what was asked."""
    answer: dict[str, Any] = {"access_token": access_token, "token_type": "Bearer", "expires_in": expires_in}
    if refresh_token is not None:
        answer["refresh_token"] = refresh_token
    return answer | {"scope": " ".join(scopes)}


def introspection_answer(token: AccessToken, scopes: Iterable[str], issuer: str) -> dict[str, Any]:
    """What a caller may know of an active access token; `scopes` are those that it may see."""
    return {
        **described(token.client_id, token.subject, scopes, token.resources, issuer),
        "token_type": "Bearer",
        "iat": token.issued_at,
        "exp": token.expires_at,
    }


def refresh_introspection_answer(family: Family, scopes: Iterable[str], issuer: str) -> dict[str, Any]:
    """What is said of an active refresh token to its own client. It has no token_type: it opens no API."""
    return {
        **described(family.client_id, family.subject, scopes, family.resources, issuer),
        "iat": int(family.created_at.timestamp()),
        "exp": int(family.expires_at.timestamp()),
    }


def described(
    client_id: str, subject: str | None, scopes: Iterable[str], resources: tuple[str, ...], issuer: str
) -> dict[str, Any]:
    answer: dict[str, Any] = {"active": True, "iss": issuer, "client_id": client_id, "scope": " ".join(scopes)}
    if subject is not None:
        answer["sub"] = subject
    if resources:
        # One audience is a string, several are a list (RFC 7519 §4.1.3).
        answer["aud"] = resources[0] if len(resources) == 1 else list(resources)
    return answer


def is_meant_for(token: AccessToken, api: Api) -> bool:
    """Whether `api` may see `token`: its audience names the API, or, without an audience, they share a scope."""
    if token.resources:
        return api.resource in token.resources
    return not api.demands_audience and not api.scopes.isdisjoint(token.scopes)


def scopes_at(token: AccessToken, api: Api) -> tuple[str, ...]:
    """An API sees only its own scopes: what else the user allowed is not its business (rule 10).

    One that was registered without scopes sees those of a token that was issued for it and no other.
    """
    if not api.scopes and token.resources == (api.resource,):
        return token.scopes
    return tuple(scope for scope in token.scopes if scope in api.scopes)
