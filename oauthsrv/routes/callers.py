"""Who calls a protocol endpoint: client authentication of a request (RFC 6749 §2.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bottle import request

from oauthsrv.flows.audit import Actor
from oauthsrv.oauth.client_authentication import Presented, authenticate, check_not_suspended, presented
from oauthsrv.oauth.errors import InvalidClient, OAuthError, UnauthorizedClient
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import Api, Client
from oauthsrv.routes.metering import charge_address, meter
from oauthsrv.routes.recording import concerns
from oauthsrv.routes.visitor import sender

if TYPE_CHECKING:
    from oauthsrv.server import Server


def presented_client(parameters: Parameters) -> Presented:
    try:
        return presented(request.environ.get("HTTP_AUTHORIZATION"), parameters)
    except OAuthError:
        named = parameters.all("client_id")
        concerns(named[0] if named else None, parameters)
        raise


def proved(server: Server, claim: Presented, found: Client | Api | None, parameters: Parameters) -> Client | Api:
    """The client or API behind the claim; it counts as a use of the secret that proved it."""
    concerns(found, parameters)
    try:
        caller, secret_hash = authenticate(claim, found)
    except InvalidClient:
        # After it failed, so that a right secret from there is never held up.
        charge_address(server)
        raise
    if isinstance(caller, Client):
        # A public app proves nothing: its client id is known to everybody.
        concerns(caller, parameters, is_proved=secret_hash is not None)
        check_not_suspended(caller)
        if secret_hash is not None:
            server.marks.secret_used(secret_hash, caller_address(server))
    return caller


def admitted_client(server: Server, parameters: Parameters) -> Client:
    """The client of a request that is metered."""
    claim = presented_client(parameters)
    caller = proved(server, claim, server.clients.find(claim.client_id), parameters)
    if not isinstance(caller, Client):
        raise UnauthorizedClient(
            f"{caller.client_id} is an API",
            description="These are the credentials of an API. Use those of an app here.",
            problem="credentials_of_api",
        )
    # By its credentials only, as a public app's id is known to everybody.
    meter().admit(caller, is_proved=not caller.is_public)
    return caller


def caller_address(server: Server) -> str:
    return sender(request.environ, server.settings.trusted_proxies)


def sender_of(server: Server) -> Actor:
    """What the audit log says of a request that no person made."""
    return Actor(None, caller_address(server))
