"""POST /oauth/token: tokens for a code or a refresh token (RFC 6749 §3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bottle import HTTPResponse

from oauthsrv.flows import issue
from oauthsrv.oauth.errors import UnsupportedGrantType
from oauthsrv.routes.callers import authenticated_client, sender_of
from oauthsrv.routes.forms import posted_parameters
from oauthsrv.routes.guards import json_response, limit_headers
from oauthsrv.store.limits import Attempt, TooMany, count

if TYPE_CHECKING:
    from oauthsrv.server import Server

GRANT_TYPES = {"authorization_code": issue.exchange, "refresh_token": issue.refresh}


def exchange(server: Server) -> HTTPResponse:
    parameters = posted_parameters()
    client = authenticated_client(server, parameters)
    window = count(server.redis, Attempt("token", client.client_id, client.token_requests_per_minute))
    if window.is_over:
        raise TooMany(window)
    story = GRANT_TYPES.get(parameters.require("grant_type"))
    if story is None:
        raise UnsupportedGrantType(f"grant_type is none of {', '.join(GRANT_TYPES)}")
    answer = json_response(story(server, client, parameters, by=sender_of(server)))
    for name, value in limit_headers(window):
        answer.set_header(name, value)
    return answer
