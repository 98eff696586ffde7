"""Providers that are known without being told, and those that a file adds."""

import dataclasses
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oauthsrv.client.results import ErrorCode, Trouble
from oauthsrv.client.values import OAuthProvider

# PKCE and loopback redirects on any port; errors and tokens come as forms, with status 200, unless JSON is asked for.
GITHUB = OAuthProvider(
    service_name="github",
    display_name="GitHub",
    auth_url="https://github.com/login/oauth/authorize",
    token_url="https://github.com/login/oauth/access_token",  # noqa: S106 (no password)
    device_url="https://github.com/login/device/code",
    revocation_url="https://api.github.com/applications/",
    scopes=("repo", "read:user"),
    setup_url="https://github.com/settings/developers",
    requires_secret=True,
)
# It compares callback URLs to the letter, and an app has one.
ATLASSIAN = OAuthProvider(
    service_name="atlassian",
    display_name="Atlassian",
    auth_url="https://auth.atlassian.com/authorize",
    token_url="https://auth.atlassian.com/oauth/token",  # noqa: S106 (no password)
    scopes=("read:jira-work", "offline_access"),
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


def providers_file(environ: Mapping[str, str] = os.environ) -> Path:
    """$OAUTHSRV_PROVIDERS, or ~/.oauthsrv/providers.toml."""
    chosen = environ.get("OAUTHSRV_PROVIDERS")
    return Path(chosen).expanduser() if chosen else Path.home() / ".oauthsrv" / "providers.toml"


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
