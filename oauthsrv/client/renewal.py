"""Renewing the tokens of a login that many processes share (RFC 6749 §6)."""

import contextlib
import dataclasses
import logging
from collections.abc import Iterator
from dataclasses import dataclass

from oauthsrv.client.backends import LockHeld
from oauthsrv.client.logins import StoredLogin
from oauthsrv.client.results import ErrorCode, RequestRefused, StorageError, Trouble, as_trouble
from oauthsrv.client.values import LoginRecord, OAuthTokens, digest

log = logging.getLogger("oauthsrv.client")


@dataclass(frozen=True)
class Renewal:
    """One caller of all that find the tokens expired sends the request, and none overwrites what another stored.

    `rejected` is an access token that an API refused; `by_hand` means new tokens, even if the old ones still work.
    """

    login: StoredLogin
    rejected: str | None = None
    by_hand: bool = False

    def valid_tokens(self) -> OAuthTokens:
        tokens = self.login.tokens()
        if self.is_usable(tokens):
            return tokens
        if self.login.from_environment():
            reason = f"The token in {self.login.token_variable} was refused. Set another one."
            raise Trouble(reason, ErrorCode.AUTH_REQUIRED)
        return self.renew(tokens)

    def new_tokens(self) -> OAuthTokens:
        login = self.login
        if login.from_environment():
            reason = f"{login.token_variable} is set, and a token from the environment is never renewed."
            raise Trouble(reason, ErrorCode.TOKEN_REFRESH_FAILED)
        # The caller's scopes are for the request, not a condition on the login.
        return self.renew(dataclasses.replace(login, given=dataclasses.replace(login.given, scopes=None)).tokens())

    def is_usable(self, tokens: OAuthTokens) -> bool:
        return tokens.access_token != self.rejected and not tokens.is_expired()

    def still_works(self, tokens: OAuthTokens) -> bool:
        """Whether the tokens are good enough if new ones can't be had, even in their last minute."""
        return not self.by_hand and tokens.access_token != self.rejected and not tokens.is_expired(0)

    def renew(self, seen: OAuthTokens) -> OAuthTokens:
        """Reload, check, refresh, write. `seen` is what the caller found before it took the lock."""
        try:
            # A caller whose token still works does not wait while another process renews it.
            with self.login.locked(0 if self.still_works(seen) else None):
                record = self.login.record()
                tokens = record.tokens
                assert tokens
                if tokens.access_token != seen.access_token and self.is_usable(tokens):
                    return tokens
                return self.refresh(record, tokens)
        except (LockHeld, StorageError):
            tokens = self.login.record().tokens
            if tokens and (self.is_usable(tokens) or self.still_works(tokens)):
                return tokens
            raise

    def refresh(self, record: LoginRecord, tokens: OAuthTokens) -> OAuthTokens:
        if not tokens.refresh_token:
            return self.without_refresh_token(tokens)
        if record.was_refused and not self.by_hand:
            before = RequestRefused("the server refused its refresh token before", "invalid_grant")
            return self.after_failure(record, tokens, before)
        try:
            with self.login.storage.reserved(self.login.name, record) as save:
                fresh = self.requested(record, tokens)
                # The old refresh token is used up, so the caller gets the new tokens even if they cannot be stored.
                with warns_if_not_stored(
                    f"The new token of {self.login.name} is good, but the next one needs a new login."
                ):
                    save(record.with_tokens(fresh))
                return fresh
        except (RequestRefused, Trouble) as error:
            if isinstance(error, StorageError) and not self.still_works(tokens):
                reason = "are not renewed, because the new ones could not be stored"
                raise StorageError(f"The tokens of {self.login.name} {reason}: {error}") from None
            return self.after_failure(record, tokens, error)

    def without_refresh_token(self, tokens: OAuthTokens) -> OAuthTokens:
        if self.still_works(tokens):
            return tokens
        reason = "has expired" if tokens.is_expired() else "no longer works, or should be renewed"
        raise Trouble(
            f"The access token of {self.login.name} {reason}, and the server gave no refresh token. Log in again; "
            "with the scope offline_access, or the grant refresh_token in the app’s settings, many servers give one.",
            ErrorCode.TOKEN_EXPIRED,
        )

    def requested(self, record: LoginRecord, tokens: OAuthTokens) -> OAuthTokens:
        # A refresh without a scope requests all that was granted, even if an earlier one was narrowed.
        previous = dataclasses.replace(tokens, scope=record.granted or tokens.scope)
        scopes = self.login.given.scopes if self.by_hand else None
        return self.login.endpoints(record).refresh(previous, scopes or ())

    def after_failure(self, record: LoginRecord, tokens: OAuthTokens, error: RequestRefused | Trouble) -> OAuthTokens:
        """Use what a program without our lock has just written, or tokens that still work, unless the server said that
        the login has ended. Nothing is deleted."""
        now = self.login.record()
        if now.tokens and now.tokens.access_token != tokens.access_token and self.is_usable(now.tokens):
            return now.tokens
        has_ended = isinstance(error, RequestRefused) and error.error == "invalid_grant"
        if has_ended and not record.was_refused:
            with warns_if_not_stored():
                self.login.storage.save(self.login.name, dataclasses.replace(record, refused=digest(tokens)))
        elif not has_ended and self.still_works(tokens):
            log.warning("The token of %s could not be renewed, and expires soon: %s", self.login.name, error)
            return tokens
        if isinstance(error, Trouble):
            raise error
        if has_ended:
            reason = f"The login to {self.login.name} has ended: {error}. Log in again."
            raise Trouble(reason, ErrorCode.TOKEN_REFRESH_FAILED, error.error)
        reason = f"The tokens of {self.login.name} could not be renewed: "
        raise as_trouble(reason, error, ErrorCode.TOKEN_REFRESH_FAILED)


@contextlib.contextmanager
def warns_if_not_stored(consequence: str = "") -> Iterator[None]:
    try:
        yield
    except StorageError as error:
        log.warning("%s %s", error, consequence)
