"""What programs ask about this server (RFC 8414), about the APIs it protects (RFC 9728), and whether it works."""

from bottle import HTTPResponse

from oauthsrv.flows.token_endpoint import GRANT_TYPES
from oauthsrv.oauth.metadata import authorization_server_metadata, protected_resource_metadata
from oauthsrv.oauth.records import Api
from oauthsrv.routes.guards import json_response, nothing_here
from oauthsrv.routes.request import Request


def show(request: Request) -> HTTPResponse:
    """The server's metadata. No database is queried: the scopes are those that this process last read."""
    scopes = request.server.offered_scopes.latest
    return json_response(authorization_server_metadata(request.server.settings.issuer, scopes, GRANT_TYPES))


def show_api(request: Request) -> HTTPResponse:
    """The metadata of one API."""
    api = request.server.clients.find(request.url["client_id"])
    if not isinstance(api, Api):
        return nothing_here(request)
    return json_response(protected_resource_metadata(api, request.server.settings.issuer))


def alive(request: Request) -> HTTPResponse:
    return json_response({"status": "alive"})


def ready(request: Request) -> HTTPResponse:
    """Both stores are read and written; the guard answers 503 if one cannot be."""
    request.server.readiness.check()
    return json_response({"status": "ready"})
