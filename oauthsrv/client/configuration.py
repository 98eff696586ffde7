"""Which server and which client a service means: out of arguments, the environment, providers, and earlier logins."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from oauthsrv.client.addresses import same_issuer
from oauthsrv.client.discovery import discover
from oauthsrv.client.http import HTTP_SECONDS
from oauthsrv.client.names import variable
from oauthsrv.client.remembered import RememberedClient, RememberedClients
from oauthsrv.client.results import ErrorCode, Trouble
from oauthsrv.client.values import OAuthConfig, OAuthProvider

# Pairs of a client's id and its secret, as far as each source knows them.
Credentials: TypeAlias = list[tuple[str | None, str | None]]


@dataclass(frozen=True)
class Given:
    """What the caller said; it wins over everything else. None was not said."""

    issuer: str | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] | None = None


NOTHING = Given()


@dataclass(frozen=True)
class Configurations:
    providers: Mapping[str, OAuthProvider]
    clients: RememberedClients
    environ: Mapping[str, str]
    seconds: float = HTTP_SECONDS

    def for_login(self, service: str, given: Given, *, by_device: bool = False) -> OAuthConfig:
        """What to log in with. Without a client id only where the server lets clients register themselves."""
        remembered = self.clients.find(service)
        provider = self.discovered(service, given, remembered)
        if remembered and not is_same_server(remembered.config, provider):
            remembered = None
        if given.scopes is not None:
            provider = dataclasses.replace(provider, scopes=given.scopes)
        elif remembered and remembered.config.scopes and not provider.scopes:
            provider = dataclasses.replace(provider, scopes=remembered.config.scopes)
        config = self.with_client(provider, given, remembered)
        if not config.client_id and not config.registration_url:
            raise self.missing("client id", "CLIENT_ID", "--client-id", config)
        if config.requires_secret and not config.client_secret and not by_device:
            raise self.missing("client secret", "CLIENT_SECRET", "--client-secret", config)
        return config

    def for_tokens(self, service: str, given: Given) -> OAuthConfig:
        """What the stored tokens were got with: a refresh token works for its own client only (RFC 6749 §6)."""
        remembered = self.clients.find(service)
        self.check_same_login(service, given, remembered)
        if remembered:
            client_id = remembered.config.client_id
            secret = secret_of(client_id, self.candidates(service, given, remembered))
            return remembered.config.to_config(client_id, secret)
        config = self.with_client(self.discovered(service, given, None), given, None)
        if not config.client_id:
            raise self.missing("client id", "CLIENT_ID", "--client-id", config)
        return config

    def check_same_login(self, service: str, given: Given, remembered: RememberedClient | None = None) -> None:
        """AUTH_REQUIRED where the caller means another server, or another client, than the login was with."""
        if not given.issuer and not given.client_id:
            return
        remembered = remembered or self.clients.find(service)
        if remembered is None:
            return
        config = remembered.config
        if given.issuer and not same_issuer(given.issuer, config.issuer):
            raise Trouble(
                f"{service} is logged in at {config.issuer or config.token_url}, not at {given.issuer}. Log in there.",
                ErrorCode.AUTH_REQUIRED,
            )
        if given.client_id and given.client_id != config.client_id:
            raise Trouble(
                f"{service} is logged in with the client {config.client_id}, not {given.client_id}. Log in with it.",
                ErrorCode.AUTH_REQUIRED,
            )

    def discovered(self, service: str, given: Given, remembered: RememberedClient | None) -> OAuthProvider:
        """The provider with all its addresses, asked for at its issuer if it has one."""
        known = self.providers.get(service)
        issuer = given.issuer or self.environ.get(variable(service, "ISSUER"))
        if issuer is None and known is not None:
            issuer = known.issuer
        if issuer is None and remembered is not None and not (known and known.token_url):
            issuer, known = remembered.config.issuer, known or remembered.config
        if issuer is not None:
            return discover(known or OAuthProvider(service), issuer, seconds=self.seconds)
        if known is None:
            names = ", ".join(sorted({*self.providers, *self.clients.names()}))
            raise Trouble(
                f"There is no service {service!r}; there are {names}. "
                f"For a new one say where it is: --issuer URL, or {variable(service, 'ISSUER')}.",
                ErrorCode.NOT_FOUND,
            )
        if not known.token_url:
            raise Trouble(
                f"{service} may be any server: say which, with --issuer URL or {variable(service, 'ISSUER')}.",
                ErrorCode.CONFIG_MISSING,
            )
        return known

    def with_client(self, provider: OAuthProvider, given: Given, remembered: RememberedClient | None) -> OAuthConfig:
        """Argument, configuration in code, environment, earlier login: the first that names a client counts."""
        candidates = self.candidates(provider.service_name, given, remembered)
        client_id = next((found for found, _ in candidates if found), "")
        return provider.to_config(client_id, secret_of(client_id, candidates))

    def candidates(self, service: str, given: Given, remembered: RememberedClient | None) -> Credentials:
        in_code = self.providers.get(service)
        return [
            (given.client_id, given.client_secret),
            (in_code.client_id, in_code.client_secret) if isinstance(in_code, OAuthConfig) else (None, None),
            (self.environ.get(variable(service, "CLIENT_ID")), self.environ.get(variable(service, "CLIENT_SECRET"))),
            (remembered.config.client_id, remembered.config.client_secret) if remembered else (None, None),
        ]

    def missing(self, what: str, variable_name: str, option: str, provider: OAuthProvider) -> Trouble:
        where = f" Get one at {provider.setup_url}." if provider.setup_url else ""
        return Trouble(
            f"The {what} for {provider.display_name} is missing: set {variable(provider.service_name, variable_name)} "
            f"or give {option}.{where}",
            ErrorCode.CONFIG_MISSING,
        )


def secret_of(client_id: str, candidates: Credentials) -> str | None:
    """The first that is this client's own; a secret without an id beside it belongs to whatever client is meant."""
    return next((secret for found, secret in candidates if secret and found in (None, "", client_id)), None)


def is_same_server(one: OAuthProvider, other: OAuthProvider) -> bool:
    return one.token_url == other.token_url or same_issuer(one.issuer, other.issuer)
