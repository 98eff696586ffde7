"""A login, from a configuration to tokens: by browser, or by device (RFC 8628), with a client that registers itself."""

import dataclasses
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oauthsrv.client.authorization_code import Attempt, wait_for_code
from oauthsrv.client.callback import listening, redirect_uri
from oauthsrv.client.configuration import Given
from oauthsrv.client.endpoints import (
    DEVICE_GRANT,
    Refused,
    Registration,
    asked,
    exchange_code,
    register,
    resource_of,
    tokens_of,
)
from oauthsrv.client.names import check_address
from oauthsrv.client.records import LoginRecord
from oauthsrv.client.results import ErrorCode, Trouble
from oauthsrv.client.terminal import Terminal, plain
from oauthsrv.client.values import OAuthConfig, OAuthTokens

INTERVAL, SLOWER = 5.0, 5.0  # seconds: RFC 8628 §3.2, §3.5
LONGEST = 1800.0


@dataclass(frozen=True)
class Login:
    """How one login is to be done: with which client, before whom, and how long each part may take (seconds)."""

    config: OAuthConfig
    given: Given
    earlier: LoginRecord | None
    terminal: Terminal
    login_seconds: float
    http_seconds: float

    def by_browser(self, *, open_browser: bool) -> LoginRecord:
        if not self.config.auth_url:
            name = self.config.display_name
            raise Trouble(f"{name} has no sign-in by browser. Try --device.", ErrorCode.AUTH_FAILED)
        with listening(self.config) as listener:
            config, registration = self.with_client(listener.redirect_uri)
            attempt = Attempt(config, listener.redirect_uri, self.asking)
            code = wait_for_code(
                attempt, listener, self.terminal, open_browser=open_browser, seconds=self.login_seconds
            )
        try:
            tokens = exchange_code(
                config,
                code,
                verifier=attempt.pkce.code_verifier,
                redirect_uri=attempt.redirect_uri,
                seconds=self.http_seconds,
            )
        except Refused as refused:
            raise refused.trouble("The login did not work", ErrorCode.AUTH_FAILED) from None
        return self.record(config, registration, tokens)

    def by_device(self) -> LoginRecord:
        config, registration = self.with_client(None)
        code = ask_for_code(config, self.http_seconds)
        show(code, self.terminal)
        tokens = wait_for_answer(config, code, min(code.expires_in, self.login_seconds), self.http_seconds)
        return self.record(config, registration, tokens)

    @property
    def asking(self) -> Mapping[str, str]:
        asking = {"prompt": self.given.prompt, "login_hint": self.given.login_hint}
        return {name: value for name, value in asking.items() if value}

    def with_client(self, uri: str | None) -> tuple[OAuthConfig, Registration | None]:
        """The client that is configured; or one that registered itself earlier, if it still serves; or a new one."""
        config, registration = self.config, None
        if config.client_id:
            if self.earlier and self.earlier.config and self.earlier.config.client_id == config.client_id:
                registration = self.earlier.registration
            if registration is None or registration.serves(uri) or not config.registration_url:
                return config, registration
        # The usual ports too: the next login may find another one free.
        uris = [redirect_uri(config, port) for port in config.redirect_ports]
        uris += [uri] if uri and uri not in uris else []
        anew = dataclasses.replace(config, client_id="", client_secret=None)
        return register(anew, uris, seconds=self.http_seconds)

    def record(self, config: OAuthConfig, registration: Registration | None, tokens: OAuthTokens) -> LoginRecord:
        earlier = self.earlier
        is_same = earlier is not None and earlier.config is not None and earlier.config.client_id == config.client_id
        was_given = earlier is not None and earlier.secret_given and is_same
        return LoginRecord(
            config=config,
            tokens=tokens,
            registration=registration,
            secret_given=self.given.client_secret is not None or registration is not None or was_given,
            granted=tokens.scope,
        )


# By device


