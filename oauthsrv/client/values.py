"""The client's values: a PKCE challenge, tokens, a provider, a configuration, a status."""

import dataclasses
import re
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any, Self

from oauthsrv.client.names import check_address, check_issuer, check_service_name, scope_list

VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 §4.1
# The characters a header may contain: a token with a line break would add headers of its own.
TOKEN = re.compile(r"[\x21-\x7e]+")

# Fields of tokens that are stored only if they are not empty.
OPTIONAL = frozenset({"id_token", "extra", "source"})
CLOCK_SKEW = 300.0  # seconds that two clocks may differ

REDIRECT_PORTS = (8080, 3000, 57548)
REDIRECT_PATH = re.compile(r"/[A-Za-z0-9/._~-]*")
AUTH_METHODS = ("client_secret_basic", "client_secret_post")
# Parameters that every authorization request sets (RFC 6749 §4.1.1, RFC 7636 §4.3), so no provider may.
OWN_PARAMETERS = (
    *("response_type", "client_id", "redirect_uri", "scope", "state"),
    *("code_challenge", "code_challenge_method"),
)


class AuthStatus(StrEnum):
    NOT_AUTHENTICATED = "NOT_AUTHENTICATED"
    AUTHENTICATED = "AUTHENTICATED"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105 (no password)
    TOKEN_REFRESH_FAILED = "TOKEN_REFRESH_FAILED"  # noqa: S105 expired, and its refresh token was refused


@dataclass(frozen=True)
class PKCEChallenge:
    """A verifier and its S256 challenge (RFC 7636 §4.2). Raises ValueError for another method or another challenge."""

    code_verifier: str = field(repr=False)
    code_challenge: str
    code_challenge_method: str = "S256"

    def __post_init__(self) -> None:
        if self.code_challenge_method != "S256":
            raise ValueError("code_challenge_method is always S256")
        if not VERIFIER.fullmatch(self.code_verifier):
            raise ValueError("code_verifier must be 43 to 128 letters, digits and -._~ (RFC 7636)")
        if self.code_challenge != challenge_of(self.code_verifier):
            raise ValueError("code_challenge is not the S256 challenge of this code_verifier")

    @classmethod
    def from_verifier(cls, code_verifier: str) -> Self:
        return cls(code_verifier, challenge_of(code_verifier))

    @classmethod
    def generate(cls) -> Self:
        """Make a challenge with 384 random bits."""
        return cls.from_verifier(secrets.token_urlsafe(48))


