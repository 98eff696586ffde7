"""GET /.well-known/oauth-authorization-server: where everything is (RFC 8414)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bottle import HTTPResponse

from oauthsrv.flows import catalogue
from oauthsrv.oauth.metadata import authorization_server_metadata
from oauthsrv.routes.guards import json_response

if TYPE_CHECKING:
    from oauthsrv.server import Server


def show(server: Server) -> HTTPResponse:
    scopes = [row.scope for row in catalogue.every(server) if not row.retired]
    return json_response(authorization_server_metadata(server.settings.issuer, scopes))
