"""What a login remembers of its client, so that a refresh, a logout and the next login need not be told again."""

import dataclasses
import json
from dataclasses import dataclass, field
from hashlib import sha256

from oauthsrv.client.registration import Registration
from oauthsrv.client.values import OAuthConfig, OAuthTokens
from oauthsrv.client.vaults import Vault


@dataclass(frozen=True)
class RememberedClient:
    """`secret_given`: the secret came as an argument or by registration; one of the environment is not written down."""

    config: OAuthConfig
    registration: Registration | None = None
    secret_given: bool = False
    # The digest of a refresh token that the server refused for good: asking again would change nothing.
    refused: str | None = field(default=None, repr=False)

    def was_refused(self, tokens: OAuthTokens) -> bool:
        return self.refused is not None and self.refused == digest(tokens)


def digest(tokens: OAuthTokens) -> str:
    return sha256((tokens.refresh_token or "").encode()).hexdigest()


class RememberedClients:
    """Records, and apart from them the secrets in them."""

    def __init__(self, records: Vault, secrets: Vault) -> None:
        self.records, self.secrets = records, secrets

    def find(self, service: str) -> RememberedClient | None:
        text = self.records.read(service)
        if text is None:
            return None
        secret = self.secrets.read(service) or "{}"
        try:
            return from_record(json.loads(text), json.loads(secret))
        except (ValueError, TypeError, KeyError, AttributeError):
            return None  # of another version, or damaged: the next login writes it anew

    def save(self, service: str, client: RememberedClient) -> None:
        secret = {
            "client_secret": client.config.client_secret if client.secret_given else None,
            "registration_token": client.registration.access_token if client.registration else None,
        }
        if any(secret.values()):
            self.secrets.write(service, json.dumps(secret))
        else:
            self.secrets.delete(service)
        self.records.write(service, json.dumps(as_record(client)))

    def forget(self, service: str) -> None:
        self.secrets.delete(service)
        self.records.delete(service)

    def names(self) -> list[str]:
        return self.records.names()


def as_record(client: RememberedClient) -> dict[str, object]:
    registration = dataclasses.asdict(client.registration) if client.registration else None
    if registration:
        del registration["access_token"]
    return {
        "config": client.config.without_secret(),
        "registration": registration,
        "secret_given": client.secret_given,
        "refused": client.refused,
    }


def from_record(record: dict[str, object], secret: dict[str, str | None]) -> RememberedClient:
    values, registered = record["config"], record.get("registration")
    if not isinstance(values, dict):
        raise ValueError("no configuration")
    config = OAuthConfig(**values, client_secret=secret.get("client_secret"))
    registration = None
    if isinstance(registered, dict):
        uris = tuple(registered.pop("redirect_uris"))
        registration = Registration(**registered, redirect_uris=uris, access_token=secret.get("registration_token"))
    refused = record.get("refused")
    return RememberedClient(
        config, registration, bool(record.get("secret_given")), refused if isinstance(refused, str) else None
    )
