"""Checks of the names and addresses of services, accounts, environment variables and servers."""

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

# Names become file names: no separators, no leading dot, nothing that a file system changes or forbids.
SERVICE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
ACCOUNT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
# Excludes what urlsplit silently drops or accepts: spaces, control characters, non-ASCII.
PLAIN = re.compile(r"[\x21-\x7e]+")
# RFC 1035 §2.3.1, and underscores; looking up other names raises unexpected errors.
LABEL = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
HOST = re.compile(rf"({LABEL}\.)*{LABEL}\.?")


def check_service_name(name: str) -> str:
    return check_characters(name, "service", SERVICE_NAME, ". _ -")


def check_account_name(name: str) -> str:
    return check_characters(name, "account", ACCOUNT_NAME, ". _ - + @")


def check_characters(name: str, kind: str, pattern: re.Pattern[str], marks: str) -> str:
    """Return `name`. Raises ValueError if it has other characters."""
    if not pattern.fullmatch(name):
        rule = f"use up to 64 letters, digits and {marks}, starting with a letter or digit"
        raise ValueError(f"{name!r} is not a valid {kind} name: {rule}")
    return name


def check_login_name(name: str) -> str:
    """The name of one login: a service, or service@account."""
    service, at, account = name.partition("@")
    check_service_name(service)
    if at:
        check_account_name(account)
    return name


def login_name(service: str, account: str | None) -> str:
    return f"{service}@{check_account_name(account)}" if account else service


def variable(service: str, what: str) -> str:
    """The environment variable of a service: variable("my-app", "CLIENT_ID") is MY_APP_CLIENT_ID."""
    return re.sub(r"[^A-Z0-9]", "_", service.upper()) + "_" + what


def scope_list(scopes: Iterable[str]) -> list[str]:
    """Scopes as a list, also from a single string: "repo user" is two."""
    return scopes.split() if isinstance(scopes, str) else [scope for each in scopes for scope in each.split()]


def is_loopback(host: str | None) -> bool:
    """Whether this name or literal address can only mean this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def check_address(url: str, what: str) -> str:
    """Return `url` if it is https, or http on loopback (RFC 8252 §7.3). Otherwise a ValueError calls it `what`."""
    try:
        if not PLAIN.fullmatch(url):
            raise ValueError
        parts = urlsplit(url)
        _ = parts.port  # raises if it is not a number
    except ValueError:
        raise ValueError(f"{what} is not a web address: {url!r}") from None
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(f"{what} must be https: {url!r} is plain http, which only 127.0.0.1 and localhost may use")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{what} must start with https://, unlike {url!r}")
    if "@" in parts.netloc or parts.fragment:
        raise ValueError(f"{what} must not contain @ before its host, or a # part: {url!r}")
    if ":" not in parts.hostname and not (len(parts.hostname) < 254 and HOST.fullmatch(parts.hostname)):
        raise ValueError(f"{what} has a host that cannot exist: {url!r}")
    return url


def check_issuer(url: str) -> str:
    """Return `url` if it can be an issuer: an address without a query (RFC 8414 §2). Raises ValueError."""
    if "?" in check_address(url, "the issuer"):
        raise ValueError(f"the issuer must not contain a query: {url!r}")
    return url


def same_issuer(one: str | None, other: str | None) -> bool:
    """Compare issuers as text (RFC 8414 §3.3), except for a slash at the end, which people leave out."""
    return one is not None and other is not None and one.rstrip("/") == other.rstrip("/")


def origin(url: str) -> str | None:
    """`https://host:port` of an address that a token may be sent to; None for any other."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return None
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        return None
    return f"{parts.scheme}://{parts.hostname}:{port}"
