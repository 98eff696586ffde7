"""OAuthService: logs in, keeps tokens, renews them, logs out. Every call answers Success or Failure."""

import dataclasses
import os
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from oauthsrv.client.configuration import NOTHING, Configurations, Given
from oauthsrv.client.http import HTTP_SECONDS
from oauthsrv.client.login import LOGIN_SECONDS, Login, Patience, by_browser, by_device
from oauthsrv.client.names import check_service_name
from oauthsrv.client.providers import BUILT_IN, load_providers, providers_file
from oauthsrv.client.registration import unregister
from oauthsrv.client.remembered import RememberedClient, RememberedClients
from oauthsrv.client.renewal import Renewal, Wish
from oauthsrv.client.results import ErrorCode, Trouble, answered
from oauthsrv.client.storage import TokenStorageProtocol, VaultTokenStorage, chosen_storage, lock_in, token_folder
from oauthsrv.client.terminal import Terminal
from oauthsrv.client.token_endpoint import revoke
from oauthsrv.client.values import AuthStatus, OAuthProvider, OAuthTokens
from oauthsrv.client.vaults import MemoryVault

# A name; or a provider or configuration made in code, which is known by its name from then on.
Service: TypeAlias = str | OAuthProvider


@dataclass(frozen=True)
class LoggedOut:
    """The tokens are gone from here; whether the server ended them too, and if not, why."""

    revoked: bool
    note: str | None = None


