"""The values, under the name that the first samples of this client import them by."""

from oauthsrv.client import (
    AuthStatus,
    ErrorCode,
    Failure,
    OAuthConfig,
    OAuthProvider,
    OAuthTokens,
    PKCEChallenge,
    Result,
    Success,
)

__all__ = [
    "AuthStatus",
    "ErrorCode",
    "Failure",
    "OAuthConfig",
    "OAuthProvider",
    "OAuthTokens",
    "PKCEChallenge",
    "Result",
    "Success",
]
