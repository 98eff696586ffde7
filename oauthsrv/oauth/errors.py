"""Errors of the protocol: one class is one registered code (RFC 6749 §4.1.2.1 and §5.2, and their extensions)."""

import re

# What error_description may not hold (RFC 6749 §5.2): all but printable ASCII, the double quote, the backslash.
NOT_IN_DESCRIPTION = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")
# A description may name what the client sent; it ends up in a Location header, so it stays short.
LONGEST_DESCRIPTION = 400


class OAuthError(Exception):
    """The client gets `error`, `status` and `description`; `detail` is only logged, and contains no secret.

    `problem` is the key of the explanation in oauth/problems.py, which the app's developers read; `about` is the
    parameter at fault, where the explanation does not name one. Neither is part of the response.
    """

    error: str
    status = 400
    description: str

    def __init__(
        self, detail: str = "", *, description: str | None = None, problem: str | None = None, about: str = ""
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.description = as_description(self.description if description is None else description)
        self.problem = problem or self.error
        self.about = about

    def __str__(self) -> str:
        return f"{self.error}: {self.detail or self.description}"

    def body(self) -> dict[str, str]:
        return {"error": self.error, "error_description": self.description}


def as_description(text: str) -> str:
    return NOT_IN_DESCRIPTION.sub("?", text[:LONGEST_DESCRIPTION].replace('"', "'"))


class InvalidRequest(OAuthError):
    error = "invalid_request"
    description = "A parameter is missing, malformed or repeated."


class InvalidClient(OAuthError):
    """`basic`: the client used HTTP Basic, so the response must challenge it (RFC 6749 §5.2)."""

    error = "invalid_client"
    status = 401
    # One text for every cause, so that it reveals neither which clients exist nor which of them have a secret.
    description = (
        "Client authentication failed: the client_id is unknown, or its secret is wrong or missing, "
        "or a secret was sent for a public client, which has none."
    )

    def __init__(
        self, detail: str = "", *, description: str | None = None, problem: str | None = None, basic: bool = False
    ) -> None:
        super().__init__(detail, description=description, problem=problem)
        self.basic = basic


class InvalidGrant(OAuthError):
    error = "invalid_grant"
    description = (
        "The code or refresh token is unknown, expired, already used, revoked, or was issued to another client: "
        "send the user through authorization again."
    )


class UnauthorizedClient(OAuthError):
    error = "unauthorized_client"
    description = "This client may not do this."


class UnsupportedGrantType(OAuthError):
    error = "unsupported_grant_type"
    description = "This server does not support this grant_type."


class InvalidScope(OAuthError):
    error = "invalid_scope"
    description = "The scope is malformed, unknown, or more than was granted."


class UnsupportedResponseType(OAuthError):
    error = "unsupported_response_type"
    description = "response_type must be code."


class AccessDenied(OAuthError):
    error = "access_denied"
    description = "The user denied the request."


class ServerError(OAuthError):
    error = "server_error"
    status = 500
    description = "The server failed unexpectedly: try again."


class TemporarilyUnavailable(OAuthError):
    error = "temporarily_unavailable"
    status = 503
    description = "The server is temporarily unavailable: try again shortly."


class InvalidTarget(OAuthError):
    """RFC 8707 §2."""

    error = "invalid_target"
    description = "resource must be the URI of an API that is registered here."


class LoginRequired(OAuthError):
    """This and the next: OpenID Connect Core §3.1.2.6, for prompt=none."""

    error = "login_required"
    description = "The user is not signed in, and prompt=none allows no sign-in page."


class ConsentRequired(OAuthError):
    error = "consent_required"
    description = "The user has not allowed this before, and prompt=none allows no consent page."


class RequestNotSupported(OAuthError):
    """This and the next: OpenID Connect Core §3.1.2.6, RFC 9101 §7."""

    error = "request_not_supported"
    description = "Request objects are not supported: send the parameters themselves, without request."


class RequestUriNotSupported(OAuthError):
    error = "request_uri_not_supported"
    description = "request_uri is not supported: send the parameters themselves."
