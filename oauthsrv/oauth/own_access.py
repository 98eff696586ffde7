"""A client's access for itself, without a user (RFC 6749 §4.4; RFC 9068 §2.2)."""

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
    """The requested ones of the client's own scopes; all of them if none were requested."""
    check_may_act(client)
    wanted = scopes.parse(parameters.get("scope"))
    granted = tuple([scope for scope in client.own_scopes if wanted is None or scope in wanted])
    if not granted:
        raise InvalidScope(problem="own_scope_beyond")
    return granted


def requested_resources(client: Client, parameters: Parameters) -> tuple[str, ...]:
    """The requested ones of the client's own resources; all of them if none were requested (RFC 8707 §2)."""
    named = parameters.all("resource")
    if not named:
        return client.own_resources
    wanted = {resources.normalized(text) for text in named}
    if not wanted <= set(client.own_resources):
        raise InvalidTarget(problem="own_target_beyond")
    return tuple(resource for resource in client.own_resources if resource in wanted)


def check_may_act(client: Client) -> None:
    """Check that the client is confidential, has an enabled owner, and was opened some access by an administrator."""
    if client.is_public or client.owner_id is None or not client.own_scopes:
        raise UnauthorizedClient("has no access of its own", problem="own_access_missing")
    if client.owner_disabled:
        raise UnauthorizedClient("its owner is disabled", problem="owner_disabled")


def still_allowed(token: AccessToken, client: Client) -> AccessToken | None:
    """The token, limited to what its client may still do without a user; None if that is nothing."""
    if CLIENT_CREDENTIALS not in client.grant_types or client.owner_id is None or client.owner_disabled:
        return None
    kept = token._replace(
        scopes=tuple(scope for scope in token.scopes if scope in client.own_scopes),
        resources=tuple(resource for resource in token.resources if resource in client.own_resources),
    )
    # A token that names no API is good for every API. A token that loses its APIs must not become one of these, which
    # end once the client is limited to certain APIs.
    is_meant_for_as_much = bool(kept.resources) == bool(token.resources) == bool(client.own_resources)
    return kept if kept.scopes and is_meant_for_as_much else None


@functools.lru_cache(KEYS_KEPT)
def key_of(granted: tuple[str, ...], meant_for: tuple[str, ...]) -> bytes:
    """The key of the one family that all tokens with these scopes and resources belong to."""
    return sha256(dumps([sorted(granted), sorted(meant_for)]).encode()).digest()
