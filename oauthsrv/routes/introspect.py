"""POST /oauth/introspect: whether a token is good, and what it stands for (RFC 7662)."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from bottle import HTTPResponse

from oauthsrv.flows.client_authentication import authenticate
from oauthsrv.oauth.bearer import InvalidToken
from oauthsrv.oauth.client_authentication import Presented
from oauthsrv.oauth.credentials import RefreshToken, parse_access_token, parse_refresh_token
from oauthsrv.oauth.errors import InvalidClient, InvalidRequest, OAuthError
from oauthsrv.oauth.introspection import (
    INACTIVE,
    access_token_response,
    is_meant_for,
    is_welcome,
    refresh_token_response,
    scopes_at,
)
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import AccessToken, Api, Client
from oauthsrv.oauth.scopes import still_allowed
from oauthsrv.oauth.token_request import is_current
from oauthsrv.routes.callers import attribute, authenticated, presented_client, record, sent_parameters
from oauthsrv.routes.guards import json_response, limit_headers
from oauthsrv.routes.request import Request
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql
from oauthsrv.store.families import family_record
from oauthsrv.store.limits import TooMany
from oauthsrv.store.tokens import TokenCheck
from oauthsrv.store.usage import budget_of, charge, count_refusal

USES = re.compile(r"[1-9][0-9]{0,5}")
# A guard reports before it has answered more.
MOST_USES = 10_000


def introspect(request: Request) -> HTTPResponse:
    """Tell an API about tokens meant for it, and a confidential client about its own.

    Whatever is not theirs to know is inactive, like a token that never was (§2.2).
    """
    parameters = sent_parameters(request)
    claim = presented_client(request, parameters)
    text = parameters.get("token") or ""
    charging = partial(_calls_to_charge, request, claim, parameters)
    checked = request.server.tokens.check(text, caller_id=claim.client_id, charging=charging)
    by = authenticated(request, claim, checked.caller, parameters, checked.proved)
    caller = by.client
    if not by.with_credential:
        raise InvalidClient("the caller sent no credential", problem="introspection_public")
    parameters.require("token")
    if checked.token is None or checked.client is None:
        return json_response(_without_access_token(request.server, caller, text, parameters))
    if isinstance(caller, Api):
        return _call(request, caller, checked, parameters)
    if checked.token.client_id != caller.client_id:
        return json_response(INACTIVE)
    claims = access_token_response(checked.token, caller, checked.token.scopes, request.server.settings.issuer)
    return json_response(claims)


def _without_access_token(server: Server, caller: Client | Api, text: str, parameters: Parameters) -> Mapping[str, Any]:
    """What is said of a text that is no good access token."""
    refresh = parse_refresh_token(text)
    if refresh is not None:
        return _refresh_token(server, caller, refresh)
    if isinstance(caller, Api) and (answered := number(parameters, "answered")):
        _charge_ended(server, caller, text, answered)
    return INACTIVE


def _calls_to_charge(
    request: Request, claim: Presented, parameters: Parameters, token: AccessToken, checked: TokenCheck
) -> int:
    """How many calls an API asks about, if it proved itself and the token is meant for it; no one else is charged."""
    api = checked.caller
    if not isinstance(api, Api):
        return 0
    checked.proved = authenticate(request.server, claim, api)
    if not is_meant_for(token, api):
        raise InvalidToken(problem="wrong_audience")
    if not is_welcome(token, parameters):
        raise InvalidToken(problem="token_without_user")
    return number(parameters, "uses") or 1


def _call(request: Request, api: Api, checked: TokenCheck, parameters: Parameters) -> HTTPResponse:
    """What the token stands for at the API that asks about a call."""
    token, client, window = checked.token, checked.client, checked.window
    assert token and client
    if checked.refusal is not None:
        return refused_call(request, client, parameters, checked.refusal)
    assert window
    request.proved = client.client_id
    if window.is_over:
        attribute(request, client, parameters, is_authenticated=True, of_call=True)
        raise TooMany(window)
    claims = access_token_response(token, client, scopes_at(token, api), request.server.settings.issuer)
    if token.grant_id:
        request.server.marks.grant_used(token.grant_id, request.address, checked.uses)
    return json_response(claims, headers=limit_headers(window))


def refused_call(request: Request, client: Client, parameters: Parameters, error: OAuthError) -> HTTPResponse:
    """The token is good, and not for this API."""
    if isinstance(error, InvalidRequest):
        raise error
    count_refusal(request.server.redis, client.client_id, error.problem)
    attribute(request, client, parameters, is_authenticated=True, of_call=True)
    record(request, error)
    return json_response(INACTIVE)


def number(parameters: Parameters, name: str) -> int | None:
    """A number of calls that a guard reports; not more than it can have answered.

    `uses`: to charge if the token is active. `answered`: how many of them it answered from memory already.
    """
    text = parameters.get(name)
    if text is None:
        return None
    if not USES.fullmatch(text):
        raise InvalidRequest(description=f"{name} must be a whole number from 1 to 999999.")
    return min(int(text), MOST_USES)


def _charge_ended(server: Server, api: Api, text: str, answered: int) -> None:
    """Charge calls that were answered before the token ended; otherwise revoking it in time would make them free.

    The token itself may be unknown by now. Its family proves whose it was, as an API learns of a family only from a
    token that was sent to it.
    """
    reference = parse_access_token(text)
    client = server.clients.find_client(reference.client_id) if reference else None
    if reference is None or client is None:
        return
    with reading(server.database) as db:
        row = sql.families.of_client(db, family_id=reference.family_id, client_id=client.client_id)
    if row is not None and (api.resource in row.resources or not api.scopes.isdisjoint(row.scopes)):
        charge(server.redis, budget_of(server.redis, client, row.subject), answered)


def _refresh_token(server: Server, caller: Client | Api, token: RefreshToken) -> Mapping[str, Any]:
    """Introspect a refresh token, which only its own client may do."""
    with reading(server.database) as db:
        row = sql.families.find(db, handle_hash=token.handle_hash)
    if isinstance(caller, Api) or row is None or row.client_id != caller.client_id:
        return INACTIVE
    family = family_record(row, server.settings.refresh_max_age)
    allowed = still_allowed(family.scopes, caller.scopes)
    if not allowed or not is_current(family, token, row.now):
        return INACTIVE
    return refresh_token_response(family, caller, allowed, server.settings.issuer)
