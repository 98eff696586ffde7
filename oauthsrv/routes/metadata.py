"""What clients find out by themselves: about this server (RFC 8414), and about the APIs it protects (RFC 9728)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bottle import HTTPResponse

from oauthsrv.oauth.metadata import authorization_server_metadata, protected_resource_metadata
from oauthsrv.oauth.records import Api
from oauthsrv.routes.guards import json_response, nothing_here
from oauthsrv.routes.token import GRANT_TYPES

if TYPE_CHECKING:
    from oauthsrv.server import Server


def show(server: Server) -> HTTPResponse:
    """Where everything is. No database is asked: the scopes are those that this process last saw."""
    scopes = server.offered_scopes.latest()
    return json_response(authorization_server_metadata(server.settings.issuer, scopes, GRANT_TYPES))


def show_api(server: Server, client_id: str) -> HTTPResponse:
    """What an API says of itself."""
    api = server.clients.find(client_id)
    if not isinstance(api, Api):
        return nothing_here(server)
    return json_response(protected_resource_metadata(api, server.settings.issuer))
