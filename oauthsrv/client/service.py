"""OAuthService: logs in, keeps tokens, renews them, logs out. Every call answers Success or Failure."""

import dataclasses
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from oauthsrv.client.authorization_code import Attempt, wait_for_code
from oauthsrv.client.callback import listening, redirect_uri
from oauthsrv.client.configuration import NOTHING, Configurations, Given
from oauthsrv.client.device import sign_in_by_device
from oauthsrv.client.http import HTTP_SECONDS
from oauthsrv.client.locks import LockHeld
from oauthsrv.client.names import check_service_name
from oauthsrv.client.providers import BUILT_IN, load_providers, providers_file
from oauthsrv.client.registration import Registration, register, unregister
from oauthsrv.client.remembered import RememberedClient, RememberedClients, digest
from oauthsrv.client.results import ErrorCode, Trouble, answered
from oauthsrv.client.storage import TokenStorageProtocol, VaultTokenStorage, chosen_storage, lock_in, token_folder
from oauthsrv.client.terminal import Terminal
from oauthsrv.client.token_endpoint import Refused, exchange_code, refresh, revoke
from oauthsrv.client.values import AuthStatus, OAuthConfig, OAuthProvider, OAuthTokens
from oauthsrv.client.vaults import MemoryVault

LOGIN_SECONDS = 300.0

# A name; or a provider or configuration made in code, which is known from then on.
Service: TypeAlias = str | OAuthProvider


@dataclass(frozen=True)
class LoggedOut:
    """The tokens are gone from here; whether the server ended them too, and if not, why."""

    revoked: bool
    note: str | None = None


