"""The console's steps, as data: what each sends, and what it teaches."""

from collections.abc import Mapping
from typing import NamedTuple

from oauthsrv.routes.itself import OwnRequest

CLIENT = "{basic}"  # a confidential client's secret; a public client names itself (RFC 6749 §2.3.1)
BEARER = "Bearer {access_token}"


class Step(NamedTuple):
    """`request` and `authorization` have placeholders for the console's values; an empty field isn't sent."""

    name: str
    title: str
    request: str  # method, path and fields
    authorization: str
    teaches: str
    expected: int = 200

    def filled(self, known: Mapping[str, str]) -> OwnRequest:
        method, path, *fields = self.request.split(" ")
        pairs = (field.partition("=") for field in fields)
        values = ((name, value.format_map(known)) for name, _, value in pairs)
        authorization = self.authorization.format_map(known)
        headers = (("Authorization", authorization),) if authorization else ()
        return OwnRequest(method, path, tuple(pair for pair in values if pair[1]), headers)

    @property
    def authenticates(self) -> bool:
        """Whether the step authenticates the client."""
        return self.authorization == CLIENT


# In this order.
STEPS = (
    Step(
        "authorize",
        "Ask the user",
        "GET /oauth/authorize response_type=code client_id={client_id} redirect_uri={redirect_uri} scope={scope} "
        "state={state} code_challenge={code_challenge} code_challenge_method=S256 prompt={prompt}",
        "",
        "Your app sends the user’s browser here. The user signs in, sees what your app requests and decides. The "
        "browser then returns to your redirect URI with a code. Before your app uses the code, it checks that state "
        "is the one it sent and that iss is this server.",
    ),
    Step(
        "token",
        "Exchange the code",
        "POST /oauth/token grant_type=authorization_code code={code} redirect_uri={redirect_uri} "
        "code_verifier={code_verifier} client_id={public_client_id}",
        CLIENT,
        "Your app exchanges the code for tokens, without the browser. code_verifier proves that the same app started "
        "the request, and a confidential app also sends its secret. A code works once, for a few minutes.",
    ),
    Step(
        "call",
        "Call an API",
        "GET /oauth/verify",
        BEARER,
        "Your app sends the access token with each call. This is the request that the API, or the nginx in front of "
        "it, then makes to check the token: is it valid, which user and scopes does it have?",
    ),
    Step(
        "refresh",
        "Refresh",
        "POST /oauth/token grant_type=refresh_token refresh_token={refresh_token} client_id={public_client_id}",
        CLIENT,
        "Shortly before the access token expires, your app exchanges the refresh token for two new tokens. The old "
        "refresh token no longer works, so store the new one first.",
    ),
    Step(
        "revoke",
        "Revoke",
        "POST /oauth/revoke token={refresh_token} client_id={public_client_id}",
        CLIENT,
        "When a user disconnects your app, revoke the refresh token: it stops working immediately, and so do its "
        "access tokens. The response is 200 for any token, so that nobody can probe which ones exist.",
    ),
    Step(
        "again",
        "Call again",
        "GET /oauth/verify",
        BEARER,
        "The access token hadn’t expired but is refused. On a 401, your app refreshes once; if that is refused too, "
        "it deletes its tokens and asks the user to connect again.",
        expected=401,
    ),
)
BY_NAME = {step.name: step for step in STEPS}
REPEATED = ("call", "refresh", "revoke")  # for as long as there is a token
