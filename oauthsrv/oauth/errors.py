"""The protocol's errors: one class per registered code (RFC 6749 §4.1.2.1 and §5.2, and their extensions)."""

import re

from oauthsrv.oauth.problems import EXPLANATIONS

# What error_description may not contain (RFC 6749 §5.2): all but printable ASCII, the double quote, the backslash.
NOT_IN_DESCRIPTION = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")
# A description may quote what the client sent, and ends up in a Location header, so it stays short.
LONGEST_DESCRIPTION = 400


class OAuthError(Exception):
    """The client gets `error`, `status` and `description`; `detail` is only logged, and contains no secret.

    `problem` is the key of the explanation in oauth/problems.py, for the app's developers. The response includes it
    too, unless its class says that it would reveal something. `description` replaces it where the text depends on the
    request. `about` is the parameter at fault, if the explanation does not name it.
    """

    error: str
    status = 400
    description = ""
    unexplained: frozenset[str] = frozenset()  # problems that a response must not explain beyond the code

    def __init__(self, detail: str = "", *, description: str = "", problem: str = "", about: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.problem = problem or self.error
        shown = self.error if self.problem in self.unexplained else self.problem
        self.description = as_description(description or self.description or EXPLANATIONS[shown].text)
        self.about = about

    def __str__(self) -> str:
        return f"{self.error}: {self.detail or self.description}"

    def body(self, uri: str = "") -> dict[str, str]:
        """The JSON of the response; `uri` is the page about this error, if there is one (RFC 6749 §4.1.2.1, §5.2)."""
        more = {"error_uri": uri} if uri else {}
        return {"error": self.error, "error_description": self.description, **more}


def as_description(text: str) -> str:
    return NOT_IN_DESCRIPTION.sub("?", text[:LONGEST_DESCRIPTION].replace('"', "'").replace("’", "'"))


class InvalidRequest(OAuthError):
    error = "invalid_request"


class InvalidClient(OAuthError):
    error = "invalid_client"
    status = 401
    # A response reveals neither which clients exist nor which of them have a secret or keys.
    unexplained = frozenset(
        {"client_unknown", "secret_wrong", "secret_missing", "secret_not_expected", "method_not_allowed"}
        | {"assertion_missing", "assertion_key", "assertion_signature", "keys_unreachable"}
    )


class InvalidGrant(OAuthError):
    error = "invalid_grant"
    # Another client's code or token is treated like one that never existed.
    unexplained = frozenset({"code_unknown", "code_of_another", "device_code_of_another", "refresh_unknown"})


class UnauthorizedClient(OAuthError):
    error = "unauthorized_client"


class UnsupportedGrantType(OAuthError):
    error = "unsupported_grant_type"


class InvalidScope(OAuthError):
    error = "invalid_scope"


class UnsupportedResponseType(OAuthError):
    error = "unsupported_response_type"


class AccessDenied(OAuthError):
    error = "access_denied"


class AuthorizationPending(OAuthError):
    """The user has not answered the device's request yet. This, SlowDown and ExpiredToken: RFC 8628 §3.5."""

    error = "authorization_pending"


class SlowDown(OAuthError):
    error = "slow_down"


class ExpiredToken(OAuthError):
    error = "expired_token"


class ServerError(OAuthError):
    error = "server_error"
    status = 500


class TemporarilyUnavailable(OAuthError):
    error = "temporarily_unavailable"
    status = 503


class InvalidTarget(OAuthError):
    """A resource that is unknown, malformed or not granted (RFC 8707 §2)."""

    error = "invalid_target"


class LoginRequired(OAuthError):
    """Errors of prompt=none, this and the next (OpenID Connect Core §3.1.2.6)."""

    error = "login_required"


class ConsentRequired(OAuthError):
    error = "consent_required"


class RequestNotSupported(OAuthError):
    """Errors of request objects, this and the next (OpenID Connect Core §3.1.2.6, RFC 9101 §7)."""

    error = "request_not_supported"


class RequestUriNotSupported(OAuthError):
    error = "request_uri_not_supported"


class InvalidRequestUri(OAuthError):
    """A pushed request that is unknown, expired, used or another client's (RFC 9101 §7, RFC 9126 §2.2)."""

    error = "invalid_request_uri"


class InvalidRedirectUri(OAuthError):
    """Errors of registration, this and the next (RFC 7591 §3.2.2)."""

    error = "invalid_redirect_uri"


class InvalidClientMetadata(OAuthError):
    error = "invalid_client_metadata"
