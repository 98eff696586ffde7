"""POST /oauth/revoke: a client revokes a token (RFC 7009)."""

from bottle import HTTPResponse

from oauthsrv.flows.revocations import revoke_access_token, revoke_family
from oauthsrv.oauth.credentials import AccessTokenReference, digest, parse_access_token, parse_refresh_token
from oauthsrv.oauth.errors import TemporarilyUnavailable
from oauthsrv.oauth.records import Client
from oauthsrv.routes.callers import metered_client, presented_client, sent_parameters
from oauthsrv.routes.guards import json_response
from oauthsrv.routes.request import Request
from oauthsrv.server import Server
from oauthsrv.store import limits
from oauthsrv.store.database import reading, sql
from oauthsrv.store.limits import Attempt


def revoke(request: Request) -> HTTPResponse:
    """Revoke an access token alone, or a refresh token with its family.

    Answers 200 even for a token that never existed or is another client's, or a client could probe for tokens (§2.2).
    token_type_hint is not needed, as a token's prefix says what it is.
    """
    parameters = sent_parameters(request)
    client, *_ = metered_client(request, parameters, presented_client(request, parameters))
    text = parameters.require("token")
    if not (_revoke_family(request, client, text) and _revoke_access_token(request, client, text)):
        raise TemporarilyUnavailable(
            "Redis is away", description="The revocation is recorded and not yet in force. Send it again in a moment."
        )
    return json_response({})


def _revoke_family(request: Request, client: Client, text: str) -> bool:
    """Revoke by any token with the family's handle, as a client that logs out may hold an older one."""
    token = parse_refresh_token(text)
    if token is None:
        return True
    with reading(request.server.database) as db:
        family = sql.families.find(db, handle_hash=token.handle_hash)
        if family is None or family.client_id != client.client_id:
            return True
        user_id = sql.grants.user_of(db, grant_id=family.grant_id)
    request.meter.charge(family.family_id, family.subject)
    return revoke_family(
        request.server,
        family.family_id,
        "client_revoked",
        by=request.actor,
        user_id=user_id,
        client_id=client.client_id,
    )


def _revoke_access_token(request: Request, client: Client, text: str) -> bool:
    """Revoke. If Redis has a record the token is the client's own; if not, it may come back, or never have existed."""
    reference = parse_access_token(text)
    if reference is None or reference.client_id != client.client_id or reference.family_id is None:
        return True
    lifetime, by = request.server.installation.longest_access_ttl, request.actor
    subject = request.server.tokens.subject_of(text)
    if subject is not None:
        request.meter.charge(reference.family_id, subject or None)
    elif not _is_worth_keeping(request.server, client, text, reference):
        return True
    return revoke_access_token(
        request.server, text, lifetime=lifetime, client_id=client.client_id, by=by, is_known=subject is not None
    )


def _is_worth_keeping(server: Server, client: Client, text: str, reference: AccessTokenReference) -> bool:
    """Whether to record the revocation of a token that has no record here. Raises TooMany.

    Others may know its family's reference, which every access token contains, so few are kept per family.
    """
    with reading(server.database) as db:
        if sql.ended_keys.is_kept(db, key_hash=digest(text)):
            return False
        family = sql.families.active_client(db, family_id=reference.family_id)
    if family != client.client_id:
        return False
    limits.take(server.redis, Attempt("revoke_unknown", str(reference.family_id)))
    return True
