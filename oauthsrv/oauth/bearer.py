"""Bearer tokens at an API: reading one, and refusing a request with a challenge (RFC 6750, RFC 9728 §5.1)."""

from collections.abc import Iterable

from oauthsrv.oauth.errors import InvalidRequest, OAuthError, as_description
from oauthsrv.oauth.parameters import Parameters

# Far longer than any token issued here.
LONGEST = 4096


class TokenMissing(OAuthError):
    """No token was sent, so the challenge names no error (RFC 6750 §3.1)."""

    error = "invalid_token"
    status = 401
    description = "An access token is required: send it in the Authorization header, after Bearer."


class InvalidToken(OAuthError):
    error = "invalid_token"
    status = 401
    unexplained = frozenset({"token_unknown"})


class InsufficientScope(OAuthError):
    error = "insufficient_scope"
    status = 403

    def __init__(self, needed: Iterable[str]) -> None:
        self.needed = " ".join(needed)
        super().__init__(description=f"The access token lacks a scope that this needs: {self.needed}.")


def bearer_token(authorization: str | None, parameters: Parameters) -> str:
    """The token of a request, from its Authorization header alone.

    A token in a URL ends up in logs and browser history (RFC 9700 §4.3.2); two tokens are a mistake or an attack.
    """
    if parameters.all("access_token"):
        raise InvalidRequest(description="A token in the URL is not accepted: send it in the Authorization header.")
    if authorization is None:
        raise TokenMissing
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer":
        raise TokenMissing
    token = token.strip(" ")
    if "," in token or " " in token:
        raise InvalidRequest(description="More than one token was sent: send one.")
    if not token or len(token) > LONGEST:
        raise InvalidToken("empty or far too long")
    return token


# Errors that a challenge can name (RFC 6750 §3.1); any other becomes invalid_request.
CHALLENGES = frozenset({"invalid_request", "invalid_token", "insufficient_scope"})


def challenge(error: OAuthError, uri: str, resource_metadata: str | None) -> str:
    """The WWW-Authenticate header of a refusal; `uri` is the page that explains it."""
    values = {"realm": "oauthsrv"}
    if not isinstance(error, TokenMissing):
        code = error.error if error.error in CHALLENGES else InvalidRequest.error
        values |= {"error": code, "error_description": error.description, "error_uri": uri}
    if isinstance(error, InsufficientScope):
        values["scope"] = error.needed
    if resource_metadata is not None:
        values["resource_metadata"] = resource_metadata
    return "Bearer " + ", ".join(f'{name}="{as_description(value)}"' for name, value in values.items())
