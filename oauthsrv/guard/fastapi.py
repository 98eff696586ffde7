"""FastAPI: a dependency for each route, which the OpenAPI document shows."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request, Response, Security
from fastapi.openapi.models import OAuthFlowAuthorizationCode, OAuthFlows
from fastapi.security import OAuth2

from oauthsrv.guard.calls import CHECKED, Call, presented, scope_with_identity
from oauthsrv.guard.guard import Guard, of_this_process
from oauthsrv.guard.refusals import Refused
from oauthsrv.guard.rules import parse_scopes
from oauthsrv.guard.tokens import Token


class Require:
    """`require = Require(guard)`, then `token: Token = Depends(require("read:data"))` in a route.

    All scopes are needed; `require()` accepts any token that is good for this API. Without a guard, the one of the
    environment is used. With `apps=True` a token that an app got for itself, without a user, is accepted too.
    `FastAPI(dependencies=[Depends(require())])` requires a token everywhere. A refusal is an HTTPException of FastAPI
    with the headers of RFC 6750 §3.
    """

    def __init__(self, guard: Guard | None = None) -> None:
        self._guard = guard or of_this_process()
        issuer = self._guard.issuer
        self._flow = OAuthFlowAuthorizationCode(
            authorizationUrl=f"{issuer}/oauth/authorize",
            tokenUrl=f"{issuer}/oauth/token",
            refreshUrl=f"{issuer}/oauth/token",
        )
        self._scheme = OAuth2(flows=OAuthFlows(authorizationCode=self._flow), scheme_name="oauth", auto_error=False)

    def __call__(self, *scopes: str, apps: bool = False) -> Callable[..., Coroutine[Any, Any, Token]]:
        needed = tuple(one for scope in scopes for one in parse_scopes(scope))
        self._flow.scopes |= dict.fromkeys(needed, "")

        async def required(
            request: Request, response: Response, shown: Any = Security(self._scheme, scopes=list(needed))
        ) -> Token:
            call = Call.of_scope(request.scope)
            try:
                token = await self._guard.acheck(presented(call.authorization, call.query), needed, apps=apps)
            except Refused as refused:
                await self._guard.awith_metadata(refused)
                detail = {"error": refused.error, "error_description": refused.description}
                raise HTTPException(refused.status, detail, dict(refused.headers[1:])) from refused
            # Changed in place, as FastAPI has read the headers already.
            request.scope["headers"][:] = scope_with_identity(token, request.scope)["headers"]
            request.scope[CHECKED] = token
            for name, value in token.limits:
                response.headers[name] = value
            return token

        return required