class OAuthService:
    """For all services of one person. Threads may share it, and processes the storage below it.

    `login_seconds` is how long a login waits for the person, `http_seconds` how long each request may take.
    Without `token_storage` the environment chooses it (OAUTHSRV_TOKEN_STORAGE, OAUTHSRV_TOKEN_DIR).
    """

    def __init__(
        self,
        token_storage: TokenStorageProtocol | None = None,
        *,
        providers: Iterable[OAuthProvider] = (),
        terminal: Terminal | None = None,
        login_seconds: float = LOGIN_SECONDS,
        http_seconds: float = HTTP_SECONDS,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.given_storage = token_storage
        self.added = {each.service_name: each for each in providers}
        self.terminal = terminal or Terminal()
        self.patience = Patience(login_seconds, http_seconds)
        self.environ = environ

    # What a program asks for

    @answered
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
    ) -> OAuthTokens:
        """Logs in: through the browser, or with `device` on another device (RFC 8628).

        Without `open_browser`, or where there is none, the address is printed, and the one that the browser
        landed on may be pasted. `scopes` None asks for the provider's own; an empty one for whatever the server gives.
        """
        name = self.named(service)
        given = Given(issuer, client_id, client_secret, None if scopes is None else tuple(scopes))
        # A storage that does not work is found out before anybody signs in.
        self.storage.load_tokens(name)
        config = self.configurations.for_login(name, given, by_device=device)
        earlier = self.clients.find(name)
        if device:
            login = by_device(config, earlier, self.terminal, self.patience)
        else:
            login = by_browser(config, earlier, self.terminal, self.patience, open_browser=open_browser)
        with self.locked(name):
            self.clients.save(name, to_remember(login, given, earlier))
            self.storage.save_tokens(name, login.tokens)
        return login.tokens

    @answered
    def get_status(self, service: Service, *, given: Given = NOTHING) -> AuthStatus:
        """As stored; asks no server and changes nothing."""
        name = self.named(service)
        try:
            tokens = self.stored(name, given)
        except Trouble as trouble:
            if trouble.failure.code is ErrorCode.AUTH_REQUIRED:
                return AuthStatus.NOT_AUTHENTICATED
            raise
        if not tokens.is_expired(0):
            return AuthStatus.AUTHENTICATED
        remembered = self.clients.find(name)
        if remembered and remembered.was_refused(tokens):
            return AuthStatus.TOKEN_REFRESH_FAILED
        return AuthStatus.TOKEN_EXPIRED

    @answered
    def get_tokens(self, service: Service, *, given: Given = NOTHING) -> OAuthTokens:
        """As stored, expired or not; AUTH_REQUIRED where there are none."""
        return self.stored(self.named(service), given)

    @answered
    def get_bearer_token(self, service: Service, *, given: Given = NOTHING) -> str:
        """An access token that can be used now, renewed if need be: what stands behind `Bearer `."""
        return self.valid(self.named(service), given).access_token

    @answered
    def ensure_valid_token(
        self, service: Service, *, given: Given = NOTHING, rejected: str | None = None
    ) -> OAuthTokens:
        """Tokens that can be used now, renewed if they end within 60 seconds; or whatever their age if the access
        token is the one that an API `rejected`."""
        return self.valid(self.named(service), given, rejected)

    @answered
    def refresh_tokens(self, service: Service, *, given: Given = NOTHING) -> OAuthTokens:
        """New tokens, however long the old ones would last. `given.scopes` narrows them (RFC 6749 §6).

        Of several that ask at the same time one asks the server, and all get its result.
        """
        name = self.named(service)
        seen = self.stored(name, dataclasses.replace(given, scopes=None))
        return self.renewal(name, given).renew(seen, Wish(by_hand=True, scopes=given.scopes or ()))

    @answered
    def logout(self, service: Service, *, given: Given = NOTHING) -> LoggedOut:
        """Ends the tokens at the server (RFC 7009) and deletes them here, the latter in any case."""
        name = self.named(service)
        with self.locked(name):
            self.configurations.check_same_login(name, given)
            tokens = self.storage.load_tokens(name)
            note = self.revoke(name, tokens, given) if tokens else "nobody was logged in"
            self.storage.delete_tokens(name)
            self.forget_registered(name)
        return LoggedOut(revoked=note is None, note=note)

    def add_provider(self, provider: OAuthProvider) -> None:
        """Makes a provider, or a configuration, known by its name."""
        self.added[provider.service_name] = provider

    @answered
    def get_providers(self) -> dict[str, OAuthProvider]:
        """Every service that can be named: built in, from the providers' file, added in code, or remembered by a
        login with an issuer."""
        found = {name: self.clients.find(name) for name in self.clients.names()}
        return {name: client.config for name, client in found.items() if client} | dict(self.providers)

    # Where things are

    @cached_property
    def storage(self) -> TokenStorageProtocol:
        return chosen_storage(self.environ) if self.given_storage is None else self.given_storage

    @cached_property
    def clients(self) -> RememberedClients:
        if isinstance(self.storage, VaultTokenStorage):
            return self.storage.clients
        # A storage of the caller's own knows tokens only; what a login remembers lasts as long as this object.
        return RememberedClients(MemoryVault(), MemoryVault())

    @cached_property
    def from_file(self) -> dict[str, OAuthProvider]:
        return load_providers(providers_file(self.environ))

    @property
    def providers(self) -> Mapping[str, OAuthProvider]:
        return {**BUILT_IN, **self.from_file, **self.added}

    @property
    def configurations(self) -> Configurations:
        return Configurations(self.providers, self.clients, self.environ, self.patience.http)

    def locked(self, name: str) -> AbstractContextManager[None]:
        """Alone with this service, among all processes. Whoever holds it asks a server three times at most."""
        seconds = 3 * self.patience.http + 5
        if isinstance(self.storage, VaultTokenStorage):
            return self.storage.lock(name, seconds)
        return lock_in(token_folder(self.environ), name, seconds)

    def named(self, service: Service) -> str:
        if isinstance(service, OAuthProvider):
            self.add_provider(service)
            return service.service_name
        try:
            return check_service_name(service)
        except ValueError as error:
            raise Trouble(f"{error}.", ErrorCode.NOT_FOUND) from None

    # Tokens

    def stored(self, name: str, given: Given) -> OAuthTokens:
        tokens = self.storage.load_tokens(name)
        if tokens is None:
            raise Trouble(f"Nobody is logged in at {name}. Log in first.", ErrorCode.AUTH_REQUIRED)
        self.configurations.check_same_login(name, given)
        if missing := set(given.scopes or ()) - tokens.scopes:
            raise Trouble(
                f"The login at {name} does not cover {' '.join(sorted(missing))}. Log in again and ask for it.",
                ErrorCode.AUTH_REQUIRED,
            )
        return tokens

    def valid(self, name: str, given: Given, rejected: str | None = None) -> OAuthTokens:
        tokens, wish = self.stored(name, given), Wish(rejected)
        return tokens if wish.is_met_by(tokens) else self.renewal(name, given).renew(tokens, wish)

    def renewal(self, name: str, given: Given) -> Renewal:
        return Renewal(
            name,
            self.storage,
            self.clients,
            configured=lambda: self.configurations.for_tokens(name, given),
            locked=lambda: self.locked(name),
            http_seconds=self.patience.http,
        )

    # Logging out

    def revoke(self, name: str, tokens: OAuthTokens, given: Given) -> str | None:
        """Why the server did not end them; None if it did."""
        try:
            config = self.configurations.for_tokens(name, given)
        except Trouble as trouble:
            return trouble.failure.error
        return revoke(config, tokens, seconds=self.patience.http)

    def forget_registered(self, name: str) -> None:
        """A client that registered itself goes with its login; what people configured stays."""
        remembered = self.clients.find(name)
        if remembered and remembered.registration:
            unregister(remembered.registration, seconds=self.patience.http)
            config = dataclasses.replace(remembered.config, client_id="", client_secret=None)
            self.clients.save(name, RememberedClient(config))


def to_remember(login: Login, given: Given, earlier: RememberedClient | None) -> RememberedClient:
    is_kept = earlier is not None and earlier.secret_given and earlier.config.client_id == login.config.client_id
    secret_given = given.client_secret is not None or login.registration is not None or is_kept
    return RememberedClient(login.config, login.registration, secret_given)
