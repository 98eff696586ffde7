"""Every setting: its variable, its default, its valid values, and why a value is refused."""

import difflib
import functools
import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import SplitResult, parse_qs, urlsplit

DAY = 86_400
YEAR = 365 * DAY

PREFIX = "OAUTHSRV_"
# Read by other packages; not settings of the server.
GUARD_VARIABLES = frozenset(
    f"{PREFIX}GUARD_{name}" for name in ("CLIENT_ID", "CLIENT_SECRET", "RESOURCE", "ADDRESS", "CA_FILE")
)
OTHER_VARIABLES = GUARD_VARIABLES | {"OAUTHSRV_TEST_ALL", "OAUTHSRV_TOKEN_DIR", "OAUTHSRV_TOKEN_STORAGE"}

HOST_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\Z")
ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:(?P<port>[1-9][0-9]{0,4}))?\Z")
POSTGRESQL_HOST = r"(\[[0-9A-Fa-f:.]+\]|[^:@\[\],]*)(:[0-9]+)?"
POSTGRESQL_HOSTS = re.compile(rf"{POSTGRESQL_HOST}(,{POSTGRESQL_HOST})*\Z")
UNREADABLE_HOST = "its host or port cannot be read (write / : @ # in a password as %2F %3A %40 %23)"
KEY_SETTING = "OAUTHSRV_KEY"
KEY = re.compile(r"[A-Za-z0-9+/_=-]{43,200}")
LEAST_DIFFERENT = 8  # characters: 32 random bytes have more in any encoding
DEFAULT_PORTS = {"http": 80, "https": 443}


class SettingError(Exception):
    """A wrong setting, which stops the start: the message says which, why, and gives an example."""


