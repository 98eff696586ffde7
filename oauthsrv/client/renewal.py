"""Renewing tokens: of all who find them expired one asks the server, and nobody loses what another has written."""

import dataclasses
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from oauthsrv.client.endpoints import Refused, refresh
from oauthsrv.client.files import LockHeld
from oauthsrv.client.records import LoginRecord, digest
from oauthsrv.client.results import ErrorCode, StorageError, Trouble
from oauthsrv.client.storage import LoginStorage
from oauthsrv.client.values import OAuthConfig, OAuthTokens

log = logging.getLogger("oauthsrv.client")


@dataclass(frozen=True)
class Wish:
    """What tokens are wanted for: other than the access token that an API `rejected`; or new ones in any case, asked
    for `by_hand`, perhaps with fewer `scopes`."""

    rejected: str | None = None
    by_hand: bool = False
    scopes: tuple[str, ...] = ()

    def is_met_by(self, tokens: OAuthTokens) -> bool:
        return tokens.access_token != self.rejected and not tokens.is_expired()

    def can_do_with(self, tokens: OAuthTokens) -> bool:
        """If new ones are not to be had: those in their last minute."""
        return not self.by_hand and tokens.access_token != self.rejected and not tokens.is_expired(0)


@dataclass(frozen=True)
class Renewal:
    """One login's. `configured` finds the client that its tokens belong to; `locked` keeps all others out."""

    name: str
    storage: LoginStorage
    configured: Callable[[LoginRecord], OAuthConfig]
    locked: Callable[[float], AbstractContextManager[None]]
    lock_seconds: float
    http_seconds: float

    def renew(self, seen: OAuthTokens, wish: Wish) -> OAuthTokens:
        """Reload, check, refresh, write. `seen` is what the caller found before it had the lock."""
        try:
            # Whoever has a token that still works does not wait for another one that renews it.
            with self.locked(0 if wish.can_do_with(seen) else self.lock_seconds):
                record = self.stored()
                tokens = record.tokens
                assert tokens
                if tokens.access_token != seen.access_token and wish.is_met_by(tokens):
                    return tokens
                return self.refresh(record, tokens, wish)
        except (LockHeld, StorageError):
            tokens = self.stored().tokens
            if tokens and (wish.is_met_by(tokens) or wish.can_do_with(tokens)):
                return tokens
            raise

    def stored(self) -> LoginRecord:
        record = self.storage.load(self.name)
        if record is None or record.tokens is None:
            raise Trouble(f"Nobody is logged in at {self.name}. Log in first.", ErrorCode.AUTH_REQUIRED)
        return record

    def refresh(self, record: LoginRecord, tokens: OAuthTokens, wish: Wish) -> OAuthTokens:
        if not tokens.refresh_token and wish.can_do_with(tokens):
            return tokens
        self.check_can_be_renewed(tokens)
        if record.was_refused and not wish.by_hand:
            before = Refused("the server refused its refresh token before", "invalid_grant")
            return self.after_failure(record, tokens, wish, before)
        try:
            with self.storage.reserved(self.name, record) as save:
                fresh = self.asked_for(record, tokens, wish)
                self.keep(save, record.with_tokens(fresh))
                return fresh
        except (Refused, Trouble) as error:
            if isinstance(error, StorageError) and not wish.can_do_with(tokens):
                reason = f"The tokens of {self.name} are not renewed, as the new ones could not be kept: {error}"
                raise StorageError(reason) from None
            return self.after_failure(record, tokens, wish, error)

    def asked_for(self, record: LoginRecord, tokens: OAuthTokens, wish: Wish) -> OAuthTokens:
        # Without a scope the server gives all that was granted, whatever an earlier refresh was narrowed to.
        previous = dataclasses.replace(tokens, scope=record.granted or tokens.scope)
        return refresh(self.configured(record), previous, scopes=wish.scopes, seconds=self.http_seconds)

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

    def after_failure(
        self, record: LoginRecord, tokens: OAuthTokens, wish: Wish, error: Refused | Trouble
    ) -> OAuthTokens:
        """Nothing is deleted. What somebody without our lock has written meanwhile is used; or what still lives,
        unless the server has said that all is over."""
        now = self.stored()
        if now.tokens and now.tokens.access_token != tokens.access_token and wish.is_met_by(now.tokens):
            return now.tokens
        is_over = isinstance(error, Refused) and error.error == "invalid_grant"
        if is_over:
            self.remember_refusal(record, tokens)
        elif wish.can_do_with(tokens):
            log.warning("The token of %s could not be renewed, and ends soon: %s", self.name, error)
            return tokens
        if isinstance(error, Trouble):
            raise error
        if is_over:
            reason = f"The login at {self.name} is over: {error}. Log in again."
            raise Trouble(reason, ErrorCode.TOKEN_REFRESH_FAILED, error.error)
        raise error.trouble(f"The tokens of {self.name} could not be renewed", ErrorCode.TOKEN_REFRESH_FAILED)

    def remember_refusal(self, record: LoginRecord, tokens: OAuthTokens) -> None:
        if not record.was_refused:
            try:
                self.storage.save(self.name, dataclasses.replace(record, refused=digest(tokens)))
            except StorageError as error:
                log.warning("%s", error)
