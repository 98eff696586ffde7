"""Flask: a decorator for views."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from flask import Response, after_this_request, current_app, request

from oauthsrv.guard.calls import forget_identity, presented_in, set_identity
from oauthsrv.guard.guard import Guard, of_this_process
from oauthsrv.guard.refusals import Refused
from oauthsrv.guard.rules import parse_scopes


class Require:
    """`require = Require(guard)`, then `@require("read:data")` right below `@app.get(…)`: Flask gets the guarded view.

    All scopes are needed; `require()` accepts any token that is good for this API. Without a guard, the one of
    the environment is used. With `apps=True` a token that an app got for itself, without a user, is accepted too. The
    view finds a Token at `request.environ["oauthsrv.token"]`.
    """

    def __init__(self, guard: Guard | None = None) -> None:
        self._guard = guard or of_this_process()

    def __call__(self, *scopes: str, apps: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        needed = tuple(one for scope in scopes for one in parse_scopes(scope))

        def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
            @functools.wraps(view)
            def guarded(*args: Any, **kwargs: Any) -> Any:
                forget_identity(request.environ)
                try:
                    token = self._guard.check(presented_in(request.environ), needed, apps=apps)
                except Refused as refused:
                    self._guard.with_metadata(refused)
                    return Response(refused.body, refused.status, refused.headers)
                set_identity(token, request.environ)

                @after_this_request
                def with_limits(response: Response) -> Response:
                    response.headers.extend(token.limits)
                    return response

                return current_app.ensure_sync(view)(*args, **kwargs)

            return guarded

        return decorate
