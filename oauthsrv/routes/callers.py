"""Who calls a protocol endpoint (RFC 6749 §2.3), and for which app a refusal is recorded on its activity page."""

import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_plus

from oauthsrv.flows.client_authentication import authenticate
from oauthsrv.oauth.client_authentication import Authenticated, Presented, check_not_suspended, presented
from oauthsrv.oauth.client_ids import reference_of
from oauthsrv.oauth.credentials import is_client_id, parse_access_token
from oauthsrv.oauth.errors import AuthorizationPending, InvalidClient, InvalidRequest, OAuthError, UnauthorizedClient
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.problems import WITH_ITS_TOKEN
from oauthsrv.oauth.records import Api, Client
from oauthsrv.oauth.redaction import redacted
from oauthsrv.routes.forms import form_text, posted_bytes
from oauthsrv.routes.request import Attribution, Request
from oauthsrv.store.database import reading, sql
from oauthsrv.store.early_tokens import EarlyToken
from oauthsrv.store.limits import TooMany
from oauthsrv.store.refusals import Group, Response

AT_APIS = "/oauth/verify"
NOTHING = Parameters(())
# In a form, a query or JSON.
NAMED = re.compile(r"""\bclient_id(?:=|"\s*:\s*")([^&"\s]{1,2000})""")
# The limits of an app, and the problem that each is to it.
LIMITED = {
    "token": "token_limit",
    "token_share": "token_share_limit",
    "token_connection": "connection_limit",
    "device_address": "device_limit",
    "device_network": "device_limit",
    "own_families": "own_families_limit",
    "revoke": "revoke_limit",
    "revoke_share": "token_share_limit",
    "revoke_connection": "connection_limit",
    "revoke_unknown": "connection_limit",
    "par": "par_limit",
    "par_address": "par_limit",
    "par_network": "par_limit",
    "proof_address": "proof_limit",
    "calls": "calls_limit",
    "share": "share_limit",
}


# What was sent


def sent_parameters(request: Request) -> Parameters:
    """What a client posted, no parameter repeated. If it can't be read, that is recorded for the client that it names.

    Raises InvalidRequest.
    """
    body = b""
    try:
        body = posted_bytes(request.environ)
        parameters = Parameters.parse(form_text(request.environ, body))
        parameters.check_repeats()
    except InvalidRequest:
        attribute(request, named_client(request, body), NOTHING)
        raise
    return parameters


def named_client(request: Request, body: bytes = b"") -> str | None:
    """The client that a request names, in any way that clients do; nothing proves that the client sent it."""
    scheme, _, credentials = str(request.environ.get("HTTP_AUTHORIZATION", "")).strip().partition(" ")
    if scheme.lower() == "bearer":
        token = parse_access_token(credentials.strip())
        return token.client_id if token else None
    with suppress(ValueError):
        sent = b64decode(credentials) if scheme.lower() == "basic" else b""
        if sent:
            return reference_of(unquote_plus(sent.decode("latin-1").partition(":")[0]))
    found = NAMED.search(body.decode("latin-1")) or NAMED.search(request.query_string)
    return reference_of(unquote_plus(found[1])) if found else None


def read_body(request: Request) -> bytes:
    with suppress(InvalidRequest):
        return posted_bytes(request.environ)
    return b""


def refuse_unread(request: Request, error: OAuthError, *, endpoint: str | None = None) -> None:
    """Record a request that no handler reads, if it names a client."""
    client_id = named_client(request, read_body(request))
    attribute(request, client_id, Parameters((("address", request.path),)), endpoint=endpoint)
    record(request, error)


# Client authentication


def presented_client(request: Request, parameters: Parameters) -> Presented:
    try:
        return presented(request.environ.get("HTTP_AUTHORIZATION"), parameters)
    except OAuthError:
        named = parameters.all("client_id")
        attribute(request, reference_of(named[0]) if named else None, parameters)
        raise


