"""`auth=` for requests and httpx: sends a token to the right hosts, renewed in time and after a 401."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Generator, Iterable
from functools import cache
from typing import Any

import requests
from requests.auth import AuthBase
from requests.utils import rewind_body

from oauthsrv.client.logins import Service
from oauthsrv.client.names import check_address, origin
from oauthsrv.client.results import Failure, NoToken
from oauthsrv.client.service import OAuthService

log = logging.getLogger("oauthsrv.client")


class RequestsNoToken(NoToken, requests.RequestException):
    """NoToken as one of requests' own exceptions."""


class TokenSource:
    """Tokens for the given hosts, or else for the first one called; only over https, or to this machine."""

    def __init__(
        self, oauth: OAuthService, service: Service, *, hosts: Iterable[str] = (), account: str | None = None
    ) -> None:
        self.oauth, self.service, self.account = oauth, service, account
        given = [hosts] if isinstance(hosts, str) else hosts
        self.origins = {origin(check_address(each if "://" in each else f"https://{each}", "a host")) for each in given}

    def serves(self, url: str) -> bool:
        called = origin(url)
        if called is not None and not self.origins:
            self.origins.add(called)
        if called is None or called not in self.origins:
            log.warning("No token is sent to %s: it is not one of the given hosts.", url.partition("?")[0])
            return False
        return True

    def token(self, rejected: str | None = None) -> str | Failure:
        result = self.oauth.ensure_valid_token(self.service, rejected=rejected, account=self.account)
        return result if isinstance(result, Failure) else result.value.access_token


class OAuthRequestsAuth(TokenSource, AuthBase):
    """Authentication for requests. Raises NoToken if there is no login.

    After a 401 it renews the tokens, and sends the request again if its body can be read again.
    """

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if not self.serves(request.url or ""):
            return request
        token = self.token()
        if isinstance(token, Failure):
            raise RequestsNoToken(token)
        request.headers["Authorization"] = f"Bearer {token}"

        def answered(response: requests.Response, **options: Any) -> requests.Response:
            return self.once_more(response, token, options)

        request.register_hook("response", answered)
        return request

    def once_more(self, response: requests.Response, token: str, options: dict[str, Any]) -> requests.Response:
        request = response.request
        # A redirect to another host has dropped the header, and must not get a token back.
        had_token = request.headers.get("Authorization") == f"Bearer {token}"
        if response.status_code != 401 or not had_token or not rewound(request):
            return response
        fresh = self.token(rejected=token)
        if isinstance(fresh, Failure):
            return response  # the API's answer says more than ours
        # As in requests' own digest authentication: reading the answer frees the connection.
        _ = response.content
        response.close()
        again = request.copy()
        again.headers["Authorization"] = f"Bearer {fresh}"
        answer: requests.Response = response.connection.send(again, **options)
        answer.history.append(response)
        answer.request = again
        return answer


def rewound(request: requests.PreparedRequest) -> bool:
    """Rewind the body of a request to send it again; False if that is impossible."""
    if request.body is None or isinstance(request.body, str | bytes):
        return True
    try:
        rewind_body(request)
    except requests.exceptions.UnrewindableBodyError:
        return False
    return True


@cache
def httpx_auth_class() -> Any:
    """OAuthHttpxAuth, defined when it is needed, as httpx may not be installed."""
    import httpx

    class HttpxNoToken(NoToken, httpx.RequestError):
        """NoToken as one of httpx's own exceptions."""

    class OAuthHttpxAuth(TokenSource, httpx.Auth):
        """The same as OAuthRequestsAuth, for httpx.Client and httpx.AsyncClient, whose event loop it does not block."""

        def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
            if not self.serves(str(request.url)):
                yield request
                return
            token = self.token()
            response = yield bearing(request, token)
            if response.status_code == 401 and isinstance(request.stream, httpx.ByteStream):
                fresh = self.token(rejected=str(token))
                if not isinstance(fresh, Failure):
                    yield bearing(request, fresh)

        async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
            steps, response = self.auth_flow(request), None
            while (wanted := await asyncio.to_thread(next_of, steps, response)) is not None:
                response = yield wanted

    def next_of(steps: Any, response: httpx.Response | None) -> httpx.Request | None:
        try:
            request: httpx.Request = steps.send(response)
        except StopIteration:
            return None
        return request

    def bearing(request: httpx.Request, token: str | Failure) -> httpx.Request:
        if isinstance(token, Failure):
            raise HttpxNoToken(token, request=request)
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    return OAuthHttpxAuth