@dataclass(frozen=True)
class DeviceCode:
    device_code: str = field(repr=False)
    user_code: str
    address: str
    complete_address: str | None
    expires_in: float
    interval: float


def show(code: DeviceCode, terminal: Terminal) -> None:
    terminal.say(f"Open this address on any device, and type {code.user_code} there:")
    terminal.show_address(code.address)
    if code.complete_address:
        terminal.say("Or open this one, which has the code in it, and compare:")
        terminal.show_address(code.complete_address)
    terminal.show_code(code.complete_address or code.address)


def ask_for_code(config: OAuthConfig, seconds: float) -> DeviceCode:
    if not config.device_url:
        raise Trouble(
            f"{config.display_name} has no sign-in by device. Log in without --device; "
            "over SSH, the address you land on can be pasted.",
            ErrorCode.AUTH_FAILED,
        )
    form = {"scope": " ".join(config.scopes)} if config.scopes else {}
    form |= resource_of(config) | ({"audience": config.audience} if config.audience else {})
    what = f"{config.display_name} gave no code for a device"
    try:
        return device_code(asked(config, config.device_url, form, seconds))
    except Refused as refused:
        raise refused.trouble(what, ErrorCode.AUTH_FAILED) from None
    except ValueError as error:
        raise Trouble(f"{what}: {error}.", ErrorCode.AUTH_FAILED) from None


def device_code(values: dict[str, Any]) -> DeviceCode:
    """The answer of §3.2; ValueError where something is missing. `verification_url` is an old name of some servers."""
    address = values.get("verification_uri") or values.get("verification_url")
    complete = values.get("verification_uri_complete")
    for name, value in {**values, "verification_uri": address}.items():
        if name in ("device_code", "user_code", "verification_uri") and not isinstance(value, str):
            raise ValueError(f"{name} is no text")
    if not values.get("device_code") or not values.get("user_code"):
        raise ValueError("device_code or user_code is missing")
    return DeviceCode(
        device_code=values["device_code"],
        user_code=plain(values["user_code"]),
        address=check_address(str(address), "verification_uri"),
        complete_address=check_address(complete, "verification_uri_complete") if isinstance(complete, str) else None,
        expires_in=positive(values.get("expires_in"), LONGEST),
        interval=positive(values.get("interval"), INTERVAL),
    )


def wait_for_answer(config: OAuthConfig, given: DeviceCode, patience: float, seconds: float) -> OAuthTokens:
    deadline, interval = time.monotonic() + patience, given.interval
    form = {"grant_type": DEVICE_GRANT, "device_code": given.device_code, **resource_of(config)}
    while time.monotonic() + interval < deadline:
        # The server said how long, and nothing tells sooner.
        threading.Event().wait(interval)
        try:
            return tokens_of(asked(config, config.token_url, form, seconds), asked=config.scopes)
        except Refused as refused:
            interval = next_interval(refused, interval)
        except Trouble:
            interval = min(interval * 2, 60.0)  # §3.5: back off where the server is not reached
    raise Trouble("The code was not confirmed in time. Start again.", ErrorCode.TIMEOUT)


def next_interval(refused: Refused, interval: float) -> float:
    """How long to wait before asking again, if asking again has a point (§3.5)."""
    if refused.error == "authorization_pending":
        return interval
    if refused.error == "slow_down":
        return interval + SLOWER
    if refused.retry_after is not None:
        return max(interval * 2, min(refused.retry_after, 60.0))
    if refused.error == "access_denied":
        raise Trouble("The sign-in was refused on the other device.", ErrorCode.AUTH_CANCELLED, refused.error)
    if refused.error == "expired_token":
        raise Trouble("The code was not confirmed in time. Start again.", ErrorCode.TIMEOUT, refused.error)
    raise refused.trouble("The sign-in did not work", ErrorCode.AUTH_FAILED)


def positive(value: Any, otherwise: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 < value < float("inf") else otherwise
