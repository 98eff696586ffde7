"""Finding the server and client that a service means: arguments, providers, the environment, earlier logins."""

import dataclasses
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oauthsrv.client.names import same_issuer, scope_list
from oauthsrv.client.results import ErrorCode, Trouble
from oauthsrv.client.values import OAuthProvider

# Has PKCE, and loopback redirects on any port. Answers with forms and status 200, errors too, unless asked for JSON.
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
    """What the caller passed, which takes precedence. None means not passed; empty scopes mean no scopes."""

    issuer: str | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    scopes: Iterable[str] | None = None
    # For a login only: what the server shows (OpenID Connect), and the API that the tokens are for (RFC 8707).
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


def is_same_server(one: OAuthProvider, other: OAuthProvider) -> bool:
    return one.token_url == other.token_url or same_issuer(one.issuer, other.issuer)


def providers_of_person(environ: Mapping[str, str] = os.environ) -> dict[str, OAuthProvider]:
    """The providers in $OAUTHSRV_PROVIDERS, or ~/.oauthsrv/providers.toml."""
    chosen = environ.get("OAUTHSRV_PROVIDERS")
    try:
        path = Path(chosen).expanduser() if chosen else Path.home() / ".oauthsrv" / "providers.toml"
    except RuntimeError:  # no home folder
        return {}
    return load_providers(path)


def load_providers(path: Path | str) -> dict[str, OAuthProvider]:
    """The providers in a TOML file: a table each, whose keys are the fields of OAuthProvider. Empty without the file.

    Raises Trouble with CONFIG_MISSING, which names the file, the table and the mistake.
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
