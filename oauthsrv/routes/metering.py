"""Whom a request of a client is charged to: the client, for what it proved; else the address it came from (rule 15).

A limit of a client is looked at before, and charged after: whatever came in meanwhile may go beyond it. A limit of
an address refuses only what has proved to be nothing, so it never stands in the way of a good code or token.
"""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Any

from bottle import HTTPResponse, request

from oauthsrv.addresses import counted_address
from oauthsrv.oauth.errors import OAuthError
from oauthsrv.routes.guards import Door, Guard, limit_headers
from oauthsrv.routes.visitor import sender
from oauthsrv.store import StoreUnavailable, limits
from oauthsrv.store.limits import Attempt, TooMany

if TYPE_CHECKING:
    from oauthsrv.oauth.records import Client
    from oauthsrv.server import Server
    from oauthsrv.store.limits import Window

log = logging.getLogger(__name__)

KEY = "oauthsrv.meter"

SHARED_FROM = 100  # requests a minute: below that a quarter would be too little for one user


class Meter:
    """The charge of one request; `limit` is the client's, and the limits of its parts are named after it."""

    def __init__(self, server: Server, limit: str) -> None:
        self._server = server
        self._limit = limit
        self._client: Client | None = None
        self._is_proved = False
        self.is_charged = False
        self._window: Window | None = None

    def admit(self, client: Client, *, is_proved: bool) -> None:
        """Look before: `is_proved` if by credentials. Raises TooMany."""
        self._client, self._is_proved = client, is_proved
        [self._window] = limits.check(self._server.redis, self._of_client(client))

    def charge(self, connection: str, subject: str | None) -> None:
        """The request holds a code or token that is the client's own. Raises TooMany, and then charges nobody.

        Codes and tokens of a public client are in its users' hands, so what one of them can use up is bounded.
        """
        assert self._client is not None
        if self._is_proved:
            return
        attempts = [Attempt(f"{self._limit}_connection", connection)]
        if subject is not None and self._client.token_requests_per_minute >= SHARED_FROM:
            whom, share = f"{self._client.client_id} {subject}", self._client.token_requests_per_minute // 4
            attempts.append(Attempt(f"{self._limit}_share", whom, share))
        self.is_charged = True
        taken = limits.take(self._server.redis, *attempts, self._of_client(self._client))
        self._window = min((one.window for one in taken), key=lambda window: window.left)

    def settle(self) -> None:
        """Charge what nobody was charged for yet; what names no client asked no database. Raises TooMany."""
        if self.is_charged or self._client is None:
            return
        self.is_charged = True
        if self._is_proved:
            self._window = limits.count(self._server.redis, self._of_client(self._client))
        else:
            charge_address(self._server)

    def show(self, answer: HTTPResponse) -> None:
        for name, value in limit_headers(self._window) if self._window else ():
            answer.set_header(name, value)

    def _of_client(self, client: Client) -> Attempt:
        return Attempt(self._limit, client.client_id, client.token_requests_per_minute)


def limited(limit: str) -> Guard:
    """Requests are charged to the client, by `limit`, for what it proves; others to the sender's address."""

    def guard(server: Server, door: Door) -> Door:
        @functools.wraps(door)
        def guarded(*args: Any, **kwargs: Any) -> HTTPResponse:
            meter = request.environ[KEY] = Meter(server, limit)
            try:
                answer: HTTPResponse = door(*args, **kwargs)
            except OAuthError as error:
                if error.status < 500:
                    meter.settle()
                raise
            try:
                meter.settle()
            except StoreUnavailable as error:  # what was committed must be answered: a code works once (rule 9)
                log.warning("%s: not counted: %s", request.path, error)
            meter.show(answer)
            return answer

        return guarded

    guard.__name__ = f'limited("{limit}")'
    return guard


def meter() -> Meter:
    """Of the request that is being answered."""
    found: Meter = request.environ[KEY]
    return found


def charge_address(server: Server) -> None:
    """This request proved nothing. Raises TooMany."""
    if KEY in request.environ:
        meter().is_charged = True
    address = counted_address(sender(request.environ, server.settings.trusted_proxies))
    window = limits.count(server.redis, Attempt("proof_address", address))
    if window.is_over:
        raise TooMany(window)
