"""Django: a decorator for views, also async ones; for a class use `method_decorator(…, name="dispatch")`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse

from oauthsrv.guard.calls import forget_identity, presented_in, set_identity
from oauthsrv.guard.guard import Guard, of_this_process
from oauthsrv.guard.refusals import Refused
from oauthsrv.guard.rules import parse_scopes
from oauthsrv.guard.tokens import Token


class Require:
    """`require = Require(guard)`, then `@require("read:data")` on a view.

    All scopes are needed; `require()` accepts any token that is good for this API. Without a guard, the one of
    the environment is used. With `apps=True` a token that an app got for itself, without a user, is accepted too. The
    view finds a Token at `request.META["oauthsrv.token"]`. It needs no CSRF token, as browsers do not send bearer
    tokens by themselves.
    """

    def __init__(self, guard: Guard | None = None) -> None:
        self._guard = guard or of_this_process()

    def __call__(self, *scopes: str, apps: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        needed = tuple(one for scope in scopes for one in parse_scopes(scope))

        def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
            @functools.wraps(view)
            def guarded(request: Any, *args: Any, **kwargs: Any) -> Any:
                forget_identity(request.META)
                try:
                    token = self._guard.check(presented_in(request.META), needed, apps=apps)
                except Refused as refused:
                    return refusal(self._guard.with_metadata(refused))
                set_identity(token, request.META)
                return with_limits(view(request, *args, **kwargs), token)

            @functools.wraps(view)
            async def guarded_async(request: Any, *args: Any, **kwargs: Any) -> Any:
                forget_identity(request.META)
                try:
                    token = await self._guard.acheck(presented_in(request.META), needed, apps=apps)
                except Refused as refused:
                    return refusal(await self._guard.awith_metadata(refused))
                set_identity(token, request.META)
                return with_limits(await view(request, *args, **kwargs), token)

            chosen: Any = guarded_async if inspect.iscoroutinefunction(view) else guarded
            chosen.csrf_exempt = True
            return chosen  # type: ignore[no-any-return]

        return decorate


def refusal(refused: Refused) -> Any:
    return HttpResponse(refused.body, status=refused.status, headers=dict(refused.headers))


def with_limits(response: Any, token: Token) -> Any:
    for name, value in token.limits:
        response[name] = value
    return response
