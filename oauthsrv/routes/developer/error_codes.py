"""The codes of errors that an app or an API can get, for the guide about them: code, status, meaning, what to do."""

from __future__ import annotations

from typing import NamedTuple

from oauthsrv.oauth import bearer, errors, problems

# Sent to the app by redirect alone, where no status tells anything.
AT_AUTHORIZATION = (
    errors.AccessDenied,
    errors.UnsupportedResponseType,
    errors.LoginRequired,
    errors.ConsentRequired,
    errors.RequestNotSupported,
    errors.RequestUriNotSupported,
)
AT_ENDPOINTS = (
    errors.InvalidRequest,
    errors.InvalidClient,
    errors.InvalidGrant,
    errors.UnauthorizedClient,
    errors.UnsupportedGrantType,
    errors.InvalidScope,
    errors.InvalidTarget,
    errors.TemporarilyUnavailable,
    errors.ServerError,
)
AT_APIS = (bearer.InvalidToken, bearer.InsufficientScope)

# What is nobody's mistake in a request, and so is no Problem of an app.
FURTHER = {
    "server_error": ("The server failed unexpectedly.", "Try again. If it happens again, tell the people who run it."),
    "temporarily_unavailable": (
        "A database of the server does not answer.",
        "Wait as long as Retry-After says, and send the request again. Keep your tokens: none of them is lost.",
    ),
}


class Code(NamedTuple):
    error: str
    status: str
    meaning: str
    todo: str


TOO_MANY = Code(
    "too_many_requests",
    "429",
    "A limit is used up. Tokens and credentials are as good as before.",
    "Wait as long as Retry-After says.",
)


def told(kind: type[errors.OAuthError], status: str = "") -> Code:
    known = problems.BY_CODE.get(kind.error)
    meaning, todo = (known.what, known.fix) if known else FURTHER[kind.error]
    return Code(kind.error, status or str(kind.status), meaning, todo)


IN_REDIRECTS = [told(kind, "redirect") for kind in AT_AUTHORIZATION]
IN_ANSWERS = [*(told(kind) for kind in AT_ENDPOINTS), TOO_MANY]
FROM_APIS = [*(told(kind) for kind in AT_APIS), TOO_MANY]

# What is wrong in detail, as the activity page of an app tells it: heading → what and fix.
IN_DETAIL = {
    "In the authorization request": problems.AT_AUTHORIZATION,
    "In client authentication": problems.AT_AUTHENTICATION,
    "In a token request": problems.AT_TOKEN,
    "At an API": problems.AT_APIS,
    "Anywhere": problems.AT_ANY,
}
