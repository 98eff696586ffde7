"""A client that registers itself where the server offers it, and takes itself away again (RFC 7591, RFC 7592)."""

import dataclasses
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from oauthsrv.client.addresses import check_address
from oauthsrv.client.device import GRANT_TYPE
from oauthsrv.client.http import HTTP_SECONDS, ask
from oauthsrv.client.results import ErrorCode, Trouble
from oauthsrv.client.token_endpoint import Refused, good_values
from oauthsrv.client.values import OAuthConfig


@dataclass(frozen=True)
class Registration:
    """What is kept of a client that registered itself; `expires_at` (seconds since 1970) is its secret's, 0 never."""

    redirect_uris: tuple[str, ...] = ()
    expires_at: float = 0
    address: str | None = None
    access_token: str | None = field(default=None, repr=False)

    def serves(self, redirect_uri: str | None) -> bool:
        """Whether the client can still be used, with this redirect URI (none for a device)."""
        is_over = 0 < self.expires_at <= time.time()
        return not is_over and (redirect_uri is None or redirect_uri in self.redirect_uris)


def register(
    config: OAuthConfig, redirect_uris: Iterable[str], *, seconds: float = HTTP_SECONDS
) -> tuple[OAuthConfig, Registration]:
    """A public client at `config.registration_url`: its id, in a configuration, and what to keep of it."""
    assert config.registration_url
    uris = list(redirect_uris)
    wanted: dict[str, Any] = {
        "client_name": f"oauthsrv client ({config.service_name})",
        "redirect_uris": uris,
        "grant_types": ["authorization_code", "refresh_token", *([GRANT_TYPE] if config.device_url else [])],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    }
    if config.scopes:
        wanted["scope"] = " ".join(config.scopes)
    try:
        values = good_values(ask("POST", config.registration_url, body=wanted, seconds=seconds))
        return registered(config, values, uris)
    except (Refused, ValueError) as error:
        raise Trouble(
            f"{config.display_name} did not register this client: {error}. "
            "Register one by hand, and give its id with --client-id.",
            ErrorCode.AUTH_FAILED,
        ) from None


def registered(config: OAuthConfig, values: dict[str, Any], uris: list[str]) -> tuple[OAuthConfig, Registration]:
    client_id, secret = values.get("client_id"), values.get("client_secret")
    if not isinstance(client_id, str) or not client_id or not isinstance(secret, str | None):
        raise ValueError("its answer holds no usable client_id")
    # The server may give other than what was asked for (RFC 7591 §3.2.1).
    method = values.get("token_endpoint_auth_method", "client_secret_basic")
    if method == "none":
        secret = None
    elif method not in ("client_secret_basic", "client_secret_post"):
        raise ValueError("it wants a way of client authentication that this client does not know")
    else:
        config = dataclasses.replace(config, token_auth_method=method)
    expires_at = values.get("client_secret_expires_at")
    address, access_token = values.get("registration_client_uri"), values.get("registration_access_token")
    kept = Registration(
        redirect_uris=tuple(uris),
        expires_at=expires_at if secret and isinstance(expires_at, int | float) else 0,
        address=check_address(address, "registration_client_uri") if isinstance(address, str) else None,
        access_token=access_token if isinstance(access_token, str) else None,
    )
    return dataclasses.replace(config, client_id=client_id, client_secret=secret), kept


def unregister(registration: Registration, *, seconds: float = HTTP_SECONDS) -> None:
    """Takes the client away where the server lets it (RFC 7592 §2.3); where not, nothing is lost but a row there."""
    if registration.address and registration.access_token:
        try:
            ask("DELETE", registration.address, bearer=registration.access_token, seconds=seconds)
        except Trouble:
            return
