"""POST /oauth/token: tokens for a code or a refresh token (RFC 6749 §3.2)."""

from bottle import HTTPResponse

from oauthsrv.flows.issuing import TokenRequest
from oauthsrv.flows.token_endpoint import keys_to_read, respond
from oauthsrv.routes.callers import metered_client, sent_parameters
from oauthsrv.routes.guards import json_response
from oauthsrv.routes.request import Request


def exchange(request: Request) -> HTTPResponse:
    parameters = sent_parameters(request)
    by, found = metered_client(request, parameters, keys_to_read(request.server, parameters))
    tokens = respond(
        TokenRequest(request.server, by.client, parameters, request.actor, request.meter, by.with_credential, found)
    )
    request.proved = by.client.client_id
    if by.client.owner_id is None:
        request.server.marks.client_used(by.client.client_id)
    return json_response(tokens)
