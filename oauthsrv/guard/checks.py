"""Checks of tokens at the server, by introspection (RFC 7662) or at /oauth/verify."""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import time
from base64 import b64encode
from collections.abc import Collection, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

import requests
from requests.adapters import HTTPAdapter

from oauthsrv.guard.refusals import InsufficientScope, InvalidToken, Refused, TooManyRequests, Unavailable
from oauthsrv.guard.tokens import Token

log = logging.getLogger(__name__)

LONGEST_WAIT = 86_400  # seconds: the most that Retry-After may say
METADATA_AGAIN = 30.0  # seconds between two requests for unknown metadata
MOST_USES = 10_000  # that one request may report
LOG_EVERY = 60.0  # seconds between two log lines about the same problem
DEFAULT_LEFT = 1000  # calls an app has left if the server does not say

# The caller's limits; if any other is reached, it is our own.
CALLERS_LIMITS = re.compile(r'"(calls|share)";')
CALLS_LEFT = re.compile(r'"(?:calls|share)";r=([0-9]{1,9});')
RESOURCE_METADATA = re.compile(r'resource_metadata="([^"]+)"')


class CheckedToken(NamedTuple):
    """A good token, and the seconds for which it is certainly good, whatever the clocks of both machines say."""

    token: Token
    lifetime: float
    left: int = DEFAULT_LEFT  # calls left in the app's limit


