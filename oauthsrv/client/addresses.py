"""Addresses that tokens and codes may travel to: https, or http on the loopback interface (RFC 8252 §7.3, §8.3)."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

# What urlsplit would silently drop or accept: spaces, controls, anything that is not ASCII.
PLAIN = re.compile(r"[\x21-\x7e]+")


def is_loopback(host: str | None) -> bool:
    """Whether this name or literal address can only be this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def check_address(url: str, what: str) -> str:
    """`url` itself if it is https, or http on loopback; ValueError says what is wrong with which."""
    parts = split(url, what)
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(f"{what} must be https: {url!r} is plain http, which only 127.0.0.1 and localhost may use")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{what} must begin with https://, and {url!r} does not")
    if "@" in parts.netloc or parts.fragment:
        raise ValueError(f"{what} must not hold @ before its host or a # part: {url!r}")
    return url


def check_issuer(url: str) -> str:
    """An issuer is an address without a query (RFC 8414 §2); ValueError otherwise."""
    if "?" in check_address(url, "the issuer"):
        raise ValueError(f"the issuer must not hold a query: {url!r}")
    return url


def same_issuer(one: str | None, other: str | None) -> bool:
    """Compared as text (RFC 8414 §3.3), but for a slash at the end, which people leave out."""
    return one is not None and other is not None and one.rstrip("/") == other.rstrip("/")


def split(url: str, what: str) -> SplitResult:
    try:
        if not PLAIN.fullmatch(url):
            raise ValueError
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number
    except ValueError:
        raise ValueError(f"{what} is no web address: {url!r}") from None
    return parts
