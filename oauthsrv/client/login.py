"""A login, from a configuration to tokens: by browser, or by device, with a client that registers itself.

RFC 6749 §4.1, RFC 7636, RFC 8628.
"""

import hmac
import queue
import secrets
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from oauthsrv.client.callback import CallbackListener, Outcome, Stray, listening, redirect_uri
from oauthsrv.client.configuration import Given
from oauthsrv.client.endpoints import DEVICE_GRANT, Refused, asked, new_tokens, refusal, register, resource_of
from oauthsrv.client.logins import Logins
from oauthsrv.client.names import check_address
from oauthsrv.client.results import ErrorCode, Trouble, wrong_value
from oauthsrv.client.terminal import Terminal, duration, may_open_browser, open_browser_beside, plain
from oauthsrv.client.values import LoginRecord, OAuthConfig, OAuthTokens, PKCEChallenge, Registration, number, text

MOST_BYTES = 1 << 16
TOO_LATE = Trouble("", ErrorCode.TIMEOUT)
NOT_THE_ANSWER = (
    "That is not the address the browser landed on. Paste it whole, with its code= and state=; it begins with"
)
INTERVAL, SLOWER = 5.0, 5.0  # seconds: RFC 8628 §3.2, §3.5
LONGEST = 1800.0


@dataclass(frozen=True)
class Login:
    """How one login is to be done: with which client, and (by `logins`) before whom and how long it may take."""

    logins: Logins
    config: OAuthConfig
    given: Given
    earlier: LoginRecord | None

    def by_browser(self, *, open_browser: bool) -> LoginRecord:
        if not self.config.auth_url:
            name = self.config.display_name
            raise Trouble(f"{name} has no sign-in by browser. Try --device.")
        with listening(self.config) as listener:
            config, registration = self.with_client(listener.redirect_uri)
            attempt = Attempt(config, listener.redirect_uri, self.asking)
            code = self.wait_for_code(attempt, listener, open_browser=open_browser)
        try:
            tokens = attempt.exchange(code, self.logins.http_seconds)
        except Refused as refused:
            raise refused.trouble("Login failed") from None
        return self.record(config, registration, tokens)

    def by_device(self) -> LoginRecord:
        config, registration = self.with_client(None)
        code, terminal = self.ask_for_code(config), self.logins.terminal
        terminal.say(f"Open this address on any device and enter {code.user_code}:")
        terminal.show_address(code.address)
        if code.complete_address:
            terminal.say("Or open this one and check that it shows the same code:")
            terminal.show_address(code.complete_address)
        terminal.show_code(code.complete_address or code.address)
        tokens = self.wait_for_answer(config, code)
        return self.record(config, registration, tokens)

    def wait_for_code(self, attempt: "Attempt", listener: CallbackListener, *, open_browser: bool) -> str:
        """The code, from whichever comes first: the browser at the listener, or the address it landed on, pasted."""
        terminal, seconds = self.logins.terminal, self.logins.login_seconds
        outcomes: queue.SimpleQueue[Outcome | None] = queue.SimpleQueue()
        with ExitStack() as stack:
            # Serving begins before anybody is told the address.
            stack.enter_context(listener.serving(lambda query: attempt.code_in(single_values(query)), outcomes.put))
            if open_browser and may_open_browser():
                terminal.say("Opening the browser. If nothing comes up, open this address yourself:")
                terminal.show_address(attempt.address)
                open_browser_beside(attempt.address, lambda: outcomes.put(None))
            else:
                terminal.say("Open this address in a browser:")
                terminal.show_address(attempt.address)
                accept_pasting(stack, attempt, terminal, outcomes)
            deadline, stray = time.monotonic() + seconds, None
            while True:
                outcome = next_outcome(outcomes, deadline)
                if outcome is None:  # no browser opened after all
                    accept_pasting(stack, attempt, terminal, outcomes)
                elif isinstance(outcome, Stray):
                    stray = outcome
                    terminal.say(outcome.failure.error)
                elif isinstance(outcome, str):
                    return outcome
                else:
                    raise attempt.out_of_time(seconds, stray) if outcome is TOO_LATE else outcome

    def ask_for_code(self, config: OAuthConfig) -> "DeviceCode":
        if not config.device_url:
            raise Trouble(
                f"{config.display_name} has no sign-in by device. Log in without --device; "
                "over SSH, the address you land on can be pasted."
            )
        form = {"scope": " ".join(config.scopes)} if config.scopes else {}
        form |= resource_of(config) | ({"audience": config.audience} if config.audience else {})
        what = f"{config.display_name} gave no code for a device"
        with wrong_value(ErrorCode.AUTH_FAILED, f"{what}: "):
            try:
                return device_code(asked(config, config.device_url, form, self.logins.http_seconds))
            except Refused as refused:
                raise refused.trouble(what) from None

    def wait_for_answer(self, config: OAuthConfig, code: "DeviceCode") -> OAuthTokens:
        deadline = time.monotonic() + min(code.expires_in, self.logins.login_seconds)
        interval = code.interval
        form = {"grant_type": DEVICE_GRANT, "device_code": code.device_code, **resource_of(config)}
        while time.monotonic() + interval < deadline:
            # The server said how long, and nothing tells sooner.
            threading.Event().wait(interval)
            try:
                return new_tokens(config, form, self.logins.http_seconds, asked=config.scopes)
            except Refused as refused:
                interval = next_interval(refused, interval)
            except Trouble:
                interval = min(interval * 2, 60.0)  # §3.5: back off where the server is not reached
        raise Trouble("The code was not confirmed in time. Start again.", ErrorCode.TIMEOUT)

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
        return register(config.to_config(""), uris, seconds=self.logins.http_seconds)

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


