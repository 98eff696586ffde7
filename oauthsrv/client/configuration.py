"""Which server and which client a service means: out of arguments, the environment, providers, and earlier logins."""

import dataclasses
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from oauthsrv.client.endpoints import discover
from oauthsrv.client.http import HTTP_SECONDS
from oauthsrv.client.names import check_address, same_issuer, scope_list, variable
from oauthsrv.client.results import ErrorCode, Trouble, wrong_value
from oauthsrv.client.values import LoginRecord, OAuthConfig, OAuthProvider

# Pairs of a client's id and its secret, as far as each source knows them.
Credentials: TypeAlias = list[tuple[str | None, str | None]]

# PKCE and loopback redirects on any port; errors and tokens come as forms, with status 200, unless JSON is asked for.
GITHUB = OAuthProvider(
    service_name="github",
    display_name="GitHub",
    auth_url="https://github.com/login/oauth/authorize",
    token_url="https://github.com/login/oauth/access_token",  # noqa: S106 (no password)
    device_url="https://github.com/login/device/code",
    revocation_url="https://api.github.com/applications/",
    scopes=["repo", "read:user"],
    setup_url="https://github.com/settings/developers",
    requires_secret=True,
)
# Its callback URLs must match exactly, and an app has one.
ATLASSIAN = OAuthProvider(
    service_name="atlassian",
    display_name="Atlassian",
    auth_url="https://auth.atlassian.com/authorize",
    token_url="https://auth.atlassian.com/oauth/token",  # noqa: S106 (no password)
    scopes=["read:jira-work", "offline_access"],
    audience="api.atlassian.com",
    resources_url="https://api.atlassian.com/oauth/token/accessible-resources",
    extra_auth_params={"prompt": "consent"},
    setup_url="https://developer.atlassian.com/console/myapps/",
    redirect_host="localhost",
    redirect_ports=(8080,),
    any_free_port=False,
    requires_secret=True,
)
# Any issuer: --issuer or OAUTHSRV_ISSUER says which.
OAUTHSRV = OAuthProvider(service_name="oauthsrv", display_name="oauthsrv")

BUILT_IN: Mapping[str, OAuthProvider] = {each.service_name: each for each in (GITHUB, ATLASSIAN, OAUTHSRV)}

FIELDS = {each.name for each in dataclasses.fields(OAuthProvider)} - {"service_name"}


@dataclass(frozen=True)
class Given:
    """What the caller said; it wins over everything else. None was not said, and no scopes asks for none by name."""

    issuer: str | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] | None = None
    # Of a login only: how the server is to ask the person (OpenID Connect), and the API the tokens are for (RFC 8707).
    prompt: str | None = None
    login_hint: str | None = None
    resource: str | None = None

    def __post_init__(self) -> None:
        if self.scopes is not None:
            object.__setattr__(self, "scopes", tuple(scope_list(self.scopes)))

    def of_client(self, client_id: str | None, client_secret: str | None) -> "Given":
        if client_id is None and client_secret is None:
            return self
        return dataclasses.replace(
            self, client_id=client_id or self.client_id, client_secret=client_secret or self.client_secret
        )


NOTHING = Given()


