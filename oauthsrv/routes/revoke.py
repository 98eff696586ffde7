"""POST /oauth/revoke: a client gives a token back (RFC 7009)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bottle import HTTPResponse

from oauthsrv.flows.endings import end_access_token, end_family
from oauthsrv.oauth.credentials import parse_access_token, parse_refresh_token
from oauthsrv.oauth.errors import TemporarilyUnavailable
from oauthsrv.oauth.records import Client
from oauthsrv.routes.callers import authenticated_client, sender_of
from oauthsrv.routes.forms import posted_parameters
from oauthsrv.routes.guards import json_response
from oauthsrv.store.database import reading, sql

if TYPE_CHECKING:
    from oauthsrv.server import Server


def revoke(server: Server) -> HTTPResponse:
    """Forget an access token alone, or a refresh token with all its family.

    The answer is 200 even for a token that never was, or is another client's:
    anything else would let a client probe for tokens (§2.2). token_type_hint is
    not needed, as a token's prefix tells what it is.
    """
    parameters = posted_parameters()
    client = authenticated_client(server, parameters)
    text = parameters.require("token")
    if not (_revoke_family(server, client, text) and _revoke_access_token(server, client, text)):
        raise TemporarilyUnavailable(
            "Redis is away", description="The revocation is recorded and not yet in force. Send it again in a moment."
        )
    return json_response({})


def _revoke_family(server: Server, client: Client, text: str) -> bool:
    """Any token with the family's handle will do: a client that logs out may lag behind, and a restored row too."""
    token = parse_refresh_token(text)
    if token is None:
        return True
    with reading(server.database) as db:
        family = sql.families.find(db, handle_hash=token.handle_hash)
        if family is None or family.client_id != client.client_id:
            return True
        user_id = sql.families.user_of(db, grant_id=family.grant_id)
    return end_family(
        server, family.family_id, "client_revoked", by=sender_of(server), user_id=user_id, client_id=client.client_id
    )


def _revoke_access_token(server: Server, client: Client, text: str) -> bool:
    """Recorded whether or not Redis shows it just now: it must not come back with older data either.

    Its family is asked for, so that nobody can have endings of tokens recorded that never were.
    """
    reference = parse_access_token(text)
    if reference is None or reference.client_id != client.client_id or reference.family_id is None:
        return True
    with reading(server.database) as db:
        if sql.families.client_of(db, family_id=reference.family_id) != client.client_id:
            return True
    lifetime = server.installation.longest_access_ttl
    return end_access_token(server, text, lifetime=lifetime, client_id=client.client_id, by=sender_of(server))
