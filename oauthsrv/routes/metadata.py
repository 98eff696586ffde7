"""Metadata of this server (RFC 8414) and of the APIs it protects (RFC 9728), and whether the server works."""

from collections.abc import Callable, Iterable
from typing import Any

from bottle import HTTPResponse

from oauthsrv.flows.response_types import RESPONSE_TYPES
from oauthsrv.flows.token_endpoint import GRANT_TYPES
from oauthsrv.oauth import pkce
from oauthsrv.oauth.client_authentication import ALGORITHMS, METHODS
from oauthsrv.oauth.metadata import protected_resource_metadata
from oauthsrv.oauth.records import Api
from oauthsrv.oauth.scopes import OFFLINE_ACCESS
from oauthsrv.routes.guards import json_response, nothing_here
from oauthsrv.routes.request import Request
from oauthsrv.routes.responses import RESPONSE_MODES
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable

Row = Callable[[Server], Any]


def show_metadata(request: Request) -> HTTPResponse:
    """The server's metadata. No database is queried: the scopes are those that this process last read."""
    rows = {name: row(request.server) for name, row in METADATA.items()}
    return json_response({name: value for name, value in rows.items() if value is not None})


def at(path: str) -> Row:
    return lambda server: server.settings.issuer + path


def these(names: Iterable[str]) -> Row:
    listed = list(names)
    return lambda _: listed


def scopes(server: Server) -> list[str]:
    return [*(scope for scope in server.published.latest.scopes if scope != OFFLINE_ACCESS), OFFLINE_ACCESS]


def registration(server: Server) -> str | None:
    return None if server.settings.registration == "off" else server.settings.issuer + "/oauth/register"


WITH_CLIENT_AUTHENTICATION = ("token", "revocation", "introspection")

# Name → its value, or None if this installation does without it. The issuer is an origin without a slash at its end,
# and appears unchanged, as clients compare it as text (RFC 8414 §3.3).
METADATA: dict[str, Row] = {
    "issuer": at(""),
    "authorization_endpoint": at("/oauth/authorize"),
    "pushed_authorization_request_endpoint": at("/oauth/par"),
    "token_endpoint": at("/oauth/token"),
    "device_authorization_endpoint": at("/oauth/device_authorization"),
    "revocation_endpoint": at("/oauth/revoke"),
    "introspection_endpoint": at("/oauth/introspect"),
    "registration_endpoint": registration,
    "service_documentation": at("/developer/docs"),
    "op_policy_uri": lambda server: server.settings.privacy_url,
    "op_tos_uri": lambda server: server.settings.terms_url,
    "scopes_supported": scopes,
    "response_types_supported": these(RESPONSE_TYPES),
    "response_modes_supported": these(RESPONSE_MODES),
    "grant_types_supported": these(GRANT_TYPES),
    "token_endpoint_auth_methods_supported": these(METHODS),
    "revocation_endpoint_auth_methods_supported": these(METHODS),
    "introspection_endpoint_auth_methods_supported": these(
        name for name, row in METHODS.items() if row.with_credential
    ),
    **{f"{name}_endpoint_auth_signing_alg_values_supported": these(ALGORITHMS) for name in WITH_CLIENT_AUTHENTICATION},
    "code_challenge_methods_supported": these([pkce.METHOD]),
    "client_id_metadata_document_supported": lambda server: server.settings.client_documents != "off" or None,
    "authorization_response_iss_parameter_supported": lambda _: True,  # RFC 9207 §3
}


def show_api(request: Request) -> HTTPResponse:
    """The metadata of one API; while a database is away, as this process last read it."""
    client_id = request.url["client_id"]
    try:
        api = request.server.clients.find(client_id)
    except StoreUnavailable:
        api = request.server.published.latest.apis.get(client_id)
        if api is None:
            raise
    if not isinstance(api, Api):
        return nothing_here(request)
    return json_response(protected_resource_metadata(api, request.server.settings.issuer))


def alive(request: Request) -> HTTPResponse:
    return json_response({"status": "alive"})


def ready(request: Request) -> HTTPResponse:
    """Read and write both stores; the guard answers 503 if that fails."""
    request.server.readiness.check()
    return json_response({"status": "ready"})