def challenge_of(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


@dataclass(frozen=True)
class OAuthTokens:
    """The answer of a token endpoint (RFC 6749 §5.1). Times are in seconds; `issued_at` is since 1970.

    `expires_in` None means that the server did not say; the token is then used until it is refused.
    """

    access_token: str = field(repr=False)
    token_type: str = "Bearer"  # noqa: S105 (no password)
    expires_in: float | None = None
    refresh_token: str | None = field(default=None, repr=False)
    scope: str | None = None
    issued_at: float = field(default_factory=time.time)
    id_token: str | None = field(default=None, repr=False)
    # Everything else in the server's answer.
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)
    # Who issued them and to which client, for a storage that stores nothing else; set by this package.
    source: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)

    @property
    def expires_at(self) -> float | None:
        return None if self.expires_in is None else self.issued_at + self.expires_in

    @property
    def scopes(self) -> frozenset[str]:
        # GitHub separates them with commas.
        return frozenset((self.scope or "").replace(",", " ").split())

    @property
    def is_from_the_future(self) -> bool:
        """Whether they were issued later than now: this machine's clock was ahead then, so their end is unknown."""
        return self.issued_at > time.time() + CLOCK_SKEW

    def is_expired(self, buffer_seconds: float = 60) -> bool:
        """Whether they have expired, or will within `buffer_seconds`."""
        return self.expires_at is not None and (
            time.time() + buffer_seconds >= self.expires_at or self.is_from_the_future
        )

    def to_dict(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value or name not in OPTIONAL}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` returned; unknown names are ignored. Raises ValueError for anything else."""
        if not isinstance(values, Mapping):
            raise ValueError("tokens must be an object")
        issued_at, extra, source = number(values, "issued_at"), values.get("extra"), values.get("source")
        return cls(
            access_token=token(values, "access_token"),
            token_type=text(values, "token_type") or "Bearer",
            expires_in=number(values, "expires_in"),
            refresh_token=token(values, "refresh_token") if values.get("refresh_token") else None,
            scope=text(values, "scope"),
            issued_at=time.time() if issued_at is None else issued_at,
            id_token=text(values, "id_token"),
            extra=dict(extra) if isinstance(extra, Mapping) else {},
            source=source if isinstance(source, Mapping) else None,
        )

    @classmethod
    def from_response(
        cls, response: Mapping[str, Any], *, previous: "OAuthTokens | None" = None, requested: Iterable[str] = ()
    ) -> Self:
        """Read the answer of a token endpoint (RFC 6749 §5.1, §6). Raises ValueError, which says what is wrong with it.

        What a refresh leaves out stays as in `previous`: the refresh token, the scope, the ID token.
        An answer without a scope grants what was `requested`.
        """
        before = vars(previous) if previous else {}
        known = {each.name for each in dataclasses.fields(cls)}
        extra = {name: value for name, value in response.items() if name not in known}
        kept = {name: response.get(name) or before.get(name) for name in ("refresh_token", "id_token")}
        kept["scope"] = response.get("scope") or " ".join(requested) or before.get("scope")
        kept["extra"] = {**before.get("extra", {}), **extra}
        new = cls.from_dict({**response, **kept, "issued_at": None, "source": None})
        if new.token_type.lower() != "bearer":
            raise ValueError(f"its tokens have the type {new.token_type!r}, and this client supports only Bearer")
        return new


def text(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} is not text")
    return value or None


def token(values: Mapping[str, Any], name: str) -> str:
    value = text(values, name)
    if value is None:
        raise ValueError(f"{name} is missing")
    if not TOKEN.fullmatch(value):
        raise ValueError(f"{name} has characters that a token may not have")
    return value


def number(values: Mapping[str, Any], name: str) -> float | None:
    """Read a number of seconds, which some servers write as text; None if it is not one."""
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    # A negative number means that the moment has passed.
    return max(found, 0.0) if abs(found) < float("inf") else None


@dataclass(frozen=True)
class OAuthProvider:
    """A template without credentials: a service's endpoints and what its requests need.

    Either `issuer` (the endpoints are discovered, RFC 8414) or `auth_url` and `token_url`.
    Addresses are https, or http on loopback; anything else raises ValueError.
    """

    service_name: str
    auth_url: str = ""
    token_url: str = ""
    scopes: list[str] = field(default_factory=list, hash=False)
    audience: str | None = None
    resources_url: str | None = None
    extra_auth_params: Mapping[str, str] = field(default_factory=dict, hash=False)
    display_name: str = ""
    setup_url: str | None = None
    # Tried in this order; then any free port, unless the provider compares the port of redirect URIs.
    redirect_ports: tuple[int, ...] = REDIRECT_PORTS
    redirect_host: str = "127.0.0.1"
    any_free_port: bool = True
    redirect_path: str = "/callback"
    issuer: str | None = None
    # Whether to refuse an answer without `iss` (RFC 9207 §2.4).
    iss_required: bool = False
    device_url: str | None = None
    registration_url: str | None = None
    revocation_url: str | None = None
    # client_secret_basic or client_secret_post, for clients with a secret (RFC 6749 §2.3.1).
    token_auth_method: str = "client_secret_post"  # noqa: S105 (no password)
    requires_secret: bool = False

    def __post_init__(self) -> None:
        check_service_name(self.service_name)
        object.__setattr__(self, "scopes", scope_list(self.scopes))
        object.__setattr__(self, "redirect_ports", tuple(self.redirect_ports))
        object.__setattr__(self, "display_name", self.display_name or self.service_name)
        for name in ("auth_url", "token_url", "resources_url", "device_url", "registration_url", "revocation_url"):
            if address := getattr(self, name):
                check_address(address, name)
        if self.issuer:
            check_issuer(self.issuer)
        ports, extra = self.redirect_ports, self.extra_auth_params
        rules = {
            "redirect_host must be 127.0.0.1 or localhost": self.redirect_host in ("127.0.0.1", "localhost"),
            "redirect_ports must be numbers from 1 to 65535": all(type(p) is int and 0 < p < 65536 for p in ports),
            "redirect_ports must name a port, or any_free_port be true": ports or self.any_free_port,
            "redirect_path must begin with a slash and have no query": REDIRECT_PATH.fullmatch(self.redirect_path),
            "extra_auth_params must be strings": all(isinstance(value, str) for value in extra.values()),
            f"extra_auth_params must not contain {', '.join(OWN_PARAMETERS)}": not set(OWN_PARAMETERS) & set(extra),
            f"token_auth_method must be {' or '.join(AUTH_METHODS)}": self.token_auth_method in AUTH_METHODS,
        }
        for rule, holds in rules.items():
            if not holds:
                raise ValueError(rule)

    def to_config(self, client_id: str, client_secret: str | None = None) -> "OAuthConfig":
        """This provider with your own credentials."""
        return OAuthConfig(**{**vars(self), "client_id": client_id, "client_secret": client_secret})


@dataclass(frozen=True)
class OAuthConfig(OAuthProvider):
    """A provider and the credentials of one client there."""

    client_id: str = ""
    client_secret: str | None = field(default=None, repr=False)
    resource: str | None = None  # the API that the tokens are for (RFC 8707)

    @property
    def requested(self) -> dict[str, str]:
        """The parameters that a login requests."""
        values = {"audience": self.audience, "scope": " ".join(self.scopes), "resource": self.resource}
        return {name: value for name, value in values.items() if value}


# The record of one login, written as one: server, client, registration and tokens

# The parts of a record that go into a keyring, besides the tokens.
SECRETS = ("client_secret", "registration")


@dataclass(frozen=True)
class Registration:
    """The stored data of a self-registered client. `expires_at` (seconds since 1970) is its secret's, 0 for never."""

    redirect_uris: tuple[str, ...] = ()
    expires_at: float = 0
    address: str | None = None
    access_token: str | None = field(default=None, repr=False)

    def allows(self, redirect_uri: str | None) -> bool:
        """Whether the client can still be used, and with this redirect URI (none for a device)."""
        is_expired = 0 < self.expires_at <= time.time()
        return not is_expired and (redirect_uri is None or redirect_uri in self.redirect_uris)


@dataclass(frozen=True)
class LoginRecord:
    """The record of a login. Its tokens go to the server of `config`, which issued them, and nowhere else.

    Without `config` it is unknown who issued the tokens, as the caller's own storage kept nothing else.
    Without `tokens` there is no login, but what the last one used is remembered for the next.
    """

    config: OAuthConfig | None = None
    tokens: OAuthTokens | None = None
    registration: Registration | None = None
    # The secret came as an argument or by registration; one from the environment is not stored.
    secret_given: bool = False
    # The scope of the login, which a refresh without a scope restores (RFC 6749 §6).
    granted: str | None = None
    # The digest of a refresh token that the server refused for good, so that it is not sent again.
    refused: str | None = field(default=None, repr=False)

    @property
    def was_refused(self) -> bool:
        return self.tokens is not None and self.refused == digest(self.tokens)

    def with_tokens(self, tokens: OAuthTokens | None) -> "LoginRecord":
        return dataclasses.replace(self, tokens=tokens)


def digest(tokens: OAuthTokens) -> str:
    return sha256((tokens.refresh_token or "").encode()).hexdigest()


def as_dict(record: LoginRecord) -> dict[str, Any]:
    """The dictionary of OAuthTokens.to_dict, with the rest of the record as its `source`."""
    tokens = record.tokens.to_dict() if record.tokens else {}
    if record.config is None:
        return tokens
    source = dataclasses.asdict(record.with_tokens(None))
    secret = source["config"].pop("client_secret")
    source["client_secret"] = secret if record.secret_given else None
    return {**tokens, "source": {name: value for name, value in source.items() if value}}


def from_dict(values: Mapping[str, Any]) -> LoginRecord:
    """Read what `as_dict` returned. Raises ValueError, TypeError or KeyError for anything else."""
    source = values.get("source")
    tokens = OAuthTokens.from_dict({**values, "source": None}) if "access_token" in values else None
    if source is None:
        return LoginRecord(tokens=tokens)
    registration = source.get("registration")
    return LoginRecord(
        OAuthConfig(**source["config"], client_secret=source.get("client_secret")),
        tokens,
        Registration(**registration) if registration else None,
        secret_given=bool(source.get("secret_given")),
        granted=source.get("granted"),
        refused=source.get("refused"),
    )
