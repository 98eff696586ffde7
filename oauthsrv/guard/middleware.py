"""Middleware for WSGI and ASGI: in front of Flask, FastAPI, Django or any other application (PEP 3333, ASGI 3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any

from oauthsrv.guard.calls import (
    Call,
    Environ,
    Scope,
    forget_identity,
    needed_check,
    scope_with_identity,
    set_identity,
)
from oauthsrv.guard.cors import Cors, Headers
from oauthsrv.guard.refusals import Refused
from oauthsrv.guard.rules import GivenRule, Rules

if TYPE_CHECKING:
    from oauthsrv.guard.guard import Guard
    from oauthsrv.guard.tokens import Token

WsgiApplication = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApplication = Callable[[Scope, Receive, Send], Awaitable[None]]

REASONS = {
    204: "No Content",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    429: "Too Many Requests",
    503: "Service Unavailable",
}
POLICY_VIOLATION = 1008  # RFC 6455 §7.4.1


class Protection:
    """An application that only calls with a good token reach.

    `rules`: (methods, path, scopes); the first that matches decides. Methods are names with spaces between them, or
    `*`; GET covers HEAD too. A path covers itself and everything below it, and a rule also holds for other spellings of
    its path (case, `.json`). Scopes are a list or a string with spaces, all needed; `()` accepts any good token, and
    None opens it to all. With `"apps"` as its fourth part a rule accepts tokens that apps got for themselves, without
    a user, too. What no rule covers is refused with 403, without a token with 401.

        app.wsgi_app = guard.protect(app.wsgi_app, [
            ("GET", "/api/profile", "read:profile"),
            ("PUT", "/api/profile", "write:profile"),
            ("GET", "/healthz", None),
        ])

    `origins`, `preflight`: see `cors.Cors`. The application finds a Token at `environ["oauthsrv.token"]` (ASGI:
    `scope`), and the same as `X-OAuth-Subject`, `X-OAuth-Client`, `X-OAuth-Scope` and `X-OAuth-Expires` (seconds since
    1970), as behind nginx; a caller's own headers with such names never reach it. A refusal is a JSON response with the
    headers of RFC 6750.
    """

    def __init__(
        self, guard: Guard, app: Any, rules: Iterable[GivenRule], *, origins: Collection[str], preflight: str
    ) -> None:
        self._guard = guard
        self._app = app
        self._rules = Rules(rules)
        self._cors = Cors(origins, preflight)

    def _on_refusal(self, refused: Refused, call: Call) -> Headers:
        return [*refused.headers, *self._cors.on_refusal(call.origin)]

    def _on_response(self, token: Token | None, call: Call, headers: Headers) -> Headers:
        """The headers to add to the application's own."""
        return [*(token.limits if token else ()), *self._cors.on_response(call.origin, headers)]


class WsgiProtection(Protection):
    """`guard.protect(app, rules)`."""

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        forget_identity(environ)
        call = Call.of_environ(environ)
        if (headers := self._cors.preflight_headers(call)) is not None:
            return respond(204, headers, b"", call, start_response)
        try:
            check = needed_check(self._rules, call)
            token = None if check is None else self._guard.check(check.token, check.scopes, apps=check.apps)
        except Refused as refused:
            self._guard.with_metadata(refused)
            return respond(refused.status, self._on_refusal(refused, call), refused.body, call, start_response)
        if token is not None:
            set_identity(token, environ)

        def with_headers(status: str, headers: Headers, *more: Any) -> Any:
            return start_response(status, [*headers, *self._on_response(token, call, headers)], *more)

        response: Iterable[bytes] = self._app(environ, with_headers)
        return response


def respond(status: int, headers: Headers, body: bytes, call: Call, start_response: Callable[..., Any]) -> list[bytes]:
    start_response(f"{status} {REASONS[status]}", [*headers, *length_of(body)])
    return [] if call.method == "HEAD" else [body]


def length_of(body: bytes) -> Headers:
    return [("Content-Length", str(len(body)))] if body else []


class AsgiProtection(Protection):
    """The ASGI middleware: `guard.asgi(app, rules)`.

    A websocket is checked as a GET when it starts, by its Authorization header, and not again: an application that
    keeps one open for long calls `await guard.acheck(…)` now and then. Bodies, streams and lifespans are passed on.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, self._reporting(send))
            return
        if scope["type"] not in ("http", "websocket"):
            raise ValueError(f"the guard does not support {scope['type']!r}")
        call = Call.of_scope(scope)
        if (headers := self._cors.preflight_headers(call)) is not None:
            await send_response(send, "http", 204, headers, b"")
            return
        try:
            check = needed_check(self._rules, call)
            token = None if check is None else await self._guard.acheck(check.token, check.scopes, apps=check.apps)
        except Refused as refused:
            await self._guard.awith_metadata(refused)
            await self._refuse(refused, call, scope, receive, send)
            return
        await self._app(scope_with_identity(token, scope), receive, self._with_headers(send, call, token))

    async def _refuse(self, refused: Refused, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        headers = self._on_refusal(refused, call)
        if scope["type"] == "http":
            await send_response(send, "http", refused.status, headers, b"" if call.method == "HEAD" else refused.body)
            return
        await receive()  # websocket.connect
        if "websocket.http.response" in (scope.get("extensions") or {}):
            await send_response(send, "websocket.http", refused.status, headers, refused.body)
        else:
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})  # servers turn this into a 403

    def _with_headers(self, send: Send, call: Call, token: Token | None) -> Send:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = list(message.get("headers", ()))
                named = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in sent]
                message = {**message, "headers": [*sent, *encoded(self._on_response(token, call, named))]}
            await send(message)

        return with_headers

    def _reporting(self, send: Send) -> Send:
        """Report the calls that were answered from memory before the process ends."""

        async def reporting(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown."):
                await self._guard.areport()
            await send(message)

        return reporting


async def send_response(send: Send, kind: str, status: int, headers: Headers, body: bytes) -> None:
    start = {"type": f"{kind}.response.start", "status": status, "headers": encoded([*headers, *length_of(body)])}
    await send(start)
    await send({"type": f"{kind}.response.body", "body": body})


def encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
