"""Which login a call means, where its record lies, and the tokens in it: what every call of OAuthService rests on."""

import dataclasses
import os
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from oauthsrv.client.configuration import (
    BUILT_IN,
    Configurations,
    Given,
    check_same_login,
    load_providers,
    providers_file,
)
from oauthsrv.client.http import HTTP_SECONDS
from oauthsrv.client.names import check_service_name, login_name, variable
from oauthsrv.client.records import LoginRecord
from oauthsrv.client.renewal import Renewal, Wish
from oauthsrv.client.results import ErrorCode, Trouble
from oauthsrv.client.storage import LoginStorage, OwnStorage, TokenStorageProtocol, chosen_storage, token_folder
from oauthsrv.client.terminal import Terminal
from oauthsrv.client.values import AuthStatus, OAuthProvider, OAuthTokens

LOGIN_SECONDS = 300.0

# A name; or a provider or configuration made in code, which is known by its name from then on.
Service: TypeAlias = str | OAuthProvider


@dataclass(frozen=True)
class LoginInfo:
    """One login, without its tokens: where it is, where it lies, and whether it can be used."""

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
        """Makes a provider, or a configuration, known by its name."""
        self.added[provider.service_name] = provider

    # Where things are

    @cached_property
    def storage(self) -> LoginStorage:
        if self.given_storage is None:
            return chosen_storage(self.environ)
        if isinstance(self.given_storage, LoginStorage):
            return self.given_storage
        return OwnStorage(self.given_storage, lambda: token_folder(self.environ))

    @cached_property
    def from_file(self) -> dict[str, OAuthProvider]:
        path = providers_file(self.environ)
        return load_providers(path) if path else {}

    @property
    def providers(self) -> Mapping[str, OAuthProvider]:
        return {**BUILT_IN, **self.from_file, **self.added}

    @property
    def configurations(self) -> Configurations:
        return Configurations(self.providers, self.environ, self.storage.names, self.http_seconds)

    @property
    def lock_seconds(self) -> float:
        """Whoever holds a lock asks a server three times at most."""
        return 3 * self.http_seconds + 5

    def locked(self, name: str, seconds: float | None = None) -> AbstractContextManager[None]:
        """Alone with this login, among all processes."""
        return self.storage.lock(name, self.lock_seconds if seconds is None else seconds)

    # Names and accounts

    def plain_name(self, service: Service) -> str:
        if isinstance(service, OAuthProvider):
            self.add_provider(service)
            return service.service_name
        try:
            return check_service_name(service)
        except ValueError as error:
            raise Trouble(f"{error}.", ErrorCode.NOT_FOUND) from None

    def named(self, service: Service, account: str | None) -> str:
        """The name of the login that is meant."""
        name = self.plain_name(service)
        try:
            if account:
                return login_name(name, account)
        except ValueError as error:
            raise Trouble(f"{error}.", ErrorCode.NOT_FOUND) from None
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

    def activate(self, name: str) -> None:
        service, _, account = name.partition("@")
        if account or self.storage.active(service) is not None:
            self.storage.activate(service, account)

    # Tokens

    def stored(self, name: str) -> LoginRecord:
        record = self.storage.load(name)
        if record is None or record.tokens is None:
            others = self.accounts(base(name))
            there = f" There is {', '.join(others)}: choose with --account or auth switch." if others else ""
            raise Trouble(f"Nobody is logged in at {name}. Log in first.{there}", ErrorCode.AUTH_REQUIRED)
        return record

    def of_environment(self, name: str, account: str | None) -> OAuthTokens | None:
        """<SERVICE>_TOKEN, unless an account is named. Never stored, never renewed."""
        token = self.environ.get(variable(base(name), "TOKEN"))
        if not token or account:
            return None
        try:
            return OAuthTokens.from_dict({"access_token": token})
        except ValueError as error:
            reason = f"{variable(base(name), 'TOKEN')} holds no token: {error}."
            raise Trouble(reason, ErrorCode.CONFIG_MISSING) from None

    def tokens_for(self, name: str, given: Given, account: str | None) -> OAuthTokens:
        if tokens := self.of_environment(name, account):
            return tokens
        record = self.stored(name)
        assert record.tokens
        check_same_login(name, given, record)
        if missing := set(given.scopes or ()) - record.tokens.scopes:
            raise Trouble(
                f"The login at {name} does not cover {' '.join(sorted(missing))}. Log in again and ask for it.",
                ErrorCode.AUTH_REQUIRED,
            )
        return record.tokens

    def valid(self, name: str, given: Given, account: str | None, rejected: str | None = None) -> OAuthTokens:
        tokens, wish = self.tokens_for(name, given, account), Wish(rejected)
        if wish.is_met_by(tokens):
            return tokens
        if self.of_environment(name, account):
            reason = f"The token of {variable(base(name), 'TOKEN')} was refused. Set another one."
            raise Trouble(reason, ErrorCode.AUTH_REQUIRED)
        return self.renewal(name, given).renew(tokens, wish)

    def renewal(self, name: str, given: Given) -> Renewal:
        return Renewal(
            name,
            self.storage,
            configured=lambda record: self.configurations.for_tokens(base(name), given, record),
            locked=lambda seconds: self.locked(name, seconds),
            lock_seconds=self.lock_seconds,
            http_seconds=self.http_seconds,
        )

    def info(self, name: str, given: Given, account: str | None) -> LoginInfo:
        service, _, own_account = name.partition("@")
        is_active = self.named(service, None) == name
        if tokens := self.of_environment(name, account):
            place = f"{variable(service, 'TOKEN')} in the environment"
            return LoginInfo(service, None, AuthStatus.AUTHENTICATED, None, None, place, True, tokens)
        record = self.storage.load(name) or LoginRecord()
        config = record.config
        return LoginInfo(
            service=service,
            account=own_account or None,
            status=self.status_of(name, given, account, record),
            server=(config.issuer or config.token_url) if config else None,
            client_id=config.client_id if config else None,
            storage=self.storage.where(name),
            is_active=is_active,
            tokens=record.tokens,
        )

    def status_of(self, name: str, given: Given, account: str | None, record: LoginRecord) -> AuthStatus:
        try:
            tokens = self.tokens_for(name, given, account)
        except Trouble as trouble:
            if trouble.failure.code is ErrorCode.AUTH_REQUIRED:
                return AuthStatus.NOT_AUTHENTICATED
            raise
        if not tokens.is_expired(0):
            return AuthStatus.AUTHENTICATED
        return AuthStatus.TOKEN_REFRESH_FAILED if record.was_refused else AuthStatus.TOKEN_EXPIRED


def base(name: str) -> str:
    """The service of a login."""
    return name.partition("@")[0]
