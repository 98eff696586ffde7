"""OAuthService: logs in, keeps tokens, renews them, logs out. Every call answers Success or Failure."""

import dataclasses
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from oauthsrv.client.configuration import NOTHING, Given, check_same_login, is_same_server
from oauthsrv.client.endpoints import Revoked, accessible_resources, revoke, unregister
from oauthsrv.client.logins import LoginInfo, Logins, Renewal, Service, base
from oauthsrv.client.names import login_name, scope_list, variable
from oauthsrv.client.results import ErrorCode, StorageError, Trouble, answered, wrong_value
from oauthsrv.client.values import AuthStatus, LoginRecord, OAuthProvider, OAuthTokens

log = logging.getLogger("oauthsrv.client")


@dataclass(frozen=True)
class LoggedOut:
    """The tokens are gone from here; `tokens` is what the server said of each, `note` why not all were revoked."""

    revoked: bool
    note: str | None = None
    tokens: tuple[Revoked, ...] = ()

    def __bool__(self) -> bool:
        """Whether anybody was logged in."""
        return bool(self.tokens)


class OAuthService(Logins):
    """For all services of one person. Threads may share it, and processes the storage below it.

    `login_seconds` is how long a login waits for the person, `http_seconds` how long each request may take.
    Without `token_storage` the environment chooses it (OAUTHSRV_TOKEN_STORAGE, OAUTHSRV_TOKEN_DIR).
    Where a service has several accounts, `account` names one; without it the active one is meant.
    """

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
        account: str | None = None,
        prompt: str | None = None,
        login_hint: str | None = None,
        resource: str | None = None,
    ) -> OAuthTokens:
        """Logs in: through the browser, or with `device` on another device (RFC 8628).

        Without `open_browser`, or where there is none, the address is printed, and the one that the browser
        landed on may be pasted. `scopes` None asks for the provider's own; an empty one for whatever the server gives.
        `prompt` and `login_hint` go to the server (OpenID Connect), `resource` says which API the tokens are for.
        Tokens that are replaced are revoked. Ctrl-C is KeyboardInterrupt.
        """
        name = self.named(service, account)
        wanted = None if scopes is None else tuple(scope_list(scopes))
        given = Given(issuer, client_id, client_secret, wanted, prompt, login_hint, resource)
        # A storage that does not work is found out before anybody signs in.
        if chosen := self.storage.prepare(name):
            self.terminal.say(chosen)
        record = self.logged_in(name, given, open_browser=open_browser, device=device)
        if not self.replace(name, record):
            self.terminal.say("The server revoked the new login along with the old one. Logging in again.")
            record = self.logged_in(name, given, open_browser=open_browser, device=device)
            self.keep(name, record)
        self.activate(name)
        tokens = self.stored(name).tokens
        assert tokens
        return tokens

    @answered
    def store_token(
        self, service: Service, access_token: str, *, given: Given = NOTHING, account: str | None = None
    ) -> OAuthTokens:
        """A login with a token that was got elsewhere. It cannot be renewed."""
        name = self.named(service, account)
        with wrong_value(ErrorCode.AUTH_FAILED, "That is no token: "):
            tokens = OAuthTokens.from_dict({"access_token": access_token})
        if chosen := self.storage.prepare(name):
            self.terminal.say(chosen)
        try:
            config = self.configurations.for_login(base(name), given, self.remembered(name))
        except Trouble as trouble:
            if trouble.failure.code not in (ErrorCode.CONFIG_MISSING, ErrorCode.NOT_FOUND):
                raise
            config = None  # a token without a client, which no server need know of
        self.replace(name, LoginRecord(config, tokens))
        self.activate(name)
        return tokens

    @answered
    def get_status(self, service: Service, *, given: Given = NOTHING, account: str | None = None) -> AuthStatus:
        """As stored; asks no server and changes nothing."""
        return self.info(self.named(service, account), given, account).status

    @answered
    def get_login(self, service: Service, *, given: Given = NOTHING, account: str | None = None) -> LoginInfo:
        """What `get_status` says, and where it looked."""
        return self.info(self.named(service, account), given, account)

    @answered
    def list_logins(self) -> list[LoginInfo]:
        """Every login of every service and account."""
        found = [self.info(name, NOTHING, "stored") for name in self.storage.names()]
        return [each for each in found if each.status is not AuthStatus.NOT_AUTHENTICATED]

    @answered
    def switch(self, service: Service, account: str | None) -> str | None:
        """Makes an account the active one; None is the one without a name. The account that is active now."""
        name = self.plain_name(service)
        wanted = login_name(name, account)
        if not self.is_logged_in(wanted):
            known = ", ".join(self.accounts(name)) or "none"
            raise Trouble(
                f"Not logged in to {name} as {account or 'the unnamed account'}. Named accounts: {known}.",
                ErrorCode.AUTH_REQUIRED,
            )
        self.storage.activate(name, account)
        return account

    @answered
    def get_tokens(self, service: Service, *, given: Given = NOTHING, account: str | None = None) -> OAuthTokens:
        """As stored, expired or not; AUTH_REQUIRED where there are none."""
        return self.tokens_for(self.named(service, account), given, account)

    @answered
    def get_bearer_token(
        self,
        service: Service,
        client_id: str | None = None,
        client_secret: str | None = None,
        *,
        given: Given = NOTHING,
        account: str | None = None,
    ) -> str:
        """An access token that can be used now, renewed if need be: what stands behind `Bearer `."""
        given = given.of_client(client_id, client_secret)
        return self.valid(self.named(service, account), given, account).access_token

    @answered
    def ensure_valid_token(
        self,
        service: Service,
        client_id: str | None = None,
        client_secret: str | None = None,
        *,
        given: Given = NOTHING,
        rejected: str | None = None,
        account: str | None = None,
    ) -> OAuthTokens:
        """Tokens that can be used now, renewed if they end within 60 seconds; or whatever their age if the access
        token is the one that an API `rejected`."""
        given = given.of_client(client_id, client_secret)
        return self.valid(self.named(service, account), given, account, rejected)

    ensure_valid = ensure_valid_token

    @answered
    def refresh_tokens(
        self,
        service: Service,
        client_id: str | None = None,
        client_secret: str | None = None,
        *,
        given: Given = NOTHING,
        account: str | None = None,
    ) -> OAuthTokens:
        """New tokens, however long the old ones would last. `given.scopes` narrows them (RFC 6749 §6)."""
        given = given.of_client(client_id, client_secret)
        name = self.named(service, account)
        if self.of_environment(name, account):
            raise Trouble(
                f"{variable(base(name), 'TOKEN')} is set, and a token of the environment is never renewed.",
                ErrorCode.TOKEN_REFRESH_FAILED,
            )
        seen = self.tokens_for(name, dataclasses.replace(given, scopes=None), account)
        return Renewal(self, name, given, by_hand=True).renew(seen)

    refresh = refresh_tokens

    @answered
    def get_resources(self, service: Service, *, account: str | None = None) -> list[dict[str, Any]]:
        """What the token reaches, where the provider lists it: Atlassian's accessible sites, with their ids."""
        name = self.named(service, account)
        tokens = self.valid(name, NOTHING, account)
        record = self.storage.load(name) or LoginRecord()
        config = record.config or self.configurations.discovered(base(name), NOTHING, None).to_config("")
        return accessible_resources(config, tokens.access_token, seconds=self.http_seconds)

    @answered
    def logout(self, service: Service, *, given: Given = NOTHING, account: str | None = None) -> LoggedOut:
        """Revokes the tokens at the server (RFC 7009) and deletes them here, the latter in any case."""
        name = self.named(service, account)
        with self.locked(name):
            record = self.storage.load(name)
            check_same_login(name, given, record)
            if record is None or record.tokens is None:
                return LoggedOut(revoked=False, note="nobody was logged in")
            said = self.revoked(name, record, given)
            self.forget(name, record, said)
        problems = [each.sentence for each in said if each.problem]
        return LoggedOut(revoked=not problems, note="; ".join(problems) or None, tokens=tuple(said))

    @answered
    def get_providers(self) -> dict[str, OAuthProvider]:
        """Every service that can be named: built in, from the providers' file, added in code, or of a login."""
        found = {base(name): self.storage.load(name) for name in self.storage.names()}
        return {name: each.config for name, each in found.items() if each and each.config} | dict(self.providers)

    @answered
    def list_providers(self) -> list[OAuthProvider]:
        """Those whose endpoints are known without asking a server."""
        return [each for each in self.providers.values() if each.auth_url and each.token_url]

    # Logging in and out

    def logged_in(self, name: str, given: Given, *, open_browser: bool, device: bool) -> LoginRecord:
        from oauthsrv.client.login import Login  # with all that it needs to listen for a browser

        earlier = self.remembered(name)
        config = self.configurations.for_login(base(name), given, earlier, by_device=device)
        login = Login(self, config, given, earlier)
        return login.by_device() if device else login.by_browser(open_browser=open_browser)

    def remembered(self, name: str) -> LoginRecord | None:
        """What the last login used; for a new account that of another one, but for a client that registered itself."""
        record = self.storage.load(name)
        if record and record.config:
            return record
        service = base(name)
        for other in (service, *(each for each in self.storage.names() if base(each) == service)):
            there = self.storage.load(other)
            if there and there.config:
                if there.registration:
                    return LoginRecord(there.config.to_config(""))
                return LoginRecord(there.config, secret_given=there.secret_given)
        return record

    def replace(self, name: str, record: LoginRecord) -> bool:
        """Keeps a login, and revokes what it replaces; False where the server ended both together.

        Some servers end all that one person allowed one client, and thereby the new tokens too (RFC 7009 §2.1).
        """
        replaced, new = self.keep(name, record), record.tokens
        if replaced is None or replaced.tokens is None or new is None or share_a_token(replaced.tokens, new):
            return True
        said = self.revoked(name, replaced, NOTHING)
        for each in said:
            if each.problem and replaced.config and replaced.config.revocation_url:
                log.warning("Of the replaced login: %s.", each.sentence)
        is_same = replaced.config and record.config and is_same_server(replaced.config, record.config)
        if not is_same or new.refresh_token is None or said[0].problem:
            return True
        try:
            Renewal(self, name, NOTHING, by_hand=True).renew(new)
        except Trouble as trouble:
            return not trouble.failure.needs_login
        return True

    def keep(self, name: str, record: LoginRecord) -> LoginRecord | None:
        """What was there before. Tokens that cannot be kept are not left alive without anybody who has them."""
        with self.locked(name):
            replaced = self.storage.load(name)
            try:
                self.storage.save(name, record)
            except StorageError as error:
                self.revoked(name, record, NOTHING)
                reason = f"You signed in, but the tokens could not be stored, so they were revoked: {error}"
                raise StorageError(reason) from None
            return replaced

    def revoked(self, name: str, record: LoginRecord, given: Given) -> list[Revoked]:
        """What the server that gave the tokens said of each."""
        assert record.tokens
        try:
            config = self.configurations.for_tokens(base(name), given, record)
        except Trouble as trouble:
            reason = trouble.failure.error.rstrip(".") if record.config else "nobody knows which server gave it"
            return [Revoked("access_token", reason)]
        return revoke(config, record.tokens, seconds=self.http_seconds)

    def forget(self, name: str, record: LoginRecord, said: list[Revoked]) -> None:
        """The tokens; and a client that registered itself, as it goes with its login. What people configured stays."""
        config, registration = record.config, record.registration
        if registration and config:
            config = config.to_config("")
        try:
            if config:
                self.storage.save(name, dataclasses.replace(record, config=config, tokens=None, registration=None))
            else:
                self.storage.forget(name)
        except StorageError as error:
            raise StorageError(f"{error} The server said: {'; '.join(each.sentence for each in said)}.") from None
        if registration:
            unregister(registration, seconds=self.http_seconds)


def share_a_token(one: OAuthTokens, other: OAuthTokens) -> bool:
    """Some servers give the same token again: revoking the old one would end the new one."""
    is_same_refresh = one.refresh_token is not None and one.refresh_token == other.refresh_token
    return one.access_token == other.access_token or is_same_refresh
