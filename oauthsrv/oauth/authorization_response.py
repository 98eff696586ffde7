"""The response of the authorization endpoint: a redirect with a code or an error (RFC 6749 §4.1.2, RFC 9207)."""

from dataclasses import dataclass, field

from oauthsrv.oauth.errors import OAuthError
from oauthsrv.oauth.redirect_uris import with_parameters


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where an answer may go: a redirect URI that was checked against the client's registered ones.

    `state` goes back exactly as it came; `iss` says who answers, against mix-up (RFC 9207 §2.4), in errors too.
    """

    redirect_uri: str
    state: str | None = field(repr=False)
    issuer: str

    def answer(self, code: str) -> str:
        return self.carrying([("code", code)])

    def error(self, error: OAuthError) -> str:
        return self.carrying(list(error.body().items()))

    def carrying(self, pairs: list[tuple[str, str]]) -> str:
        state = [] if self.state is None else [("state", self.state)]
        return with_parameters(self.redirect_uri, [*pairs, *state, ("iss", self.issuer)])


class RedirectError(Exception):
    """An error that goes to the client by a trusted redirect; an OAuthError without one is shown on a page."""

    def __init__(self, error: OAuthError, redirect: Redirect) -> None:
        super().__init__(str(error))
        self.error = error
        self.redirect = redirect

    @property
    def location(self) -> str:
        return self.redirect.error(self.error)