class Listen(NamedTuple):
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def from_this_machine(self) -> "Listen":
        """How to reach a server that listens on all addresses."""
        return self._replace(host={"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host))  # noqa: S104


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of the operator. Times are in seconds; a URL that is None means an embedded database."""

    # The two URLs may contain passwords, and the key opens what was sealed: repr, and so every traceback and log,
    # leaves them out.
    database_url: str | None = field(repr=False)
    redis_url: str | None = field(repr=False)
    issuer: str
    listen: Listen
    data_dir: Path
    key: str | None = field(repr=False)
    workers: int
    threads: int
    signup: Literal["open", "closed"]
    app_review: bool
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    code_ttl: int
    access_ttl: int
    refresh_ttl: int
    refresh_max_age: int
    refresh_grace: int

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach the server over https."""
        return self.issuer.startswith("https://")

    @functools.cached_property
    def cookie_suffix(self) -> str:
        """Distinguishes our cookies from those of another server on this host, as cookies ignore the port.

        Needed on loopback addresses, where several servers may run, and if the issuer has a port.
        """
        origin = urlsplit(self.issuer)
        shares_its_host = origin.port is not None or is_loopback(origin.hostname or "")
        return "-" + hashlib.sha256(self.issuer.encode()).hexdigest()[:8] if shares_its_host else ""


# Parsers: text in, the valid value out, or a ValueError that says why. The reason never repeats the text of a URL,
# which may contain a password.


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
    # redis-py takes both from the query too, if they are missing before it.
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
        _ = parts.port  # raises where the port is no number
    except ValueError:
        # Not chained and not repeated: urlsplit's own message may quote a password that it took for a port.
        raise ValueError(UNREADABLE_HOST) from None
    return parts


def check_issuer(text: str) -> str:
    """The public origin as browsers write it, since clients and browsers compare it as text (RFC 8414 §3.3)."""
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
    # Made absolute here, so that it stays the same folder whatever the process does later.
    return Path(text).expanduser().absolute()


def check_key(text: str) -> str:
    """Never repeated in a message; the reason says how to make a good one."""
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


class Setting(NamedTuple):
    name: str
    default: str | None
    parse: Callable[[str], Any]
    explanation: str
    example: str

    @property
    def field(self) -> str:
        return self.name.removeprefix(PREFIX).lower()

    @property
    def option(self) -> str:
        return "--" + self.field.replace("_", "-")


SETTINGS = (
    Setting(
        "DATABASE_URL", None, check_database_url,
        "PostgreSQL; without it an embedded one is started",
        "postgresql://oauthsrv:secret@db.internal/oauthsrv",
    ),
    Setting(
        "REDIS_URL", None, check_redis_url,
        "Redis or Valkey; without it an embedded Valkey is started. One on another machine needs a password",
        "redis://:secret@cache.internal:6379/0",
    ),
    Setting(
        "OAUTHSRV_ISSUER", None, check_issuer,
        "public origin, without a path or a slash at its end; http on loopback only; "
        "by default made from OAUTHSRV_LISTEN if that is a loopback address, required otherwise",
        "https://login.example.com",
    ),
    Setting(
        "OAUTHSRV_LISTEN", "127.0.0.1:8000", check_listen,
        "address and port to listen on", "[::1]:8000",
    ),
    Setting(
        "OAUTHSRV_DATA_DIR", "var", check_folder,
        "folder of the embedded databases and of the key", "/srv/oauthsrv",
    ),
    Setting(
        KEY_SETTING, None, check_key,
        "encrypts what the server must read again; the same on every machine, and never changed; "
        "by default a file in the data folder, made at the first start", secrets.token_hex(32),  # new each time
    ),
    Setting(
        "OAUTHSRV_WORKERS", "1", whole_number(1, 256),
        "processes that answer requests; one per core", "4",
    ),
    Setting(
        "OAUTHSRV_THREADS", "16", whole_number(1, 256),
        "threads of each worker; each may hold one connection to PostgreSQL and one to Redis", "16",
    ),
    Setting(
        "OAUTHSRV_SIGNUP", "open", one_of(open="open", closed="closed"),
        "whether people can sign up: open or closed", "closed",
    ),
    Setting(
        "OAUTHSRV_APP_REVIEW", "off", one_of(on=True, off=False),
        "on: only its developers can use a new app until an administrator approves it", "on",
    ),
    Setting(
        "OAUTHSRV_TRUSTED_PROXIES", "", check_proxies,
        "addresses or networks whose X-Forwarded-* headers are trusted", "10.0.0.7, 192.168.4.0/24",
    ),
    Setting(
        "OAUTHSRV_CODE_TTL", "600", whole_number(1, 600),
        "seconds an authorization code lives, at most 600", "300",
    ),
    Setting(
        "OAUTHSRV_ACCESS_TTL", "3600", whole_number(1, DAY),
        "seconds an access token lives, at most a day", "900",
    ),
    Setting(
        "OAUTHSRV_REFRESH_TTL", "2592000", whole_number(1, 10 * YEAR),
        "seconds a refresh token lives without being used", "1209600",
    ),
    Setting(
        "OAUTHSRV_REFRESH_MAX_AGE", "31536000", whole_number(1, 10 * YEAR),
        "seconds after which a refresh token expires, however often it was used", "7776000",
    ),
    Setting(
        "OAUTHSRV_REFRESH_GRACE", "30", whole_number(0, 60),
        "seconds in which a repeated refresh gets the same response again, at most 60; 0 turns it off", "30",
    ),
)  # fmt: skip


def load(environ: Mapping[str, str], **options: str | int | None) -> Settings:
    """The checked settings; an option (named like its field, None if not given) wins over its variable.

    Raises SettingError for the first wrong one.
    """
    check_names(environ)
    unknown = options.keys() - {setting.field for setting in SETTINGS}
    if unknown:
        raise TypeError(f"no such setting: {', '.join(sorted(unknown))}")
    values = {setting.field: read(setting, environ, options.get(setting.field)) for setting in SETTINGS}
    values["issuer"] = values["issuer"] or default_issuer(values["listen"])
    return Settings(**values)


def read(setting: Setting, environ: Mapping[str, str], option: str | int | None) -> Any:
    if option is not None:
        return checked(setting, str(option), f"{setting.option} ", setting.option)
    if setting.name in environ:
        return checked(setting, environ[setting.name], f"{setting.name}=", setting.name)
    return None if setting.default is None else setting.parse(setting.default)


def checked(setting: Setting, text: str, given_as: str, called: str) -> Any:
    try:
        # Empty is not unset: a secret that failed to arrive must not start an embedded database instead.
        if not text.strip() and setting.default != "":
            raise ValueError("it is empty; leave it out to get the default")
        return setting.parse(text.strip())
    except ValueError as error:
        raise SettingError(f"{called} is wrong: {error}. Example: {given_as}{setting.example}") from None


def default_issuer(listen: Listen) -> str:
    if not is_loopback(listen.host):
        raise SettingError(
            f"OAUTHSRV_ISSUER is missing: {listen} is not a loopback address, so the server needs its public origin. "
            "Example: OAUTHSRV_ISSUER=https://login.example.com"
        )
    return "http://" + str(listen).removesuffix(f":{DEFAULT_PORTS['http']}")


def check_names(environ: Mapping[str, str]) -> None:
    """Refuse a variable that looks like a misspelled setting, which would otherwise have no effect.

    Others are ignored: an orchestrator may set OAUTHSRV_SERVICE_HOST and the like for a service of that name.
    """
    names = {setting.name.removeprefix(PREFIX): setting for setting in SETTINGS}
    known = {setting.name for setting in SETTINGS} | OTHER_VARIABLES
    for name in sorted(environ):
        if not name.upper().startswith(PREFIX) or name in known:
            continue
        nearest = difflib.get_close_matches(name.upper().removeprefix(PREFIX), names, n=1, cutoff=0.75)
        if nearest:
            setting = names[nearest[0]]
            raise SettingError(f"{name} is not a setting: {setting.name} is. Example: {setting.name}={setting.example}")


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
