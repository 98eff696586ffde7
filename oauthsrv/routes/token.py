"""POST /oauth/token: tokens for a code or a refresh token (RFC 6749 §3.2)."""

from bottle import HTTPResponse

from oauthsrv.flows.issuing import NOTHING_READ, TokenRequest, write_early
from oauthsrv.flows.token_endpoint import keys_to_read, respond
from oauthsrv.routes.callers import early_client, metered_client, presented_client, sent_parameters
from oauthsrv.routes.guards import json_response
from oauthsrv.routes.request import Request


def exchange(request: Request) -> HTTPResponse:
    server, parameters = request.server, sent_parameters(request)
    claim = presented_client(request, parameters)
    early = write_early(server, request.meter, parameters, claim)
    if early:
        client, with_credential, found = early_client(request, parameters, claim, early), True, NOTHING_READ
    else:
        client, with_credential, found = metered_client(request, parameters, claim, keys_to_read(server, parameters))
    tokens = respond(
        TokenRequest(server, client, parameters, request.actor, request.meter, with_credential, found, early)
    )
    request.proved = client.client_id
    if client.owner_id is None:
        server.marks.client_used(client.client_id)
    return json_response(tokens)
