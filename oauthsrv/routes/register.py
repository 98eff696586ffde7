"""POST /oauth/register: a client registers itself (RFC 7591)."""

from typing import Any

import orjson
from bottle import HTTPResponse

from oauthsrv.addresses import counted_network
from oauthsrv.flows.clients import registration_tokens, self_registration
from oauthsrv.oauth import client_metadata
from oauthsrv.oauth.bearer import InvalidToken, TokenMissing, bearer_token
from oauthsrv.oauth.errors import AccessDenied, InvalidClientMetadata
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.routes.forms import Unreadable, media_type, posted_bytes
from oauthsrv.routes.guards import Handler, challenged, json_response, limit_headers
from oauthsrv.routes.request import Request
from oauthsrv.store import limits
from oauthsrv.store.limits import Attempt

MAX_BYTES = 64 << 10
JSON_TYPE = "application/json"


class RegistrationOff(AccessDenied):
    status = 403


class RegistrationTokenMissing(TokenMissing):
    description = ""  # its problem's


def admitted(request: Request, handler: Handler) -> HTTPResponse:
    """Let a client register as OAUTHSRV_REGISTRATION says, within the limit of its token or address."""
    mode = request.server.settings.registration
    if mode == "off":
        raise RegistrationOff(problem="registration_off")
    try:
        request.registration_token = sent_token(request)
        if request.registration_token is None and mode == "token":
            raise RegistrationTokenMissing(problem="registration_token_missing")
        window = min(
            (one.window for one in limits.take(request.server.redis, *attempts(request))), key=lambda w: w.left
        )
        answer = handler(request)
    except (TokenMissing, InvalidToken) as error:
        return challenged(request, error)
    answer.headerlist += limit_headers(window)
    return answer


def sent_token(request: Request) -> str | None:
    """The token that was sent, if any; it is always checked, even if none is needed."""
    try:
        parameters = Parameters.parse(request.query_string)
        return bearer_token(request.environ.get("HTTP_AUTHORIZATION"), parameters)
    except TokenMissing:
        return None


def attempts(request: Request) -> list[Attempt]:
    """The limits of the registration: its token's, or else the sender's."""
    text = request.registration_token
    if text is None:
        address = request.counted_address
        return [Attempt("register_address", address), Attempt("register_network", counted_network(address))]
    token_id = registration_tokens.find(request.server, text)
    if token_id is None:
        request.meter.charge_address()
        raise InvalidToken("unknown, expired or revoked", problem="registration_token_unknown")
    return [Attempt("register_token", str(token_id))]


def register(request: Request) -> HTTPResponse:
    metadata = client_metadata.read(posted_json(request))
    made = self_registration.register(request.server, metadata, request.registration_token, by=request.actor)
    return json_response(made.response(), 201)


def posted_json(request: Request) -> dict[str, Any]:
    body = posted_bytes(request.environ, MAX_BYTES)
    if media_type(request.environ) != JSON_TYPE:
        raise Unreadable(415, f"Send the client metadata as {JSON_TYPE}.")
    try:
        values = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidClientMetadata(description=f"The body is not JSON: {error}.") from None
    if not isinstance(values, dict):
        raise InvalidClientMetadata(description="The body must be a JSON object.")
    return values
