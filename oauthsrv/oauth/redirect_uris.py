"""Redirect URIs: which may be registered, which match, what a person is shown of them.

RFC 6749 §3.1.2, RFC 8252 §7 and §8.4, RFC 9700 §2.1 and §4.1.
"""

import re
from collections.abc import Collection, Iterable
from urllib.parse import parse_qsl

from oauthsrv.oauth.parameters import encode
from oauthsrv.oauth.uris import Uri, UriRefused, check_authority, check_home_page, read, refused

__all__ = [
    "RedirectUriRefused",
    "check_home_page",
    "check_redirect_uri",
    "consent_host",
    "continue_sources",
    "is_at",
    "is_native",
    "matches",
    "with_parameters",
]

# The name under which forms catch it, home pages included.
RedirectUriRefused = UriRefused

# On raw text. Whatever does not fit to the last character is compared as a whole.
LOOPBACK = re.compile(
    r"http://(?P<host>127\.0\.0\.1|\[::1\]|localhost)(?::(?P<port>[1-9][0-9]{0,4}))?(?P<rest>[/?].*)?", re.DOTALL
)
CUSTOM_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+-]*(?:\.[A-Za-z0-9+-]+)+")
CUSTOM_AUTHORITY = re.compile(r"[A-Za-z0-9._~-]*")
# The answer adds these: a registered one would stand in front of ours.
ANSWER_PARAMETERS = frozenset({"code", "state", "iss", "error", "error_description", "error_uri"})


def check_redirect_uri(text: str, client_type: str) -> str:
    """`text` itself, if a client of that type may register it; RedirectUriRefused says what is wrong with which."""
    uri = read(text)
    if "*" in text:
        raise refused(text, "wildcards are not possible: register each redirect URI in full")
    if uri.fragment is not None:
        raise refused(text, "it holds a # fragment, which a redirect URI may not have")
    taken = ANSWER_PARAMETERS & {name for name, _ in parse_qsl(uri.query or "", keep_blank_values=True)}
    if taken:
        raise refused(text, f"its query holds {sorted(taken)[0]}, which the answer adds by itself")
    check = SCHEMES.get(uri.scheme, check_custom)
    check(text, uri, client_type)
    return text


def check_https(text: str, uri: Uri, _client_type: str) -> None:
    check_authority(text, uri.authority)


def check_http(text: str, uri: Uri, _client_type: str) -> None:
    check_authority(text, uri.authority)
    if not LOOPBACK.fullmatch(text):
        raise refused(text, "http is for 127.0.0.1, [::1] and localhost only: use https")


def check_custom(text: str, uri: Uri, client_type: str) -> None:
    """RFC 8252 §7.1: a scheme after a domain name of one's own, so that two apps hardly share it."""
    if uri.scheme.lower() in SCHEMES:
        raise refused(text, f"write {uri.scheme.lower()} in lower case")
    if client_type != "public":
        raise refused(text, "schemes of one's own are for public apps: a confidential app needs https")
    if not CUSTOM_SCHEME.fullmatch(uri.scheme):
        raise refused(text, "a scheme of one's own must contain a dot, as com.example.app:/callback does")
    # Without this, app.example.com:8443/callback, its https:// forgotten, would pass for a scheme.
    if uri.authority is None and not uri.path.startswith("/"):
        raise refused(text, "after a scheme of one's own comes a slash, as in com.example.app:/callback")
    if not CUSTOM_AUTHORITY.fullmatch(uri.authority or ""):
        raise refused(text, "between // and the next slash only letters, digits, dots and hyphens may stand")


SCHEMES = {"https": check_https, "http": check_http}


def matches(registered: Iterable[str], sent: str) -> bool:
    """Whether `sent` is one of `registered`, to the letter; of a loopback URI the port alone may differ.

    RFC 8252 §7.3: a native app listens on whatever port is free.
    """
    return any(uri == sent or differ_in_port_only(uri, sent) for uri in registered)


def differ_in_port_only(registered: str, sent: str) -> bool:
    ours, theirs = LOOPBACK.fullmatch(registered), LOOPBACK.fullmatch(sent)
    if ours is None or theirs is None or int(theirs["port"] or 80) > 65535:
        return False
    return (ours["host"], ours["rest"]) == (theirs["host"], theirs["rest"])


def is_at(uri: str, origin: str) -> bool:
    """Whether a checked `uri` leads to the server of that origin, however its host and port are written."""
    return server_of(uri) == server_of(origin)


def server_of(uri: str) -> tuple[str, str, int] | None:
    parts = read(uri)
    if parts.scheme not in SCHEMES:
        return None
    host, port = check_authority(uri, parts.authority)
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80)


def consent_host(uri: str) -> str:
    """What a person is shown as the receiver, and under what consent is remembered, of a checked `uri`.

    Of https the host and its port; of a loopback URI the host alone; of a custom scheme the scheme.
    """
    parts = read(uri)
    if parts.scheme not in SCHEMES:
        return parts.scheme.lower()
    host, port = check_authority(uri, parts.authority)
    return host if parts.scheme == "http" or port in (None, 443) else f"{host}:{port}"


def is_native(uri: str) -> bool:
    """Whether any program on the user's device could receive the answer (RFC 8252 §8.6)."""
    return not uri.startswith("https://")


def continue_sources(uri: str) -> str:
    """The sources of CSP form-action that let the redirect to a checked `uri` through.

    Chromium holds form-action against every hop after a POST, and the app may redirect further
    on its own: hence https: as a whole.
    """
    loopback = LOOPBACK.fullmatch(uri)
    if loopback:
        # CSP has no way to write [::1].
        return "http: https:" if loopback["host"] == "[::1]" else "http://127.0.0.1:* http://localhost:* https:"
    return "https:" if uri.startswith("https://") else f"{uri.partition(':')[0]}: https:"


def with_parameters(uri: str, pairs: Collection[tuple[str, str]]) -> str:
    """A checked `uri` with parameters added; a query it has is kept (RFC 6749 §3.1.2)."""
    if "?" not in uri:
        separator = "?"
    else:
        separator = "" if uri.endswith(("?", "&")) else "&"
    return uri + separator + encode(pairs)
