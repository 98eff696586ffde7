"""The guide on errors: every code that an app or an API can get, its status, its meaning and what to do."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from oauthsrv.oauth import authentication_problems, bearer, errors, problems
from oauthsrv.routes.request import Request

# Sent to the app only by redirect, and so without a status.
BY_REDIRECT = (
    errors.AccessDenied,
    errors.UnsupportedResponseType,
    errors.LoginRequired,
    errors.ConsentRequired,
    errors.RequestNotSupported,
    errors.RequestUriNotSupported,
)
BY_ENDPOINTS = (
    errors.InvalidRequest,
    errors.InvalidClient,
    errors.InvalidGrant,
    errors.UnauthorizedClient,
    errors.UnsupportedGrantType,
    errors.InvalidScope,
    errors.InvalidTarget,
    errors.AuthorizationPending,
    errors.SlowDown,
    errors.ExpiredToken,
    errors.InvalidRedirectUri,
    errors.InvalidClientMetadata,
    errors.TemporarilyUnavailable,
    errors.ServerError,
)
BY_APIS = (bearer.InvalidToken, bearer.InsufficientScope)

TOO_MANY = "too_many_requests"


class ErrorRow(NamedTuple):
    """A row, whose id is `anchor`; error_uri leads to the row of the code."""

    code: str
    status: str
    meaning: str
    fix: str
    anchor: str


IN_DETAIL = {
    "In the authorization request": problems.AT_AUTHORIZATION,
    "In client authentication": authentication_problems.AT_AUTHENTICATION,
    "In a token request": problems.AT_TOKEN,
    "At an API": problems.AT_APIS,
    "At registration": problems.AT_REGISTRATION,
    "Anywhere": problems.AT_ANY,
}


def error_row(code: str, status: object, problem: str = "") -> ErrorRow:
    """A row; `problem` explains the code, by default the problem of the same name."""
    explained = problems.EXPLANATIONS[problem or code]
    return ErrorRow(code, str(status), explained.what, explained.fix, code)


def status_rows(kinds: Iterable[type[errors.OAuthError]]) -> list[ErrorRow]:
    return [error_row(kind.error, kind.status) for kind in kinds]


def tables(request: Request) -> dict[str, Any]:
    return {
        "by_redirect": [
            *(error_row(kind.error, "redirect") for kind in BY_REDIRECT),
            error_row(errors.InvalidRequestUri.error, "400"),  # on a page
        ],
        "by_endpoints": [
            *status_rows(BY_ENDPOINTS),
            error_row(TOO_MANY, 429),
            error_row("not_found", 404, "address_unknown"),
        ],
        "by_apis": [*status_rows(BY_APIS), error_row(TOO_MANY, 429)._replace(anchor=f"api-{TOO_MANY}")],
        "in_detail": IN_DETAIL,
    }
