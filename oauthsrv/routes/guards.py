"""What stands in front of the protocol's doors: errors to JSON, cache and CORS headers, limits of what comes in."""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import orjson
from bottle import HTTPResponse, request

from oauthsrv.oauth.errors import InvalidClient, InvalidRequest, OAuthError, ServerError, TemporarilyUnavailable
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.limits import TooMany, Window

if TYPE_CHECKING:
    from oauthsrv.server import Server

log = logging.getLogger(__name__)

Door = Callable[..., Any]
Guard = Callable[["Server", Door], Door]

RETRY_AFTER = "2"  # seconds

# What a script of another origin may read of an answer besides its body; RateLimit* as a list of its two names.
EXPOSED = "WWW-Authenticate, Retry-After, RateLimit, RateLimit-Policy"
# A list of header names, as a browser asks for it (RFC 9110 §5.6.2); what is no such list is not repeated.
HEADER_NAMES = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+(?:[ \t]*,[ \t]*[A-Za-z0-9!#$%&'*+.^_`|~-]+)*")
LONGEST_HEADER_NAMES = 1000


def json_response(body: Mapping[str, Any], status: int = 200, **headers: str) -> HTTPResponse:
    """An answer that no cache keeps, not one of HTTP/1.0 either (RFC 6749 §5.1)."""
    return HTTPResponse(
        orjson.dumps(dict(body)),
        status,
        Content_Type="application/json",
        Cache_Control="no-store",
        Pragma="no-cache",
        X_Content_Type_Options="nosniff",
        **headers,
    )


def oauth_json(server: Server, door: Door) -> Door:
    """Whatever the door raises is answered as RFC 6749 §5.2 says."""

    @functools.wraps(door)
    def guarded(*args: Any, **kwargs: Any) -> HTTPResponse:
        try:
            answer: HTTPResponse = door(*args, **kwargs)
            return answer
        except OAuthError as error:
            log.info("%s %s: %s: %s", request.method, request.path, error.error, error.detail or error.description)
            return error_response(error)
        except TooMany as error:
            return too_many_response(error.window)
        except StoreUnavailable as error:
            log.warning("%s %s: %s", request.method, request.path, error)
            return error_response(TemporarilyUnavailable())
        except Exception:
            log.exception("%s %s", request.method, request.path)
            return error_response(ServerError())

    return guarded


def error_response(error: OAuthError) -> HTTPResponse:
    headers = {}
    if isinstance(error, InvalidClient) and error.basic:
        headers["WWW_Authenticate"] = 'Basic realm="oauthsrv", charset="UTF-8"'
    if error.status == 503:
        headers["Retry_After"] = RETRY_AFTER
    return json_response(error.body(), error.status, **headers)


def too_many_response(window: Window) -> HTTPResponse:
    """Too many requests; the token or the credentials are as good as before."""
    body = {
        "error": "too_many_requests",
        "error_description": f"The limit of {window.most} in {window.seconds} seconds is used up. "
        f"Come again in {window.resets_in} seconds.",
    }
    answer = json_response(body, 429, Retry_After=str(window.resets_in))
    for name, value in limit_headers(window):
        answer.set_header(name, value)
    return answer


def limit_headers(window: Window) -> list[tuple[str, str]]:
    """As draft-ietf-httpapi-ratelimit-headers-10 writes them (§3, §4)."""
    return [
        ("RateLimit-Policy", f'"{window.name}";q={window.most};w={window.seconds}'),
        ("RateLimit", f'"{window.name}";r={window.left};t={window.resets_in}'),
    ]


def cors(server: Server, door: Door) -> Door:
    """Any page's script may call this and read the answer, errors too; no cookie counts here, so none is allowed."""

    @functools.wraps(door)
    def guarded(*args: Any, **kwargs: Any) -> HTTPResponse:
        return open_to_scripts(door(*args, **kwargs))

    return guarded


def open_to_scripts(answer: HTTPResponse) -> HTTPResponse:
    answer.set_header("Access-Control-Allow-Origin", "*")
    answer.set_header("Access-Control-Expose-Headers", EXPOSED)
    return answer


def preflight(*methods: str) -> Door:
    """The door for OPTIONS of an endpoint that a browser's script may call with `methods`, and with any header.

    Clients send headers of their own, as those of MCP send MCP-Protocol-Version. The names that were asked for are
    repeated, since `*` does not stand for Authorization, and older browsers do not know it.
    """

    def answer(server: Server, **url: str) -> HTTPResponse:
        asked = str(request.environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "")).strip()
        is_list = len(asked) <= LONGEST_HEADER_NAMES and HEADER_NAMES.fullmatch(asked)
        return HTTPResponse(
            status=204,
            Access_Control_Allow_Methods=", ".join((*methods, "OPTIONS")),
            Access_Control_Allow_Headers=asked if is_list else "Authorization, Content-Type",
            Access_Control_Max_Age="86400",
            Vary="Access-Control-Request-Headers",
        )

    return answer


def only(*methods: str) -> Door:
    """The door for every other method: an error as the protocol's clients read it."""

    def refuse(server: Server, **url: str) -> HTTPResponse:
        error = InvalidRequest(request.method, description=f"Use {' or '.join(methods)} for this endpoint.")
        return json_response(error.body(), 405, Allow=", ".join(methods))

    return refuse


def nothing_here(server: Server, **url: str) -> HTTPResponse:
    """The door for addresses where the protocol's clients look, and nothing is."""
    return plain_error(404)


# Errors before all doors, where programs ask; for people they are pages.

FOR_PROGRAMS = ("/oauth/", "/.well-known/", "/healthz/", "/readyz/")
PLAIN_ERRORS = {
    400: ("invalid_request", "The address cannot be read: write it in UTF-8, percent-encoded."),
    404: ("not_found", "There is nothing at this address."),
    405: ("invalid_request", "This address does not support that method."),
}


def is_for_programs(path: str) -> bool:
    return f"{path}/".startswith(FOR_PROGRAMS) and not path.startswith("/oauth/authorize")


def plain_error(status: int) -> HTTPResponse:
    error, description = PLAIN_ERRORS.get(status, (ServerError.error, ServerError.description))
    answer = json_response({"error": error, "error_description": description}, status)
    return open_to_scripts(answer) if f"{request.path}/".startswith("/.well-known/") else answer
