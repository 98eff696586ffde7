"""A call to the API, by WSGI or ASGI, and the identity that the application gets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from oauthsrv.guard.refusals import AccessDenied, InvalidRequest, InvalidToken, TokenMissing
from oauthsrv.guard.rules import Rules, check_address
from oauthsrv.guard.tokens import Token

Environ = dict[str, Any]
Scope = MutableMapping[str, Any]

LONGEST = 4096  # characters of a credential
CHECKED = "oauthsrv.token"  # the key in environ or scope that is set if the call was allowed
IDENTITY = "HTTP_X_OAUTH_"
# The names under which servers store the address as it was sent.
RAW_ADDRESSES = ("RAW_URI", "REQUEST_URI")


class Call(NamedTuple):
    method: str
    path: str | None  # decoded; None if it is not UTF-8
    raw: str  # the path as it was sent; empty if the server does not pass it on
    query: str
    authorization: str
    origin: str
    requested_method: str  # the method that a preflight asks about
    requested_headers: str

    @property
    def is_preflight(self) -> bool:
        """Whether it is a browser asking if a script may send a call."""
        return self.method == "OPTIONS" and bool(self.origin.strip()) and bool(self.requested_method.strip())

    @classmethod
    def of_environ(cls, environ: Mapping[str, Any]) -> Call:
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        return cls(
            environ["REQUEST_METHOD"].upper(),
            decoded(path or "/"),
            " ".join(str(environ.get(name, "")) for name in RAW_ADDRESSES),
            environ.get("QUERY_STRING", ""),
            environ.get("HTTP_AUTHORIZATION", ""),
            environ.get("HTTP_ORIGIN", ""),
            environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD", ""),
            environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", ""),
        )

    @classmethod
    def of_scope(cls, scope: Scope) -> Call:
        """Read an ASGI scope; a websocket starts with a GET."""

        def header(name: bytes) -> str:
            return ", ".join(value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name)

        path, root = scope["path"], scope.get("root_path", "").rstrip("/")
        if root and path != root and not path.startswith(root + "/"):
            path = root + path  # as some servers leave it out
        return cls(
            scope.get("method", "GET").upper(),
            path or "/",
            (scope.get("raw_path") or b"").decode("latin-1"),
            scope.get("query_string", b"").decode("latin-1"),
            header(b"authorization"),
            header(b"origin"),
            header(b"access-control-request-method"),
            header(b"access-control-request-headers"),
        )


class NeededCheck(NamedTuple):
    """The checks before a call is allowed."""

    token: str
    scopes: tuple[str, ...]
    apps: bool


def needed_check(rules: Rules, call: Call) -> NeededCheck | None:
    """The check that the call needs; None if it is allowed without a token. Raises Refused."""
    check_address(call.path, call.raw)
    if call.is_preflight:
        return None
    try:
        needed = rules.needed(call.method, str(call.path))
    except AccessDenied:
        presented(call.authorization, call.query)  # raises the 401 if there is no token
        raise
    return None if needed is None else NeededCheck(presented(call.authorization, call.query), *needed)


def presented(authorization: str, query: str) -> str:
    """The token of a request, from its Authorization header alone (RFC 6750 §2.1, RFC 9700 §4.3.2)."""
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if unquote_plus(name) == "access_token" and value:
            raise InvalidRequest(
                description="A token in the address is not accepted: send it in the Authorization header."
            )
    scheme, _, text = authorization.strip().partition(" ")
    if scheme.lower() != "bearer":
        raise TokenMissing
    text = text.strip(" ")
    if "," in text or " " in text:
        raise InvalidRequest(description="More than one token was sent: send one.")
    if not text or len(text) > LONGEST:
        raise InvalidToken("empty or far too long")
    return text


def presented_in(environ: Mapping[str, Any]) -> str:
    return presented(environ.get("HTTP_AUTHORIZATION", ""), environ.get("QUERY_STRING", ""))


# What the application gets


def identity(token: Token) -> Iterable[tuple[str, str]]:
    yield "Subject", token.subject or ""
    yield "Client", token.client_id
    yield "Scope", " ".join(token.scopes)
    yield "Expires", str(token.expires_at)


def forget_identity(environ: Environ) -> None:
    """Remove what the caller sent under these names, which must never reach the application."""
    environ.pop(CHECKED, None)
    for name in [name for name in environ if name.startswith(IDENTITY)]:
        del environ[name]


def set_identity(token: Token, environ: Environ) -> None:
    environ[CHECKED] = token
    for name, value in identity(token):
        environ[IDENTITY + name.upper()] = value.encode().decode("latin-1")


def scope_with_identity(token: Token | None, scope: Scope) -> Scope:
    """The scope for the application, without what the caller sent under these names."""
    headers = [
        (name, value)
        for name, value in scope["headers"]
        if not name.lower().replace(b"_", b"-").startswith(b"x-oauth-")
    ]
    scope = {name: value for name, value in scope.items() if name != CHECKED}
    if token is not None:
        headers += [(f"x-oauth-{name.lower()}".encode(), value.encode()) for name, value in identity(token)]
        scope[CHECKED] = token
    return {**scope, "headers": headers}


def decoded(path: str) -> str | None:
    """Decode a path, which WSGI passes as latin-1 (PEP 3333)."""
    try:
        return path.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return None
