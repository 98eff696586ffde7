"""The steps that the console takes, as data: what each asks the server, what it teaches, what its refusals mean."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote

import orjson

from oauthsrv.routes.developer.walk import Walk
from oauthsrv.routes.itself import Answer, Asking, Pairs


class Caller(NamedTuple):
    """The app as it asks; without its secret, which is in the walk."""

    client_id: str
    is_public: bool
    redirect_uri: str
    verifier: str


class Step(NamedTuple):
    name: str
    title: str
    teaches: str
    asking: Callable[[Caller, Walk], Asking] | None  # None: the browser itself asks
    expected: int
    proves_client: bool = False


def exchange_code(caller: Caller, walk: Walk) -> Asking:
    return of_client(
        "/oauth/token",
        caller,
        walk,
        ("grant_type", "authorization_code"),
        ("code", walk.code),
        ("redirect_uri", caller.redirect_uri),
        ("code_verifier", caller.verifier),
    )


def call(caller: Caller, walk: Walk) -> Asking:
    return Asking("GET", "/oauth/verify", headers=(("Authorization", f"Bearer {walk.access_token}"),))


def refresh(caller: Caller, walk: Walk) -> Asking:
    return of_client(
        "/oauth/token", caller, walk, ("grant_type", "refresh_token"), ("refresh_token", walk.refresh_token)
    )


def revoke(caller: Caller, walk: Walk) -> Asking:
    return of_client("/oauth/revoke", caller, walk, ("token", walk.refresh_token))


def of_client(path: str, caller: Caller, walk: Walk, *form: tuple[str, str]) -> Asking:
    """With the client's proof: a public one names itself, a confidential one shows its secret (RFC 6749 §2.3.1)."""
    if caller.is_public:
        return Asking("POST", path, form=(*form, ("client_id", caller.client_id)))
    pair = f"{quote(caller.client_id, safe='')}:{quote(walk.client_secret, safe='')}"
    headers: Pairs = (("Authorization", f"Basic {b64encode(pair.encode()).decode()}"),)
    return Asking("POST", path, headers=headers, form=form)


# In this order.
STEPS = (
    Step(
        "authorize",
        "Ask the user",
        "Your app sends the user’s browser here. The user signs in, sees what your app requests and decides. The "
        "browser then returns to your redirect URI with a code. Before your app uses the code, it checks that state "
        "is the one it sent and that iss is this server.",
        None,
        303,
    ),
    Step(
        "token",
        "Exchange the code",
        "Your app exchanges the code for tokens, without the browser. code_verifier proves that the same app started "
        "the request, and a confidential app also sends its secret. A code works once, for a few minutes.",
        exchange_code,
        200,
        proves_client=True,
    ),
    Step(
        "call",
        "Call an API",
        "Your app sends the access token with each call. This is the request that the API, or the nginx in front of "
        "it, then makes to check the token: is it valid, which user and scopes does it have?",
        call,
        200,
    ),
    Step(
        "refresh",
        "Refresh",
        "Shortly before the access token expires, your app exchanges the refresh token for two new tokens. The old "
        "refresh token no longer works, so store the new one first.",
        refresh,
        200,
        proves_client=True,
    ),
    Step(
        "revoke",
        "Revoke",
        "When a user disconnects your app, revoke the refresh token: it stops working immediately, and so do its "
        "access tokens. The response is 200 for any token, so that nobody can probe which ones exist.",
        revoke,
        200,
        proves_client=True,
    ),
    Step(
        "again",
        "Call again",
        "The access token hadn’t expired but is refused. On a 401, your app refreshes once; if that is refused too, "
        "it deletes its tokens and asks the user to connect again.",
        call,
        401,
    ),
)
BY_NAME = {step.name: step for step in STEPS}
# Those that can be repeated as long as there is a token.
REPEATED = ("call", "refresh", "revoke")

# (step, error) or error → what it means and what to do.
ADVICE = {
    ("token", "invalid_grant"): "A code works once, and this one was used before or has expired. A reused code may "
    "have been stolen, so the tokens of its first use are revoked. Never repeat an exchange that was answered. Start "
    "over to get a new code.",
    ("refresh", "invalid_grant"): "This connection has ended, so its refresh token no longer works. Your app should "
    "delete its tokens and ask the user to connect again.",
    "invalid_client": "Wrong client secret. The code or token still works: find the app’s secrets under Credentials, "
    "and enter one of them.",
    "unauthorized_client": "An administrator suspended this app. Your app should keep its tokens: they work again as "
    "soon as it is reactivated.",
    "invalid_token": "This access token expired or was revoked. Your app should refresh once, and ask the user to "
    "connect again if that is refused too.",
    "too_many_requests": "The limit is used up, but the token still works. Your app should wait as many seconds as "
    "Retry-After says.",
    "temporarily_unavailable": "A database isn’t answering. Your app should wait as many seconds as Retry-After says, "
    "then repeat the request.",
    "access_denied": "The user denied access. Your app should say that it isn’t connected, and offer to try again.",
}
UNFORESEEN = "This step expected another response. The app’s activity page may say more."


def advice(step: Step, answer: Answer) -> str:
    if answer.status_code == step.expected:
        return ""
    error = answered(answer).get("error", "")
    return ADVICE.get((step.name, error)) or ADVICE.get(error) or UNFORESEEN


def answered(answer: Answer) -> dict[str, str]:
    """The texts of a JSON answer."""
    try:
        values = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return {}
    return {name: value for name, value in values.items() if isinstance(value, str)}


def learn(walk: Walk, step: Step, answer: Answer) -> None:
    """Takes from an answer what the next steps need."""
    said = answered(answer)
    if answer.status_code == step.expected:
        walk.done = [*walk.done, step.name]
        walk.access_token = said.get("access_token", walk.access_token)
        walk.refresh_token = said.get("refresh_token", walk.refresh_token)
    elif said.get("error") == "invalid_client":
        walk.client_secret = ""
    elif said.get("error") == "invalid_grant" and step.name == "token":
        walk.code = ""


def next_step(walk: Walk) -> Step | None:
    """None when all is done, or nothing is left to go on with."""
    if not (walk.code or walk.access_token):
        return None
    return next((step for step in STEPS if step.name not in walk.done), None)


def repeatable(walk: Walk) -> list[Step]:
    following = next_step(walk)
    return [BY_NAME[name] for name in REPEATED if walk.access_token and BY_NAME[name] != following]
