"""Own access: what a client may do for itself, without a user (RFC 6749 §4.4; RFC 9068 §2.2)."""

import functools
from hashlib import sha256
from json import dumps

from oauthsrv.oauth import resources, scopes
from oauthsrv.oauth.errors import InvalidScope, InvalidTarget, UnauthorizedClient
from oauthsrv.oauth.grant_types import CLIENT_CREDENTIALS
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import AccessToken, Client

KEYS_KEPT = 1000


def requested_scopes(client: Client, parameters: Parameters) -> tuple[str, ...]:
    """What was requested of the client's own scopes; all of them if nothing was."""
    check_may_act(client)
    wanted = scopes.parse(parameters.get("scope"))
    granted = tuple([scope for scope in client.own_scopes if wanted is None or scope in wanted])
    if not granted:
        raise InvalidScope(problem="own_scope_beyond")
    return granted


def requested_resources(client: Client, parameters: Parameters) -> tuple[str, ...]:
    """The same of its resources (RFC 8707 §2)."""
    wanted = {resources.normalized(text) for text in parameters.all("resource")}
    if not wanted <= set(client.own_resources):
        raise InvalidTarget(problem="own_target_beyond")
    return tuple(resource for resource in client.own_resources if not wanted or resource in wanted)


def check_may_act(client: Client) -> None:
    """Only a confidential client whose owner answers for it, within what an administrator opened."""
    if client.is_public or client.owner_id is None or not client.own_scopes:
        raise UnauthorizedClient("has no access of its own", problem="own_access_missing")
    if client.owner_disabled:
        raise UnauthorizedClient("its owner is disabled", problem="owner_disabled")


def still_allowed(token: AccessToken, client: Client) -> AccessToken | None:
    """What is left of a token without a user, if its client may do less than when it got the token."""
    if CLIENT_CREDENTIALS not in client.grant_types or client.owner_id is None or client.owner_disabled:
        return None
    kept = token._replace(
        scopes=tuple(scope for scope in token.scopes if scope in client.own_scopes),
        resources=tuple(resource for resource in token.resources if resource in client.own_resources),
    )
    # A token that names no API is for every API. Losing its APIs must not make a token one of these, and these end once
    # the client is limited to some APIs.
    is_meant_for_as_much = bool(kept.resources) == bool(token.resources) == bool(client.own_resources)
    return kept if kept.scopes and is_meant_for_as_much else None


@functools.lru_cache(KEYS_KEPT)
def key_of(granted: tuple[str, ...], meant_for: tuple[str, ...]) -> bytes:
    """The key of the one family of all tokens with these scopes and resources."""
    return sha256(dumps([sorted(granted), sorted(meant_for)]).encode()).digest()
