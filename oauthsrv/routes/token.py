"""POST /oauth/token: tokens for a code or a refresh token (RFC 6749 §3.2)."""

from functools import partial

from bottle import HTTPResponse

from oauthsrv.flows.issuing import TokenRequest, write_early
from oauthsrv.flows.token_endpoint import keys_to_read, respond
from oauthsrv.routes.callers import metered_client, sent_parameters
from oauthsrv.routes.guards import json_response
from oauthsrv.routes.request import Request


def exchange(request: Request) -> HTTPResponse:
    server, parameters = request.server, sent_parameters(request)
    keys = keys_to_read(server, parameters)
    write = partial(write_early, server, request.meter, parameters)
    client, with_credential, found, early = metered_client(request, parameters, keys, write)
    tokens = respond(
        TokenRequest(server, client, parameters, request.actor, request.meter, with_credential, found, early)
    )
    request.proved = client.client_id
    if client.owner_id is None:
        server.marks.client_used(client.client_id)
    return json_response(tokens)
