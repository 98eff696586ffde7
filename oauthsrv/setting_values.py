"""Parsing settings: text in, the valid value out, or a ValueError that says why.

The reason never repeats the text of a URL, which may contain a password.
"""

import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult, parse_qs, urlsplit

HOST_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\Z")
ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:(?P<port>[1-9][0-9]{0,4}))?\Z")
POSTGRESQL_HOST = r"(\[[0-9A-Fa-f:.]+\]|[^:@\[\],]*)(:[0-9]+)?"
POSTGRESQL_HOSTS = re.compile(rf"{POSTGRESQL_HOST}(,{POSTGRESQL_HOST})*\Z")
UNREADABLE_HOST = "its host or port cannot be read (write / : @ # in a password as %2F %3A %40 %23)"
KEY = re.compile(r"[A-Za-z0-9+/_=-]{43,200}")
LEAST_DIFFERENT = 8  # characters: 32 random bytes have more in any encoding
DEFAULT_PORTS = {"http": 80, "https": 443}


class Listen(NamedTuple):
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def from_this_machine(self) -> "Listen":
        """The address at which this machine reaches the server, even if it listens on all addresses."""
        return self._replace(host={"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host))  # noqa: S104


def check_database_url(text: str) -> str:
    if not text.startswith(("postgresql://", "postgres://")):
        raise ValueError("it must begin with postgresql://")
    # Read as libpq does, whose own message would quote the part of a password that it takes for a host or port.
    authority = re.split("[/?#]", check_printable(text).partition("://")[2], maxsplit=1)[0]
    if not POSTGRESQL_HOSTS.match(authority.partition("@")[2] if "@" in authority else authority):
        raise ValueError(UNREADABLE_HOST)
    return text


def check_redis_url(text: str) -> str:
    check_printable(text)
    parts = split_redis_url(text)
    if parts.scheme == "unix":
        if not parts.path.startswith("/"):
            raise ValueError("unix:// needs the absolute path of a socket")
        return text
    if parts.path not in ("", "/") and not re.fullmatch(r"/[0-9]+", parts.path):
        raise ValueError("the path must be the number of a database")
    # redis-py also takes both from the query, if they are missing before it.
    query = parse_qs(parts.query)
    host = parts.hostname or query.get("host", ["localhost"])[-1]
    if not is_loopback(host) and not (parts.password or query.get("password")):
        raise ValueError("a Redis on another machine needs a password: who can write there can forge tokens")
    return text


def check_printable(text: str) -> str:
    if re.search(r"[\s\x00-\x1f\x7f]", text):
        raise ValueError("it contains a space or a control character (write a space as %20)")
    return text


def split_redis_url(text: str) -> SplitResult:
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("it must begin with redis://, rediss:// or unix://")
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises if the port is not a number
    except ValueError:
        # Neither chained nor repeated: urlsplit's own message may quote a password that it took for a port.
        raise ValueError(UNREADABLE_HOST) from None
    return parts


def check_issuer(text: str) -> str:
    """The public origin as browsers write it, as clients and browsers compare it as text (RFC 8414 §3.3)."""
    if "@" in text or "?" in text or "#" in text:
        raise ValueError("it must be an origin alone: no user, query or fragment")
    match = ORIGIN.match(text)
    if not match:
        raise ValueError(why_no_origin(text))
    scheme, host, port = match["scheme"], match["host"].strip("[]"), int(match["port"] or 0)
    if match["host"].startswith("["):
        if check_ipv6(host) != host:
            raise ValueError(f"write its address as [{check_ipv6(host)}], as browsers do")
    elif not HOST_NAME.match(host):
        raise ValueError("its host is not a host name")
    if port > 65535:
        raise ValueError("its port is above 65535")
    if port == DEFAULT_PORTS[scheme]:
        raise ValueError(f"leave out :{port}, as browsers do")
    if scheme == "http" and not is_loopback(host):
        raise ValueError("http is for loopback addresses only; others need https")
    return text


def why_no_origin(text: str) -> str:
    lower = text.lower()
    if not lower.startswith(("http://", "https://")):
        return "it must begin with https://"
    if text != lower:
        return "it must be in lower case"
    rest = text.partition("://")[2]
    if rest.endswith("/") and rest.count("/") == 1:
        return "leave out the slash at its end"
    if "/" in rest:
        return "it must be an origin alone, without a path"
    return "its host or port cannot be read (a host outside ASCII is written as xn--…)"


def check_listen(text: str) -> Listen:
    host, colon, port = text.rpartition(":")
    if not colon or not host:
        raise ValueError(f"{text!r} is not HOST:PORT")
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise ValueError(f"its port {port!r} is not a number from 1 to 65535")
    if host.startswith("[") and host.endswith("]"):
        return Listen(check_ipv6(host[1:-1]), int(port))
    if ":" in host:
        raise ValueError("an IPv6 address is written in brackets, as in [::1]:8000")
    if not HOST_NAME.match(host.lower()):
        raise ValueError(f"{host!r} is neither an address nor a host name")
    return Listen(host.lower(), int(port))


def check_ipv6(text: str) -> str:
    try:
        return str(IPv6Address(text))
    except ValueError:
        raise ValueError(f"{text!r} is not an IPv6 address") from None


def check_folder(text: str) -> Path:
    # Made absolute now, so that it stays the same folder if the process changes its own.
    return Path(text).expanduser().absolute()


def check_key(text: str) -> str:
    """Check a key, which no message repeats; the reason says how to make a good one."""
    if not KEY.fullmatch(text):
        raise ValueError("it must be 43 to 200 base64 characters (make one with: openssl rand -hex 32)")
    if len(set(text)) < LEAST_DIFFERENT:
        raise ValueError("it is too easy to guess (make one with: openssl rand -hex 32)")
    return text


def check_proxies(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(check_network(part) for part in re.split(r"[\s,]+", text) if part)


def check_network(text: str) -> IPv4Network | IPv6Network:
    network = ip_network(text)
    if network.prefixlen == 0:
        raise ValueError(f"{text} would trust every address")
    return network


def whole_number(low: int, high: int) -> Callable[[str], int]:
    def check(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text) or not low <= int(text) <= high:
            raise ValueError(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)

    return check


def one_of(**values: Any) -> Callable[[str], Any]:
    def check(text: str) -> Any:
        if text not in values:
            raise ValueError(f"{text!r} is not {' or '.join(values)}")
        return values[text]

    return check


def is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = address_of(host)
    return address is not None and address.is_loopback


def address_of(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
