"""The response of the authorization endpoint: where it may go, and what it contains (RFC 6749 §4.1.2, RFC 9207)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from oauthsrv.oauth import redirect_uris
from oauthsrv.oauth.errors import OAuthError


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where a response may go: a redirect URI that was checked against the client's registered ones.

    `state` is returned exactly as it came; `iss` names this server, against mix-up (RFC 9207 §2.4), in errors too.
    `mode` is the response_mode of the request, if it named one.
    """

    redirect_uri: str
    state: str | None = field(repr=False)
    issuer: str
    mode: str | None = None

    def response(self, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """All parameters that the client gets."""
        state = [] if self.state is None else [("state", self.state)]
        return [*pairs, *state, ("iss", self.issuer)]

    def with_parameters(self, pairs: Iterable[tuple[str, str]]) -> str:
        """The address of a response in the query."""
        return redirect_uris.with_parameters(self.redirect_uri, self.response(pairs))


class RedirectError(Exception):
    """An error that reaches the client by a trusted redirect; an OAuthError without one is shown on a page."""

    def __init__(self, error: OAuthError, redirect: Redirect) -> None:
        super().__init__(str(error))
        self.error = error
        self.redirect = redirect
