"""Whether a request comes from the client it names: the protocol's rules, the client's keys, one use per assertion."""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from oauthsrv import deadline
from oauthsrv.fetching import Fetched, FetchFailed
from oauthsrv.oauth import client_authentication, client_keys
from oauthsrv.oauth.client_assertions import Assertion
from oauthsrv.oauth.client_authentication import AnyClient, Authenticated, Circumstances, Presented
from oauthsrv.oauth.client_keys import Jwk, KeysRefused
from oauthsrv.oauth.errors import InvalidClient, TemporarilyUnavailable
from oauthsrv.oauth.records import Client
from oauthsrv.server import Server
from oauthsrv.store import limits
from oauthsrv.store.assertions import Use, find_keys, keep_failure, keep_keys, spend
from oauthsrv.store.limits import Attempt, TooMany

MOST_FRESH = 3600  # seconds that keys are used before they are loaded again
# Seconds that a request waits for keys, and seconds it must have left after that.
WAIT, LEFT_OVER = 1.2, 0.5
TOO_SLOW = "the server there took longer than a second to answer"


def authenticate(server: Server, claim: Presented, client: AnyClient | None) -> Authenticated[AnyClient]:
    """The client behind the claim. Raises InvalidClient."""
    proved = client_authentication.authenticate(claim, client, partial(circumstances, server))
    if proved.assertion is not None:
        use_once(server, proved.assertion)
    return proved


def circumstances(server: Server) -> Circumstances:
    return Circumstances(server.settings.issuer, time.time(), partial(keys_for, server))


def use_once(server: Server, assertion: Assertion) -> None:
    """Mark the assertion as used: after its signature proved right, so no one else can, and before acting on it."""
    use = spend(
        server.redis,
        assertion.client_id,
        assertion.jti,
        issued_at=assertion.issued_at,
        expires_at=assertion.expires_at,
    )
    if use is Use.AGAIN:
        raise InvalidClient(problem="assertion_replayed")
    if use is Use.OLD:
        raise InvalidClient(problem="assertion_old")
    if use is Use.EARLY:
        raise TemporarilyUnavailable("Redis began to remember assertions a few seconds ago")


def keys_for(server: Server, client: Client, header: Mapping[str, Any]) -> Sequence[Jwk]:
    """The client's keys that may have signed an assertion with this header."""
    if client.jwks_uri is None:
        return client_keys.candidates((client.jwks or {}).get("keys", ()), header)
    known = find_keys(server.redis, client.jwks_uri)
    fitting = client_keys.candidates(known.keys, header)
    if fitting and known.fresh_until > time.time():
        return fitting
    try:
        limits.take(server.redis, Attempt("client_keys", client.jwks_uri))
        loaded = load_keys(server, client.jwks_uri)
    except (FetchFailed, KeysRefused, TooMany) as error:
        if fitting or (known.keys and isinstance(error, TooMany)):
            return fitting
        if server.fetcher.is_fetching(client.jwks_uri):  # the keys may be there when the request is sent again
            raise TemporarilyUnavailable(str(error)) from error
        raise InvalidClient(str(error), problem="keys_unreachable") from error
    return client_keys.candidates(loaded, header)


def load_keys(server: Server, uri: str) -> Sequence[Jwk]:
    """Load keys from their address, and note problems for the client's developers. Raises FetchFailed, KeysRefused."""

    def keep(fetched: Fetched) -> None:
        keys = client_keys.check_keys(fetched.value)
        keep_keys(server.redis, uri, keys, time.time() + min(fetched.fresh_seconds, MOST_FRESH))

    try:
        with deadline.within(min(WAIT, deadline.left() - LEFT_OVER)):
            server.fetcher.fetch(uri, keep)
    except (FetchFailed, KeysRefused) as error:
        keep_failure(server.redis, uri, TOO_SLOW if server.fetcher.is_fetching(uri) else str(error))
        raise
    # Read again: the fetch under way may have been for something else at this address.
    return find_keys(server.redis, uri).keys
