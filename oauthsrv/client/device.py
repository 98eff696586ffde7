"""Signing in on another device, with a code to type there (RFC 8628)."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from oauthsrv.client.addresses import check_address
from oauthsrv.client.display import plain
from oauthsrv.client.http import HTTP_SECONDS
from oauthsrv.client.results import ErrorCode, Trouble
from oauthsrv.client.terminal import Terminal
from oauthsrv.client.token_endpoint import Refused, asked, tokens_of
from oauthsrv.client.values import OAuthConfig, OAuthTokens

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
INTERVAL, SLOWER = 5.0, 5.0  # seconds: §3.2, §3.5
LONGEST = 1800.0


@dataclass(frozen=True)
class DeviceCode:
    device_code: str = field(repr=False)
    user_code: str
    address: str
    complete_address: str | None
    expires_in: float
    interval: float


def sign_in_by_device(
    config: OAuthConfig, terminal: Terminal, *, login_seconds: float, seconds: float = HTTP_SECONDS
) -> OAuthTokens:
    """Tells the person where to type which code, and asks until the server has their answer."""
    given = ask_for_code(config, seconds)
    terminal.say(f"Open this address on any device, and type {given.user_code} there:")
    terminal.show_address(given.address)
    if given.complete_address:
        terminal.say("Or open this one, which has the code in it, and compare:")
        terminal.show_address(given.complete_address)
    return wait_for_answer(config, given, min(given.expires_in, login_seconds), seconds)


def ask_for_code(config: OAuthConfig, seconds: float) -> DeviceCode:
    if not config.device_url:
        raise Trouble(
            f"{config.display_name} has no sign-in by device. Log in without --device; "
            "over SSH, the address you land on can be pasted.",
            ErrorCode.AUTH_FAILED,
        )
    form = {"scope": " ".join(config.scopes)} if config.scopes else {}
    if config.audience:
        form["audience"] = config.audience
    try:
        return device_code(asked(config, config.device_url, form, seconds))
    except (Refused, ValueError) as error:
        server_error = error.error if isinstance(error, Refused) else None
        raise Trouble(
            f"{config.display_name} gave no code for a device: {error}.", ErrorCode.AUTH_FAILED, server_error
        ) from None


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
    deadline, interval, form = time.monotonic() + patience, given.interval, polling_form(given)
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


def polling_form(given: DeviceCode) -> dict[str, str]:
    return {"grant_type": GRANT_TYPE, "device_code": given.device_code}


def next_interval(refused: Refused, interval: float) -> float:
    """How long to wait before asking again, if asking again has a point (§3.5)."""
    if refused.error == "authorization_pending":
        return interval
    if refused.error == "slow_down":
        return interval + SLOWER
    if refused.error == "access_denied":
        raise Trouble("The sign-in was refused on the other device.", ErrorCode.AUTH_CANCELLED, refused.error)
    if refused.error == "expired_token":
        raise Trouble("The code was not confirmed in time. Start again.", ErrorCode.TIMEOUT, refused.error)
    raise Trouble(f"The sign-in did not work: {refused}.", ErrorCode.AUTH_FAILED, refused.error)


def positive(value: Any, otherwise: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 < value < float("inf") else otherwise
