"""URIs as raw text: what no URI may contain is refused before any parser sees it (RFC 3986, rule 4).

Python's urlsplit silently drops tabs and newlines; browsers read a backslash as a slash and 127.1 as 127.0.0.1.
What people see, and what is compared, must be what a browser will open.
"""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import NamedTuple

LONGEST = 2000
FORBIDDEN_SCHEMES = frozenset({"javascript", "data", "file", "blob", "about", "vbscript", "intent"})

# Ordered so that the most helpful reason comes first.
FAULTS = tuple(
    (re.compile(pattern), reason)
    for pattern, reason in (
        (r"\A\Z", "it is empty"),
        (r"[\x00-\x1f\x7f-\x9f]", "it contains a control character, such as a tab or a line break"),
        (r"\s", "it contains a space: write it as %20"),
        (r"\\", "it contains a backslash: write a slash"),
        (r"[^\x00-\x7f]", "it contains a character outside ASCII: write a host as xn--..., others percent-encoded"),
        (r"[^A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]", "it contains a character that a URI must percent-encode"),
        (r"%(?![0-9A-Fa-f]{2})", "it contains a percent sign without two hex digits after it: write it as %25"),
        (r"%(?:[01][0-9A-Fa-f]|7[Ff])", "it contains a percent-encoded control character"),
    )
)
SHAPE = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):"
    r"(?://(?P<authority>[^/?#]*))?"
    r"(?P<path>[^?#\[\]]*)"
    r"(?:\?(?P<query>[^#\[\]]*))?"
    r"(?:#(?P<fragment>[^#\[\]]*))?"
)
HOST_AND_PORT = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>.*))?")
PORT = re.compile(r"[1-9][0-9]{0,4}")
HOST_NAME = re.compile(r"(?=.{1,253}\Z)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.(?!\Z)|\Z))+")
# Browsers read a host that ends in such a label as an IPv4 address (WHATWG URL, "ends in a number").
NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
DOT_SEGMENTS = frozenset({".", ".."})


class UriRefused(ValueError):
    """The URI can't be used; the message names it and says what is wrong, for the developer who wrote it."""


class UriNotAllowed(UriRefused):
    """The URI is well-formed, but not allowed for this client or on this server."""


def refused(text: str, reason: str) -> UriRefused:
    return UriRefused(message(text, reason))


def not_allowed(text: str, reason: str) -> UriNotAllowed:
    return UriNotAllowed(message(text, reason))


def message(text: str, reason: str) -> str:
    shown = "".join(c if c.isprintable() else "?" for c in text[:100]) + ("..." if len(text) > 100 else "")
    return f"{shown}: {reason}" if shown else reason


class Uri(NamedTuple):
    scheme: str
    authority: str | None
    path: str
    query: str | None
    fragment: str | None


def read(text: str) -> Uri:
    """The parts of an absolute URI, provided that browsers read it the same way. Raises UriRefused."""
    if len(text) > LONGEST:
        raise refused(text, f"it is longer than {LONGEST} characters")
    for fault, reason in FAULTS:
        if fault.search(text):
            raise refused(text, reason)
    match = SHAPE.fullmatch(text)
    if match is None:
        raise refused(text, why_shapeless(text))
    uri = Uri(**match.groupdict())
    if uri.scheme.lower() in FORBIDDEN_SCHEMES:
        raise refused(text, f"{uri.scheme.lower()}: is never allowed")
    if uri.authority and "@" in uri.authority:
        raise refused(text, "it contains a user name or password before its host")
    # Browsers resolve these before the request, and so would open a different path.
    if any(segment.lower().replace("%2e", ".") in DOT_SEGMENTS for segment in uri.path.split("/")):
        raise refused(text, "it contains a path segment of dots: write the path that it leads to")
    return uri


def why_shapeless(text: str) -> str:
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text):
        return "it must be absolute and begin with a scheme, as in https://app.example.com/callback"
    return "it contains [ or ] outside an IPv6 host, or a second #: write %5B, %5D, %23"


class Authority(NamedTuple):
    """Where a URI leads: the host in lower case, an IPv6 address in brackets; and the port, if there is one."""

    host: str
    port: int | None


def check_authority(text: str, authority: str | None) -> Authority:
    """The host and port of an http or https URI `text`. Raises UriRefused."""
    if not authority:
        raise refused(text, "it has no host: write // and the host after the scheme")
    match = HOST_AND_PORT.fullmatch(authority)
    if match is None or not is_host(match["host"]):
        raise refused(text, "its host is not a host name, an IPv4 address or an IPv6 address in brackets")
    if match["port"] is None:
        return Authority(match["host"].lower(), None)
    if not PORT.fullmatch(match["port"]) or int(match["port"]) > 65535:
        raise refused(text, "its port is not a number from 1 to 65535")
    return Authority(match["host"].lower(), int(match["port"]))


def is_host(host: str) -> bool:
    try:
        if host.startswith("["):
            # A zone (%eth0) means something on one machine only.
            return host.endswith("]") and "%" not in host and bool(IPv6Address(host[1:-1]))
        if NUMBER.fullmatch(host.rpartition(".")[2]):
            return bool(IPv4Address(host))
    except AddressValueError:
        return False
    return HOST_NAME.fullmatch(host) is not None


def check_home_page(text: str) -> str:
    """The address of an app's home page, http or https, which pages show as a link. Raises UriRefused."""
    uri = read(text)
    if uri.scheme not in ("http", "https"):
        raise refused(text, "a home page begins with https:// or http://")
    check_authority(text, uri.authority)
    return text