class ServerChecks:
    """Checks at one server, over one open connection per thread."""

    def __init__(
        self,
        issuer: str,
        address: str,
        *,
        client_id: str | None,
        client_secret: str | None,
        timeout: float,
        ca_file: str | None,
    ) -> None:
        self._issuer = issuer
        self._address = address
        self._timeout = timeout
        self._ca_file = ca_file
        self._mine = threading.local()
        self._log = OccasionalLog(log)
        self._metadata: dict[str, str] = {}
        self._metadata_due: dict[str, float] = {}  # when it may be requested again
        self._basic: dict[str, str] | None = None
        if client_id and client_secret:
            # Both are form-encoded before they are joined (RFC 6749 §2.3.1).
            pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
            self._basic = {"Authorization": "Basic " + b64encode(pair.encode()).decode()}

    def check(
        self, text: str, scopes: Collection[str], resource: str | None, answered: int = 0, *, apps: bool = False
    ) -> CheckedToken:
        """Check a token for a call. Raises the Refused that the server's response means.

        `apps`: accept a token that an app got for itself, without a user, too.
        `answered`: how many calls with this token were answered from memory since the last check. They are charged
        whatever the response is; without credentials only this call is counted.
        """
        if self._basic is None:
            return self._verify(text, scopes, resource, apps)
        return self._introspect(text, scopes, resource, uses=answered + 1, answered=answered, apps=apps)

    def report(self, text: str, resource: str | None, answered: int) -> CheckedToken:
        """Check again to report answers from memory, while no call waits for it."""
        return self._introspect(text, (), resource, uses=answered, answered=answered, apps=True)

    @property
    def has_credentials(self) -> bool:
        return self._basic is not None

    def forget_connections(self) -> None:
        """Forget the parent's connections after a fork."""
        self._mine = threading.local()

    def resource_metadata(self, resource: str | None, *, may_ask: bool = True) -> str | None:
        """The address of the API's metadata (RFC 9728), as the server gives it; requested until it is known."""
        if resource is None:
            return None
        if not may_ask:
            return self._metadata.get(resource)
        if resource not in self._metadata and time.monotonic() >= self._metadata_due.get(resource, 0.0):
            self._metadata_due[resource] = time.monotonic() + METADATA_AGAIN
            with contextlib.suppress(Unavailable):
                self._learn(resource, self._send("GET", f"/oauth/verify?resource={quote(resource, safe='')}"))
        return self._metadata.get(resource)

    def _introspect(
        self, text: str, scopes: Collection[str], resource: str | None, uses: int, answered: int, apps: bool
    ) -> CheckedToken:
        form = {"token": text} | ({"apps": "yes"} if apps else {})
        if answered:
            form |= {"uses": str(uses), "answered": str(answered)}
        response = self._send("POST", "/oauth/introspect", data=form, headers=self._basic)
        if response.status_code != 200:
            raise self._refusal(response, scopes)
        checked = self._introspected(response)
        if checked is None or (checked.token.is_of_app and not apps):
            raise InvalidToken("not active, or an app's own")
        if resource is not None and checked.token.audience and not is_among(resource, checked.token.audience):
            raise InvalidToken("meant for another resource")
        if not set(scopes) <= set(checked.token.scopes):
            raise InsufficientScope(scopes)
        return checked

    def _introspected(self, response: requests.Response) -> CheckedToken | None:
        try:
            said: Any = response.json()
            if said["active"] is not True:
                return None
            if said.get("iss", self._issuer) != self._issuer:
                raise Unavailable("the response is from another issuer")
            audience = said.get("aud") or ()
            token = Token(
                subject=said.get("sub"),
                client_id=said["client_id"],
                scopes=tuple(said["scope"].split()),
                expires_at=int(said["exp"]),
                audience=(audience,) if isinstance(audience, str) else tuple(audience),
                limits=limits(response.headers),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unavailable(f"the introspection response is invalid: {error!r}") from error
        left = CALLS_LEFT.match(response.headers.get("RateLimit", ""))
        return CheckedToken(token, lifetime(token.expires_at, response.headers), int(left[1]) if left else DEFAULT_LEFT)

    def _verify(self, text: str, scopes: Collection[str], resource: str | None, apps: bool) -> CheckedToken:
        values = {"scope": " ".join(scopes), "resource": resource or "", "apps": "yes" if apps else ""}
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items() if value)
        path = f"/oauth/verify?{query}" if query else "/oauth/verify"
        response = self._send("GET", path, headers={"Authorization": f"Bearer {text}"})
        if response.status_code != 200:
            self._learn(resource, response)
            raise self._refusal(response, scopes)
        try:
            token = Token(
                subject=response.headers.get("X-OAuth-Subject") or None,
                client_id=response.headers["X-OAuth-Client"],
                scopes=tuple(response.headers["X-OAuth-Scope"].split()),
                expires_at=int(response.headers["X-OAuth-Expires"]),
                limits=limits(response.headers),
            )
        except (KeyError, ValueError) as error:
            raise Unavailable(f"the response of /oauth/verify is invalid: {error!r}") from error
        if token.is_of_app and not apps:
            raise InvalidToken("an app's own")
        if not set(scopes) <= set(token.scopes):
            raise InsufficientScope(scopes)
        return CheckedToken(token, lifetime(token.expires_at, response.headers))

    def _refusal(self, response: requests.Response, scopes: Collection[str]) -> Refused:
        """The refusal that a status other than 200 means for the caller; a problem of ours is a 503."""
        retry_after = seconds(response.headers.get("Retry-After", ""))
        if response.status_code == 429 and CALLERS_LIMITS.match(response.headers.get("RateLimit-Policy", "")):
            return TooManyRequests(retry_after, limits(response.headers))
        if self._basic is None:
            if response.status_code == 401:
                return InvalidToken("refused by the server")
            if response.status_code == 403:
                return InsufficientScope(scopes)
        if response.status_code < 500:
            # Wrong credentials, or a resource that is not registered: no call can be checked.
            self._log.log(
                logging.ERROR, "the server refuses the guard itself: %s %r", response.status_code, response.text[:300]
            )
        return Unavailable(f"the server answered {response.status_code}", retry_after)

    def _learn(self, resource: str | None, response: requests.Response) -> None:
        found = RESOURCE_METADATA.search(response.headers.get("WWW-Authenticate", ""))
        if found and resource is not None:
            self._metadata[resource] = found[1]

    def _send(self, method: str, path: str, **what: Any) -> requests.Response:
        for is_last in (False, True):
            try:
                return self._session().request(
                    method, self._address + path, timeout=self._timeout, allow_redirects=False, **what
                )
            except requests.Timeout as error:
                raise Unavailable(f"no answer within {self._timeout} seconds") from error
            except requests.RequestException as error:
                # The server may have closed the idle connection: retry once, on a new one.
                if is_last or not isinstance(error, requests.ConnectionError):
                    raise Unavailable(f"the server cannot be reached: {type(error).__name__}") from error
        raise AssertionError("not reached")

    def _session(self) -> requests.Session:
        try:
            return self._mine.session  # type: ignore[no-any-return]
        except AttributeError:
            pass
        session = self._mine.session = requests.Session()
        # Otherwise a .netrc of this machine would replace the token, and a proxy could read it.
        session.trust_env = False
        session.verify = self._ca_file or True
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=0))
        return session


class OccasionalLog:
    """Logs each line at most once a minute, or a lasting problem would fill the log."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._due: dict[str, float] = {}

    def log(self, level: int, line: str, *values: object) -> None:
        now = time.monotonic()
        if now >= self._due.get(line, 0.0):
            self._due[line] = now + LOG_EVERY
            self._log.log(level, line, *values)


def lifetime(expires_at: int, headers: Mapping[str, str]) -> float:
    """Seconds left by this machine's clock or the server's, whichever is less; Date loses up to a second."""
    remaining = expires_at - time.time()
    try:
        server_time = parsedate_to_datetime(headers["Date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return remaining
    return min(remaining, expires_at - server_time - 1)


def limits(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, headers[name]) for name in ("RateLimit-Policy", "RateLimit") if name in headers)


def seconds(retry_after: str) -> int:
    return min(int(retry_after), LONGEST_WAIT) if re.fullmatch(r"[1-9][0-9]{0,8}", retry_after) else 2


def is_among(resource: str, audience: Collection[str]) -> bool:
    """Whether the audience includes the resource, ignoring a slash at the end, which the server does not store."""
    return resource.removesuffix("/") in {one.removesuffix("/") for one in audience}
