"""The record of one login: server, client, registration and tokens together, written as one."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from oauthsrv.client.endpoints import Registration
from oauthsrv.client.values import OAuthConfig, OAuthTokens

# Of what is remembered of a client, what nobody may read.
SECRETS = ("client_secret", "registration_token")


@dataclass(frozen=True)
class LoginRecord:
    """A token goes to the server of `config` and nowhere else: that one gave it.

    Without `config` nobody knows who gave the tokens: a storage of the caller's own kept no more of them.
    Without `tokens` nobody is logged in, and what the last login used is remembered for the next one.
    """

    config: OAuthConfig | None = None
    tokens: OAuthTokens | None = None
    registration: Registration | None = None
    # The secret came as an argument or by registration; one of the environment is not written down.
    secret_given: bool = False
    # The scope of the login, which a refresh without a scope goes back to (RFC 6749 §6).
    granted: str | None = None
    # The digest of a refresh token that the server refused for good: asking again would change nothing.
    refused: str | None = field(default=None, repr=False)

    @property
    def was_refused(self) -> bool:
        return self.tokens is not None and self.refused == digest(self.tokens)

    def with_tokens(self, tokens: OAuthTokens | None) -> "LoginRecord":
        return dataclasses.replace(self, tokens=tokens)


def digest(tokens: OAuthTokens) -> str:
    return sha256((tokens.refresh_token or "").encode()).hexdigest()


def as_dict(record: LoginRecord) -> dict[str, Any]:
    """What OAuthTokens.to_dict gives, with the rest of the record as its `source`."""
    tokens = record.tokens.to_dict() if record.tokens else {}
    return {**tokens, "source": source_of(record)} if record.config else tokens


def source_of(record: LoginRecord) -> dict[str, Any]:
    assert record.config
    registration = dataclasses.asdict(record.registration) if record.registration else None
    source = {
        "config": record.config.without_secret(),
        "client_secret": record.config.client_secret if record.secret_given else None,
        "registration_token": registration.pop("access_token") if registration else None,
        "registration": registration,
        "secret_given": record.secret_given,
        "granted": record.granted,
        "refused": record.refused,
    }
    return {name: value for name, value in source.items() if value}


def from_dict(values: Mapping[str, Any]) -> LoginRecord:
    """What `as_dict` gave; ValueError, TypeError or KeyError where it cannot be that."""
    source = values.get("source")
    tokens = OAuthTokens.from_dict({**values, "source": None}) if "access_token" in values else None
    if source is None:
        return LoginRecord(tokens=tokens)
    registration = None
    if known := source.get("registration"):
        uris = tuple(known["redirect_uris"])
        registration = Registration(**{**known, "redirect_uris": uris}, access_token=source.get("registration_token"))
    return LoginRecord(
        config=OAuthConfig(**source["config"], client_secret=source.get("client_secret")),
        tokens=tokens,
        registration=registration,
        secret_given=bool(source.get("secret_given")),
        granted=source.get("granted"),
        refused=source.get("refused"),
    )
