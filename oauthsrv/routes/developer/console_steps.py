"""The console's steps, as data: what each sends, and what it teaches."""

from collections.abc import Mapping
from typing import NamedTuple

from oauthsrv.routes.itself import OwnRequest


class Step(NamedTuple):
    """`request`: method, address with all fields, and Authorization, with placeholders for the console's values.

    {basic} is a confidential client's; a public client names itself in the form (RFC 6749 §2.3.1).
    """

    title: str
    request: str
    teaches: str
    expected: int = 200

    def filled(self, known: Mapping[str, str]) -> OwnRequest:
        """The request with these values; an empty field isn't sent."""
        method, address, authorization = self.request.format_map(known).split(" ", 2)
        path, _, fields = address.partition("?")
        return OwnRequest(method, path, "&".join(one for one in fields.split("&") if one[-1:] != "="), authorization)


# In this order.
STEPS = {
    "authorize": Step(
        "Ask the user",
        "GET /oauth/authorize?response_type=code&client_id={client_id}&redirect_uri={redirect_uri}&scope={scope}"
        "&state={state}&code_challenge={code_challenge}&code_challenge_method=S256&prompt={prompt} ",
        "Your app sends the user’s browser here. The user signs in, sees what your app requests and decides. The "
        "browser then returns to your redirect URI with a code. Before your app uses the code, it checks that state "
        "is the one it sent and that iss is this server.",
        expected=303,
    ),
    "token": Step(
        "Exchange the code",
        "POST /oauth/token?grant_type=authorization_code&code={code}&redirect_uri={redirect_uri}"
        "&code_verifier={code_verifier}&client_id={public_client_id} {basic}",
        "Your app exchanges the code for tokens, without the browser. code_verifier proves that the same app started "
        "the request, and a confidential app also sends its secret. A code works once, for a few minutes.",
    ),
    "call": Step(
        "Call an API",
        "GET /oauth/verify Bearer {access_token}",
        "Your app sends the access token with each call. This is the request that the API, or the nginx in front of "
        "it, then makes to check the token: is it valid, which user and scopes does it have?",
    ),
    "refresh": Step(
        "Refresh",
        "POST /oauth/token?grant_type=refresh_token&refresh_token={refresh_token}&client_id={public_client_id} {basic}",
        "Shortly before the access token expires, your app exchanges the refresh token for two new tokens. The old "
        "refresh token no longer works, so store the new one first.",
    ),
    "revoke": Step(
        "Revoke",
        "POST /oauth/revoke?token={refresh_token}&client_id={public_client_id} {basic}",
        "When a user disconnects your app, revoke the refresh token: it stops working immediately, and so do its "
        "access tokens. The response is 200 for any token, so that nobody can probe which ones exist.",
    ),
    "again": Step(
        "Call again",
        "GET /oauth/verify Bearer {access_token}",
        "The access token hadn’t expired but is refused. On a 401, your app refreshes once; if that is refused too, "
        "it deletes its tokens and asks the user to connect again.",
        expected=401,
    ),
}
REPEATED = ("call", "refresh", "revoke")  # for as long as there is a token
