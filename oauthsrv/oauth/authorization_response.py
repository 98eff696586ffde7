"""The response of the authorization endpoint: a redirect with a code or an error (RFC 6749 §4.1.2, RFC 9207)."""

from dataclasses import dataclass, field

from oauthsrv.oauth import redirect_uris
from oauthsrv.oauth.errors import OAuthError


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where a response may go: a redirect URI that was checked against the client's registered ones.

    `state` goes back exactly as it came; `iss` names this server, against mix-up (RFC 9207 §2.4), in errors too.
    """

    redirect_uri: str
    state: str | None = field(repr=False)
    issuer: str

    def with_code(self, code: str) -> str:
        return self.with_parameters([("code", code)])

    def with_parameters(self, pairs: list[tuple[str, str]]) -> str:
        state = [] if self.state is None else [("state", self.state)]
        return redirect_uris.with_parameters(self.redirect_uri, [*pairs, *state, ("iss", self.issuer)])


class RedirectError(Exception):
    """An error that goes to the client by a trusted redirect; an OAuthError without one is shown on a page."""

    def __init__(self, error: OAuthError, redirect: Redirect) -> None:
        super().__init__(str(error))
        self.error = error
        self.redirect = redirect

    @property
    def location(self) -> str:
        return self.redirect.with_parameters(list(self.error.body().items()))