def authenticated(
    request: Request,
    claim: Presented,
    found: Client | Api | None,
    parameters: Parameters,
    proved: Authenticated[Any] | None = None,
) -> Authenticated[Client | Api]:
    """The client or API behind the claim, if it has not proved itself yet; that uses the secret that proved it."""
    try:
        by: Authenticated[Any] = proved or authenticate(request.server, claim, found)
    except InvalidClient:
        attribute(request, found, parameters)
        # After it failed, so that a right secret from that address is never held up.
        request.meter.charge_address()
        raise
    client = by.client
    if isinstance(client, Client):
        attribute(request, client, parameters, is_authenticated=by.with_credential)
        request.proved = client.client_id if by.with_credential else ""
        check_not_suspended(client)
    if by.secret_hash is not None:
        request.server.marks.secret_used(by.secret_hash, request.address)
    return by


def metered_client(
    request: Request, parameters: Parameters, claim: Presented, keys: Sequence[bytes] = ()
) -> tuple[Client, bool, Mapping[bytes, bytes | None]]:
    """The client of a request behind the guard `limited`, whether it sent a credential, what Redis has at `keys`."""
    counter = request.meter.key_of(claim.client_id)
    found, values = request.server.clients.find_with(claim.client_id, [counter, *keys])
    by = authenticated(request, claim, found, parameters)
    client = by.client
    if not isinstance(client, Client):
        raise UnauthorizedClient(f"{client.client_id} is an API", problem="credentials_of_api")
    request.meter.admit(client, values.get(counter), is_authenticated=by.with_credential)
    return client, by.with_credential, values


def early_client(request: Request, parameters: Parameters, claim: Presented, early: EarlyToken) -> Client:
    """The client of a request behind the guard `limited` whose early token is written, within its limit."""
    client = early.proved.client
    authenticated(request, claim, client, parameters, early.proved)
    request.meter.admit(client, None, is_authenticated=True)
    request.meter.counted(early.window)
    return client


# Refusals


def attribute(
    request: Request,
    client: Client | Api | str | None,
    parameters: Parameters,
    *,
    is_authenticated: bool = False,
    endpoint: str | None = None,
    of_call: bool = False,
) -> None:
    """Attribute later refusals of this request to this client: a record, or an id that was not looked up.

    An id that is not an app's is dropped when it is written. An API has no page that could show it.
    `of_call`: an API asks about a call that the app made to it, so the address is not the app's.
    """
    if isinstance(client, Client) or (isinstance(client, str) and is_client_id(client)):
        endpoint = endpoint or request.path
        of_call = of_call or endpoint == AT_APIS
        request.attribution = Attribution(client, parameters, is_authenticated, endpoint, of_call)


def activity_link(request: Request) -> tuple[str, str] | None:
    """A link to the app's activity page, if the user develops the app."""
    attribution = request.attribution
    if attribution is None or request.visitor is None:
        return None
    with reading(request.server.database) as db:
        found = sql.refusals.developers(
            db, client_ids=[attribution.client_id], user_ids=[request.user.user_id], at_most=1
        )
    return (f"/developer/apps/{attribution.client_id}/activity", "See it in the app’s activity") if found else None


def record(request: Request, error: OAuthError | TooMany, *, user_id: str | None = None) -> None:
    """Record a refusal; `user_id` is the signed-in user. Failures of the server (5xx) are not recorded."""
    attribution = request.attribution
    if attribution is None or isinstance(error, AuthorizationPending):  # which is how a device waits
        return
    if isinstance(error, OAuthError) and error.status >= 500:
        return
    if isinstance(error, TooMany):
        problem, sent, status, code = LIMITED[error.window.name], "", 429, "too_many_requests"
    else:
        problem, sent = error.problem, redacted(error, attribution.parameters)
        status, code = error.status, error.error
    is_authenticated = attribution.is_authenticated or problem in WITH_ITS_TOKEN
    request.server.refusals.note(
        Group(attribution.client_id, is_authenticated, attribution.endpoint, problem, sent, user_id),
        Response(status, code, request.request_id),
        address="" if attribution.of_call else request.address,
        is_whole=is_authenticated and attribution.is_confidential,
        is_claimed=isinstance(attribution.client, str),
    )