@dataclass(frozen=True)
class Configurations:
    """`names` lists the logins there are, for messages."""

    providers: Mapping[str, OAuthProvider]
    environ: Mapping[str, str]
    names: Callable[[], list[str]]
    seconds: float = HTTP_SECONDS

    def for_login(
        self, service: str, given: Given, earlier: LoginRecord | None, *, by_device: bool = False
    ) -> OAuthConfig:
        """What to log in with. Without a client id only where the server lets clients register themselves."""
        remembered = earlier.config if earlier else None
        provider = self.discovered(service, given, remembered)
        if remembered and not is_same_server(remembered, provider):
            remembered = None
        if given.scopes is not None:
            provider = dataclasses.replace(provider, scopes=list(given.scopes))
        elif remembered and remembered.scopes and not provider.scopes:
            provider = dataclasses.replace(provider, scopes=remembered.scopes)
        config = self.with_resource(self.with_client(provider, given, remembered), given, remembered)
        if not config.client_id and not config.registration_url:
            raise self.missing("client id", "CLIENT_ID", "--client-id", config)
        if config.requires_secret and not config.client_secret and not by_device:
            raise self.missing("client secret", "CLIENT_SECRET", "--client-secret", config)
        return config

    def for_tokens(self, service: str, given: Given, record: LoginRecord) -> OAuthConfig:
        """What the stored tokens were got with: a refresh token works for its own client only (RFC 6749 §6)."""
        if remembered := record.config:
            secret = secret_of(remembered.client_id, self.candidates(service, given, remembered))
            return remembered.to_config(remembered.client_id, secret)
        config = self.with_client(self.discovered(service, given, None), given, None)
        if not config.client_id:
            raise self.missing("client id", "CLIENT_ID", "--client-id", config)
        return config

    def discovered(self, service: str, given: Given, remembered: OAuthConfig | None) -> OAuthProvider:
        """The provider with all its addresses, asked for at its issuer if it has one."""
        known = self.providers.get(service)
        issuer = given.issuer or self.environ.get(variable(service, "ISSUER"))
        if issuer is None and known is not None:
            issuer = known.issuer
        if issuer is None and remembered is not None and not (known and known.token_url):
            issuer, known = remembered.issuer, known or remembered
        if issuer is not None:
            return discover(known or OAuthProvider(service), issuer, seconds=self.seconds)
        if known is None:
            names = ", ".join(sorted({*self.providers, *self.names()}))
            raise Trouble(
                f"There is no service {service!r}. The services are {names}. "
                f"To add one, give its address: --issuer URL, or {variable(service, 'ISSUER')}.",
                ErrorCode.NOT_FOUND,
            )
        if not known.token_url:
            raise Trouble(
                f"{service} can be any server: choose one with --issuer URL or {variable(service, 'ISSUER')}.",
                ErrorCode.CONFIG_MISSING,
            )
        return known

    def with_client(self, provider: OAuthProvider, given: Given, remembered: OAuthConfig | None) -> OAuthConfig:
        """Argument, configuration in code, environment, earlier login: the first that names a client counts."""
        candidates = self.candidates(provider.service_name, given, remembered)
        client_id = next((found for found, _ in candidates if found), "")
        return provider.to_config(client_id, secret_of(client_id, candidates))

    def with_resource(self, config: OAuthConfig, given: Given, remembered: OAuthConfig | None) -> OAuthConfig:
        in_code = self.providers.get(config.service_name)
        known = in_code.resource if isinstance(in_code, OAuthConfig) else None
        resource = known or (remembered.resource if remembered else None) if given.resource is None else given.resource
        with wrong_value(ErrorCode.CONFIG_MISSING):
            if resource:
                check_address(resource, "the resource")
        return dataclasses.replace(config, resource=resource or None)

    def candidates(self, service: str, given: Given, remembered: OAuthConfig | None) -> Credentials:
        in_code = self.providers.get(service)
        return [
            (given.client_id, given.client_secret),
            (in_code.client_id, in_code.client_secret) if isinstance(in_code, OAuthConfig) else (None, None),
            (self.environ.get(variable(service, "CLIENT_ID")), self.environ.get(variable(service, "CLIENT_SECRET"))),
            (remembered.client_id, remembered.client_secret) if remembered else (None, None),
        ]

    def missing(self, what: str, variable_name: str, option: str, provider: OAuthProvider) -> Trouble:
        where = f" Get one at {provider.setup_url}." if provider.setup_url else ""
        return Trouble(
            f"The {what} for {provider.display_name} is missing: set {variable(provider.service_name, variable_name)} "
            f"or give {option}.{where}",
            ErrorCode.CONFIG_MISSING,
        )


def check_same_login(name: str, given: Given, record: LoginRecord | None) -> None:
    """AUTH_REQUIRED where the caller means another server, or another client, than the login was with."""
    config = record.config if record else None
    if config is None:
        return
    if given.issuer and not same_issuer(given.issuer, config.issuer):
        reason = f"at {config.issuer or config.token_url}, not at {given.issuer}. Log in there."
    elif given.client_id and given.client_id != config.client_id:
        reason = f"with the client {config.client_id}, not {given.client_id}. Log in with it."
    else:
        return
    raise Trouble(f"{name} is logged in {reason}", ErrorCode.AUTH_REQUIRED)


def secret_of(client_id: str, candidates: Credentials) -> str | None:
    """The first that is this client's own; a secret without an id beside it belongs to whatever client is meant."""
    return next((secret for found, secret in candidates if secret and found in (None, "", client_id)), None)


def is_same_server(one: OAuthProvider, other: OAuthProvider) -> bool:
    return one.token_url == other.token_url or same_issuer(one.issuer, other.issuer)


# Providers of a file


def providers_file(environ: Mapping[str, str] = os.environ) -> Path | None:
    """$OAUTHSRV_PROVIDERS, or ~/.oauthsrv/providers.toml; None where there is no home folder."""
    chosen = environ.get("OAUTHSRV_PROVIDERS")
    try:
        return Path(chosen).expanduser() if chosen else Path.home() / ".oauthsrv" / "providers.toml"
    except RuntimeError:
        return None


def load_providers(path: Path | str) -> dict[str, OAuthProvider]:
    """The providers of a TOML file: a table for each, its keys the fields of OAuthProvider. None where there is none.

    Trouble with CONFIG_MISSING names the file, the table and what is wrong with it.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise Trouble(f"{path} cannot be read: {error}.", ErrorCode.CONFIG_MISSING) from None
    import tomllib

    try:
        tables = tomllib.loads(text)
        return {name: provider(name, table) for name, table in tables.items()}
    except (ValueError, TypeError) as error:
        raise Trouble(f"{path} is wrong: {error}.", ErrorCode.CONFIG_MISSING) from None


def provider(name: str, table: Any) -> OAuthProvider:
    if not isinstance(table, dict):
        raise ValueError(f"{name} stands outside a [table]")
    if unknown := set(table) - FIELDS:
        raise ValueError(f"[{name}] has no key {sorted(unknown)[0]!r}; there are {', '.join(sorted(FIELDS))}")
    if not table.get("issuer") and not (table.get("auth_url") and table.get("token_url")):
        raise ValueError(f"[{name}] needs an issuer, or auth_url and token_url")
    try:
        return OAuthProvider(service_name=name, **table)
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"[{name}]: {error}") from None
