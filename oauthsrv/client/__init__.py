"""The client: logs in to any OAuth 2.1 server with PKCE, stores tokens, renews them. It needs none of the server.

client = create_client()
client.oauth.authenticate("mine", "cli_…", issuer="https://auth.example.com")
client.session("mine", hosts=["api.example.com"]).get("https://api.example.com/data")
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from oauthsrv.client.configuration import ATLASSIAN, BUILT_IN, GITHUB, OAUTHSRV, Given, load_providers
from oauthsrv.client.endpoints import Revoked
from oauthsrv.client.logins import LoginInfo, Service
from oauthsrv.client.names import check_service_name
from oauthsrv.client.results import ErrorCode, Failure, NoToken, Result, StorageError, Success
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

if TYPE_CHECKING:
    import httpx
    import requests

    from oauthsrv.client.sessions import OAuthRequestsAuth as OAuthRequestsAuth

    OAuthHttpxAuth = httpx.Auth

OAUTH_PROVIDERS = BUILT_IN
OAuthClient = OAuthService  # the type of `create_client().oauth`

# Without OAuthHttpxAuth and OAuthRequestsAuth, as `import *` would import httpx, which may not be installed.
__all__ = [
    "ATLASSIAN",
    "BUILT_IN",
    "GITHUB",
    "OAUTHSRV",
    "OAUTH_PROVIDERS",
    "AuthStatus",
    "Client",
    "ErrorCode",
    "Failure",
    "FileTokenStorage",
    "Given",
    "KeyringTokenStorage",
    "LoggedOut",
    "LoginInfo",
    "MemoryTokenStorage",
    "NoToken",
    "OAuthClient",
    "OAuthConfig",
    "OAuthProvider",
    "OAuthService",
    "OAuthTokens",
    "PKCEChallenge",
    "Result",
    "Revoked",
    "StorageError",
    "Success",
    "Terminal",
    "TokenStorageProtocol",
    "check_service_name",
    "create_client",
    "load_providers",
    "token_folder",
]


@dataclass(frozen=True)
class Client:
    """`oauth` logs in and out. The methods return objects that send tokens to `hosts`, or else to the first called."""

    oauth: OAuthService

    def requests_auth(
        self, service: Service, *, hosts: Iterable[str] = (), account: str | None = None
    ) -> "OAuthRequestsAuth":
        """An object for `auth=` of requests."""
        from oauthsrv.client.sessions import OAuthRequestsAuth as OAuthRequestsAuth

        return OAuthRequestsAuth(self.oauth, service, hosts=hosts, account=account)

    def httpx_auth(self, service: Service, *, hosts: Iterable[str] = (), account: str | None = None) -> "httpx.Auth":
        """An object for `auth=` of httpx. Raises ImportError if httpx is not installed."""
        from oauthsrv.client.sessions import httpx_auth_class

        auth: httpx.Auth = httpx_auth_class()(self.oauth, service, hosts=hosts, account=account)
        return auth

    def session(self, service: Service, *, hosts: Iterable[str] = (), account: str | None = None) -> "requests.Session":
        """A session of requests that sends a token with each request."""
        import requests

        session = requests.Session()
        session.auth = self.requests_auth(service, hosts=hosts, account=account)
        return session


def create_client(
    token_storage: TokenStorageProtocol | None = None,
    *,
    providers: Iterable[OAuthProvider] = (),
    terminal: Terminal | None = None,
) -> Client:
    """A client with the given storage, or the one that the environment chooses."""
    return Client(OAuthService(token_storage, providers=providers, terminal=terminal))


def __getattr__(name: str) -> Any:
    """Import what needs requests or httpx only when it is used, as most commands never do."""
    if name not in ("OAuthHttpxAuth", "OAuthRequestsAuth"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from oauthsrv.client import sessions

    return sessions.httpx_auth_class() if name == "OAuthHttpxAuth" else sessions.OAuthRequestsAuth
