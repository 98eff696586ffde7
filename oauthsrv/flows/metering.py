"""Who is charged for a client's request: the client, for what it proved, or the address it came from (rule 15).

A client's limit is checked before and charged after, so requests in flight may exceed it. An address's limit refuses
only requests that proved nothing, so it never blocks a good code or token.
"""

from oauthsrv.oauth.records import Client
from oauthsrv.store import limits
from oauthsrv.store.limits import Attempt, TooMany, Window
from oauthsrv.store.redis import Redis

SHARED_FROM = 100  # requests a minute: below that, a quarter would be too little for one user


class Meter:
    """The charge for one request. `limit` is the client's; the limits of its parts derive their names from it."""

    window: Window | None = None
    _client: Client | None = None
    _is_authenticated = False
    _is_charged = False

    def __init__(self, redis: Redis, limit: str, address: str) -> None:
        self._redis = redis
        self._limit = limit
        self._address = address

    def key_of(self, client_id: str) -> bytes:
        """The key of the client's limit in Redis, read together with the client's stamp."""
        return limits.key_of(self._redis, Attempt(self._limit, client_id))

    def admit(self, client: Client, found: bytes | None, *, is_authenticated: bool) -> None:
        """Check the limit: `found` was read at `key_of`; `is_authenticated`: by credentials. Raises TooMany."""
        self._client, self._is_authenticated = client, is_authenticated
        if int(found or 0) >= client.token_requests_per_minute:
            limits.check(self._redis, self.attempt_of(client))

    def charge(self, connection: str, subject: str | None) -> None:
        """Charge the client, whose own code or token the request holds. Raises TooMany, and then charges no one.

        Codes and tokens of a public client are in its users' hands, so each user's share is bounded.
        """
        assert self._client is not None
        if self._is_authenticated:
            return
        attempts = [Attempt(f"{self._limit}_connection", connection)]
        if subject is not None and self._client.token_requests_per_minute >= SHARED_FROM:
            user, share = f"{self._client.client_id} {subject}", self._client.token_requests_per_minute // 4
            attempts.append(Attempt(f"{self._limit}_share", user, share))
        self._is_charged = True
        taken = limits.take(self._redis, *attempts, self.attempt_of(self._client))
        self.window = min((one.window for one in taken), key=lambda window: window.left)

    def charge_sender(self, *attempts: Attempt) -> None:
        """Charge these limits instead of the client, for what a client that only named itself has not proved yet.

        An authenticated client is charged as always. Raises TooMany.
        """
        if self._is_authenticated:
            return
        self._is_charged = True
        taken = limits.take(self._redis, *attempts)
        self.window = min((one.window for one in taken), key=lambda window: window.left)

    @property
    def uncounted(self) -> Attempt | None:
        """The charge that is due whatever comes of this request, if its next write to Redis can make it too."""
        if self._is_charged or self._client is None or not self._is_authenticated:
            return None
        return self.attempt_of(self._client)

    def counted(self, window: Window) -> None:
        self._is_charged, self.window = True, window

    def charge_address(self) -> None:
        """Charge the sender's address for a request that proved nothing. Raises TooMany."""
        self._is_charged = True
        window = limits.count(self._redis, Attempt("proof_address", self._address))
        if window.is_over:
            raise TooMany(window)

    def settle(self) -> None:
        """Charge for what no one was charged for yet; a request that names no client is free. Raises TooMany."""
        if self._is_charged or self._client is None:
            return
        if self._is_authenticated:
            self.counted(limits.count(self._redis, self.attempt_of(self._client)))
        else:
            self.charge_address()
            attempt = self.attempt_of(self._client)  # not counted; the response shows how many the client has left
            self.window = limits.look(self._redis, attempt) or attempt.window(0, -1)

    def attempt_of(self, client: Client) -> Attempt:
        return Attempt(self._limit, client.client_id, client.token_requests_per_minute)
