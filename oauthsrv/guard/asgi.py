"""An ASGI middleware: in front of FastAPI, Starlette, Litestar, Django's ASGI or any other application (ASGI 3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any

from oauthsrv.guard.calls import Call, Scope, question, told
from oauthsrv.guard.cors import Cors, Headers
from oauthsrv.guard.refusals import Refused
from oauthsrv.guard.rules import Given, Rules

if TYPE_CHECKING:
    from oauthsrv.guard.guard import Guard
    from oauthsrv.guard.tokens import Token

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

POLICY_VIOLATION = 1008  # RFC 6455 §7.4.1


class AsgiProtected:
    """An application that only calls with a good token reach; see `middleware.Protected` for the rules.

    The application finds a Token at `scope["oauthsrv.token"]`, and the same `X-OAuth-…` headers. A websocket is checked
    as a GET when it begins, by its Authorization header, and not again: whoever holds one open for long asks
    `await guard.acheck(…)` now and then. Bodies, streams and lifespans pass untouched.
    """

    def __init__(
        self,
        guard: Guard,
        app: Application,
        rules: Iterable[Given],
        *,
        origins: Collection[str] = (),
        preflight: str = "pass",
    ) -> None:
        self._guard = guard
        self._app = app
        self._rules = Rules(rules)
        self._cors = Cors(origins, preflight)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, self._reporting(send))
            return
        if scope["type"] not in ("http", "websocket"):
            raise ValueError(f"the guard knows no {scope['type']!r}")
        call = Call.of_scope(scope)
        if (headers := self._cors.answer(call)) is not None:
            await respond(send, "http", 204, headers, b"")
            return
        try:
            asked = question(self._rules, call)
            token = None if asked is None else await self._guard.acheck(asked.token, asked.scopes)
        except Refused as refused:
            await self._guard.awith_metadata(refused)
            await self._refuse(refused, call, scope, receive, send)
            return
        await self._app(told(token, scope), receive, self._with_headers(send, call, token))

    async def _refuse(self, refused: Refused, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [*refused.headers, *self._cors.on_refusal(call.origin)]
        if scope["type"] == "http":
            await respond(send, "http", refused.status, headers, b"" if call.method == "HEAD" else refused.body)
            return
        await receive()  # websocket.connect
        if "websocket.http.response" in (scope.get("extensions") or {}):
            await respond(send, "websocket.http", refused.status, headers, refused.body)
        else:
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})  # servers make a 403 of it

    def _with_headers(self, send: Send, call: Call, token: Token | None) -> Send:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = list(message.get("headers", ()))
                named = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in sent]
                added = [*(token.limits if token else ()), *self._cors.on_answer(call.origin, named)]
                message = {**message, "headers": [*sent, *encoded(added)]}
            await send(message)

        return with_headers

    def _reporting(self, send: Send) -> Send:
        """When the process is about to end, calls that were answered from memory are reported before."""

        async def reporting(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown."):
                await self._guard.areport()
            await send(message)

        return reporting


async def respond(send: Send, kind: str, status: int, headers: Headers, body: bytes) -> None:
    length = [("Content-Length", str(len(body)))] if body else []
    await send({"type": f"{kind}.response.start", "status": status, "headers": encoded([*headers, *length])})
    await send({"type": f"{kind}.response.body", "body": body})


def encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
