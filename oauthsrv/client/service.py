"""OAuthService: logs in, stores tokens, renews them, logs out. Every call returns Success or Failure."""

import dataclasses
import functools
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from oauthsrv.client.configuration import NOTHING, Given, is_same_server
from oauthsrv.client.endpoints import Endpoints, Revoked
from oauthsrv.client.logins import LoginInfo, Logins, Service, StoredLogin
from oauthsrv.client.names import login_name
from oauthsrv.client.renewal import Renewal
from oauthsrv.client.results import ErrorCode, Trouble, as_result, wrong_value
from oauthsrv.client.values import AuthStatus, LoginRecord, OAuthProvider, OAuthTokens

log = logging.getLogger("oauthsrv.client")


@dataclass(frozen=True)
class LoggedOut:
    """The tokens were deleted here; `tokens` are the server's answers for each, `note` why not all were revoked."""

    revoked: bool
    note: str | None = None
    tokens: tuple[Revoked, ...] = ()

    def __bool__(self) -> bool:
        """Whether there was a login."""
        return bool(self.tokens)


class OAuthService(Logins):
    """All services of one person. Threads may share it, and processes may share its storage.

    `login_seconds` is how long a login waits for the person, `http_seconds` how long each request may take.
    Without `token_storage` the environment chooses it (OAUTHSRV_TOKEN_STORAGE, OAUTHSRV_TOKEN_DIR).
    If a service has several accounts, `account` names one; without it the active one is used.
    """

    @as_result
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
        """Log in: through the browser, or with `device` on another device (RFC 8628).

        Without `open_browser`, or if there is no browser, the address is printed, and the one that the browser ended at
        can be pasted. `scopes` None requests the provider's own, an empty one whatever the server gives.
        `prompt` and `login_hint` go to the server (OpenID Connect), `resource` says which API the tokens are for.
        Replaced tokens are revoked. Ctrl-C raises KeyboardInterrupt.
        """
        login = self.login(service, account)
        given = Given(issuer, client_id, client_secret, scopes, prompt, login_hint, resource)
        sign_in = functools.partial(self.signed_in, dataclasses.replace(login, given=given), open_browser, device)
        self.prepare(login)
        if not self.replace(login, sign_in()):
            self.terminal.say("The server revoked the new login along with the old one. Logging in again.")
            login.keep(sign_in())
        login.activate()
        tokens = login.record().tokens
        assert tokens
        return tokens

    @as_result
    def store_token(
        self, service: Service, access_token: str, *, given: Given = NOTHING, account: str | None = None
    ) -> OAuthTokens:
        """Log in with a token from elsewhere, which cannot be renewed."""
        login = self.login(service, account)
        with wrong_value(ErrorCode.AUTH_FAILED, "That is not a token: "):
            tokens = OAuthTokens.from_dict({"access_token": access_token})
        self.prepare(login)
        try:
            config = dataclasses.replace(login, given=given).for_login(login.remembered().config)
        except Trouble as trouble:
            if trouble.failure.code not in (ErrorCode.CONFIG_MISSING, ErrorCode.NOT_FOUND):
                raise
            config = None  # a token can be used without knowing its client or server
        self.replace(login, LoginRecord(config, tokens))
        login.activate()
        return tokens

    @as_result
    def get_status(self, service: Service, *, given: Given = NOTHING, account: str | None = None) -> AuthStatus:
        """The status as stored; sends no request and changes nothing."""
        return self.login(service, account, given).info().status

    @as_result
    def get_login(self, service: Service, *, given: Given = NOTHING, account: str | None = None) -> LoginInfo:
        """The status, the server and client, and where the login is stored."""
        return self.login(service, account, given).info()

    @as_result
    def list_logins(self) -> list[LoginInfo]:
        """Every login of every service and account."""
        found = [StoredLogin(self, name).info() for name in self.storage.names()]
        return [each for each in found if each.status is not AuthStatus.NOT_AUTHENTICATED]

    @as_result
    def switch(self, service: Service, account: str | None) -> str | None:
        """Make an account the active one, and return it; None is the one without a name."""
        name = self.service_name(service)
        if not self.is_logged_in(login_name(name, account)):
            known = ", ".join(self.accounts(name)) or "none"
            raise Trouble(
                f"Not logged in to {name} as {account or 'the unnamed account'}. Named accounts: {known}.",
                ErrorCode.AUTH_REQUIRED,
            )
        self.storage.activate(name, account)
        return account

    @as_result
    def get_tokens(self, service: Service, *, given: Given = NOTHING, account: str | None = None) -> OAuthTokens:
        """The tokens as stored, expired or not; AUTH_REQUIRED if there are none."""
        return self.login(service, account, given).tokens()

    @as_result
    def get_bearer_token(
        self,
        service: Service,
        client_id: str | None = None,
        client_secret: str | None = None,
        *,
        given: Given = NOTHING,
        account: str | None = None,
    ) -> str:
        """An access token that can be used now, renewed if necessary: what goes after `Bearer `."""
        login = self.login(service, account, given.with_client(client_id, client_secret))
        return Renewal(login).valid_tokens().access_token

    @as_result
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
        """Tokens that can be used now, renewed if they expire within 60 seconds, or regardless of their age if an API
        `rejected` their access token."""
        login = self.login(service, account, given.with_client(client_id, client_secret))
        return Renewal(login, rejected).valid_tokens()

    ensure_valid = ensure_valid_token

    @as_result
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
        login = self.login(service, account, given.with_client(client_id, client_secret))
        return Renewal(login, by_hand=True).new_tokens()

    refresh = refresh_tokens

    @as_result
    def get_resources(self, service: Service, *, account: str | None = None) -> list[dict[str, Any]]:
        """The resources the token gives access to, if the provider lists them: Atlassian's sites, with their ids."""
        login = self.login(service, account)
        tokens = Renewal(login).valid_tokens()
        config = self.storage.load(login.name).config or login.discovered().to_config("")
        return Endpoints(config, self.http_seconds).accessible_resources(tokens.access_token)

    @as_result
    def logout(self, service: Service, *, given: Given = NOTHING, account: str | None = None) -> LoggedOut:
        """Revoke the tokens at the server (RFC 7009), and delete them here even if the server refuses."""
        login = self.login(service, account, given)
        with login.locked():
            record = self.storage.load(login.name)
            login.check_is_with(record)
            if record.tokens is None:
                return LoggedOut(revoked=False, note="there was no login")
            revoked = login.revoke(record)
            login.forget(record, revoked)
        problems = [each.sentence for each in revoked if each.problem]
        return LoggedOut(revoked=not problems, note="; ".join(problems) or None, tokens=tuple(revoked))

    @as_result
    def get_providers(self) -> dict[str, OAuthProvider]:
        """Every service that can be named: built in, in the providers' file, added in code, or of a login."""
        found = {name.partition("@")[0]: self.storage.load(name).config for name in self.storage.names()}
        return {name: config for name, config in found.items() if config} | dict(self.providers)

    @as_result
    def list_providers(self) -> list[OAuthProvider]:
        """The providers whose endpoints are known without a request to their server."""
        return [each for each in self.providers.values() if each.auth_url and each.token_url]

    def prepare(self, login: StoredLogin) -> None:
        """Make sure that the login can be stored, before the person signs in."""
        if chosen := self.storage.prepare(login.name):
            self.terminal.say(chosen)

    def signed_in(self, login: StoredLogin, open_browser: bool, device: bool) -> LoginRecord:
        from oauthsrv.client.login import Login  # with everything needed to listen for a browser

        earlier = login.remembered()
        sign_in = Login(login, earlier, login.for_login(earlier.config, by_device=device))
        return sign_in.by_device() if device else sign_in.by_browser(open_browser=open_browser)

    def replace(self, login: StoredLogin, record: LoginRecord) -> bool:
        """Store a new login and revoke the one it replaces; False if the server revoked both together.

        Some servers revoke everything that one person allowed one client, including the new tokens (RFC 7009 §2.1).
        """
        old, new = login.keep(record), record.tokens
        if old.tokens is None or new is None or share_a_token(old.tokens, new):
            return True
        revoked = login.revoke(old)
        for each in revoked:
            if each.problem and old.config and old.config.revocation_url:
                log.warning("Of the replaced login: %s.", each.sentence)
        is_same = old.config and record.config and is_same_server(old.config, record.config)
        if not is_same or new.refresh_token is None or revoked[0].problem:
            return True
        try:
            Renewal(login, by_hand=True).renew(new)
        except Trouble as trouble:
            return not trouble.failure.needs_login
        return True


def share_a_token(one: OAuthTokens, other: OAuthTokens) -> bool:
    """Whether one token is in both, as some servers issue it again: revoking the old one would revoke the new one."""
    is_same_refresh = one.refresh_token is not None and one.refresh_token == other.refresh_token
    return one.access_token == other.access_token or is_same_refresh
