"""A login, from a configuration to tokens: by browser or by device, with a client that may register itself first."""

import dataclasses
from dataclasses import dataclass

from oauthsrv.client.authorization_code import Attempt, wait_for_code
from oauthsrv.client.callback import listening, redirect_uri
from oauthsrv.client.device import sign_in_by_device
from oauthsrv.client.http import HTTP_SECONDS
from oauthsrv.client.registration import Registration, register
from oauthsrv.client.remembered import RememberedClient
from oauthsrv.client.results import ErrorCode, Trouble
from oauthsrv.client.terminal import Terminal
from oauthsrv.client.token_endpoint import Refused, exchange_code
from oauthsrv.client.values import OAuthConfig, OAuthTokens

LOGIN_SECONDS = 300.0


@dataclass(frozen=True)
class Login:
    """What a login came to, and the client it was done with."""

    tokens: OAuthTokens
    config: OAuthConfig
    registration: Registration | None


@dataclass(frozen=True)
class Patience:
    """How long the person may take, and each request; seconds."""

    login: float = LOGIN_SECONDS
    http: float = HTTP_SECONDS


def by_browser(
    config: OAuthConfig,
    earlier: RememberedClient | None,
    terminal: Terminal,
    patience: Patience,
    *,
    open_browser: bool,
) -> Login:
    if not config.auth_url:
        raise Trouble(f"{config.display_name} has no sign-in by browser. Try --device.", ErrorCode.AUTH_FAILED)
    with listening(config) as listener:
        config, registration = with_client(config, earlier, listener.redirect_uri, patience.http)
        attempt = Attempt(config, listener.redirect_uri)
        code = wait_for_code(attempt, listener, terminal, open_browser=open_browser, seconds=patience.login)
    try:
        tokens = exchange_code(
            config,
            code,
            verifier=attempt.pkce.code_verifier,
            redirect_uri=attempt.redirect_uri,
            seconds=patience.http,
        )
    except Refused as refused:
        raise Trouble(f"The login did not work: {refused}.", ErrorCode.AUTH_FAILED, refused.error) from None
    return Login(tokens, config, registration)


def by_device(config: OAuthConfig, earlier: RememberedClient | None, terminal: Terminal, patience: Patience) -> Login:
    config, registration = with_client(config, earlier, None, patience.http)
    tokens = sign_in_by_device(config, terminal, login_seconds=patience.login, seconds=patience.http)
    return Login(tokens, config, registration)


def with_client(
    config: OAuthConfig, earlier: RememberedClient | None, uri: str | None, seconds: float
) -> tuple[OAuthConfig, Registration | None]:
    """The client that is configured; or the one that registered itself earlier, if it still serves; or a new one."""
    registration = None
    if config.client_id:
        if earlier and earlier.config.client_id == config.client_id:
            registration = earlier.registration
        if registration is None or registration.serves(uri) or not config.registration_url:
            return config, registration
    # The usual ports too: the next login may find another one free.
    uris = [redirect_uri(config, port) for port in config.redirect_ports]
    uris += [uri] if uri and uri not in uris else []
    return register(dataclasses.replace(config, client_id="", client_secret=None), uris, seconds=seconds)
