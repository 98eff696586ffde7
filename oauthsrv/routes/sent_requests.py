"""An authorization request as a browser sends it: in the query, by the `r` of a sign-in, or pushed (RFC 9126 §4)."""

from oauthsrv.flows.response_types import RESPONSE_TYPES
from oauthsrv.oauth.authorization_request import PARAMETERS, Supported
from oauthsrv.oauth.client_ids import reference_of
from oauthsrv.oauth.errors import InvalidRequest, InvalidRequestUri
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.pages import PageError
from oauthsrv.routes import pending
from oauthsrv.routes.callers import attribute
from oauthsrv.routes.pending import Pending, sealed_address
from oauthsrv.routes.request import Request
from oauthsrv.routes.responses import RESPONSE_MODES
from oauthsrv.store.authorization import claim_pushed

PATH = pending.AUTHORIZE
LONGEST = pending.LONGEST - len(f"{PATH}?")
REFERENCE = "urn:ietf:params:oauth:request_uri:"  # the prefix of a pushed request's request_uri (RFC 9126 §2.2)


def sent_query(request: Request) -> str:
    """The query of this address, or the long or pushed one that its `r` stands for."""
    sent = Parameters.parse(request.query_string)
    if sent.names() != ("r",):
        return request.query_string
    opened = pending.open_address(request.server, sent.require("r"))
    if opened is None or not (opened.is_in_time and opened.pending.path.startswith(f"{PATH}?")):
        raise pending.start_again(None)
    request.pushed = opened.pending.pushed
    if request.pushed and claim_pushed(request.server.redis, request.pushed, request.pre_session_hash) is None:
        raise InvalidRequestUri("answered, expired, or another browser's")
    return opened.pending.path.removeprefix(f"{PATH}?")


def known(sent: Parameters) -> Parameters:
    return Parameters(tuple(pair for pair in sent.pairs if pair[0] in PARAMETERS))


def known_parameters(query: str) -> Parameters:
    """The known parameters, limited in length, as they are stored while the user decides."""
    parameters = known(Parameters.parse(query))
    if len(parameters.encoded()) > LONGEST:
        raise PageError(
            414,
            "This app’s request is too long",
            f"It has more than {LONGEST:,} characters.",
            todo="Contact the developer of the app. Its state parameter, for example, should be short.",
        )
    return parameters


def supported(request: Request, parameters: Parameters) -> Supported:
    resources = request.server.apis.all() if parameters.all("resource") else {}
    return Supported(RESPONSE_TYPES, RESPONSE_MODES, resources)


def address_of(request: Request, query: str) -> str:
    """The address where this request is shown again, short enough for a header."""
    waiting = Pending(f"{PATH}?{query}", pushed=request.pushed)
    if waiting.is_plain:
        return waiting.path
    return pending.next_address(waiting, sealed_address(request, waiting))


# Pushed requests


def pushed_name(client_id: str, reference: str) -> str:
    """Its name in Redis, under which another client can't find it."""
    return f"{client_id} {reference}"


def was_pushed(parameters: Parameters) -> bool:
    """Whether it has one request_uri of ours; the checks of a request refuse any other, and repeats."""
    uris = parameters.all("request_uri")
    return len(uris) == 1 and uris[0].startswith(REFERENCE)


def claimed_address(request: Request, parameters: Parameters) -> str:
    """The address where only this browser continues with a pushed request until it is answered.

    The first browser gets it. In the address only client_id counts, so nothing overrides what was pushed.
    """
    client_id = parameters.require("client_id")
    client = request.server.clients.find_client(reference_of(client_id))
    attribute(request, client, parameters)
    if client is None:
        raise InvalidRequest("unknown client", problem="client_unknown")
    name = pushed_name(client_id, parameters.require("request_uri").removeprefix(REFERENCE))
    query = claim_pushed(request.server.redis, name, request.pre_session_hash)
    if query is None:
        raise InvalidRequestUri("unknown, expired, answered, or another browser's")
    request.pushed = name
    return address_of(request, query)
