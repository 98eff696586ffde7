"""The guard of a Python API: is this bearer token good for these scopes?"""

from __future__ import annotations

import atexit
import contextlib
import functools
import logging
import os
import re
import threading
import traceback
import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from oauthsrv.guard.checks import OccasionalLog, ServerChecks
from oauthsrv.guard.memory import Key, Memory, Uses
from oauthsrv.guard.middleware import AsgiApplication, AsgiProtection, WsgiApplication, WsgiProtection
from oauthsrv.guard.refusals import InvalidToken, Refused, TooManyRequests, Unavailable
from oauthsrv.guard.rules import GivenRule, parse_scopes
from oauthsrv.guard.subscription import Subscription
from oauthsrv.guard.threads import Threads
from oauthsrv.guard.tokens import Token, is_one_of_ours

log = logging.getLogger(__name__)

TIMEOUT = 2.0  # seconds to connect to the server, and for its response
CACHE_SIZE = 10_000  # tokens, a few hundred bytes each
REPORTS_EVERY = 1.0  # seconds
LEAVE_SECONDS = 5.0

ORIGIN = re.compile(r"https?://[^/?#@\s]+")


class Guard:
    """Checks access tokens for one API. One per process is enough: it is thread-safe and survives a fork.

    `issuer`: the server's public origin, as in its metadata (RFC 8414), without a slash at its end.
    `client_id`, `client_secret`: the API's own credentials. With both, tokens are introspected (RFC 7662), and the
    server shows this API only tokens that are meant for it; otherwise they are checked at `/oauth/verify`.
    `resource`: the API's resource URI (RFC 8707). At `/oauth/verify` it decides which tokens are meant for the API;
    without it only tokens that are not restricted to an API are good.
    `redis_url`: the server's own Redis, its primary. With it and credentials, checked tokens are kept, at most
    `cache_size` of them, never beyond a token's life; a revoked token is refused at most one second after its
    revocation was confirmed. Otherwise, and while it leads to a replica, nothing is kept and the server checks every
    call: it accepts reports about calls that were answered from memory only from an API with credentials.
    `timeout`: seconds for connecting to the server, and for its response.
    `address`: where to reach the server, if not at its public origin, for example `http://10.0.0.5:8000`.
    `ca_file`: certificates to trust instead of the system's.

    Raises ValueError for wrong arguments.
    """

    def __init__(
        self,
        issuer: str,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        resource: str | None = None,
        redis_url: str | None = None,
        timeout: float = TIMEOUT,
        cache_size: int = CACHE_SIZE,
        address: str | None = None,
        ca_file: str | None = None,
    ) -> None:
        for name, text in (("issuer", issuer), ("address", address)):
            if text is not None and not ORIGIN.fullmatch(text):
                raise ValueError(f"{name} must be an origin such as https://login.example.com, not {text!r}")
        if client_secret and not client_id:
            raise ValueError("client_secret needs its client_id")
        if timeout <= 0 or cache_size < 1:
            raise ValueError("timeout and cache_size must be greater than 0")
        self._issuer = issuer
        self._client_id = client_id
        self._resource = resource
        self._redis_url = redis_url
        self._cache_size = cache_size
        self._checks = ServerChecks(
            issuer,
            address or issuer,
            client_id=client_id,
            client_secret=client_secret,
            timeout=timeout,
            ca_file=ca_file,
        )
        self._threads = Threads(2 * timeout)
        self._log = OccasionalLog(log)
        self._begin()
        atexit.register(_close, weakref.ref(self))
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=functools.partial(_begin_again, weakref.ref(self)))

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ, **options: Any) -> Guard:
        """Make a guard configured by variables; `options`, named as in `Guard(…)`, take precedence.

        OAUTHSRV_ISSUER, and optionally OAUTHSRV_GUARD_CLIENT_ID, OAUTHSRV_GUARD_CLIENT_SECRET,
        OAUTHSRV_GUARD_RESOURCE, OAUTHSRV_GUARD_ADDRESS, OAUTHSRV_GUARD_CA_FILE and REDIS_URL.
        Raises ValueError if there is no issuer.
        """
        names = {name: f"OAUTHSRV_GUARD_{name.upper()}" for name in FROM_ENVIRONMENT}
        names |= {"issuer": "OAUTHSRV_ISSUER", "redis_url": "REDIS_URL"}
        found = {name: environ[variable] for name, variable in names.items() if environ.get(variable)}
        if "issuer" not in found | options:
            raise ValueError("OAUTHSRV_ISSUER is missing. Example: OAUTHSRV_ISSUER=https://login.example.com")
        return cls(**(found | options))

    def check(
        self, token: str, scopes: Collection[str] | str = (), resource: str | None = None, *, apps: bool = False
    ) -> Token:
        """Check a token, and return it if it is good for all of `scopes` at `resource` (default: the guard's own).

        `apps`: accept a token that an app got for itself, without a user, too (RFC 6749 §4.4).
        Raises a Refused: InvalidToken (401), InsufficientScope (403), TooManyRequests (429, with `retry_after` in
        seconds), Unavailable (503: the server could not be reached, never a yes). RFC 6750 §3.1, RFC 7662 §2.2.
        A good check is one call of the app's limit; a guard that caches tokens reports such calls within five seconds.
        """
        needed = parse_scopes(scopes) if scopes else ()
        resource = self._resource if resource is None else resource
        try:
            return self._check(token, needed, resource, apps)
        except Refused as refused:
            self.with_metadata(refused, resource)
            raise

    async def acheck(
        self, token: str, scopes: Collection[str] | str = (), resource: str | None = None, *, apps: bool = False
    ) -> Token:
        """Do the same as `check` for coroutines (asyncio), without blocking the event loop."""
        if self._memory is not None and self._threads_of_memory and is_one_of_ours(token):
            needed = parse_scopes(scopes) if scopes else ()
            key = Key.of(token, self._resource if resource is None else resource)
            kept = self._memory.find(key, token, needed, apps=apps)
            if kept is not None:
                return kept
        return await self._threads.run(functools.partial(self.check, apps=apps), token, scopes, resource)

    def protect(
        self,
        app: WsgiApplication,
        rules: Iterable[GivenRule],
        *,
        origins: Collection[str] = (),
        preflight: str = "pass",
    ) -> WsgiProtection:
        """`app`, a WSGI application, behind this guard; see `middleware.Protection`."""
        return WsgiProtection(self, app, rules, origins=origins, preflight=preflight)

    def asgi(
        self,
        app: AsgiApplication,
        rules: Iterable[GivenRule],
        *,
        origins: Collection[str] = (),
        preflight: str = "pass",
    ) -> AsgiProtection:
        """`app`, an ASGI application, behind this guard; see `middleware.Protection`."""
        return AsgiProtection(self, app, rules, origins=origins, preflight=preflight)

    @property
    def issuer(self) -> str:
        return self._issuer

    def with_metadata(self, refused: Refused, resource: str | None = None, *, may_ask: bool = True) -> Refused:
        """The refusal with the address of the API's metadata, by which a client finds the server (RFC 9728 §5.1)."""
        if not refused.has_challenge:
            return refused
        if self._client_id:
            refused.resource_metadata = f"{self._issuer}/.well-known/oauth-protected-resource/{self._client_id}"
        else:
            resource = resource or self._resource
            refused.resource_metadata = self._checks.resource_metadata(resource, may_ask=may_ask)
        return refused

    async def awith_metadata(self, refused: Refused) -> Refused:
        if self.with_metadata(refused, may_ask=False).resource_metadata is None and self._resource is not None:
            with contextlib.suppress(Unavailable):
                await self._threads.run(self.with_metadata, refused)
        return refused

    def report(self) -> None:
        """Report the calls that were answered from memory so far."""
        self._report(after=0.0)

    async def areport(self) -> None:
        with contextlib.suppress(Unavailable):
            await self._threads.run(self.report)

    def close(self) -> None:
        """Report what was not reported yet, and stop the threads; takes a few seconds at most."""
        self._stopped.set()
        if self._memory is not None:
            self._memory.is_due.set()
        for thread in self._threads_of_memory:
            thread.join(LEAVE_SECONDS)
        self.report()
        self._threads.close()

    def _check(self, text: str, scopes: tuple[str, ...], resource: str | None, apps: bool) -> Token:
        if not is_one_of_ours(text):
            raise InvalidToken("not one of our tokens")
        if self._memory is None:
            return self._checks.check(text, scopes, resource, apps=apps).token
        self._start()
        key = Key.of(text, resource)
        kept = self._memory.find(key, text, scopes, apps=apps)
        if kept is not None:
            return kept
        ticket, uses = self._memory.ticket(), self._memory.take(key)
        with self._charging(self._memory, uses):
            try:
                checked = self._checks.check(text, scopes, resource, uses.number if uses else 0, apps=apps)
            except TooManyRequests as refused:
                self._memory.keep_limit(ticket, key, text, refused.retry_after or 1)
                raise
            except InvalidToken:
                self._memory.forget(key)
                raise
        self._memory.keep(ticket, key, text, checked)
        return checked.token

    @contextlib.contextmanager
    def _charging(self, memory: Memory, uses: Uses | None) -> Iterator[None]:
        """Forget `uses` unless the server cannot be reached: it charges the app for them whatever it answers."""
        try:
            yield
        except Unavailable:
            if uses is not None:
                memory.give_back(uses)
            raise
        except BaseException:
            if uses is not None:
                memory.reported(uses)
            raise
        if uses is not None:
            memory.reported(uses)

    # Threads

    def _begin(self) -> None:
        """Set the state before the first check: no thread, no connection, nothing cached."""
        self._starting = threading.Lock()
        self._stopped = threading.Event()
        self._threads_of_memory: list[threading.Thread] = []
        keeps = self._redis_url and self._checks.has_credentials
        self._memory = Memory(self._cache_size, self._client_id or "") if keeps else None
        self._checks.forget_connections()
        self._threads.begin()

    def _start(self) -> None:
        if self._threads_of_memory or self._redis_url is None or self._memory is None:
            return
        with self._starting:
            if self._threads_of_memory or self._stopped.is_set():
                return
            subscription = Subscription(self._redis_url, self._issuer, self._memory, self._stopped)
            threads = [
                threading.Thread(target=subscription.run, name="oauthsrv guard: revocations", daemon=True),
                threading.Thread(
                    target=self._report_always, args=(self._memory,), name="oauthsrv guard: uses", daemon=True
                ),
            ]
            for thread in threads:
                thread.start()
            self._threads_of_memory = threads

    def _report_always(self, memory: Memory) -> None:
        while not self._stopped.is_set():
            memory.is_due.wait(REPORTS_EVERY)
            if self._stopped.is_set():
                return
            try:
                if not self._report():
                    self._stopped.wait(REPORTS_EVERY)
            except Exception:
                self._log.log(logging.ERROR, "uses are not reported: %s", traceback.format_exc())

    def _report(self, **when: float) -> bool:
        """Check each token with unreported uses again, sending their number. False if the server did not answer."""
        memory = self._memory
        if memory is None:
            return True
        waiting = memory.due(**when)
        while waiting:
            uses = waiting.pop()
            ticket = memory.ticket()
            try:
                with self._charging(memory, uses):
                    checked = self._checks.report(uses.text, uses.key.resource, uses.number)
                memory.keep(ticket, uses.key, uses.text, checked)
            except TooManyRequests as refused:
                memory.keep_limit(ticket, uses.key, uses.text, refused.retry_after or 1)
            except Unavailable as error:
                self._log.log(logging.WARNING, "uses are not reported yet: %s", error)
                for unreported in waiting:
                    memory.give_back(unreported)
                return False
            except Refused:
                memory.forget(uses.key)
        return True


FROM_ENVIRONMENT = ("client_id", "client_secret", "resource", "address", "ca_file")


def _begin_again(of: weakref.ref[Guard]) -> None:
    """Start over after a fork: threads are not copied, a lost thread may hold locks, connections are shared."""
    guard = of()
    if guard is not None:
        guard._begin()


def _close(of: weakref.ref[Guard]) -> None:
    """Report at the end of the process what was not reported."""
    guard = of()
    if guard is not None:
        guard.close()


@functools.cache
def of_this_process() -> Guard:
    return Guard.from_environment()


def check(token: str, scopes: Collection[str] | str = (), resource: str | None = None, *, apps: bool = False) -> Token:
    """Call `Guard.check` of a guard that only the environment configures (see `Guard.from_environment`)."""
    return of_this_process().check(token, scopes, resource, apps=apps)
