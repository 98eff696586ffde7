"""Refused requests are recorded for the app they belong to; its developers read them on its activity page."""

from __future__ import annotations

from oauthsrv.oauth.credentials import is_client_id
from oauthsrv.oauth.errors import OAuthError
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.problems import WITH_ITS_TOKEN
from oauthsrv.oauth.records import Api, Client
from oauthsrv.oauth.redaction import redacted
from oauthsrv.routes.request import Attribution, Request
from oauthsrv.store.database import reading, sql
from oauthsrv.store.limits import TooMany
from oauthsrv.store.refusals import Group

# Where an API or a proxy asks, about a call that an app made to it: its address is not the app's.
AT_APIS = "/oauth/verify"
# The limits of an app, and the problem that each is to it.
LIMITED = {
    "token": "token_limit",
    "token_share": "token_share_limit",
    "token_connection": "connection_limit",
    "revoke": "revoke_limit",
    "revoke_share": "token_share_limit",
    "revoke_connection": "connection_limit",
    "revoke_unknown": "connection_limit",
    "proof_address": "proof_limit",
    "calls": "calls_limit",
    "share": "share_limit",
}


def attribute(
    request: Request,
    client: Client | Api | str | None,
    parameters: Parameters,
    *,
    is_authenticated: bool = False,
    endpoint: str | None = None,
) -> None:
    """Attribute later refusals of this request to this client: a record, or an id that nobody looked up.

    An id that is not an app's is dropped when it is written. An API has no page that could show it.
    """
    endpoint = endpoint or request.path
    if isinstance(client, Client):
        request.attribution = Attribution(
            client.client_id, parameters, is_authenticated, not client.is_public, endpoint
        )
    elif isinstance(client, str) and is_client_id(client):
        request.attribution = Attribution(client, parameters, False, False, endpoint, is_claimed=True)


def activity_link(request: Request) -> tuple[str, str] | None:
    """Where a developer of the app reads more; nobody else learns that there is more."""
    attribution = request.attribution
    if attribution is None or request.user is None:
        return None
    with reading(request.server.database) as db:
        found = sql.refusals.developers(
            db, client_ids=[attribution.client_id], user_ids=[request.user.user_id], at_most=1
        )
    return (f"/developer/apps/{attribution.client_id}/activity", "See it in the app’s activity") if found else None


def record(request: Request, error: OAuthError | TooMany, *, user_id: str | None = None) -> None:
    """`user_id`: who was signed in. A failure of ours is nothing that the app's developer could fix."""
    attribution = request.attribution
    if attribution is None or (isinstance(error, OAuthError) and error.status >= 500):
        return
    if isinstance(error, TooMany):
        problem, sent = LIMITED[error.window.name], ""
    else:
        problem, sent = error.problem, redacted(error, attribution.parameters)
    is_authenticated = attribution.is_authenticated or problem in WITH_ITS_TOKEN
    request.server.refusals.note(
        Group(attribution.client_id, is_authenticated, attribution.endpoint, problem, sent, user_id),
        address="" if attribution.endpoint == AT_APIS else request.address,
        is_whole=is_authenticated and attribution.is_confidential,
        is_claimed=attribution.is_claimed,
    )
