"""What stands in front of the protocol's doors: errors to JSON, cache and CORS headers, limits of what comes in."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import orjson
from bottle import HTTPResponse, request

from oauthsrv.oauth.errors import InvalidClient, InvalidRequest, OAuthError, ServerError, TemporarilyUnavailable
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.limits import TooMany, Window
from oauthsrv.store.redis import RedisError

if TYPE_CHECKING:
    from oauthsrv.server import Server

log = logging.getLogger(__name__)

Door = Callable[..., Any]
Guard = Callable[["Server", Door], Door]

RETRY_AFTER = "2"  # seconds


def json_response(body: Mapping[str, Any], status: int = 200, **headers: str) -> HTTPResponse:
    """An answer that no cache keeps (RFC 6749 §5.1)."""
    return HTTPResponse(
        orjson.dumps(dict(body)),
        status,
        Content_Type="application/json",
        Cache_Control="no-store",
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
        except (StoreUnavailable, RedisError) as error:
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
    """Any page's script may call this and read the answer; no cookie counts here, so none is allowed."""

    @functools.wraps(door)
    def guarded(*args: Any, **kwargs: Any) -> HTTPResponse:
        answer: HTTPResponse = door(*args, **kwargs)
        answer.set_header("Access-Control-Allow-Origin", "*")
        return answer

    return guarded


def preflight(server: Server) -> HTTPResponse:
    """OPTIONS of the endpoints that a browser's script may call."""
    return HTTPResponse(
        status=204,
        Access_Control_Allow_Methods="GET, POST, OPTIONS",
        Access_Control_Allow_Headers="Authorization, Content-Type",
        Access_Control_Max_Age="86400",
    )


def only(method: str) -> Door:
    """The door for every other method: an error as the protocol's clients read it."""

    def refuse(server: Server) -> HTTPResponse:
        error = InvalidRequest(request.method, description=f"This endpoint is asked by {method}.")
        return json_response(error.body(), 405, Allow=method)

    return refuse
