"""POST /oauth/token: tokens for a code or a refresh token (RFC 6749 §3.2)."""

from __future__ import annotations

from bottle import HTTPResponse

from oauthsrv.flows import grant_types
from oauthsrv.oauth.errors import UnsupportedGrantType
from oauthsrv.routes.callers import metered_client
from oauthsrv.routes.forms import posted_parameters
from oauthsrv.routes.guards import json_response
from oauthsrv.routes.request import Request

GRANT_TYPES = {"authorization_code": grant_types.exchange_code, "refresh_token": grant_types.refresh}


def exchange(request: Request) -> HTTPResponse:
    parameters = posted_parameters(request.environ)
    client = metered_client(request, parameters)
    grant = GRANT_TYPES.get(parameters.require("grant_type"))
    if grant is None:
        raise UnsupportedGrantType(description=f"grant_type must be {' or '.join(GRANT_TYPES)}.")
    return json_response(grant(request.server, client, parameters, by=request.actor, charge=request.meter.charge))
