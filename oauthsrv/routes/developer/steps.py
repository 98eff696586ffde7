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
        "Your app sends the user’s browser here. The user signs in, sees what your app asks for and answers; then the "
        "browser comes back to your redirect URI with a code. Before your app uses the code it checks that state is "
        "the one it sent and that iss is this server.",
        None,
        303,
    ),
    Step(
        "token",
        "Exchange the code",
        "Your app trades the code for tokens, past the browser. code_verifier proves that it is the one that asked, "
        "and a confidential app shows its secret too. A code works once and for a few minutes.",
        exchange_code,
        200,
        proves_client=True,
    ),
    Step(
        "call",
        "Call an API",
        "Your app sends the access token with each call. What you see is the question that an API, or the nginx in "
        "front of it, then asks here: is this token good, whose is it, and for what?",
        call,
        200,
    ),
    Step(
        "refresh",
        "Refresh",
        "Shortly before the access token runs out, your app trades the refresh token for two new tokens. The old "
        "refresh token is used up by that: store the new one before anything else.",
        refresh,
        200,
        proves_client=True,
    ),
    Step(
        "revoke",
        "Revoke",
        "When a user disconnects your app, give the refresh token back: it ends at once, with every access token that "
        "came of it. The answer is 200 for any token, so nobody can find out here which ones exist.",
        revoke,
        200,
        proves_client=True,
    ),
    Step(
        "again",
        "Call again",
        "The access token had time left and is refused all the same. On a 401 your app refreshes once; if that is "
        "refused too, it drops its tokens and asks the user again.",
        call,
        401,
    ),
)
BY_NAME = {step.name: step for step in STEPS}
# Those that can be repeated as long as there is a token.
REPEATED = ("call", "refresh", "revoke")

# (step, error) or error → what it means and what to do.
ADVICE = {
    ("token", "invalid_grant"): "A code works once, and this one was used before or is too old. When a code comes a "
    "second time, somebody may have stolen it: so everything that came of its first use ends too. Your app should "
    "never repeat an exchange that was answered. Start over for a new code.",
    ("refresh", "invalid_grant"): "This connection has ended, so its refresh token is worth nothing. Your app should "
    "drop its tokens and ask the user again.",
    "invalid_client": "The server does not take this client secret. Nothing was used up: look under Credentials which "
    "secrets the app has, and type one of them.",
    "unauthorized_client": "An administrator suspended this app. Your app should keep its tokens: they work again as "
    "soon as it is reactivated.",
    "invalid_token": "This access token has run out or was ended. Your app should refresh once, and ask the user again "
    "if that is refused too.",
    "too_many_requests": "The limit is used up; the token is as good as before. Your app should wait for as many "
    "seconds as Retry-After says.",
    "temporarily_unavailable": "A database is away. Your app should wait for as many seconds as Retry-After says, and "
    "repeat the same request.",
    "access_denied": "The user said no. Your app should say that it is not connected, and offer to try again.",
}
UNFORESEEN = "This is not the answer that this step should get. The app’s activity page may say more."


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
