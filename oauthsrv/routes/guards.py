"""Guards of the protocol's endpoints: errors become JSON, headers for caches and scripts, limits, what is recorded.

A guard is called with the request and the handler behind it, and calls that or answers itself.
"""

import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from http.client import responses
from typing import Any

import orjson
from bottle import HTTPResponse

from oauthsrv.flows.metering import Meter
from oauthsrv.oauth.bearer import challenge
from oauthsrv.oauth.errors import InvalidClient, InvalidRequest, OAuthError, ServerError, TemporarilyUnavailable
from oauthsrv.routes.callers import record, refuse_unread
from oauthsrv.routes.request import Request
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.limits import TooMany, Window

log = logging.getLogger(__name__)

Handler = Callable[[Request], HTTPResponse]
Guard = Callable[[Request, Handler], HTTPResponse]
# Of the map: method, path, guards from the outside in, handler.
Entry = tuple[str, str, list[Guard], Handler]

RETRY_AFTER = "2"  # seconds

# What a script of another origin may read of an answer besides its body; RateLimit* as a list of its two names.
EXPOSED = "WWW-Authenticate, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id"
# A list of header names, as a browser asks for it (RFC 9110 §5.6.2); what is no such list is not repeated.
HEADER_NAMES = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+(?:[ \t]*,[ \t]*[A-Za-z0-9!#$%&'*+.^_`|~-]+)*")
LONGEST_HEADER_NAMES = 1000
CHALLENGE = 'Basic realm="oauthsrv", charset="UTF-8"'


Pairs = Iterable[tuple[str, str]]
# No cache may keep it, not even one of HTTP/1.0 (RFC 6749 §5.1).
UNCACHED = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))
JSON = (*UNCACHED, ("X-Content-Type-Options", "nosniff"), ("Content-Type", "application/json"))
OPEN_TO_SCRIPTS = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", EXPOSED))


class ProgramResponse(HTTPResponse):  # type: ignore[misc]
    """A response for programs. Its headers are a list, as WSGI takes it: with Bottle's they cost half a token check."""

    __slots__ = ("body", "headerlist", "status_code", "status_line")

    def __init__(self, headers: Pairs, body: bytes = b"", status: int = 200) -> None:
        self.headerlist, self.body = [*headers], body
        self.status_code, self.status_line = status, f"{status} {responses[status]}"


def json_response(body: Mapping[str, Any], status: int = 200, headers: Pairs = ()) -> ProgramResponse:
    return ProgramResponse((*JSON, *headers), orjson.dumps(dict(body)), status)


def oauth_json(request: Request, handler: Handler) -> HTTPResponse:
    """Turn every exception into an answer of RFC 6749 §5.2."""
    try:
        return handler(request)
    except OAuthError as error:
        log.info("%s %s: %s: %s", request.method, request.path, error.error, error.detail or error.description)
        is_challenged = isinstance(error, InvalidClient) and "HTTP_AUTHORIZATION" in request.environ
        return error_response(request, error, [("WWW-Authenticate", CHALLENGE)] if is_challenged else ())  # §5.2
    except TooMany as error:
        return too_many_response(request, error.window)
    except StoreUnavailable as error:
        log.warning("%s %s: %s", request.method, request.path, error)
        return error_response(request, TemporarilyUnavailable())
    except Exception:
        log.exception("%s %s", request.method, request.path)
        return error_response(request, ServerError())


def recorded(request: Request, handler: Handler) -> HTTPResponse:
    """Record refusals, and how long good requests took, for the developers of the app, without changing the answer."""
    try:
        answer = handler(request)
    except (OAuthError, TooMany) as error:
        record(request, error)
        raise
    if request.proved:
        request.server.server_times.note(request.proved, request.path, time.monotonic() - request.arrived)
    return answer


def limited(limit: str) -> Guard:
    """Count a request against the client, by `limit`, if it authenticates; otherwise against the sender's address."""

    def guard(request: Request, handler: Handler) -> HTTPResponse:
        meter = request.meter = Meter(request.server.redis, limit, request.counted_address)
        try:
            answer = handler(request)
        except OAuthError as error:
            if error.status < 500:
                meter.settle()
            raise
        try:
            meter.settle()
        except StoreUnavailable as error:  # what was committed must be answered: a code works once (rule 9)
            log.warning("%s: not counted: %s", request.path, error)
        if meter.window:
            answer.headerlist += limit_headers(meter.window)
        return answer

    guard.__name__ = f'limited("{limit}")'
    return guard


def about(request: Request, error: str) -> str:
    """The page about this refusal: to others than the app's developers it explains only the code."""
    return f"{request.server.settings.issuer}/developer/errors/{request.request_id}?error={error}"


def error_response(request: Request, error: OAuthError, headers: Pairs = ()) -> ProgramResponse:
    if error.status == 503:
        headers = (*headers, ("Retry-After", RETRY_AFTER))
    return json_response(error.body(about(request, error.error)), error.status, headers)


