"""/logos/<client_id>: the picture of an app, which people chose: nothing in it may do anything."""

from __future__ import annotations

from bottle import HTTPResponse

from oauthsrv.oauth.credentials import is_client_id
from oauthsrv.routes.guards import RETRY_AFTER
from oauthsrv.routes.request import Request
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.database import reading, sql

YEAR = 365 * 86_400

INERT = {
    "Content_Security_Policy": "default-src 'none'; sandbox",
    "Cross_Origin_Resource_Policy": "same-origin",
    "X_Content_Type_Options": "nosniff",
}


def send(request: Request) -> HTTPResponse:
    """Cached for good: another image has another address."""
    try:
        with reading(request.server.database) as db:
            logo = (
                sql.clients.find_logo(db, client_id=request.url["client_id"])
                if is_client_id(request.url["client_id"])
                else None
            )
    except StoreUnavailable:
        return no_picture("Temporarily unavailable", 503, Retry_After=RETRY_AFTER)
    if logo is None:
        return no_picture("Not found", 404)
    is_versioned = request.query_string == f"v={logo.version}"
    headers = {
        **INERT,
        "Cache_Control": f"public, max-age={YEAR}, immutable" if is_versioned else "public, max-age=300",
        "ETag": f'"{logo.version}"',
    }
    if request.environ.get("HTTP_IF_NONE_MATCH") == headers["ETag"]:
        return HTTPResponse("", 304, **headers)
    return HTTPResponse(bytes(logo.content), Content_Type="image/png", **headers)


def no_picture(text: str, status: int, **headers: str) -> HTTPResponse:
    return HTTPResponse(text, status, Content_Type="text/plain", Cache_Control="no-store", **INERT, **headers)
