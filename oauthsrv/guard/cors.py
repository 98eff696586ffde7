"""CORS for browsers (Fetch standard): preflights carry no token, and scripts read only what they may."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oauthsrv.guard.calls import Call

Headers = list[tuple[str, str]]

ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]+)?|https?://\[[0-9a-f:.]+\](:[0-9]+)?")
NAMES = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+( *, *[!#$%&'*+.^_`|~0-9A-Za-z-]+)*")
EXPOSED = "WWW-Authenticate, Retry-After, RateLimit, RateLimit-Policy"
PREFLIGHT_SECONDS = "600"


class Cors:
    """`origins`: those whose scripts may read refusals, as browsers write them, or `["*"]`.

    `preflight`: "pass" passes preflights on to the application, which decides what it allows; with "answer" the guard
    answers them, and lets those scripts read all responses.
    """

    def __init__(self, origins: Collection[str] = (), preflight: str = "pass") -> None:
        if isinstance(origins, str) or not all(isinstance(one, str) for one in origins):
            raise TypeError(f"origins must be a list of strings, not {origins!r}")
        for origin in origins:
            if origin != "*" and not ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is not an origin as browsers write it, such as https://app.example.com")
        if preflight not in ("pass", "answer"):
            raise ValueError(f'preflight must be "pass" or "answer", not {preflight!r}')
        if preflight == "answer" and not origins:
            raise ValueError('preflight="answer" needs the origins whose scripts may call')
        self._origins = frozenset(origins)
        self._answers = preflight == "answer"

    def preflight_headers(self, call: Call) -> Headers | None:
        """The headers that answer a preflight; None if it is none, or if the application answers it."""
        if not self._answers or not call.is_preflight:
            return None
        headers = self._allowed(call.origin)
        if headers and NAMES.fullmatch(call.requested_method):
            headers.append(("Access-Control-Allow-Methods", call.requested_method))
            if NAMES.fullmatch(call.requested_headers):
                headers.append(("Access-Control-Allow-Headers", call.requested_headers))
            headers.append(("Access-Control-Max-Age", PREFLIGHT_SECONDS))
        vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
        return [*headers, ("Vary", vary)]

    def on_refusal(self, origin: str) -> Headers:
        """The headers of a refusal. Credentials are never allowed, as the script itself sends the token."""
        return [*self._allowed(origin), *self._exposed(origin), *self._vary()]

    def on_response(self, origin: str, headers: Collection[tuple[str, str]]) -> Headers:
        """The headers to add to a response of the application, which may itself say who may read it."""
        if not self._origins:
            return []
        is_decided = any(name.lower() == "access-control-allow-origin" for name, _ in headers)
        allowed = self._allowed(origin) if self._answers and not is_decided else []
        return [*allowed, *self._exposed(origin), *self._vary()]

    def _allowed(self, origin: str) -> Headers:
        if "*" in self._origins:
            return [("Access-Control-Allow-Origin", "*")]
        return [("Access-Control-Allow-Origin", origin)] if origin in self._origins else []

    def _exposed(self, origin: str) -> Headers:
        return [("Access-Control-Expose-Headers", EXPOSED)] if self._allowed(origin) else []

    def _vary(self) -> Headers:
        """The Vary header, without which a cache would give one origin the response for another."""
        return [("Vary", "Origin")] if self._origins else []
