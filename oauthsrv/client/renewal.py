"""Renewing tokens: of all who find them expired one asks the server, and nobody loses what another has written."""

import dataclasses
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from oauthsrv.client.locks import LockHeld
from oauthsrv.client.remembered import RememberedClients, digest
from oauthsrv.client.results import ErrorCode, Trouble
from oauthsrv.client.storage import TokenStorageProtocol
from oauthsrv.client.token_endpoint import Refused, refresh
from oauthsrv.client.values import OAuthConfig, OAuthTokens


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
    """One service's. `configured` finds the client that its tokens belong to; `locked` keeps all others out."""

    name: str
    storage: TokenStorageProtocol
    clients: RememberedClients
    configured: Callable[[], OAuthConfig]
    locked: Callable[[], AbstractContextManager[None]]
    http_seconds: float

    def renew(self, seen: OAuthTokens, wish: Wish) -> OAuthTokens:
        """Reload, check, refresh, write. `seen` is what the caller found before it had the lock."""
        try:
            with self.locked():
                tokens = self.stored()
                if tokens.access_token != seen.access_token and wish.is_met_by(tokens):
                    return tokens
                return self.refresh(tokens, wish)
        except LockHeld:
            tokens = self.stored()
            if wish.is_met_by(tokens) or wish.can_do_with(tokens):
                return tokens
            raise

    def stored(self) -> OAuthTokens:
        tokens = self.storage.load_tokens(self.name)
        if tokens is None:
            raise Trouble(f"Nobody is logged in at {self.name}. Log in first.", ErrorCode.AUTH_REQUIRED)
        return tokens

    def refresh(self, tokens: OAuthTokens, wish: Wish) -> OAuthTokens:
        try:
            self.check_can_be_renewed(tokens, wish)
            fresh = refresh(self.configured(), tokens, scopes=wish.scopes, seconds=self.http_seconds)
        except (Refused, Trouble) as error:
            return self.after_failure(tokens, wish, error)
        self.storage.save_tokens(self.name, fresh)
        return fresh

    def check_can_be_renewed(self, tokens: OAuthTokens, wish: Wish) -> None:
        if not tokens.refresh_token:
            reason = "has expired" if tokens.is_expired() else "is of no use any more, or should be renewed"
            raise Trouble(
                f"The access token of {self.name} {reason}, and the server gave no refresh token. Log in again; "
                "with the scope offline_access many servers give one.",
                ErrorCode.TOKEN_EXPIRED,
            )
        remembered = self.clients.find(self.name)
        if remembered and remembered.was_refused(tokens) and not wish.by_hand:
            raise Refused("the server refused its refresh token before", "invalid_grant")

    def after_failure(self, tokens: OAuthTokens, wish: Wish, error: Refused | Trouble) -> OAuthTokens:
        """Nothing is deleted. What somebody without our lock has written meanwhile is used; or what still lives,
        unless the server has said that all is over."""
        now = self.storage.load_tokens(self.name)
        if now and now.access_token != tokens.access_token and wish.is_met_by(now):
            return now
        is_over = isinstance(error, Refused) and error.error == "invalid_grant"
        if is_over:
            self.remember_refusal(tokens)
        elif wish.can_do_with(tokens):
            return tokens
        if isinstance(error, Trouble):
            raise error
        said = f"The login at {self.name} is over" if is_over else f"The tokens of {self.name} could not be renewed"
        cure = " Log in again." if is_over else ""
        raise Trouble(f"{said}: {error}.{cure}", ErrorCode.TOKEN_REFRESH_FAILED, error.error) from None

    def remember_refusal(self, tokens: OAuthTokens) -> None:
        remembered = self.clients.find(self.name)
        if remembered and not remembered.was_refused(tokens):
            self.clients.save(self.name, dataclasses.replace(remembered, refused=digest(tokens)))
