"""create_client(): the client as a program sees it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests

from oauthsrv.client.requests_auth import OAuthRequestsAuth
from oauthsrv.client.results import Result
from oauthsrv.client.service import LoggedOut, OAuthService, Service
from oauthsrv.client.storage import TokenStorageProtocol
from oauthsrv.client.terminal import Terminal
from oauthsrv.client.values import AuthStatus, OAuthProvider, OAuthTokens

if TYPE_CHECKING:
    from oauthsrv.client.httpx_auth import OAuthHttpxAuth


@dataclass(frozen=True)
class OAuthFace:
    """The five things that most programs need; OAuthService has the rest."""

    service: OAuthService

    def authenticate(
        self,
        service: Service,
        client_id: str | None = None,
        client_secret: str | None = None,
        open_browser: bool = True,
        *,
        issuer: str | None = None,
        scopes: Iterable[str] | None = None,
        device: bool = False,
    ) -> Result[OAuthTokens]:
        return self.service.authenticate(
            service, client_id, client_secret, open_browser, issuer=issuer, scopes=scopes, device=device
        )

    def get_status(self, service: Service) -> Result[AuthStatus]:
        return self.service.get_status(service)

    def get_tokens(self, service: Service) -> Result[OAuthTokens]:
        return self.service.get_tokens(service)

    def ensure_valid(self, service: Service) -> Result[OAuthTokens]:
        return self.service.ensure_valid_token(service)

    def logout(self, service: Service) -> Result[LoggedOut]:
        return self.service.logout(service)


@dataclass(frozen=True)
class Client:
    """`oauth` logs in and out; the others make requests that carry a token."""

    oauth: OAuthFace

    def requests_auth(self, service: Service) -> OAuthRequestsAuth:
        """For `auth=` of requests."""
        return OAuthRequestsAuth(self.oauth.service, service)

    def httpx_auth(self, service: Service) -> "OAuthHttpxAuth":
        """For `auth=` of httpx; ImportError where httpx is not installed."""
        from oauthsrv.client.httpx_auth import OAuthHttpxAuth

        return OAuthHttpxAuth(self.oauth.service, service)

    def session(self, service: Service) -> requests.Session:
        """A session of requests whose every request carries a token."""
        session = requests.Session()
        session.auth = self.requests_auth(service)
        return session


def create_client(
    token_storage: TokenStorageProtocol | None = None,
    *,
    providers: Iterable[OAuthProvider] = (),
    terminal: Terminal | None = None,
) -> Client:
    """A client with the storage that the environment chooses, unless one is given."""
    return Client(OAuthFace(OAuthService(token_storage, providers=providers, terminal=terminal)))
