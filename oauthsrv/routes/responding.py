"""Responding to a request: by the handler that the map names, or by the answer outside of all handlers.

Of Bottle this takes the router and its responses. What else Bottle does around a handler costs as much as a check of a
token, and nothing here needs it: its request and response of each thread, its hooks and its plugins.
"""

import logging
from collections.abc import Iterable
from typing import Any

from bottle import HTTPError, HTTPResponse, Router

from oauthsrv import deadline
from oauthsrv.routes.address import RAW_PATH, check_address
from oauthsrv.routes.error_pages import error_page
from oauthsrv.routes.guards import is_for_programs, plain_error
from oauthsrv.routes.request import Request
from oauthsrv.server import Server

log = logging.getLogger(__name__)

WITHOUT_BODY = frozenset({204, 304})


def respond(server: Server, router: Router, environ: dict[str, Any]) -> HTTPResponse:
    path = environ[RAW_PATH] = environ["PATH_INFO"]
    if not path.isascii():
        environ["PATH_INFO"] = path.encode("latin-1").decode("utf-8", "ignore")
    try:
        check_address(environ)
        if environ.get(deadline.TOO_LARGE):  # the server didn't take the body
            raise HTTPError(413)
        # Most addresses have no named part, and Bottle's search takes longer than to find these.
        handler, url = router.static.get(environ["REQUEST_METHOD"], {}).get(path) or router.match(environ)
        return handler(Request(server, environ, url or {}))
    except HTTPError as error:
        return outside_error(Request(server, environ, {}), error)
    except Exception as error:
        request = Request(server, environ, {})
        log.exception("%s %s", request.method, request.path)
        return outside_error(request, HTTPError(500, exception=error))


def outside_error(request: Request, error: HTTPError) -> HTTPResponse:
    """The answer for an address that is not on the map, or after an exception that no guard caught."""
    path = request.environ[RAW_PATH]  # request.path leaves out what is not UTF-8
    status = error.status_code
    allowed = error.get_header("Allow")
    if is_for_programs(path):
        return plain_error(request, path, status, [("Allow", allowed)] if allowed else ())
    answer = error_page(request, status)
    if allowed:
        answer.set_header("Allow", allowed)
    return answer


def whole(answer: HTTPResponse) -> tuple[list[tuple[str, str]], Iterable[bytes]]:
    """Headers and body for WSGI; with the body's length, if that is known before sending."""
    headers, body = answer.headerlist, answer.body
    if answer.status_code in WITHOUT_BODY:
        return headers, ()
    if isinstance(body, str):
        body = body.encode()
    if not isinstance(body, bytes):
        return headers, body
    return [*headers, ("Content-Length", str(len(body)))], (body,) if body else ()
