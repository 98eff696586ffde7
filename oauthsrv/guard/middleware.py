"""A WSGI middleware: in front of Flask, Django or any other application, which stays as it is (PEP 3333)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_plus

from oauthsrv.guard.refusals import InsufficientScope, InvalidRequest, InvalidToken, Refused, TokenMissing
from oauthsrv.guard.tokens import Token

if TYPE_CHECKING:
    from oauthsrv.guard.guard import Guard

log = logging.getLogger(__name__)

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

LONGEST = 4096  # characters of a credential that is worth looking at
CHECKED = "oauthsrv.token"  # the key of the environ; where it is there, the call was let through
IDENTITY = "HTTP_X_OAUTH_"

REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    429: "Too Many Requests",
    503: "Service Unavailable",
}


class Rule(NamedTuple):
    methods: frozenset[str]  # empty: all
    prefix: str
    scopes: tuple[str, ...] | None  # none: open to everybody

    def covers(self, method: str, path: str) -> bool:
        if self.methods and method not in self.methods:
            return False
        return path == self.prefix or path.startswith(self.prefix.rstrip("/") + "/")


class Protected:
    """An application that only calls with a good token reach.

    `rules`: (methods, path, scopes), the first that fits decides. Methods are names with spaces between them, or `*`;
    a path stands for itself and all below it; scopes are a list or a text with spaces, all needed, and None lets
    everybody in. What no rule covers is refused with 403.

        app.wsgi_app = guard.protect(app.wsgi_app, [
            ("GET HEAD", "/api/profile", "read:profile"),
            ("PUT", "/api/profile", "write:profile"),
            ("GET", "/healthz", None),
        ])

    The application finds a Token at `environ["oauthsrv.token"]`, and the same as `X-OAuth-Subject`, `X-OAuth-Client`,
    `X-OAuth-Scope` and `X-OAuth-Expires` (seconds since the epoch), as behind nginx; a caller's own headers of such
    names never reach it. A refusal is a JSON answer with the headers of RFC 6750 §3.
    """

    def __init__(
        self, guard: Guard, app: Application, rules: Iterable[tuple[str, str, Collection[str] | str | None]]
    ) -> None:
        self._guard = guard
        self._app = app
        self._rules = [rule(*given) for given in rules]

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        forget_identity(environ)
        try:
            scopes = self._needed(environ)
            token = None if scopes is None else self._guard.check(presented(environ), scopes)
        except Refused as refused:
            return answer(self._guard.with_metadata(refused), environ, start_response)
        if token is None:
            return self._app(environ, start_response)
        tell(token, environ)

        def with_limits(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, *token.limits], *more)

        return self._app(environ, with_limits if token.limits else start_response)

    def _needed(self, environ: Environ) -> tuple[str, ...] | None:
        method = environ["REQUEST_METHOD"]
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        check_path(path)
        for one in self._rules:
            if one.covers(method, path):
                return one.scopes
        log.error("no rule of the guard covers %s %s", method, path)
        raise InsufficientScope(())


def rule(methods: str, path: str, scopes: Collection[str] | str | None) -> Rule:
    if not path.startswith("/"):
        raise ValueError(f"the path of a rule begins with a slash, unlike {path!r}")
    named = frozenset() if methods.strip() == "*" else frozenset(methods.upper().split())
    if methods.strip() != "*" and not named:
        raise ValueError("a rule names methods, or * for all")
    needed = tuple(scopes.split()) if isinstance(scopes, str) else None if scopes is None else tuple(scopes)
    return Rule(named, path, needed)


def presented(environ: Environ) -> str:
    """The token of a request, from its Authorization header alone (RFC 6750 §2.1, RFC 9700 §4.3.2)."""
    for part in environ.get("QUERY_STRING", "").split("&"):
        name, _, value = part.partition("=")
        if unquote_plus(name) == "access_token" and value:
            raise InvalidRequest(
                description="A token in the address is not taken: send it in the Authorization header."
            )
    scheme, _, text = environ.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise TokenMissing
    text = text.strip(" ")
    if "," in text or " " in text:
        raise InvalidRequest(description="More than one token was sent: send one.")
    if not text or len(text) > LONGEST:
        raise InvalidToken("empty or far too long")
    return str(text)


def check_path(path: str) -> None:
    """Two programs must not read one address differently: the rules would be about another path."""
    segments = path.split("/")[1:]
    if not path.startswith("/") or "" in segments[:-1] or "." in segments or ".." in segments or "\\" in path:
        raise InvalidRequest(description="The address holds an empty segment, a dot segment or a backslash.")


def forget_identity(environ: Environ) -> None:
    environ.pop(CHECKED, None)
    for name in [name for name in environ if name.startswith(IDENTITY)]:
        del environ[name]


def tell(token: Token, environ: Environ) -> None:
    environ[CHECKED] = token
    environ[IDENTITY + "SUBJECT"] = token.subject or ""
    environ[IDENTITY + "CLIENT"] = token.client_id
    environ[IDENTITY + "SCOPE"] = " ".join(token.scopes)
    environ[IDENTITY + "EXPIRES"] = str(token.expires_at)


def answer(refused: Refused, environ: Environ, start_response: Callable[..., Any]) -> list[bytes]:
    body = refused.body
    headers = [*refused.headers, ("Content-Length", str(len(body)))]
    start_response(f"{refused.status} {REASONS[refused.status]}", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
