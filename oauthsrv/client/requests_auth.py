"""`auth=` for requests: a token that is renewed when it ends, and once more when an API refuses it (RFC 6750)."""

from typing import Any

import requests
from requests.auth import AuthBase

from oauthsrv.client.results import Failure
from oauthsrv.client.service import OAuthService, Service


class NoToken(requests.RequestException):
    """There is no token to send; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.error)
        self.failure = failure


class OAuthRequestsAuth(AuthBase):
    """Raises NoToken, one of requests' own exceptions, where nobody is logged in.

    After a 401 the tokens are renewed, and the request is sent once more, if its body can be read again.
    """

    def __init__(self, oauth: OAuthService, service: Service) -> None:
        self.oauth, self.service = oauth, service

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        token = self.token()
        request.headers["Authorization"] = f"Bearer {token}"
        position = position_of(request.body)

        def answered(response: requests.Response, **options: Any) -> requests.Response:
            return self.once_more(response, token, position, options)

        request.register_hook("response", answered)
        return request

    def token(self, rejected: str | None = None) -> str:
        result = self.oauth.ensure_valid_token(self.service, rejected=rejected)
        if isinstance(result, Failure):
            raise NoToken(result)
        return result.value.access_token

    def once_more(
        self, response: requests.Response, token: str, position: int | None, options: dict[str, Any]
    ) -> requests.Response:
        request = response.request
        # A redirect to another host has lost the header, and must not get a token back.
        carried = request.headers.get("Authorization") == f"Bearer {token}"
        if response.status_code != 401 or not carried or (is_stream(request.body) and position is None):
            return response
        try:
            fresh = self.token(rejected=token)
        except NoToken:
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
