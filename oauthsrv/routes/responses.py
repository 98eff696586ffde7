"""Sending a response of the authorization endpoint to the client, by response_mode: one row each."""

from collections.abc import Callable, Iterable

from oauthsrv.oauth.authorization_response import Redirect
from oauthsrv.pages import PageResponse, protected

Pairs = Iterable[tuple[str, str]]


def send(redirect: Redirect, pairs: Pairs) -> PageResponse:
    """Send a code, or an error. One about an unknown mode goes by the query."""
    return RESPONSE_MODES.get(redirect.mode or "query", by_query)(redirect, pairs)


def by_query(redirect: Redirect, pairs: Pairs) -> PageResponse:
    """RFC 6749 §4.1.2. The address contains a code or an error, so it is not cached or sent as a referrer."""
    answer = PageResponse("", 303, Location=redirect.with_parameters(pairs))
    answer.set_header("Referrer-Policy", "no-referrer")
    return protected(answer)


RESPONSE_MODES: dict[str, Callable[[Redirect, Pairs], PageResponse]] = {"query": by_query}
