"""The other half: logging in to any OAuth 2.1 server with PKCE, keeping tokens, renewing them. Needs no server room.

client = create_client()
client.oauth.authenticate("mine", "cli_…", issuer="https://auth.example.com")
client.session("mine").get("https://api.example.com/data")
"""

from typing import TYPE_CHECKING, Any

from oauthsrv.client.configuration import Given
from oauthsrv.client.facade import Client, OAuthFace, create_client
from oauthsrv.client.names import check_service_name
from oauthsrv.client.providers import ATLASSIAN, BUILT_IN, GITHUB, OAUTHSRV, load_providers
from oauthsrv.client.requests_auth import NoToken, OAuthRequestsAuth
from oauthsrv.client.results import ErrorCode, Failure, Result, Success
from oauthsrv.client.service import LoggedOut, OAuthService
from oauthsrv.client.storage import (
    FileTokenStorage,
    KeyringTokenStorage,
    MemoryTokenStorage,
    TokenStorageProtocol,
    token_folder,
)
from oauthsrv.client.terminal import Terminal
from oauthsrv.client.values import AuthStatus, OAuthConfig, OAuthProvider, OAuthTokens, PKCEChallenge
from oauthsrv.client.vaults import StorageError

if TYPE_CHECKING:
    from oauthsrv.client.httpx_auth import OAuthHttpxAuth

__all__ = [
    "ATLASSIAN",
    "BUILT_IN",
    "GITHUB",
    "OAUTHSRV",
    "AuthStatus",
    "Client",
    "ErrorCode",
    "Failure",
    "FileTokenStorage",
    "Given",
    "KeyringTokenStorage",
    "LoggedOut",
    "MemoryTokenStorage",
    "NoToken",
    "OAuthConfig",
    "OAuthFace",
    "OAuthHttpxAuth",
    "OAuthProvider",
    "OAuthRequestsAuth",
    "OAuthService",
    "OAuthTokens",
    "PKCEChallenge",
    "Result",
    "StorageError",
    "Success",
    "Terminal",
    "TokenStorageProtocol",
    "check_service_name",
    "create_client",
    "load_providers",
    "token_folder",
]


def __getattr__(name: str) -> Any:
    """OAuthHttpxAuth is imported when it is asked for: httpx may not be there."""
    if name == "OAuthHttpxAuth":
        from oauthsrv.client.httpx_auth import OAuthHttpxAuth

        return OAuthHttpxAuth
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
