"""Which login a call means, where its record lies, and the tokens in it: what every call of OAuthService rests on."""

import dataclasses
import logging
import os
from collections.abc import Callable, Iterable, Mapping
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
from oauthsrv.client.endpoints import Refused, refresh
from oauthsrv.client.files import LockHeld
from oauthsrv.client.http import HTTP_SECONDS
from oauthsrv.client.names import check_service_name, login_name, variable
from oauthsrv.client.results import ErrorCode, StorageError, Trouble, wrong_value
from oauthsrv.client.storage import LoginStorage, OwnStorage, TokenStorageProtocol, chosen_storage, token_folder
from oauthsrv.client.terminal import Terminal
from oauthsrv.client.values import AuthStatus, LoginRecord, OAuthProvider, OAuthTokens, digest

log = logging.getLogger("oauthsrv.client")

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

    def locked(self, name: str, seconds: float | None = None) -> AbstractContextManager[None]:
        """Alone with this login, among all processes."""
        # Whoever holds a lock asks a server three times at most.
        return self.storage.lock(name, 3 * self.http_seconds + 5 if seconds is None else seconds)

    # Names and accounts

    def plain_name(self, service: Service) -> str:
        if isinstance(service, OAuthProvider):
            self.add_provider(service)
            return service.service_name
        with wrong_value(ErrorCode.NOT_FOUND):
            return check_service_name(service)

    def named(self, service: Service, account: str | None) -> str:
        """The name of the login that is meant."""
        name = self.plain_name(service)
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
            raise Trouble(f"Not logged in to {name}. Log in first.{there}", ErrorCode.AUTH_REQUIRED)
        return record

    def of_environment(self, name: str, account: str | None) -> OAuthTokens | None:
        """<SERVICE>_TOKEN, unless an account is named. Never stored, never renewed."""
        token = self.environ.get(variable(base(name), "TOKEN"))
        if not token or account:
            return None
        with wrong_value(ErrorCode.CONFIG_MISSING, f"{variable(base(name), 'TOKEN')} holds no token: "):
            return OAuthTokens.from_dict({"access_token": token})

    def tokens_for(self, name: str, given: Given, account: str | None) -> OAuthTokens:
        if tokens := self.of_environment(name, account):
            return tokens
        record = self.stored(name)
        assert record.tokens
        check_same_login(name, given, record)
        if missing := set(given.scopes or ()) - record.tokens.scopes:
            raise Trouble(
                f"The login to {name} does not include {' '.join(sorted(missing))}. Log in again and request it.",
                ErrorCode.AUTH_REQUIRED,
            )
        return record.tokens

    def valid(self, name: str, given: Given, account: str | None, rejected: str | None = None) -> OAuthTokens:
        tokens, renewal = self.tokens_for(name, given, account), Renewal(self, name, given, rejected)
        if renewal.is_met_by(tokens):
            return tokens
        if self.of_environment(name, account):
            reason = f"The token of {variable(base(name), 'TOKEN')} was refused. Set another one."
            raise Trouble(reason, ErrorCode.AUTH_REQUIRED)
        return renewal.renew(tokens)

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


