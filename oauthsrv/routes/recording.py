"""Refused requests are noted for the app that they concern; its developers read them on its activity page."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

from bottle import HTTPResponse, request

from oauthsrv.oauth.credentials import is_client_id
from oauthsrv.oauth.errors import OAuthError
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.problems import WITH_ITS_TOKEN
from oauthsrv.oauth.records import Api, Client
from oauthsrv.oauth.redaction import redacted
from oauthsrv.routes.guards import Door
from oauthsrv.routes.visitor import Visitor, sender
from oauthsrv.store.database import reading, sql
from oauthsrv.store.limits import TooMany
from oauthsrv.store.refusals import Group

if TYPE_CHECKING:
    from oauthsrv.server import Server

KEY = "oauthsrv.concerned"

# Where an API or a proxy asks, about a call that an app made to it: its address is not the app's.
AT_APIS = "/oauth/verify"
# The limits that an app meets, and the problem that each is to it.
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


class Concerned(NamedTuple):
    """Whose request this is, or claims to be."""

    client_id: str
    parameters: Parameters
    is_proved: bool
    is_confidential: bool
    endpoint: str
    is_claimed: bool = False  # an id that nobody looked up


def concerns(
    client: Client | Api | str | None, parameters: Parameters, *, is_proved: bool = False, endpoint: str | None = None
) -> None:
    """From here on a refusal of this request is one of `client`: a record, or an id that nobody looked up.

    An id that is no app's is dropped when it is written. An API has no page that could show it.
    """
    endpoint = endpoint or request.path
    if isinstance(client, Client):
        told = Concerned(client.client_id, parameters, is_proved, not client.is_public, endpoint)
    elif isinstance(client, str) and is_client_id(client):
        told = Concerned(client, parameters, False, False, endpoint, is_claimed=True)
    else:
        return
    request.environ[KEY] = told


def recorded(server: Server, door: Door) -> Door:
    """Notes what the door refuses; it changes nothing of the answer."""

    @functools.wraps(door)
    def guarded(*args: Any, **kwargs: Any) -> HTTPResponse:
        try:
            answer: HTTPResponse = door(*args, **kwargs)
            return answer
        except (OAuthError, TooMany) as error:
            note(server, error)
            raise

    return guarded


def activity_link(server: Server, visitor: Visitor) -> tuple[str, str] | None:
    """Where a developer of the app that is concerned reads more; nobody else is told that there is more."""
    concerned: Concerned | None = request.environ.get(KEY)
    if concerned is None or visitor.user is None:
        return None
    with reading(server.database) as db:
        found = sql.refusals.developers(
            db, client_ids=[concerned.client_id], user_ids=[visitor.user.user_id], at_most=1
        )
    return (f"/developer/apps/{concerned.client_id}/activity", "See it in the app’s activity") if found else None


def note(server: Server, error: OAuthError | TooMany, *, user_id: str | None = None) -> None:
    """`user_id`: whoever was signed in. A failure of ours is nothing that the app's developer could mend."""
    concerned: Concerned | None = request.environ.get(KEY)
    if concerned is None or (isinstance(error, OAuthError) and error.status >= 500):
        return
    if isinstance(error, TooMany):
        problem, sent = LIMITED[error.window.name], ""
    else:
        problem, sent = error.problem, redacted(error, concerned.parameters)
    is_proved = concerned.is_proved or problem in WITH_ITS_TOKEN
    server.refusals.note(
        Group(concerned.client_id, is_proved, concerned.endpoint, problem, sent, user_id),
        address="" if concerned.endpoint == AT_APIS else sender(request.environ, server.settings.trusted_proxies),
        is_whole=is_proved and concerned.is_confidential,
        is_claimed=concerned.is_claimed,
    )
