"""Finding the login that a call means, its record, and its tokens: the base of OAuthService."""

import dataclasses
import os
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from oauthsrv.client.configuration import BUILT_IN, NOTHING, Given, is_same_server, providers_of_person
from oauthsrv.client.endpoints import Endpoints, Revoked, discover, unregister
from oauthsrv.client.http import HTTP_SECONDS
from oauthsrv.client.names import check_address, check_service_name, login_name, same_issuer, variable
from oauthsrv.client.results import ErrorCode, StorageError, Trouble, wrong_value
from oauthsrv.client.storage import LoginStorage, OwnStorage, TokenStorageProtocol, chosen_storage, token_folder
from oauthsrv.client.terminal import Terminal
from oauthsrv.client.values import AuthStatus, LoginRecord, OAuthConfig, OAuthProvider, OAuthTokens

LOGIN_SECONDS = 300.0

# A name; or a provider or configuration made in code, whose name is known from then on.
Service: TypeAlias = str | OAuthProvider


@dataclass(frozen=True)
class LoginInfo:
    """One login, without its tokens: its server and client, where it is stored, and whether it can be used."""

    service: str
    account: str | None
    status: AuthStatus
    server: str | None
    client_id: str | None
    storage: str
    is_active: bool
    tokens: OAuthTokens | None = dataclasses.field(default=None, repr=False)


class Logins:
    """The logins of one person."""

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
        self.login_seconds, self.http_seconds = login_seconds, http_seconds
        self.environ = environ

    def add_provider(self, provider: OAuthProvider) -> None:
        """Make a provider or configuration known by its name."""
        self.added[provider.service_name] = provider

    @cached_property
    def storage(self) -> LoginStorage:
        if self.given_storage is None:
            return chosen_storage(self.environ)
        if isinstance(self.given_storage, LoginStorage):
            return self.given_storage
        return OwnStorage(self.given_storage, lambda: token_folder(self.environ))

    @cached_property
    def from_file(self) -> dict[str, OAuthProvider]:
        return providers_of_person(self.environ)

    @property
    def providers(self) -> Mapping[str, OAuthProvider]:
        return {**BUILT_IN, **self.from_file, **self.added}

    def services(self) -> list[str]:
        return sorted({*self.providers, *self.storage.names()})

    # Names and accounts

    def login(self, service: Service, account: str | None, given: Given = NOTHING) -> "StoredLogin":
        return StoredLogin(self, self.named(service, account), given, may_use_environment=not account)

    def service_name(self, service: Service) -> str:
        if isinstance(service, OAuthProvider):
            self.add_provider(service)
            return service.service_name
        with wrong_value(ErrorCode.NOT_FOUND):
            return check_service_name(service)

    def named(self, service: Service, account: str | None) -> str:
        """The name of the login that is meant."""
        name = self.service_name(service)
        if account:
            with wrong_value(ErrorCode.NOT_FOUND):
                return login_name(name, account)
        active = self.storage.active(name)
        if active and self.is_logged_in(login_name(name, active)):
            return login_name(name, active)
        if active is None or self.is_logged_in(name):
            return name
        others = self.accounts(name)
        return login_name(name, others[0]) if len(others) == 1 else name

    def is_logged_in(self, name: str) -> bool:
        return self.storage.load_tokens(name) is not None

    def accounts(self, service: str) -> list[str]:
        """The named accounts of a service that are logged in."""
        named = [name for name in self.storage.names() if name.startswith(service + "@")]
        return [name.partition("@")[2] for name in named if self.is_logged_in(name)]


