"""`auth=` for requests and httpx: a token on each request to the right host, renewed in time and after a 401.

Importing this module needs requests; httpx is needed by its own face alone.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Generator, Iterable
from typing import TYPE_CHECKING, Any

import requests
from requests.auth import AuthBase

from oauthsrv.client.logins import Service
from oauthsrv.client.names import check_address, origin
from oauthsrv.client.results import Failure, NoToken
from oauthsrv.client.service import OAuthService

if TYPE_CHECKING:
    import httpx

log = logging.getLogger("oauthsrv.client")


class RequestsNoToken(NoToken, requests.RequestException):
    """One of requests' own exceptions."""

    def __init__(self, failure: Failure) -> None:
        requests.RequestException.__init__(self, failure.error)
        self.failure = failure


class TokenSource:
    """Tokens for the hosts that were given; without any, for the first host that is called and no other.

    A token goes over https, or to this machine.
    """

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
            log.warning("No token is sent to %s: it is not one of the hosts that were given.", url.partition("?")[0])
            return False
        return True

    def token(self, rejected: str | None = None) -> str | Failure:
        result = self.oauth.ensure_valid_token(self.service, rejected=rejected, account=self.account)
        return result if isinstance(result, Failure) else result.value.access_token


class OAuthRequestsAuth(TokenSource, AuthBase):
    """Raises NoToken where nobody is logged in.

    After a 401 the tokens are renewed, and the request is sent once more, if its body can be read again.
    """

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if not self.serves(request.url or ""):
            return request
        token = self.token()
        if isinstance(token, Failure):
            raise RequestsNoToken(token)
        request.headers["Authorization"] = f"Bearer {token}"
        position = position_of(request.body)

        def answered(response: requests.Response, **options: Any) -> requests.Response:
            return self.once_more(response, token, position, options)

        request.register_hook("response", answered)
        return request

    def once_more(
        self, response: requests.Response, token: str, position: int | None, options: dict[str, Any]
    ) -> requests.Response:
        request = response.request
        # A redirect to another host has lost the header, and must not get a token back.
        carried = request.headers.get("Authorization") == f"Bearer {token}"
        if response.status_code != 401 or not carried or (is_stream(request.body) and position is None):
            return response
        fresh = self.token(rejected=token)
        if isinstance(fresh, Failure):
            return response  # the API's own answer says most
        if is_stream(request.body):
            body: Any = request.body
            body.seek(position)
        # As requests' own digest authentication does: the connection is free once the answer is read.
        _ = response.content
        response.close()
        again = request.copy()
        again.headers["Authorization"] = f"Bearer {fresh}"
        answer: requests.Response = response.connection.send(again, **options)
        answer.history.append(response)
        answer.request = again
        return answer


def is_stream(body: object) -> bool:
    return body is not None and not isinstance(body, str | bytes)


def position_of(body: Any) -> int | None:
    """Where a file stood; None for what cannot be read twice."""
    try:
        return int(body.tell())
    except (AttributeError, OSError):
        return None


def httpx_auth_class() -> "type[httpx.Auth]":
    """OAuthHttpxAuth, made when it is asked for: httpx may not be there."""
    import httpx

    class HttpxNoToken(NoToken, httpx.RequestError):
        """One of httpx's own exceptions."""

        def __init__(self, failure: Failure, request: httpx.Request) -> None:
            httpx.RequestError.__init__(self, failure.error, request=request)
            self.failure = failure

    class OAuthHttpxAuth(TokenSource, httpx.Auth):
        """For httpx.Client and httpx.AsyncClient, where renewing runs on a thread and blocks nobody.

        After a 401 the tokens are renewed, and the request is sent once more, if its body can be read again.
        """

        def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
            if not self.serves(str(request.url)):
                yield request
                return
            token = self.token()
            response = yield bearing(request, token)
            if may_go_again(request, response):
                fresh = self.token(rejected=str(token))
                if not isinstance(fresh, Failure):
                    yield bearing(request, fresh)

        async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
            if not self.serves(str(request.url)):
                yield request
                return
            token = await asyncio.to_thread(self.token)
            response = yield bearing(request, token)
            if may_go_again(request, response):
                fresh = await asyncio.to_thread(self.token, str(token))
                if not isinstance(fresh, Failure):
                    yield bearing(request, fresh)

    def bearing(request: httpx.Request, token: str | Failure) -> httpx.Request:
        if isinstance(token, Failure):
            raise HttpxNoToken(token, request)
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    def may_go_again(request: httpx.Request, response: httpx.Response) -> bool:
        return response.status_code == 401 and isinstance(request.stream, httpx.ByteStream)

    return OAuthHttpxAuth
