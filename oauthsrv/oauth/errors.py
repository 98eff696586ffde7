"""Errors of the protocol: one class is one registered code (RFC 6749 §4.1.2.1 and §5.2, and who extended them)."""

from __future__ import annotations

import re

# What error_description may not hold (RFC 6749 §5.2): all but printable ASCII, the double quote, the backslash.
UNTELLABLE = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")
# A description may name what the client sent; it ends up in a Location header, so it stays short.
LONGEST_DESCRIPTION = 400


class OAuthError(Exception):
    """A refusal: `error`, `status` and `description` are told, `detail` is only logged and holds no secret.

    `problem` is what the developer of the app reads about it: a name of oauth/problems.py. `about` is the parameter
    that it is about, where the name alone does not tell. Neither is ever part of an answer.
    """

    error = "server_error"
    status = 500
    description = "The server could not answer this request."

    def __init__(
        self, detail: str = "", *, description: str | None = None, problem: str | None = None, about: str = ""
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.description = tellable(self.description if description is None else description)
        self.problem = problem or self.error
        self.about = about

    def __str__(self) -> str:
        return f"{self.error}: {self.detail or self.description}"

    def body(self) -> dict[str, str]:
        return {"error": self.error, "error_description": self.description}


def tellable(text: str) -> str:
    return UNTELLABLE.sub("?", text[:LONGEST_DESCRIPTION].replace('"', "'"))


class InvalidRequest(OAuthError):
    error = "invalid_request"
    status = 400
    description = "A parameter is missing, malformed or repeated."


class InvalidClient(OAuthError):
    """`basic` says that the client tried HTTP Basic, and so must be challenged for it (RFC 6749 §5.2)."""

    error = "invalid_client"
    status = 401
    # One text for every cause, so that nobody learns which clients exist and which of them have a secret.
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
    status = 400
    description = (
        "The code or refresh token is unknown, expired, already used, ended, or was given to another client: "
        "send the user through the authorization again."
    )


class UnauthorizedClient(OAuthError):
    error = "unauthorized_client"
    status = 400
    description = "This client may not do this now."


class UnsupportedGrantType(OAuthError):
    error = "unsupported_grant_type"
    status = 400
    description = "grant_type must be authorization_code or refresh_token."


class InvalidScope(OAuthError):
    error = "invalid_scope"
    status = 400
    description = "The scope is malformed, unknown, or more than was granted."


class UnsupportedResponseType(OAuthError):
    error = "unsupported_response_type"
    status = 400
    description = "response_type must be code."


class AccessDenied(OAuthError):
    error = "access_denied"
    status = 400
    description = "The user did not allow it."


class ServerError(OAuthError):
    error = "server_error"
    status = 500
    description = "The server failed unexpectedly: please try again."


class TemporarilyUnavailable(OAuthError):
    error = "temporarily_unavailable"
    status = 503
    description = "The server cannot answer just now: please try again shortly."


class InvalidTarget(OAuthError):
    """RFC 8707 §2."""

    error = "invalid_target"
    status = 400
    description = "resource must be the URI of an API that is registered here."


class LoginRequired(OAuthError):
    """This and the next: OpenID Connect Core §3.1.2.6, for prompt=none."""

    error = "login_required"
    status = 400
    description = "The user is not signed in, and prompt=none forbids to ask."


class ConsentRequired(OAuthError):
    error = "consent_required"
    status = 400
    description = "The user has not allowed this before, and prompt=none forbids to ask."


class RequestNotSupported(OAuthError):
    """This and the next: OpenID Connect Core §3.1.2.6, RFC 9101 §7."""

    error = "request_not_supported"
    status = 400
    description = "Request objects are not supported: send the parameters themselves, without request."


class RequestUriNotSupported(OAuthError):
    error = "request_uri_not_supported"
    status = 400
    description = "request_uri is not supported: send the parameters themselves."