@dataclass(frozen=True)
class StoredLogin:
    """The login that a call means. `name` is `service` or `service@account`; `given` is what the caller passed."""

    logins: Logins
    name: str
    given: Given = NOTHING
    may_use_environment: bool = False  # only if no account was named

    @property
    def service(self) -> str:
        return self.name.partition("@")[0]

    @property
    def account(self) -> str | None:
        return self.name.partition("@")[2] or None

    @property
    def provider(self) -> OAuthProvider | None:
        """The provider known by the service's name."""
        return self.logins.providers.get(self.service)

    def variable(self, what: str) -> str | None:
        return self.logins.environ.get(variable(self.service, what))

    @property
    def token_variable(self) -> str:
        return variable(self.service, "TOKEN")

    @property
    def storage(self) -> LoginStorage:
        return self.logins.storage

    def endpoints(self, record: LoginRecord) -> Endpoints:
        return Endpoints(self.for_tokens(record), self.logins.http_seconds)

    def locked(self, seconds: float | None = None) -> AbstractContextManager[None]:
        """Keep all other processes and threads away from this login."""
        # While it holds the lock, a process sends at most three requests.
        longest = 3 * self.logins.http_seconds + 5
        return self.storage.lock(self.name, longest if seconds is None else seconds)

    # Configuration, by precedence: what the caller passed, code, the environment, an earlier login

    def for_login(self, remembered: OAuthConfig | None, *, by_device: bool = False) -> OAuthConfig:
        """The configuration for a login. It lacks a client ID only if the server lets clients register themselves."""
        provider = self.discovered(remembered)
        if remembered and not is_same_server(remembered, provider):
            remembered = None
        scopes = provider.scopes or (remembered.scopes if remembered else [])
        config = dataclasses.replace(
            self.with_client(provider, remembered),
            scopes=scopes if self.given.scopes is None else list(self.given.scopes),
            resource=self.resource(remembered),
        )
        if not config.client_id and not config.registration_url:
            raise self.missing("client ID", config)
        if config.requires_secret and not config.client_secret and not by_device:
            raise self.missing("client secret", config)
        return config

    def for_tokens(self, record: LoginRecord) -> OAuthConfig:
        """The configuration of the stored tokens, as a refresh token works for its own client only (RFC 6749 §6)."""
        if record.config:
            return self.with_client(record.config, record.config, record.config.client_id)
        config = self.with_client(self.discovered(), None)
        if not config.client_id:
            raise self.missing("client ID", config)
        return config

    def discovered(self, remembered: OAuthConfig | None = None) -> OAuthProvider:
        """The provider with all its addresses, which come from the issuer's metadata if it has an issuer."""
        known = self.provider
        issuer = self.given.issuer or self.variable("ISSUER") or (known.issuer if known else None)
        if not issuer and remembered and not (known and known.token_url):
            issuer, known = remembered.issuer, known or remembered
        if issuer:
            return discover(known or OAuthProvider(self.service), issuer, seconds=self.logins.http_seconds)
        if known is None:
            raise Trouble(
                f"There is no service {self.service!r}. The services are {', '.join(self.logins.services())}. "
                f"To add one, give its address: --issuer URL, or {variable(self.service, 'ISSUER')}.",
                ErrorCode.NOT_FOUND,
            )
        if not known.token_url:
            raise Trouble(
                f"{self.service} can be any server: choose one with --issuer URL or "
                f"{variable(self.service, 'ISSUER')}.",
                ErrorCode.CONFIG_MISSING,
            )
        return known

    def with_client(
        self, provider: OAuthProvider, remembered: OAuthConfig | None, client_id: str | None = None
    ) -> OAuthConfig:
        """`provider` with a client: the one with this id, or the first one that a source names."""
        in_environment = Given(client_id=self.variable("CLIENT_ID"), client_secret=self.variable("CLIENT_SECRET"))
        sources = [each for each in (self.given, self.in_code, in_environment, remembered) if each]
        if client_id is None:
            client_id = next((each.client_id for each in sources if each.client_id), "")
        # A secret without an id belongs to whichever client is used; another client's secret is never sent.
        own = (each for each in sources if not each.client_id or each.client_id == client_id)
        return provider.to_config(client_id, next((each.client_secret for each in own if each.client_secret), None))

    def resource(self, remembered: OAuthConfig | None) -> str | None:
        found = self.given.resource
        if found is None:
            found = next((each.resource for each in (self.in_code, remembered) if each and each.resource), None)
        with wrong_value(ErrorCode.CONFIG_MISSING):
            return check_address(found, "the resource") if found else None

    @property
    def in_code(self) -> OAuthConfig | None:
        return self.provider if isinstance(self.provider, OAuthConfig) else None

    def missing(self, what: str, provider: OAuthProvider) -> Trouble:
        """The error for a missing `what`: "client ID" or "client secret"."""
        name = variable(self.service, what.upper().replace(" ", "_"))
        where = f" Get one at {provider.setup_url}." if provider.setup_url else ""
        return Trouble(
            f"The {what} for {provider.display_name} is missing: set {name} or give --{what.replace(' ', '-')}.{where}",
            ErrorCode.CONFIG_MISSING,
        )

    # Reading

    def record(self) -> LoginRecord:
        record = self.storage.load(self.name)
        if record.tokens is None:
            others = self.logins.accounts(self.service)
            there = f" There is {', '.join(others)}: choose with --account or auth switch." if others else ""
            raise Trouble(f"Not logged in to {self.name}. Log in first.{there}", ErrorCode.AUTH_REQUIRED)
        return record

    def from_environment(self) -> OAuthTokens | None:
        """The token in <SERVICE>_TOKEN, unless an account is named. It is never stored and never renewed."""
        token = self.variable("TOKEN")
        if not token or not self.may_use_environment:
            return None
        with wrong_value(ErrorCode.CONFIG_MISSING, f"{self.token_variable} contains no token: "):
            return OAuthTokens.from_dict({"access_token": token})

    def tokens(self) -> OAuthTokens:
        if tokens := self.from_environment():
            return tokens
        record = self.record()
        assert record.tokens
        self.check_is_with(record)
        if missing := set(self.given.scopes or ()) - record.tokens.scopes:
            raise Trouble(
                f"The login to {self.name} does not include {' '.join(sorted(missing))}. Log in again and request it.",
                ErrorCode.AUTH_REQUIRED,
            )
        return record.tokens

    def check_is_with(self, record: LoginRecord) -> None:
        """Raise AUTH_REQUIRED if the caller means another server or client than those of the login."""
        if (config := record.config) is None:
            return
        if self.given.issuer and not same_issuer(self.given.issuer, config.issuer):
            reason = f"at {config.issuer or config.token_url}, not at {self.given.issuer}. Log in there."
        elif self.given.client_id and self.given.client_id != config.client_id:
            reason = f"with the client {config.client_id}, not {self.given.client_id}. Log in with it."
        else:
            return
        raise Trouble(f"{self.name} is logged in {reason}", ErrorCode.AUTH_REQUIRED)

    def info(self) -> LoginInfo:
        is_active = self.logins.named(self.service, None) == self.name
        if tokens := self.from_environment():
            place = f"{self.token_variable} in the environment"
            return LoginInfo(self.service, None, AuthStatus.AUTHENTICATED, None, None, place, True, tokens)
        record = self.storage.load(self.name)
        config = record.config
        return LoginInfo(
            service=self.service,
            account=self.account,
            status=self.status(record),
            server=(config.issuer or config.token_url) if config else None,
            client_id=config.client_id if config else None,
            storage=self.storage.where(self.name),
            is_active=is_active,
            tokens=record.tokens,
        )

    def status(self, record: LoginRecord) -> AuthStatus:
        try:
            tokens = self.tokens()
        except Trouble as trouble:
            if trouble.failure.code is ErrorCode.AUTH_REQUIRED:
                return AuthStatus.NOT_AUTHENTICATED
            raise
        if not tokens.is_expired(0):
            return AuthStatus.AUTHENTICATED
        return AuthStatus.TOKEN_REFRESH_FAILED if record.was_refused else AuthStatus.TOKEN_EXPIRED

    def remembered(self) -> LoginRecord:
        """The last login's record; for a new account another one's, without a client that registered itself."""
        record = self.storage.load(self.name)
        if record.config:
            return record
        accounts = [each for each in self.storage.names() if each.startswith(self.service + "@")]
        for there in map(self.storage.load, (self.service, *accounts)):
            if there.config and there.registration:
                return LoginRecord(there.config.to_config(""))
            if there.config:
                return LoginRecord(there.config, secret_given=there.secret_given)
        return record

    # Writing

    def keep(self, record: LoginRecord) -> LoginRecord:
        """Store a new login and return the one it replaces. Tokens that cannot be stored are revoked."""
        with self.locked():
            replaced = self.storage.load(self.name)
            try:
                self.storage.save(self.name, record)
            except StorageError as error:
                self.revoke(record)
                reason = f"You signed in, but the tokens could not be stored, so they were revoked: {error}"
                raise StorageError(reason) from None
            return replaced

    def activate(self) -> None:
        """Make this account the active one, if the service has several."""
        if self.account or self.storage.active(self.service) is not None:
            self.storage.activate(self.service, self.account)

    def revoke(self, record: LoginRecord) -> list[Revoked]:
        """Revoke the tokens at the server that issued them, and return its answers."""
        assert record.tokens
        try:
            return self.endpoints(record).revoke(record.tokens)
        except Trouble as trouble:
            reason = trouble.failure.error.rstrip(".") if record.config else "it is unknown which server issued it"
            return [Revoked("access_token", reason)]

    def forget(self, record: LoginRecord, revoked: list[Revoked]) -> None:
        """Delete the tokens, and a client that registered itself for them. What people configured stays."""
        registration = record.registration
        if registration and record.config:
            record = dataclasses.replace(record, config=record.config.to_config(""), registration=None)
        try:
            self.storage.log_out(self.name, record)
        except StorageError as error:
            answers = "; ".join(each.sentence for each in revoked)
            raise StorageError(f"{error} The server answered: {answers}.") from None
        if registration:
            unregister(registration, self.logins.http_seconds)
