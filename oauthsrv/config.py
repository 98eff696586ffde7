"""Every setting: its variable, default and valid values, and the reason why a value is refused."""

import functools
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from oauthsrv.brand import Brand, Picture, check_link, check_logo, check_product_name, check_support
from oauthsrv.colors import Accent, check_accent
from oauthsrv.setting_values import (
    DEFAULT_PORTS,
    Listen,
    check_database_url,
    check_folder,
    check_issuer,
    check_key,
    check_listen,
    check_proxies,
    check_redis_url,
    is_loopback,
    one_of,
    whole_number,
)

DAY = 86_400
YEAR = 365 * DAY

PREFIX = "OAUTHSRV_"
# Read by other packages; not settings of the server.
GUARD_VARIABLES = frozenset(
    f"{PREFIX}GUARD_{name}" for name in ("CLIENT_ID", "CLIENT_SECRET", "RESOURCE", "ADDRESS", "CA_FILE")
)
OTHER_VARIABLES = GUARD_VARIABLES | {"OAUTHSRV_TEST_ALL", "OAUTHSRV_TOKEN_DIR", "OAUTHSRV_TOKEN_STORAGE"}

KEY_SETTING = "OAUTHSRV_KEY"


class SettingError(Exception):
    """A wrong setting, which stops the start: the message says which, why, and gives an example."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The operator's settings. Times are in seconds; a URL that is None means an embedded database."""

    # The two URLs may contain passwords, and the key opens sealed data, so repr, and with it every traceback and log,
    # leaves them out.
    database_url: str | None = field(repr=False)
    redis_url: str | None = field(repr=False)
    issuer: str
    listen: Listen
    data_dir: Path
    key: str | None = field(repr=False)
    workers: int
    threads: int
    name: str
    logo: tuple[Picture, ...] | None = field(repr=False)
    accent: Accent | None
    support_url: str | None
    terms_url: str | None
    privacy_url: str | None
    signup: Literal["open", "closed"]
    app_review: bool
    registration: Literal["off", "token", "open"]
    client_documents: Literal["off", "listed", "open"]
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    code_ttl: int
    access_ttl: int
    refresh_ttl: int
    refresh_max_age: int
    refresh_grace: int
    chosen: frozenset[str] = frozenset()  # the fields that the operator set, even to their defaults

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach the server over https."""
        return self.issuer.startswith("https://")

    @functools.cached_property
    def brand(self) -> Brand:
        """The product as pages show it."""
        return Brand(
            name=self.name,
            pictures=self.logo or (),
            accent=self.accent,
            support_url=self.support_url,
            terms_url=self.terms_url,
            privacy_url=self.privacy_url,
        )

    @functools.cached_property
    def cookie_suffix(self) -> str:
        """The suffix of our cookies, which tells them from another server's on this host, as cookies ignore the port.

        Needed on loopback addresses, where several servers may run, and if the issuer has a port.
        """
        origin = urlsplit(self.issuer)
        shares_its_host = origin.port is not None or is_loopback(origin.hostname or "")
        return "-" + hashlib.sha256(self.issuer.encode()).hexdigest()[:8] if shares_its_host else ""


class Setting(NamedTuple):
    name: str
    default: str | None
    parse: Callable[[str], Any]
    example: str

    @property
    def field(self) -> str:
        return self.name.removeprefix(PREFIX).lower()

    @property
    def option(self) -> str:
        return "--" + self.field.replace("_", "-")


# README.md says what each is for.
SETTINGS = (
    Setting("DATABASE_URL", None, check_database_url, "postgresql://oauthsrv:secret@db.internal/oauthsrv"),
    Setting("REDIS_URL", None, check_redis_url, "redis://:secret@cache.internal:6379/0"),
    Setting("OAUTHSRV_ISSUER", None, check_issuer, "https://login.example.com"),
    Setting("OAUTHSRV_LISTEN", "127.0.0.1:8000", check_listen, "[::1]:8000"),
    Setting("OAUTHSRV_DATA_DIR", "var", check_folder, "/srv/oauthsrv"),
    Setting(KEY_SETTING, None, check_key, secrets.token_hex(32)),  # a new one each time
    Setting("OAUTHSRV_WORKERS", "1", whole_number(1, 256), "4"),
    Setting("OAUTHSRV_THREADS", "16", whole_number(1, 256), "16"),
    Setting("OAUTHSRV_NAME", "oauthsrv", check_product_name, "Acme"),
    Setting("OAUTHSRV_LOGO", None, check_logo, "/etc/acme/logo.svg, /etc/acme/logo-dark.svg"),
    Setting("OAUTHSRV_ACCENT", None, check_accent, "#1f5fa8, #8ab8f0"),
    Setting("OAUTHSRV_SUPPORT_URL", None, check_support, "https://acme.example/support"),
    Setting("OAUTHSRV_TERMS_URL", None, check_link, "https://acme.example/terms"),
    Setting("OAUTHSRV_PRIVACY_URL", None, check_link, "https://acme.example/privacy"),
    Setting("OAUTHSRV_SIGNUP", "open", one_of(open="open", closed="closed"), "closed"),
    Setting("OAUTHSRV_APP_REVIEW", "off", one_of(on=True, off=False), "on"),
    Setting("OAUTHSRV_REGISTRATION", "off", one_of(off="off", token="token", open="open"), "token"),  # noqa: S106
    Setting("OAUTHSRV_CLIENT_DOCUMENTS", "listed", one_of(off="off", listed="listed", open="open"), "off"),
    Setting("OAUTHSRV_TRUSTED_PROXIES", "", check_proxies, "10.0.0.7, 192.168.4.0/24"),
    Setting("OAUTHSRV_CODE_TTL", "600", whole_number(1, 600), "300"),
    Setting("OAUTHSRV_ACCESS_TTL", "3600", whole_number(1, DAY), "900"),
    Setting("OAUTHSRV_REFRESH_TTL", "2592000", whole_number(1, 10 * YEAR), "1209600"),
    Setting("OAUTHSRV_REFRESH_MAX_AGE", "31536000", whole_number(1, 10 * YEAR), "7776000"),
    Setting("OAUTHSRV_REFRESH_GRACE", "30", whole_number(0, 60), "30"),
)


def load(environ: Mapping[str, str], **options: str | int | None) -> Settings:
    """Read and check the settings; an option (named like its field, None if not given) overrides its variable.

    Raises SettingError for the first wrong one.
    """
    check_names(environ)
    unknown = options.keys() - {setting.field for setting in SETTINGS}
    if unknown:
        raise TypeError(f"no such setting: {', '.join(sorted(unknown))}")
    values = {setting.field: read(setting, environ, options.get(setting.field)) for setting in SETTINGS}
    values["issuer"] = values["issuer"] or default_issuer(values["listen"])
    check_together(values)
    chosen = {one.field for one in SETTINGS if one.name in environ or options.get(one.field) is not None}
    return Settings(**values, chosen=frozenset(chosen))


def read(setting: Setting, environ: Mapping[str, str], option: str | int | None) -> Any:
    if option is not None:
        return checked(setting, str(option), f"{setting.option} ", setting.option)
    if setting.name in environ:
        return checked(setting, environ[setting.name], f"{setting.name}=", setting.name)
    return None if setting.default is None else setting.parse(setting.default)


def checked(setting: Setting, text: str, given_as: str, called: str) -> Any:
    try:
        # Empty is not the same as unset: if a secret failed to arrive, no embedded database must start instead.
        if not text.strip() and setting.default != "":
            raise ValueError("it is empty; leave it out to get the default")
        return setting.parse(text.strip())
    except ValueError as error:
        raise SettingError(f"{called} is wrong: {error}. Example: {given_as}{setting.example}") from None


def check_together(values: Mapping[str, Any]) -> None:
    if values["app_review"] and values["registration"] == "open":
        raise SettingError(
            "OAUTHSRV_REGISTRATION=open cannot be combined with OAUTHSRV_APP_REVIEW=on: anyone could fill the review "
            "queue, and each installation of an app would wait in it. Example: OAUTHSRV_REGISTRATION=token"
        )
    if values["app_review"] and values["client_documents"] == "open":
        raise SettingError(
            "OAUTHSRV_CLIENT_DOCUMENTS=open cannot be combined with OAUTHSRV_APP_REVIEW=on: any app with a document "
            "could connect without review. Example: OAUTHSRV_CLIENT_DOCUMENTS=listed"
        )


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
        import difflib  # here, as most starts do not need it

        nearest = difflib.get_close_matches(name.upper().removeprefix(PREFIX), names, n=1, cutoff=0.75)
        if nearest:
            setting = names[nearest[0]]
            raise SettingError(f"{name} is not a setting: {setting.name} is. Example: {setting.name}={setting.example}")
