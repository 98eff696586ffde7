"""Asking the server about a token: by introspection (RFC 7662) or at /oauth/verify."""

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

LONGEST_WAIT = 86_400  # seconds: nobody is told to come again later than that
METADATA_AGAIN = 30.0  # seconds
MOST_USES = 10_000  # that one question may report
SELDOM = 60.0  # seconds between two lines of the log about the same trouble
UNTOLD = 1000  # calls that an app may have left where the server does not tell

# Of the limits that the server may say are reached, those that are the caller's; another is our own.
CALLERS_LIMITS = re.compile(r'"(calls|share)";')
CALLS_LEFT = re.compile(r'"(?:calls|share)";r=([0-9]{1,9});')
RESOURCE_METADATA = re.compile(r'resource_metadata="([^"]+)"')


class Answer(NamedTuple):
    """A good token, and for how many seconds it is good at least, whatever the clocks of both machines say."""

    token: Token
    lifetime: float
    left: int = UNTOLD  # calls, of the app's limit


class Questions:
    """One server, asked over connections that are kept: one for each thread."""

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
        self._seldom = Seldom(log)
        self._metadata: dict[str, str] = {}
        self._metadata_due: dict[str, float] = {}  # when it may be asked for again
        self._basic: dict[str, str] | None = None
        if client_id and client_secret:
            # Both are form-encoded before they are joined (RFC 6749 §2.3.1).
            pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
            self._basic = {"Authorization": "Basic " + b64encode(pair.encode()).decode()}

    def ask(self, text: str, scopes: Collection[str], resource: str | None, answered: int = 0) -> Answer:
        """Whether a call may pass; raises the Refused that the server's answer means.

        `answered`: how many calls with this token were answered from memory since it was asked last. They are charged
        whatever the answer is; without credentials only this one call is counted.
        """
        if self._basic is None:
            return self._verify(text, scopes, resource)
        return self._introspect(text, scopes, resource, uses=answered + 1, answered=answered)

    def report(self, text: str, resource: str | None, answered: int) -> Answer:
        """The same question without a call that waits for its answer."""
        return self._introspect(text, (), resource, uses=answered, answered=answered)

    @property
    def has_credentials(self) -> bool:
        return self._basic is not None

    def forget_connections(self) -> None:
        """In a process that was forked: the parent goes on with them."""
        self._mine = threading.local()

    def resource_metadata(self, resource: str | None, *, may_ask: bool = True) -> str | None:
        """The address of the API's document (RFC 9728), as the server tells it; asked for until it is known."""
        if resource is None:
            return None
        if not may_ask:
            return self._metadata.get(resource)
        if resource not in self._metadata and time.monotonic() >= self._metadata_due.get(resource, 0.0):
            self._metadata_due[resource] = time.monotonic() + METADATA_AGAIN
            with contextlib.suppress(Unavailable):
                self._learn(resource, self._send("GET", f"/oauth/verify?resource={quote(resource, safe='')}"))
        return self._metadata.get(resource)

    def _introspect(self, text: str, scopes: Collection[str], resource: str | None, uses: int, answered: int) -> Answer:
        form = {"token": text}
        if answered:
            form |= {"uses": str(uses), "answered": str(answered)}
        answer = self._send("POST", "/oauth/introspect", data=form, headers=self._basic)
        if answer.status_code != 200:
            raise self._refusal(answer, scopes)
        said = self._introspected(answer)
        if said is None:
            raise InvalidToken("not active")
        if resource is not None and said.token.audience and not is_among(resource, said.token.audience):
            raise InvalidToken("meant for another resource")
        if not set(scopes) <= set(said.token.scopes):
            raise InsufficientScope(scopes)
        return said

    def _introspected(self, answer: requests.Response) -> Answer | None:
        try:
            said: Any = answer.json()
            if said["active"] is not True:
                return None
            if said.get("iss", self._issuer) != self._issuer:
                raise Unavailable("the answer is another issuer's")
            audience = said.get("aud") or ()
            token = Token(
                subject=said.get("sub"),
                client_id=said["client_id"],
                scopes=tuple(said["scope"].split()),
                expires_at=int(said["exp"]),
                audience=(audience,) if isinstance(audience, str) else tuple(audience),
                limits=limits(answer.headers),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unavailable(f"introspection cannot be read: {error!r}") from error
        left = CALLS_LEFT.match(answer.headers.get("RateLimit", ""))
        return Answer(token, lifetime(token.expires_at, answer.headers), int(left[1]) if left else UNTOLD)

    def _verify(self, text: str, scopes: Collection[str], resource: str | None) -> Answer:
        asked = {"scope": " ".join(scopes), "resource": resource or ""}
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items() if value)
        path = f"/oauth/verify?{query}" if query else "/oauth/verify"
        answer = self._send("GET", path, headers={"Authorization": f"Bearer {text}"})
        if answer.status_code != 200:
            self._learn(resource, answer)
            raise self._refusal(answer, scopes)
        try:
            token = Token(
                subject=answer.headers.get("X-OAuth-Subject") or None,
                client_id=answer.headers["X-OAuth-Client"],
                scopes=tuple(answer.headers["X-OAuth-Scope"].split()),
                expires_at=int(answer.headers["X-OAuth-Expires"]),
                limits=limits(answer.headers),
            )
        except (KeyError, ValueError) as error:
            raise Unavailable(f"/oauth/verify cannot be read: {error!r}") from error
        if not set(scopes) <= set(token.scopes):
            raise InsufficientScope(scopes)
        return Answer(token, lifetime(token.expires_at, answer.headers))

    def _refusal(self, answer: requests.Response, scopes: Collection[str]) -> Refused:
        """What a status other than 200 means to the caller; whatever is our own fault is a 503 to him."""
        retry_after = seconds(answer.headers.get("Retry-After", ""))
        if answer.status_code == 429 and CALLERS_LIMITS.match(answer.headers.get("RateLimit-Policy", "")):
            return TooManyRequests(retry_after, limits(answer.headers))
        if self._basic is None:
            if answer.status_code == 401:
                return InvalidToken("the server says no")
            if answer.status_code == 403:
                return InsufficientScope(scopes)
        if answer.status_code < 500:
            # Wrong credentials, or a resource that is not registered: nobody's call can be checked.
            self._seldom.log(
                logging.ERROR, "the server refuses the guard itself: %s %r", answer.status_code, answer.text[:300]
            )
        return Unavailable(f"the server answered {answer.status_code}", retry_after)

    def _learn(self, resource: str | None, answer: requests.Response) -> None:
        found = RESOURCE_METADATA.search(answer.headers.get("WWW-Authenticate", ""))
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
                # A kept connection may have been closed by the server meanwhile: once more, on a new one.
                if is_last or not isinstance(error, requests.ConnectionError):
                    raise Unavailable(f"the server cannot be asked: {type(error).__name__}") from error
        raise AssertionError("not reached")

    def _session(self) -> requests.Session:
        try:
            return self._mine.session  # type: ignore[no-any-return]
        except AttributeError:
            pass
        session = self._mine.session = requests.Session()
        # Or a .netrc of this machine would replace the token, and a proxy would read it.
        session.trust_env = False
        session.verify = self._ca_file or True
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=0))
        return session


class Seldom:
    """Lines of a log, each at most once a minute: a trouble that lasts would fill it."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._due: dict[str, float] = {}

    def log(self, level: int, line: str, *values: object) -> None:
        now = time.monotonic()
        if now >= self._due.get(line, 0.0):
            self._due[line] = now + SELDOM
            self._log.log(level, line, *values)


def lifetime(expires_at: int, headers: Mapping[str, str]) -> float:
    """By this machine's clock and by the server's, whichever is shorter; its Date has cut off up to a second."""
    remaining = expires_at - time.time()
    try:
        told = parsedate_to_datetime(headers["Date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return remaining
    return min(remaining, expires_at - told - 1)


def limits(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, headers[name]) for name in ("RateLimit-Policy", "RateLimit") if name in headers)


def seconds(retry_after: str) -> int:
    return min(int(retry_after), LONGEST_WAIT) if re.fullmatch(r"[1-9][0-9]{0,8}", retry_after) else 2


def is_among(resource: str, audience: Collection[str]) -> bool:
    """A slash at the end makes no difference (the server knows resources without)."""
    return resource.removesuffix("/") in {one.removesuffix("/") for one in audience}