@dataclass
class Login:
    """What a login came to: with which client, and how that client came to be."""

    config: OAuthConfig
    registration: Registration | None
    tokens: OAuthTokens | None = None


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
        self.login_seconds, self.http_seconds, self.environ = login_seconds, http_seconds, environ

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
        landed on may be pasted. `scopes` None asks for the provider's own; none at all for all the client may have.
        """
        name = self.named(service)
        given = Given(issuer, client_id, client_secret, None if scopes is None else tuple(scopes))
        # A storage that does not work is found out before anybody signs in.
        self.storage.load_tokens(name)
        config = self.configurations.for_login(name, given, by_device=device)
        login = self.by_device(config) if device else self.by_browser(config, open_browser)
        assert login.tokens
        with self.locked(name):
            self.clients.save(name, self.to_remember(login, given))
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
        return self.renewed(name, self.stored(name, dataclasses.replace(given, scopes=None)), given, by_hand=True)

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

    @property
    def providers(self) -> Mapping[str, OAuthProvider]:
        """Those added in code, those of the providers' file, the built-in ones: the first of a name counts."""
        return {**BUILT_IN, **self.from_file, **self.added}

    def remembered_issuers(self) -> dict[str, str]:
        """The services that a login has made known, and where they are."""
        found = {name: self.clients.find(name) for name in self.clients.names()}
        return {name: client.config.issuer or client.config.token_url for name, client in found.items() if client}

    # Where things are

    @cached_property
    def storage(self) -> TokenStorageProtocol:
        return self.given_storage or chosen_storage(self.environ)

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
    def configurations(self) -> Configurations:
        return Configurations(self.providers, self.clients, self.environ, self.http_seconds)

    def locked(self, name: str) -> AbstractContextManager[None]:
        """Alone with this service, among all processes. Whoever holds it asks a server twice at most."""
        seconds = 2 * self.http_seconds + 5
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

    def stored(self, name: str, given: Given = NOTHING) -> OAuthTokens:
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

    # Logging in

    def by_browser(self, config: OAuthConfig, open_browser: bool) -> Login:
        if not config.auth_url:
            raise Trouble(
                f"{config.display_name} has no sign-in by browser. Try --device.", ErrorCode.AUTH_FAILED
            )
        with listening(config) as listener:
            login = self.with_client(config, listener.redirect_uri)
            attempt = Attempt(login.config, listener.redirect_uri)
            code = wait_for_code(
                attempt, listener, self.terminal, open_browser=open_browser, seconds=self.login_seconds
            )
        try:
            login.tokens = exchange_code(
                login.config,
                code,
                verifier=attempt.pkce.code_verifier,
                redirect_uri=attempt.redirect_uri,
                seconds=self.http_seconds,
            )
        except Refused as refused:
            raise Trouble(f"The login did not work: {refused}.", ErrorCode.AUTH_FAILED, refused.error) from None
        return login

    def by_device(self, config: OAuthConfig) -> Login:
        login = self.with_client(config, None)
        login.tokens = sign_in_by_device(
            login.config, self.terminal, login_seconds=self.login_seconds, seconds=self.http_seconds
        )
        return login

    def with_client(self, config: OAuthConfig, uri: str | None) -> Login:
        """The configured client; or the one that registered itself earlier, if it still serves; or a new one."""
        remembered = self.clients.find(config.service_name)
        registration = remembered.registration if remembered else None
        is_registered = remembered is not None and remembered.config.client_id == config.client_id
        if config.client_id and not (registration and is_registered):
            return Login(config, None)
        if config.client_id and registration and registration.serves(uri):
            return Login(config, registration)
        if not config.registration_url:
            return Login(config, registration)
        # The usual ports too: the next login may find another one free.
        uris = [redirect_uri(config, port) for port in config.redirect_ports]
        uris += [uri] if uri and uri not in uris else []
        bare = dataclasses.replace(config, client_id="", client_secret=None)
        return Login(*register(bare, uris, seconds=self.http_seconds))

    def to_remember(self, login: Login, given: Given) -> RememberedClient:
        earlier = self.clients.find(login.config.service_name)
        is_kept = earlier is not None and earlier.secret_given and earlier.config.client_id == login.config.client_id
        came_with_it = given.client_secret is not None or login.registration is not None or is_kept
        return RememberedClient(login.config, login.registration, secret_given=came_with_it)

    # Renewing

    def valid(self, name: str, given: Given, rejected: str | None = None) -> OAuthTokens:
        tokens = self.stored(name, given)
        if is_usable(tokens, rejected):
            return tokens
        if rejected != tokens.access_token and not tokens.refresh_token and not tokens.is_expired(0):
            return tokens  # its last minute
        return self.renewed(name, tokens, given, rejected=rejected)

    def renewed(
        self, name: str, seen: OAuthTokens, given: Given, *, rejected: str | None = None, by_hand: bool = False
    ) -> OAuthTokens:
        """Reload, check, refresh, write: under one lock, so that of many one asks, and the others find its result."""
        try:
            with self.locked(name):
                tokens = self.stored(name)
                if tokens.access_token != seen.access_token and is_usable(tokens, rejected):
                    return tokens
                check_refresh_token(name, tokens)
                config = self.configurations.for_tokens(name, given)
                remembered = self.clients.find(name)
                if remembered and remembered.was_refused(tokens) and not by_hand:
                    raise refused_for_good(name, "the server refused its refresh token before")
                with self.if_it_fails(name, tokens, rejected, by_hand) as otherwise:
                    scopes = given.scopes or () if by_hand else ()
                    fresh = refresh(config, tokens, scopes=scopes, seconds=self.http_seconds)
                    self.storage.save_tokens(name, fresh)
                    return fresh
                return otherwise[0]
        except LockHeld:
            tokens = self.stored(name)
            if is_usable(tokens, rejected) or (not by_hand and is_living(tokens, rejected)):
                return tokens
            raise

    @contextmanager
    def if_it_fails(
        self, name: str, tokens: OAuthTokens, rejected: str | None, by_hand: bool
    ) -> Iterator[list[OAuthTokens]]:
        """A refresh that fails deletes nothing. What somebody else has written meanwhile is used; and a token that
        lives a little longer, unless the server said that all is over."""
        otherwise: list[OAuthTokens] = []
        try:
            yield otherwise
        except (Refused, Trouble) as error:
            now = self.storage.load_tokens(name)
            if now and now.access_token != tokens.access_token and is_usable(now, rejected):
                otherwise.append(now)
                return
            is_over = isinstance(error, Refused) and error.error == "invalid_grant"
            if is_over:
                self.remember_refusal(name, tokens)
            elif not by_hand and is_living(tokens, rejected):
                otherwise.append(tokens)
                return
            if isinstance(error, Trouble):
                raise
            if is_over:
                raise refused_for_good(name, str(error)) from None
            raise Trouble(
                f"The tokens of {name} could not be renewed: {error}.", ErrorCode.TOKEN_REFRESH_FAILED, error.error
            ) from None

    def remember_refusal(self, name: str, tokens: OAuthTokens) -> None:
        remembered = self.clients.find(name)
        if remembered:
            self.clients.save(name, dataclasses.replace(remembered, refused=digest(tokens)))

    # Logging out

    def revoke(self, name: str, tokens: OAuthTokens, given: Given) -> str | None:
        try:
            config = self.configurations.for_tokens(name, given)
        except Trouble as trouble:
            return trouble.failure.error
        return revoke(config, tokens, seconds=self.http_seconds)

    def forget_registered(self, name: str) -> None:
        """A client that registered itself goes with its login; what people configured stays."""
        remembered = self.clients.find(name)
        if remembered and remembered.registration:
            unregister(remembered.registration, seconds=self.http_seconds)
            config = dataclasses.replace(remembered.config, client_id="", client_secret=None)
            self.clients.save(name, RememberedClient(config))


def is_usable(tokens: OAuthTokens, rejected: str | None) -> bool:
    return tokens.access_token != rejected and not tokens.is_expired()


def is_living(tokens: OAuthTokens, rejected: str | None) -> bool:
    return tokens.access_token != rejected and not tokens.is_expired(0)


def check_refresh_token(name: str, tokens: OAuthTokens) -> None:
    if tokens.refresh_token:
        return
    reason = "has expired" if tokens.is_expired() else "cannot be renewed"
    raise Trouble(
        f"The access token of {name} {reason}, and the server gave no refresh token. Log in again; "
        "with the scope offline_access many servers give one.",
        ErrorCode.TOKEN_EXPIRED,
    )


def refused_for_good(name: str, reason: str) -> Trouble:
    return Trouble(
        f"The login at {name} is over: {reason}. Log in again.", ErrorCode.TOKEN_REFRESH_FAILED, "invalid_grant"
    )
