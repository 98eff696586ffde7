"""A Bottle plugin: each route says which scopes it needs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from oauthsrv.guard.middleware import forget_identity, presented, tell
from oauthsrv.guard.refusals import Refused

if TYPE_CHECKING:
    from oauthsrv.guard.guard import Guard


class BottlePlugin:
    """`app.install(BottlePlugin(guard))`, then `@app.get("/api/data", scopes="read:data")`.

    `scopes`: a list or a text with spaces, all needed; without them any token that is good for this API will do.
    A route with `public=True` is open to everybody. The route finds a Token at `request.environ["oauthsrv.token"]`;
    identity headers that a caller sends never reach it. A refusal is a JSON answer with the headers of RFC 6750 §3.
    """

    name = "oauthsrv"
    api = 2

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def apply(self, callback: Callable[..., Any], route: Any) -> Callable[..., Any]:
        from bottle import HTTPResponse, request, response

        scopes, is_public = route.config.get("scopes", ()), route.config.get("public", False)

        @functools.wraps(callback)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            forget_identity(request.environ)
            if is_public:
                return callback(*args, **kwargs)
            try:
                token = self._guard.check(presented(request.environ), scopes)
            except Refused as refused:
                self._guard.with_metadata(refused)
                return HTTPResponse(refused.body, refused.status, dict(refused.headers))
            tell(token, request.environ)
            for name, value in token.limits:
                response.set_header(name, value)
            return callback(*args, **kwargs)

        return guarded
