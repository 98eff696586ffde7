"""Which server and client a service means: from arguments, providers, the environment, and earlier logins."""

import dataclasses
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oauthsrv.client.endpoints import discover
from oauthsrv.client.http import HTTP_SECONDS
from oauthsrv.client.names import check_address, same_issuer, scope_list, variable
from oauthsrv.client.results import ErrorCode, Trouble, wrong_value
from oauthsrv.client.values import LoginRecord, OAuthConfig, OAuthProvider

# PKCE, and loopback redirects on any port. It answers with forms and status 200, errors too, unless JSON is requested.
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
# An app has one callback URL, which must match exactly.
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
    """What the caller passed; it wins over everything else. None was not passed; empty scopes name none."""

    issuer: str | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    scopes: Iterable[str] | None = None
    # For a login only: what the server shows the person (OpenID Connect), and the API the tokens are for (RFC 8707).
    prompt: str | None = None
    login_hint: str | None = None
    resource: str | None = None

    def __post_init__(self) -> None:
        if self.scopes is not None:
            object.__setattr__(self, "scopes", tuple(scope_list(self.scopes)))

    def with_client(self, client_id: str | None, client_secret: str | None) -> "Given":
        return dataclasses.replace(
            self, client_id=client_id or self.client_id, client_secret=client_secret or self.client_secret
        )


NOTHING = Given()


@dataclass(frozen=True)
class ConfigSources:
    """Where the configuration of one service comes from: what the caller passed, then code, the environment, a login.

    `provider` is what is known under the service's name; `services` lists all names, for an error message.
    """

    service: str
    given: Given
    provider: OAuthProvider | None
    environ: Mapping[str, str]
    services: Callable[[], Iterable[str]]
    seconds: float = HTTP_SECONDS

    def for_login(self, earlier: LoginRecord | None, *, by_device: bool = False) -> OAuthConfig:
        """What to log in with. It lacks a client id only if the server lets clients register themselves."""
        remembered = earlier.config if earlier else None
        provider = self.discovered(remembered)
        if remembered and not is_same_server(remembered, provider):
            remembered = None
        scopes = provider.scopes or (remembered.scopes if remembered else [])
        config = dataclasses.replace(
            self.with_client(provider, remembered),
            scopes=scopes if self.given.scopes is None else list(self.given.scopes),
            resource=self.resource(remembered),
        )
        if not config.client_id and not config.registration_url:
            raise self.missing("client id", config)
        if config.requires_secret and not config.client_secret and not by_device:
            raise self.missing("client secret", config)
        return config

    def for_tokens(self, record: LoginRecord) -> OAuthConfig:
        """What the stored tokens were issued to: a refresh token works for its own client only (RFC 6749 §6)."""
        if record.config:
            return self.with_client(record.config, record.config, record.config.client_id)
        config = self.with_client(self.discovered(), None)
        if not config.client_id:
            raise self.missing("client id", config)
        return config

    def discovered(self, remembered: OAuthConfig | None = None) -> OAuthProvider:
        """The provider with all its addresses, read from its issuer's metadata if it has an issuer."""
        known = self.provider
        issuer = self.given.issuer or self.variable("ISSUER") or (known.issuer if known else None)
        if not issuer and remembered and not (known and known.token_url):
            issuer, known = remembered.issuer, known or remembered
        if issuer:
            return discover(known or OAuthProvider(self.service), issuer, seconds=self.seconds)
        if known is None:
            raise Trouble(
                f"There is no service {self.service!r}. The services are {', '.join(self.services())}. "
                f"To add one, give its address: --issuer URL, or {variable(self.service, 'ISSUER')}.",
                ErrorCode.NOT_FOUND,
            )
        if not known.token_url:
            raise Trouble(
                f"{self.service} can be any server: choose one with --issuer URL or "
                f"{variable(self.service, 'ISSUER')}.",
                ErrorCode.CONFIG_MISSING,
            )
        return known

    def with_client(
        self, provider: OAuthProvider, remembered: OAuthConfig | None, client_id: str | None = None
    ) -> OAuthConfig:
        """`provider` with a client: the one with this id, or the first that a source names."""
        in_environment = Given(client_id=self.variable("CLIENT_ID"), client_secret=self.variable("CLIENT_SECRET"))
        sources = [each for each in (self.given, self.in_code, in_environment, remembered) if each]
        if client_id is None:
            client_id = next((each.client_id for each in sources if each.client_id), "")
        # A secret without an id beside it belongs to whatever client is used; another client's is never sent.
        own = (each for each in sources if not each.client_id or each.client_id == client_id)
        return provider.to_config(client_id, next((each.client_secret for each in own if each.client_secret), None))

    def resource(self, remembered: OAuthConfig | None) -> str | None:
        found = self.given.resource
        if found is None:
            found = next((each.resource for each in (self.in_code, remembered) if each and each.resource), None)
        with wrong_value(ErrorCode.CONFIG_MISSING):
            return check_address(found, "the resource") if found else None

    @property
    def in_code(self) -> OAuthConfig | None:
        return self.provider if isinstance(self.provider, OAuthConfig) else None

    def variable(self, what: str) -> str | None:
        return self.environ.get(variable(self.service, what))

    def missing(self, what: str, provider: OAuthProvider) -> Trouble:
        """`what` is "client id" or "client secret"."""
        name = variable(self.service, what.upper().replace(" ", "_"))
        where = f" Get one at {provider.setup_url}." if provider.setup_url else ""
        return Trouble(
            f"The {what} for {provider.display_name} is missing: set {name} or give --{what.replace(' ', '-')}.{where}",
            ErrorCode.CONFIG_MISSING,
        )


def is_same_server(one: OAuthProvider, other: OAuthProvider) -> bool:
    return one.token_url == other.token_url or same_issuer(one.issuer, other.issuer)


# Providers from a file


def providers_of_person(environ: Mapping[str, str] = os.environ) -> dict[str, OAuthProvider]:
    """Those in $OAUTHSRV_PROVIDERS, or ~/.oauthsrv/providers.toml."""
    chosen = environ.get("OAUTHSRV_PROVIDERS")
    try:
        path = Path(chosen).expanduser() if chosen else Path.home() / ".oauthsrv" / "providers.toml"
    except RuntimeError:  # no home folder
        return {}
    return load_providers(path)


def load_providers(path: Path | str) -> dict[str, OAuthProvider]:
    """The providers of a TOML file: a table each, with the fields of OAuthProvider as keys. Empty if there is no file.

    Trouble with CONFIG_MISSING names the file, the table and what is wrong with it.
    """
    import tomllib

    try:
        with open(path, "rb") as file:
            return {name: provider(name, table) for name, table in tomllib.load(file).items()}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Trouble(f"{path} cannot be read: {error}.", ErrorCode.CONFIG_MISSING) from None
    except (ValueError, TypeError) as error:
        raise Trouble(f"{path} is wrong: {error}.", ErrorCode.CONFIG_MISSING) from None


def provider(name: str, table: Any) -> OAuthProvider:
    if not isinstance(table, dict):
        raise ValueError(f"{name} is outside a [table]")
    if unknown := set(table) - FIELDS:
        raise ValueError(f"[{name}] has no key {sorted(unknown)[0]!r}; the keys are {', '.join(sorted(FIELDS))}")
    if not table.get("issuer") and not (table.get("auth_url") and table.get("token_url")):
        raise ValueError(f"[{name}] needs an issuer, or auth_url and token_url")
    try:
        return OAuthProvider(service_name=name, **table)
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"[{name}]: {error}") from None