# By browser


@dataclass(frozen=True)
class Attempt:
    """One login under way: what was sent with it, and so must come back."""

    config: OAuthConfig
    redirect_uri: str
    # How the server is to ask the person: prompt, login_hint.
    asking: Mapping[str, str] = field(default_factory=dict)
    pkce: PKCEChallenge = field(default_factory=PKCEChallenge.generate)
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def address(self) -> str:
        """Where the person is asked."""
        config = self.config
        parameters = {
            **config.extra_auth_params,
            **self.asking,
            **resource_of(config),
            **({"audience": config.audience} if config.audience else {}),
            **({"scope": " ".join(config.scopes)} if config.scopes else {}),
            "response_type": "code",
            "client_id": config.client_id,
            "redirect_uri": self.redirect_uri,
            "state": self.state,
            "code_challenge": self.pkce.code_challenge,
            "code_challenge_method": self.pkce.code_challenge_method,
        }
        return config.auth_url + ("&" if "?" in config.auth_url else "?") + urlencode(parameters)

    def code_in(self, answer: Mapping[str, str]) -> str:
        """The code, if the answer is to this attempt, from this server, and a yes; Trouble otherwise.

        Where it comes from is settled before anything it says is believed, an error too.
        """
        self.check_state(answer)
        error = answer.get("error")
        self.check_issuer(answer.get("iss"), is_error=bool(error))
        if error:
            raise self.said_no(error, answer.get("error_description"))
        if not answer.get("code"):
            raise Trouble("The server's answer holds no code. Start again.")
        return answer["code"]

    def exchange(self, code: str, seconds: float) -> OAuthTokens:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.pkce.code_verifier,
            **resource_of(self.config),
        }
        return new_tokens(self.config, form, seconds, asked=self.config.scopes)

    def check_state(self, answer: Mapping[str, str]) -> None:
        if not hmac.compare_digest(answer.get("state", "").encode(), self.state.encode()):
            error = f" It says: {plain(answer['error'])}." if answer.get("error") else ""
            raise Stray(
                f"A response arrived that does not belong to this login (its state differs).{error} Two logins may be "
                "running at the same time, or the browser showed a cached page. Still waiting for the right one."
            )

    def check_issuer(self, issuer: str | None, *, is_error: bool) -> None:
        """RFC 9207 §2.4, against a server that passes on another one's answer. An error without it still says most."""
        expected = self.config.issuer
        if expected is None or (issuer is None and (is_error or not self.config.iss_required)):
            return
        if issuer is None:
            raise Trouble(
                f"The answer does not say which server it is from, and {expected} always does (iss is missing). "
                "Start again."
            )
        if issuer != expected:
            raise Trouble(
                f"The answer is from another server: its iss is {plain(issuer)!r}, and {expected!r} was asked. "
                "Do not go on if you do not know why."
            )

    def said_no(self, error: str, description: str | None) -> Trouble:
        if error == "access_denied":
            return Trouble(f"You did not allow access to {self.config.display_name}.", ErrorCode.AUTH_CANCELLED, error)
        return refusal(error, description).trouble(f"{self.config.display_name} refused the login")

    def pasted(self, line: str) -> Mapping[str, str] | None:
        """The answer in a line that a person pasted; None where there is none in it."""
        text = line.strip().strip("'\"<>")
        try:
            query = urlsplit(text).query if "://" in text else text.removeprefix("?")
        except ValueError:
            return None
        answer = single_values(query)
        return answer if "code" in answer or "error" in answer else None

    def out_of_time(self, seconds: float, stray: Stray | None) -> Trouble:
        port = urlsplit(self.redirect_uri).port
        other = " An answer to another login came: was the address that was opened this login's?" if stray else ""
        return Trouble(
            f"The browser did not come back within {duration(seconds)}. Three things to check: "
            "did the browser open the address; "
            f"is port {port} free, and can the browser reach it; "
            f"is the callback URL {self.redirect_uri} registered with {self.config.display_name}"
            + (f" ({self.config.setup_url})?" if self.config.setup_url else "?")
            + other,
            ErrorCode.TIMEOUT,
        )


