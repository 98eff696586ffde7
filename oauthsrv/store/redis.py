"""Redis: a connection per thread, the names of all keys, and distrust of a Redis that was restarted.

Every key is `<installation id>:<kind>:<name>`. Redis holds only what may be lost: a check says yes only if the key is
present, so a lost key means no, or a query to PostgreSQL.

kind  name                     value                       lifetime                    who writes                     if it is lost
t     SHA-256 of access token  JSON: the token's record    the token's                 exchange, refresh; revoking    that token is refused; the client refreshes
                               (an expired one's, once it                              the token
                               is revoked)
f     family id                "1": the family's marker    a minute more than the      exchange; refresh, holding     its access tokens are refused; a refresh
                                                           longest access token        the family's row lock; deleted makes it again
                                                                                       when it is revoked
k     family id                its latest access tokens:   the marker's                exchange, refresh              superseded tokens work until they expire
                               set of scopes, and key
i     family id                random: a request means to  a minute; prolonged by the  refresh, where the marker is   the refreshes under way answer 503; the client
                               create the marker           next request                gone, before it locks the      repeats them
                                                                                       family's row; deleted with
                                                                                       the marker
m     client ID; apis; ids     random: the client's stamp  a week, from its last use   any process that loads a       each process loads the client again
                                                                                       client; deleted at a change
c     SHA-256 of code          JSON: what the code stands  OAUTHSRV_CODE_TTL           consent                        that code is refused; the user is sent again,
                               for, and how the record of                                                             without a new question
                               its token begins
q     SHA-256 of the ticket    JSON: the request shown on  an hour                     the consent page; taken by     "already answered": start again at the app
                               a consent page                                          the decision
h     SHA-256 of browser,      "1": its user read the      an hour                     the warning's form; deleted    the warning is shown again
      user and request         warning before consent                                  by the decision
d     SHA-256 of the ticket    JSON: the same, answered    an hour                     the decision                   a page sent again says less of how to go on
x     SHA-256 of device code   a hash: the request, how     15 minutes                  device authorization; the      the device is answered expired_token, and
                               often it may poll, and the                              page of the device; polls      requests a new one
                               user's answer
y     HMAC of a user code      SHA-256 of its device code   15 minutes                  device authorization           the user's code is unknown: the same
r     SHA-256 of client and    hash: a pushed request,     60 seconds; an hour from    POST /oauth/par; claimed by    "start again": at the app
      reference                and whose browser has it    its first use               the first browser; deleted
                                                                                       with the answer
p     SHA-256 of a random      a long request that waits   an hour                     the redirect to the sign-in    "start again": at the app
      ticket                   for a sign-in, sealed
o     SHA-256 of a browser's   its last form's answer,     30 seconds                  every form of a page that      a second click says that the link is spent,
      cookie                   sealed with that form                                   did something                  or that someone changed the record
      SHA-256 of a form        nothing: it is worked on    3 seconds                   every form; deleted with its   two clicks at once are two forms
                                                                                       answer
g     SHA-256 of an address    JSON: the client metadata   as the response says, 5     fetches; housekeeping          it is fetched again
                               document there              minutes to a day
s     SHA-256 of the cookie    JSON: a browser's session   14 days idle, 90 in all     sign-in, password confirmed    the person signs in again
b     user id                  sorted set: SHA-256 of the  90 days after the last       sign-in; trimmed by it         no session ends for being one too many; the
                               cookies by when they began  sign-in                                                     page of sessions lists only later ones
l     limit and SHA-256 of     how many there were in this  the limit's window, set     sign-in, sign-up, password     counting begins again
      who is counted           window                       by the first                confirmed, checks of tokens
a     client ID                sorted set: the two users    an hour                     checks of tokens             a lone user's calls have no share until another
                               who called last                                                                        one calls
j     SHA-256 of client ID and   "1": the assertion was      the assertion's             client authentication          it would work again; n refuses it then
      jti                        used
n     (one hash)                 run_id of this server:      none                        a process that connects; the   assertions from before it is made again
                                 since when it remembers j                               first use                      are refused
e     SHA-256 of a jwks_uri      keys; why a load failed     a day after the last load   client authentication          the keys are loaded again
u     (one hash)               calls and refusals by hour   a week after the last       checks of tokens               what was counted since the last flush is lost
                               and client
v     (one hash)               u on its way to PostgreSQL   the rest of u's             the flush; deleted by it       what is in it is lost
w     (one key)                "1"                          ten seconds                 /readyz; introspection and     nothing
                                                                                        the token endpoint: whether
                                                                                        it takes writes

Two names don't begin with an installation id, as guards know only our issuer (store.invalidation):

oauthsrv:ended:<issuer>, a key: the number of the last message; no lifetime; raised with each invalidation, made by the
sweep. If it is lost, guards drop their cache, and cache nothing until the sweep makes it again.

oauthsrv:ended:<issuer>, a channel: a message for each invalidation, `<number> {"families": […], "clients": […],
"tokens": [SHA-256 in hex, …]}`. If one is lost, guards notice within a second, by the counter.
"""

import logging
import threading
from collections.abc import Callable

import redis

from oauthsrv import deadline
from oauthsrv.store import StoreUnavailable, TooLate
from oauthsrv.store.breaker import PROBE_SECONDS, Breaker
from oauthsrv.store.redis_client import RedisClient, open_client, pack, unavailable

