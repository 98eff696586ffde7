"""Redirect URIs: which may be registered, which match, and what people see of them.

RFC 6749 §3.1.2, RFC 8252 §7 and §8.4, RFC 9700 §2.1 and §4.1.
"""

import re
from collections.abc import Collection, Iterable
from urllib.parse import parse_qsl

from oauthsrv.oauth.parameters import encode
from oauthsrv.oauth.uris import Uri, check_authority, not_allowed, read, refused

# Applied to raw text; a URI that does not match completely is compared as a whole.
LOOPBACK = re.compile(
    r"http://(?P<host>127\.0\.0\.1|\[::1\]|localhost)(?::(?P<port>[1-9][0-9]{0,4}))?(?P<rest>[/?].*)?", re.DOTALL
)
CUSTOM_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+-]*(?:\.[A-Za-z0-9+-]+)+")
CUSTOM_AUTHORITY = re.compile(r"[A-Za-z0-9._~-]*")
# Responses add these: in the registered URI, one of them would precede ours.
RESPONSE_PARAMETERS = frozenset({"code", "state", "iss", "error", "error_description", "error_uri"})


def check_redirect_uri(text: str, client_type: str, listed: Collection[str] = ()) -> str:
    """Return `text` if a client of that type may register it. Raises UriRefused, or UriNotAllowed.

    `listed` are whole URIs that public clients may register although their scheme has no dot.
    """
    uri = read_redirect_uri(text)
    if check := SCHEMES.get(uri.scheme):
        check(text, uri)
    else:
        check_custom(text, uri, client_type, listed)
    return text


def read_redirect_uri(text: str) -> Uri:
    """Check what applies to every redirect URI, whatever its scheme."""
    uri = read(text)
    if "*" in text:
        raise refused(text, "wildcards are not allowed: register each redirect URI in full")
    if uri.fragment is not None:
        raise refused(text, "it has a # fragment, which a redirect URI may not have")
    taken = RESPONSE_PARAMETERS & {name for name, _ in parse_qsl(uri.query or "", keep_blank_values=True)}
    if taken:
        raise refused(text, f"its query contains {sorted(taken)[0]}, which the response adds")
    return uri


def check_https(text: str, uri: Uri) -> None:
    check_authority(text, uri.authority)


def check_http(text: str, uri: Uri) -> None:
    check_authority(text, uri.authority)
    if not LOOPBACK.fullmatch(text):
        raise not_allowed(text, "http is for 127.0.0.1, [::1] and localhost only: use https")


def check_custom(text: str, uri: Uri, client_type: str, listed: Collection[str]) -> None:
    """Require a scheme made from the developer's domain name, so that two apps rarely share one (RFC 8252 §7.1)."""
    check_case(text, uri)
    if client_type != "public":
        raise not_allowed(text, "custom schemes are for public apps: a confidential app needs https")
    if text not in listed and not CUSTOM_SCHEME.fullmatch(uri.scheme):
        raise not_allowed(text, "a custom scheme must contain a dot, as in com.example.app:/callback")
    check_custom_shape(text, uri)


def check_case(text: str, uri: Uri) -> None:
    if uri.scheme.lower() in SCHEMES:
        raise refused(text, f"write {uri.scheme.lower()} in lower case")


def check_custom_shape(text: str, uri: Uri) -> None:
    # Otherwise app.example.com:8443/callback, which lacks https://, would be read as having a scheme.
    if uri.authority is None and not uri.path.startswith("/"):
        raise refused(text, "a custom scheme must be followed by a slash, as in com.example.app:/callback")
    if not CUSTOM_AUTHORITY.fullmatch(uri.authority or ""):
        raise refused(text, "between // and the next slash only letters, digits, dots and hyphens are allowed")


def check_listed(text: str) -> str:
    """Return `text` if an administrator may list it: a whole URI whose scheme has no dot. Raises UriRefused."""
    uri = read_redirect_uri(text)
    if uri.scheme in SCHEMES or "." in uri.scheme:
        raise refused(text, "list only URIs whose scheme has no dot: apps may register the others already")
    check_case(text, uri)
    check_custom_shape(text, uri)
    return text


SCHEMES = {"https": check_https, "http": check_http}


def matches(registered: Iterable[str], sent: str) -> bool:
    """Whether `sent` is exactly one of `registered`; only the port of a loopback URI may differ.

    RFC 8252 §7.3: a native app listens on whatever port is free.
    """
    return any(uri == sent or differ_in_port_only(uri, sent) for uri in registered)


def differ_in_port_only(registered: str, sent: str) -> bool:
    ours, theirs = LOOPBACK.fullmatch(registered), LOOPBACK.fullmatch(sent)
    if ours is None or theirs is None or int(theirs["port"] or 80) > 65535:
        return False
    return (ours["host"], ours["rest"]) == (theirs["host"], theirs["rest"])


def is_at(uri: str, origin: str) -> bool:
    """Whether a checked `uri` leads to the server at that origin, however its host and port are written."""
    return server_of(uri) == server_of(origin)


def server_of(uri: str) -> tuple[str, str, int] | None:
    parts = read(uri)
    if parts.scheme not in SCHEMES:
        return None
    host, port = check_authority(uri, parts.authority)
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80)


def consent_host(uri: str) -> str:
    """The receiver that the consent page shows for a checked `uri`; earlier consent is remembered for it.

    Host and port for https, the host alone for a loopback URI, the scheme for a custom scheme.
    """
    parts = read(uri)
    if parts.scheme not in SCHEMES:
        return parts.scheme.lower()
    host, port = check_authority(uri, parts.authority)
    return host if parts.scheme == "http" or port in (None, 443) else f"{host}:{port}"


def is_native(uri: str) -> bool:
    """Whether any program on the user's device could receive the response (RFC 8252 §8.6)."""
    return not uri.startswith("https://")


def with_parameters(uri: str, pairs: Collection[tuple[str, str]]) -> str:
    """A checked `uri` with parameters added; a query it has is kept (RFC 6749 §3.1.2)."""
    if "?" not in uri:
        separator = "?"
    else:
        separator = "" if uri.endswith(("?", "&")) else "&"
    return uri + separator + encode(pairs)
