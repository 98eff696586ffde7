"""Who calls a protocol endpoint: client authentication of a request (RFC 6749 §2.3)."""

from __future__ import annotations

from oauthsrv.oauth.client_authentication import Presented, authenticate, check_not_suspended, presented
from oauthsrv.oauth.errors import InvalidClient, OAuthError, UnauthorizedClient
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import Api, Client
from oauthsrv.routes.recording import attribute
from oauthsrv.routes.request import Request


def presented_client(request: Request, parameters: Parameters) -> Presented:
    try:
        return presented(request.environ.get("HTTP_AUTHORIZATION"), parameters)
    except OAuthError:
        named = parameters.all("client_id")
        attribute(request, named[0] if named else None, parameters)
        raise


def authenticated(
    request: Request, claim: Presented, found: Client | Api | None, parameters: Parameters
) -> Client | Api:
    """The client or API behind the claim; it counts as a use of the secret that proved it."""
    attribute(request, found, parameters)
    try:
        caller, secret_hash = authenticate(claim, found)
    except InvalidClient:
        # After it failed, so that a right secret from that address is never held up.
        request.meter.charge_address()
        raise
    if isinstance(caller, Client):
        # A public app proves nothing: its client id is known to everybody.
        attribute(request, caller, parameters, is_authenticated=secret_hash is not None)
        check_not_suspended(caller)
        if secret_hash is not None:
            request.server.marks.secret_used(secret_hash, request.address)
    return caller


def metered_client(request: Request, parameters: Parameters) -> Client:
    """The client of a request behind the guard `limited`."""
    claim = presented_client(request, parameters)
    caller = authenticated(request, claim, request.server.clients.find(claim.client_id), parameters)
    if not isinstance(caller, Client):
        raise UnauthorizedClient(
            f"{caller.client_id} is an API",
            description="These are the credentials of an API. Use those of an app.",
            problem="credentials_of_api",
        )
    # By its credentials only, as a public app's id is known to everybody.
    request.meter.admit(caller, is_authenticated=not caller.is_public)
    return caller