def single_values(query: str) -> dict[str, str]:
    """What occurs once: a repeated parameter has no meaning (RFC 6749 §3.1)."""
    try:
        found = parse_qs(query[:MOST_BYTES], keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def next_outcome(outcomes: "queue.SimpleQueue[Outcome | None]", deadline: float) -> Outcome | None:
    while (left := deadline - time.monotonic()) > 0:
        try:
            # In short turns: on Windows Ctrl-C does not end a long wait.
            return outcomes.get(timeout=min(left, 0.5))
        except queue.Empty:
            continue
    return TOO_LATE


def accept_pasting(
    stack: ExitStack, attempt: Attempt, terminal: Terminal, outcomes: "queue.SimpleQueue[Outcome | None]"
) -> None:
    def take(line: str) -> None:
        answer = attempt.pasted(line)
        if answer is None:
            if line:
                terminal.say(f"{NOT_THE_ANSWER} {attempt.redirect_uri}")
            return
        try:
            outcomes.put(attempt.code_in(answer))
        except Trouble as trouble:
            outcomes.put(trouble)

    terminal.say(
        "If that browser is on another machine, it ends on a page that does not load: "
        "copy the address of that page and paste it here."
    )
    stack.enter_context(terminal.pasted_lines(take))


# By device


@dataclass(frozen=True)
class DeviceCode:
    device_code: str = field(repr=False)
    user_code: str
    address: str
    complete_address: str | None
    expires_in: float
    interval: float


def device_code(values: dict[str, Any]) -> DeviceCode:
    """The answer of §3.2; ValueError where something is missing. `verification_url` is an old name of some servers."""
    code, user_code = text(values, "device_code"), text(values, "user_code")
    address = text(values, "verification_uri") or text(values, "verification_url")
    complete = values.get("verification_uri_complete")
    if not code or not user_code:
        raise ValueError("device_code or user_code is missing")
    return DeviceCode(
        device_code=code,
        user_code=plain(user_code),
        address=check_address(str(address), "verification_uri"),
        complete_address=check_address(complete, "verification_uri_complete") if isinstance(complete, str) else None,
        expires_in=number(values, "expires_in") or LONGEST,
        interval=number(values, "interval") or INTERVAL,
    )


def next_interval(refused: Refused, interval: float) -> float:
    """How long to wait before asking again, if asking again has a point (§3.5)."""
    if refused.error == "authorization_pending":
        return interval
    if refused.error == "slow_down":
        return interval + SLOWER
    if refused.retry_after is not None:
        return max(interval * 2, min(refused.retry_after, 60.0))
    if refused.error == "access_denied":
        raise Trouble("The sign-in was denied on the other device.", ErrorCode.AUTH_CANCELLED, refused.error)
    if refused.error == "expired_token":
        raise Trouble("The code was not confirmed in time. Start again.", ErrorCode.TIMEOUT, refused.error)
    raise refused.trouble("Sign-in failed")
