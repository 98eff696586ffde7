"""The start page, and the files of our pages."""

from __future__ import annotations

from bottle import HTTPResponse

from oauthsrv.pages import STATIC_FILES, redirect, render
from oauthsrv.routes.request import Request

YEAR = 365 * 86_400


def show(request: Request) -> HTTPResponse:
    if request.user:
        return redirect("/account/apps")
    return render("home/start", request, signup_is_open=request.server.settings.signup == "open")


def send_file(request: Request) -> HTTPResponse:
    """A file of the fixed list. Its versioned address is cached for good: other content has another address."""
    static = STATIC_FILES.get(request.url["file"])
    if static is None:
        return HTTPResponse("Not found", 404, Content_Type="text/plain", X_Content_Type_Options="nosniff")
    is_versioned = request.query_string == f"v={static.version}"
    headers = {
        "Cache_Control": f"public, max-age={YEAR}, immutable" if is_versioned else "public, max-age=300",
        "ETag": f'"{static.version}"',
        "X_Content_Type_Options": "nosniff",
    }
    if request.environ.get("HTTP_IF_NONE_MATCH") == headers["ETag"]:
        return HTTPResponse("", 304, **headers)
    return HTTPResponse(static.content, Content_Type=static.content_type, **headers)