log = logging.getLogger(__name__)

TIMEOUTS = (redis.TimeoutError, TimeoutError)
PROOF_TTL = 10  # seconds


class _ThreadClient(threading.local):
    client: RedisClient | None = None
    losses = 0  # how many had been counted when it was made


class Redis:
    """Connections to one Redis, each used only once its server proved to be a primary, and the one that is trusted.

    A server with another `run_id` may have restored older data, in which things are active that have since been
    revoked: `distrust` deletes those before the first command is sent.
    """

    def __init__(self, url: str, installation_id: str, distrust: Callable[[RedisClient], None]) -> None:
        self._url = url
        self._head = installation_id
        self._proof = pack(("SET", self.key("w", ""), "1", "EX", PROOF_TTL))
        self._distrust = distrust
        self._believed = b""
        self._believing = threading.Lock()
        self._mine = _ThreadClient()
        self._losses = 0
        self.breaker = Breaker("Redis", self._probe)

    def connection(self) -> RedisClient:
        """This thread's client. Its commands also raise StoreUnavailable."""
        self.breaker.check()
        if deadline.is_near():
            raise TooLate("Redis: the request has waited too long already")
        mine = self._mine
        if mine.client is not None:
            if mine.losses == self._losses:
                return mine.client
            self.close_mine()
        mine.losses = self._losses
        try:
            made = self._open(self._on_connect)
        except (redis.RedisError, OSError) as error:
            raise self.failed(error) from error
        mine.client = made
        return made

    @property
    def run_id(self) -> str:
        """The id of the trusted server. It is another one after a restart, which may restore older data."""
        return self._believed.decode()

    def failed(self, error: Exception) -> StoreUnavailable:
        """The error for the caller. After a failover every thread's connection is replaced, and leads to a primary."""
        if isinstance(error, TIMEOUTS):
            self.breaker.suspect()  # it may be this process that is slow: only if the probe gets no answer either …
        elif not isinstance(error, redis.exceptions.OutOfMemoryError):
            self._losses += 1
            self.breaker.suspect()
        return unavailable(error)

    def close(self) -> None:
        """Close the probe and this thread's client; the others close with their threads."""
        self.breaker.close()
        self.close_mine()

    def close_mine(self) -> None:
        client, self._mine.client = self._mine.client, None
        if client is not None:
            client.close()

    def read(self, keys: list[bytes]) -> list[bytes | None]:
        return self.connection().ask("MGET", *keys)  # type: ignore[no-any-return]

    def read_with_write(self, keys: list[bytes]) -> list[bytes | None]:
        """The values, from a Redis that takes writes: one that is full, or has become a replica, refuses."""
        packed = self._proof + pack(("MGET", *keys))  # a script would cost Redis twice as much
        return self.connection().ask_packed(packed, 2)[1]  # type: ignore[no-any-return]

    def key(self, kind: str, name: str) -> bytes:
        return f"{self._head}:{kind}:{name}".encode()

    def _open(self, on_connect: Callable[[redis.Connection], object]) -> RedisClient:
        return open_client(self._url, self.failed, self.breaker, redis_connect_func=on_connect)

    def _on_connect(self, connection: redis.Connection) -> None:
        run_id = _run_id_of_primary(connection)
        if run_id == self._believed:
            return
        if deadline.is_set():
            self.breaker.await_probe()
        else:
            self._believe(run_id)
        if run_id != self._believed:
            raise redis.ConnectionError("not trusted until PostgreSQL says what was revoked")

    def _believe(self, run_id: bytes) -> None:
        with self._believing:
            if run_id == self._believed:
                return
            plain = self._open(_run_id_of_primary)
            try:
                self._distrust(plain)
            except StoreUnavailable as error:
                raise redis.ConnectionError(f"not trusted until PostgreSQL says what was revoked: {error}") from error
            finally:
                plain.close()
            self._believed = run_id

    def _probe(self) -> None:
        try:
            run_id = self._ask_run_id()
            if run_id != self._believed:
                self._believe(run_id)
        except TIMEOUTS as error:
            self._losses += 1  # … the server hangs, and may be another one when it answers again
            raise unavailable(error) from error
        except (StoreUnavailable, redis.RedisError, OSError) as error:
            log.warning("%s", error)

    def _ask_run_id(self) -> bytes:
        found: list[bytes] = []
        with deadline.within(PROBE_SECONDS):
            client = open_client(
                self._url, None, None, redis_connect_func=lambda made: found.append(_run_id_of_primary(made))
            )
            try:
                client.ping()
            finally:
                client.close()
        return found[-1]


def _run_id_of_primary(connection: redis.Connection) -> bytes:
    """The run_id of a new connection's server. Replicas are refused: one may lack revocations, or be promoted."""
    connection.on_connect()  # type: ignore[no-untyped-call]
    connection.send_command("ROLE")  # type: ignore[no-untyped-call]
    if connection.read_response()[0] != b"master":
        raise redis.ConnectionError("it is a replica")
    connection.send_command("INFO", "server")  # type: ignore[no-untyped-call]
    return _run_id(connection.read_response())


def _run_id(info: bytes) -> bytes:
    for line in info.splitlines():
        if line.startswith(b"run_id:"):
            return line[len(b"run_id:") :]
    raise redis.ResponseError("INFO server has no run_id")