@dataclass(frozen=True)
class Renewal:
    """Of all who find a login's tokens expired one asks the server, and nobody loses what another has written.

    Wanted are other tokens than the access token that an API `rejected`; or new ones in any case, asked for `by_hand`.
    """

    logins: Logins
    name: str
    given: Given
    rejected: str | None = None
    by_hand: bool = False

    def is_met_by(self, tokens: OAuthTokens) -> bool:
        return tokens.access_token != self.rejected and not tokens.is_expired()

    def can_do_with(self, tokens: OAuthTokens) -> bool:
        """If new ones are not to be had: those in their last minute."""
        return not self.by_hand and tokens.access_token != self.rejected and not tokens.is_expired(0)

    def renew(self, seen: OAuthTokens) -> OAuthTokens:
        """Reload, check, refresh, write. `seen` is what the caller found before it had the lock."""
        try:
            # Whoever has a token that still works does not wait for another one that renews it.
            with self.logins.locked(self.name, 0 if self.can_do_with(seen) else None):
                record = self.logins.stored(self.name)
                tokens = record.tokens
                assert tokens
                if tokens.access_token != seen.access_token and self.is_met_by(tokens):
                    return tokens
                return self.refresh(record, tokens)
        except (LockHeld, StorageError):
            tokens = self.logins.stored(self.name).tokens
            if tokens and (self.is_met_by(tokens) or self.can_do_with(tokens)):
                return tokens
            raise

    def refresh(self, record: LoginRecord, tokens: OAuthTokens) -> OAuthTokens:
        if not tokens.refresh_token and self.can_do_with(tokens):
            return tokens
        self.check_can_be_renewed(tokens)
        if record.was_refused and not self.by_hand:
            before = Refused("the server refused its refresh token before", "invalid_grant")
            return self.after_failure(record, tokens, before)
        try:
            with self.logins.storage.reserved(self.name, record) as save:
                fresh = self.asked_for(record, tokens)
                self.keep(save, record.with_tokens(fresh))
                return fresh
        except (Refused, Trouble) as error:
            if isinstance(error, StorageError) and not self.can_do_with(tokens):
                reason = f"The tokens of {self.name} are not renewed, because the new ones could not be stored: {error}"
                raise StorageError(reason) from None
            return self.after_failure(record, tokens, error)

    def asked_for(self, record: LoginRecord, tokens: OAuthTokens) -> OAuthTokens:
        # Without a scope the server gives all that was granted, whatever an earlier refresh was narrowed to.
        previous = dataclasses.replace(tokens, scope=record.granted or tokens.scope)
        scopes = self.given.scopes if self.by_hand else None
        config = self.logins.configurations.for_tokens(base(self.name), self.given, record)
        return refresh(config, previous, scopes=scopes or (), seconds=self.logins.http_seconds)

    def keep(self, save: Callable[[LoginRecord], None], record: LoginRecord) -> None:
        """The old refresh token is spent: what came for it is handed out in any case."""
        try:
            save(record)
        except StorageError as error:
            log.warning("%s The new token of %s is good, but the next one needs a new login.", error, self.name)

    def check_can_be_renewed(self, tokens: OAuthTokens) -> None:
        if tokens.refresh_token:
            return
        reason = "has expired" if tokens.is_expired() else "is of no use any more, or should be renewed"
        raise Trouble(
            f"The access token of {self.name} {reason}, and the server gave no refresh token. Log in again; "
            "with the scope offline_access many servers give one.",
            ErrorCode.TOKEN_EXPIRED,
        )

    def after_failure(self, record: LoginRecord, tokens: OAuthTokens, error: Refused | Trouble) -> OAuthTokens:
        """Nothing is deleted. What somebody without our lock has written meanwhile is used; or what still lives,
        unless the server has said that all is over."""
        now = self.logins.stored(self.name)
        if now.tokens and now.tokens.access_token != tokens.access_token and self.is_met_by(now.tokens):
            return now.tokens
        is_over = isinstance(error, Refused) and error.error == "invalid_grant"
        if is_over:
            self.remember_refusal(record, tokens)
        elif self.can_do_with(tokens):
            log.warning("The token of %s could not be renewed, and expires soon: %s", self.name, error)
            return tokens
        if isinstance(error, Trouble):
            raise error
        if is_over:
            reason = f"The login to {self.name} has ended: {error}. Log in again."
            raise Trouble(reason, ErrorCode.TOKEN_REFRESH_FAILED, error.error)
        raise error.trouble(f"The tokens of {self.name} could not be renewed", ErrorCode.TOKEN_REFRESH_FAILED)

    def remember_refusal(self, record: LoginRecord, tokens: OAuthTokens) -> None:
        if not record.was_refused:
            try:
                self.logins.storage.save(self.name, dataclasses.replace(record, refused=digest(tokens)))
            except StorageError as error:
                log.warning("%s", error)
