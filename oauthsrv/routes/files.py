"""Static files, this package for pip, and apps' logos, which are uploads and must not be active content."""

import functools

from bottle import HTTPResponse

from oauthsrv import wheel
from oauthsrv.brand import SVG, Static, static
from oauthsrv.oauth.credentials import is_client_id
from oauthsrv.pages import STATIC_FILES
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
# An SVG may have its own styles. Scripts don't run in it, even if it is opened directly.
DRAWN = {"Content_Security_Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"}


def send_static(request: Request) -> HTTPResponse:
    name = request.url["file"]
    file = packed() if name == wheel.FILE else (STATIC_FILES | request.brand.files).get(name)
    if file is None:
        return HTTPResponse("Not found", 404, Content_Type="text/plain", X_Content_Type_Options="nosniff")
    headers = DRAWN if file.content_type == SVG else {}
    return versioned(
        request, file.content, file.content_type, file.version, X_Content_Type_Options="nosniff", **headers
    )


@functools.cache
def packed() -> Static:
    """The wheel under its file name, from which pip reads version and tags."""
    return static(wheel.content(), "application/octet-stream")


def send_logo(request: Request) -> HTTPResponse:
    client_id = request.url["client_id"]
    try:
        with reading(request.server.database) as db:
            logo = sql.clients.find_logo(db, client_id=client_id) if is_client_id(client_id) else None
    except StoreUnavailable:
        return no_logo("Temporarily unavailable", 503, Retry_After=RETRY_AFTER)
    if logo is None:
        return no_logo("Not found", 404)
    return versioned(request, logo.content, "image/png", logo.version, **INERT)


def no_logo(text: str, status: int, **headers: str) -> HTTPResponse:
    return HTTPResponse(text, status, Content_Type="text/plain", Cache_Control="no-store", **INERT, **headers)


def versioned(request: Request, content: bytes, content_type: str, version: str, **headers: str) -> HTTPResponse:
    """A response that is cached for good if its address names the version, as other content has another address."""
    is_versioned = request.query_string == f"v={version}"
    headers |= {
        "Cache_Control": f"public, max-age={YEAR}, immutable" if is_versioned else "public, max-age=300",
        "ETag": f'"{version}"',
    }
    if request.environ.get("HTTP_IF_NONE_MATCH") == headers["ETag"]:
        return HTTPResponse("", 304, **headers)
    return HTTPResponse(content, Content_Type=content_type, **headers)
