"""Refusals of a guard, each a complete response for an API (RFC 6750 §3, RFC 6585 §4, RFC 9728 §5.1)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

# Characters that a quoted string of a challenge may not contain (RFC 6750 §3).
NOT_ALLOWED = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")


class Refused(Exception):
    """The reason why a call is not allowed.

    `status` is the HTTP status, `error` the registered code, `description` is for the caller's developer; `headers` and
    `body` complete the response. The message of the exception is for the log and contains no token.
    """

    status = 401
    error = "invalid_token"
    description = "The access token is unknown, expired, revoked, or meant for another API."
    has_challenge = True  # WWW-Authenticate (RFC 6750 §3)

    def __init__(self, detail: str = "", *, description: str | None = None) -> None:
        super().__init__(detail or self.error)
        if description is not None:
            self.description = description
        self.scopes: tuple[str, ...] = ()
        self.retry_after: int | None = None  # seconds
        self.resource_metadata: str | None = None
        self.limits: tuple[tuple[str, str], ...] = ()

    @property
    def headers(self) -> list[tuple[str, str]]:
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        if self.has_challenge:
            headers.append(("WWW-Authenticate", self.challenge()))
        if self.retry_after is not None:
            headers.append(("Retry-After", str(self.retry_after)))
        return [*headers, *self.limits]

    @property
    def body(self) -> bytes:
        return json.dumps({"error": self.error, "error_description": self.description}).encode()

    def challenge(self) -> str:
        values = {"realm": "oauthsrv", **self.challenge_values()}
        if self.resource_metadata:
            values["resource_metadata"] = self.resource_metadata
        return "Bearer " + ", ".join(f'{name}="{NOT_ALLOWED.sub("?", value)}"' for name, value in values.items())

    def challenge_values(self) -> dict[str, str]:
        return {"error": self.error, "error_description": self.description}


class TokenMissing(Refused):
    """401: no token was sent. That is not an error yet, so the challenge names none (RFC 6750 §3.1)."""

    description = "An access token is required: send it in the Authorization header, after Bearer."

    def challenge_values(self) -> dict[str, str]:
        return {}


class InvalidToken(Refused):
    """401: unknown, expired, revoked, or meant for another API."""


class InvalidRequest(Refused):
    """400: two tokens, a token in the address, or an ambiguous address."""

    status = 400
    error = "invalid_request"
    description = "The request is malformed."


class InsufficientScope(Refused):
    """403: the token is good, but lacks a scope. `scopes` are the ones that the call needs."""

    status = 403
    error = "insufficient_scope"
    description = "The access token lacks a scope that this call needs."

    def __init__(self, scopes: Iterable[str]) -> None:
        scopes = tuple(scopes)
        super().__init__(description=f"The access token lacks a scope that this call needs: {' '.join(scopes)}.")
        self.scopes = scopes

    def challenge_values(self) -> dict[str, str]:
        return super().challenge_values() | ({"scope": " ".join(self.scopes)} if self.scopes else {})


class AccessDenied(Refused):
    """403: no rule covers this call. There is no challenge, as no token would help."""

    status = 403
    error = "access_denied"
    description = "No rule allows this call."
    has_challenge = False


class TooManyRequests(Refused):
    """429: the app's calls of this hour, or this user's share of them, are used up. The token is still good.

    `retry_after` is in seconds.
    """

    status = 429
    has_challenge = False
    error = "too_many_requests"

    def __init__(self, retry_after: int, limits: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(description=f"The rate limit is reached. Try again in {retry_after} seconds.")
        self.retry_after = retry_after
        self.limits = tuple(limits)


class Unavailable(Refused):
    """503: the server could not be reached, or its response is invalid. Never treated as a yes.

    `retry_after` is in seconds.
    """

    status = 503
    has_challenge = False
    error = "temporarily_unavailable"
    description = "Tokens can't be checked right now. Try again shortly."

    def __init__(self, detail: str, retry_after: int = 2) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
