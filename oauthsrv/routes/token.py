"""POST /oauth/token: tokens for a code or a refresh token (RFC 6749 §3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bottle import HTTPResponse

from oauthsrv.flows import grant_types
from oauthsrv.oauth.errors import UnsupportedGrantType
from oauthsrv.routes.callers import admitted_client, sender_of
from oauthsrv.routes.forms import posted_parameters
from oauthsrv.routes.guards import json_response
from oauthsrv.routes.metering import meter

if TYPE_CHECKING:
    from oauthsrv.server import Server

GRANT_TYPES = {"authorization_code": grant_types.exchange_code, "refresh_token": grant_types.refresh}


def exchange(server: Server) -> HTTPResponse:
    parameters = posted_parameters()
    client = admitted_client(server, parameters)
    grant = GRANT_TYPES.get(parameters.require("grant_type"))
    if grant is None:
        raise UnsupportedGrantType(description=f"grant_type must be {' or '.join(GRANT_TYPES)}.")
    return json_response(grant(server, client, parameters, by=sender_of(server), charge=meter().charge))
