"""`auth=` for httpx, the same as for requests; importing this module needs httpx."""

import asyncio
from collections.abc import AsyncGenerator, Generator

import httpx

from oauthsrv.client.results import Failure
from oauthsrv.client.service import OAuthService, Service


class NoToken(httpx.RequestError):
    """There is no token to send; `failure` says why."""

    def __init__(self, failure: Failure, request: httpx.Request) -> None:
        super().__init__(failure.error, request=request)
        self.failure = failure


class OAuthHttpxAuth(httpx.Auth):
    """For httpx.Client and httpx.AsyncClient, where renewing runs on a thread and blocks nobody.

    After a 401 the tokens are renewed, and the request is sent once more, if its body can be read again.
    """

    def __init__(self, oauth: OAuthService, service: Service) -> None:
        self.oauth, self.service = oauth, service

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self.token(request)
        response = yield bearing(request, token)
        if may_go_again(request, response):
            try:
                fresh = self.token(request, rejected=token)
            except NoToken:
                return
            yield bearing(request, fresh)

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = await asyncio.to_thread(self.token, request)
        response = yield bearing(request, token)
        if may_go_again(request, response):
            try:
                fresh = await asyncio.to_thread(self.token, request, token)
            except NoToken:
                return
            yield bearing(request, fresh)

    def token(self, request: httpx.Request, rejected: str | None = None) -> str:
        result = self.oauth.ensure_valid_token(self.service, rejected=rejected)
        if isinstance(result, Failure):
            raise NoToken(result, request)
        return result.value.access_token


def bearing(request: httpx.Request, token: str) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token}"
    return request


def may_go_again(request: httpx.Request, response: httpx.Response) -> bool:
    return response.status_code == 401 and isinstance(request.stream, httpx.ByteStream)