def challenged(request: Request, error: OAuthError, resource_metadata: str | None = None) -> ProgramResponse:
    """Refuse a bearer token, or a request without one, with the challenge of RFC 6750."""
    text = challenge(error, about(request, error.error), resource_metadata)
    return error_response(request, error, [("WWW-Authenticate", text)])


def too_many_response(request: Request, window: Window) -> ProgramResponse:
    """Too many requests; the token or the credentials are as good as before."""
    body = {
        "error": "too_many_requests",
        "error_description": f"The limit of {window.most} in {window.seconds} seconds is used up. "
        f"Try again in {window.resets_in} seconds.",
        "error_uri": about(request, "too_many_requests"),
    }
    return json_response(body, 429, [("Retry-After", str(window.resets_in)), *limit_headers(window)])


def limit_headers(window: Window) -> list[tuple[str, str]]:
    """The headers of draft-ietf-httpapi-ratelimit-headers-10 (§3, §4)."""
    return [
        ("RateLimit-Policy", f'"{window.name}";q={window.most};w={window.seconds}'),
        ("RateLimit", f'"{window.name}";r={window.left};t={window.resets_in}'),
    ]


def cors(request: Request, handler: Handler) -> HTTPResponse:
    """Any page's script may call this and read the answer, errors too; no cookie counts here, so none is allowed."""
    return open_to_scripts(handler(request))


def open_to_scripts(answer: ProgramResponse) -> ProgramResponse:
    answer.headerlist += OPEN_TO_SCRIPTS
    return answer


def preflight(*methods: str) -> Handler:
    """The handler for OPTIONS of an endpoint that a browser's script may call with `methods`, and with any header.

    Clients send headers of their own, as those of MCP send MCP-Protocol-Version. The requested names are
    repeated, since `*` does not stand for Authorization, and older browsers do not know it.
    """

    def answer(request: Request) -> HTTPResponse:
        names = str(request.environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "")).strip()
        is_list = len(names) <= LONGEST_HEADER_NAMES and HEADER_NAMES.fullmatch(names)
        headers = {
            "Access-Control-Allow-Methods": ", ".join((*methods, "OPTIONS")),
            "Access-Control-Allow-Headers": names if is_list else "Authorization, Content-Type",
            "Access-Control-Max-Age": "86400",
            "Vary": "Access-Control-Request-Headers",
        }
        return ProgramResponse(headers.items(), status=204)

    return answer


def only(*methods: str) -> Handler:
    """The handler for every other method: an error as the protocol's clients read it."""

    def refuse(request: Request) -> HTTPResponse:
        return error_response(request, method_not_supported(request, methods), [("Allow", ", ".join(methods))])

    return refuse


def method_not_supported(request: Request, methods: Sequence[str]) -> OAuthError:
    error = InvalidRequest(
        request.method,
        description=f"Use {' or '.join(methods)} for this endpoint.",
        problem="method_not_supported",
    )
    error.status = 405
    refuse_unread(request, error)
    return error


def nothing_here(request: Request) -> ProgramResponse:
    """The handler for addresses that clients try although there is nothing."""
    return no_such_address(request, request.path)


# Errors outside all handlers, where programs ask; for people they are pages.

# Also below a path, where clients look that take this server for one of several at its address.
WELL_KNOWN = "/.well-known/"
BY_SCRIPTS = ("/oauth/par", "/oauth/token", "/oauth/revoke", "/oauth/register")  # of any page
FOR_PROGRAMS = ("/oauth/", WELL_KNOWN, "/healthz/", "/readyz/")
PLAIN_ERRORS = {
    400: ("invalid_request", "The address cannot be read: write it in UTF-8, percent-encoded."),
    405: ("invalid_request", "This address does not support that method."),
    413: ("invalid_request", "The request body is too large."),
}


def is_for_programs(path: str) -> bool:
    return (f"{path}/".startswith(FOR_PROGRAMS) and not path.startswith("/oauth/authorize")) or WELL_KNOWN in path


class AddressUnknown(OAuthError):
    error = "not_found"
    status = 404
    description = "Nothing was found at this address."


def plain_error(request: Request, path: str, status: int, headers: Pairs) -> ProgramResponse:
    if status == 404:
        answer, is_open = no_such_address(request, path), is_well_known(path)
    else:
        error, description = PLAIN_ERRORS.get(status, (ServerError.error, ServerError().description))
        answer = json_response({"error": error, "error_description": description}, status, headers)
        is_open = path in BY_SCRIPTS or is_well_known(path)
    return open_to_scripts(answer) if is_open else answer


def is_well_known(path: str) -> bool:
    return WELL_KNOWN in f"{path}/"


def no_such_address(request: Request, path: str) -> ProgramResponse:
    """All such addresses are one endpoint: made-up ones must not fill the activity of an app."""
    error = AddressUnknown(problem="address_unknown")
    refuse_unread(request, error, endpoint=WELL_KNOWN if is_well_known(path) else "/oauth/")
    return error_response(request, error)
