"""A login, from a configuration to tokens: through a browser, or on another device.

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
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlencode, urlsplit

from oauthsrv.client.callback import CallbackListener, Outcome, Unrelated, listening, redirect_uri
from oauthsrv.client.endpoints import DEVICE_GRANT, Endpoints, good_values, refusal
from oauthsrv.client.logins import StoredLogin
from oauthsrv.client.names import check_address
from oauthsrv.client.results import ErrorCode, RequestRefused, Trouble, as_trouble, wrong_value
from oauthsrv.client.terminal import Terminal, duration, may_open_browser, open_browser_beside, plain
from oauthsrv.client.values import LoginRecord, OAuthConfig, OAuthTokens, PKCEChallenge, Registration, number, text

MOST_BYTES = 1 << 16
NO_CODE_THERE = "That is not the address the browser ended on. Paste all of it, with code= and state=; it begins with"
# Results of waiting; None means that no browser opened.
Outcomes: TypeAlias = "queue.SimpleQueue[Outcome | None]"
INTERVAL, SLOWER = 5.0, 5.0  # seconds: RFC 8628 §3.2, §3.5
LONGEST = 1800.0
NOT_CONFIRMED = "The code was not confirmed in time. Start again."


@dataclass(frozen=True)
class Login:
    """One login: its client, and what the last login left."""

    login: StoredLogin
    earlier: LoginRecord
    config: OAuthConfig

    def by_browser(self, *, open_browser: bool) -> LoginRecord:
        if not self.config.auth_url:
            raise Trouble(f"{self.config.display_name} has no sign-in by browser. Try --device.")
        with listening(self.config) as listener:
            config, registration = self.with_client(listener.redirect_uri)
            given = self.login.given
            hints = {"prompt": given.prompt, "login_hint": given.login_hint}
            attempt = BrowserLogin(config, listener.redirect_uri, hints)
            code = self.wait_for_code(attempt, listener, open_browser=open_browser)
        with wrong_value(ErrorCode.AUTH_FAILED, "Login failed: "):
            tokens = self.endpoints(config).new_tokens(attempt.token_request(code), requested=config.scopes)
        return self.record(config, registration, tokens)

    def by_device(self) -> LoginRecord:
        config, registration = self.with_client(None)
        try:
            code, terminal = self.request_code(config), self.login.logins.terminal
        except Trouble as trouble:
            if registration is None or trouble.failure.server_error != "unauthorized_client":
                raise
            raise Trouble(
                f"At {config.display_name} a client that registered itself can’t log in by device. "
                "Register one by hand, turn on the device grant for it, and pass --client-id.",
                server_error="unauthorized_client",
            ) from None
        terminal.say(f"Open this address on any device and enter {code.user_code}:")
        terminal.show_address(code.address)
        if code.complete_address:
            terminal.say("Or open this one and check that it shows the same code:")
            terminal.show_address(code.complete_address)
        terminal.show_code(code.complete_address or code.address)
        return self.record(config, registration, self.wait_for_tokens(config, code))

    def wait_for_code(self, attempt: "BrowserLogin", listener: CallbackListener, *, open_browser: bool) -> str:
        """The code, from whichever comes first: the browser at the listener, or the pasted address it ended at."""
        terminal, seconds = self.login.logins.terminal, self.login.logins.login_seconds
        outcomes: Outcomes = queue.SimpleQueue()
        # Before anyone sees the address.
        listener.serve(lambda query: attempt.outcome(single_values(query)), outcomes.put)
        with ExitStack() as stack:
            self.open_address(attempt.address, outcomes, open_browser=open_browser and may_open_browser())
            deadline, unrelated = time.monotonic() + seconds, False
            while (left := deadline - time.monotonic()) > 0:
                try:
                    # In short steps, as on Windows Ctrl-C does not end a long wait.
                    outcome = outcomes.get(timeout=min(left, 0.5))
                except queue.Empty:
                    continue
                if outcome is None:  # no browser opened
                    accept_pasting(stack, attempt, terminal, outcomes)
                elif isinstance(outcome, Unrelated):
                    unrelated = True
                    terminal.say(outcome.failure.error)
                elif isinstance(outcome, Trouble):
                    raise outcome
                else:
                    return outcome
        raise attempt.out_of_time(seconds, unrelated=unrelated)

    def open_address(self, address: str, outcomes: Outcomes, *, open_browser: bool) -> None:
        terminal = self.login.logins.terminal
        terminal.say(
            "Opening the browser. If nothing comes up, open this address yourself:"
            if open_browser
            else "Open this address in a browser:"
        )
        terminal.show_address(address)
        if open_browser:
            open_browser_beside(address, lambda: outcomes.put(None))
        else:
            outcomes.put(None)

    def request_code(self, config: OAuthConfig) -> "DeviceCode":
        if not config.device_url:
            raise Trouble(
                f"{config.display_name} has no sign-in by device. Log in without --device; "
                "over SSH, the address you end on can be pasted."
            )
        with wrong_value(ErrorCode.AUTH_FAILED, f"{config.display_name} gave no code for a device: "):
            return device_code(good_values(self.endpoints(config).post(config.device_url, config.requested)))

    def wait_for_tokens(self, config: OAuthConfig, code: "DeviceCode") -> OAuthTokens:
        deadline = time.monotonic() + min(code.expires_in, self.login.logins.login_seconds)
        interval = code.interval
        form = {"grant_type": DEVICE_GRANT, "device_code": code.device_code}
        while time.monotonic() + interval < deadline:
            # The server sets the interval, and nothing happens sooner.
            threading.Event().wait(interval)
            try:
                return self.endpoints(config).new_tokens(form, requested=config.scopes)
            except RequestRefused as refused:
                interval = next_interval(refused, interval)
            except Trouble:
                interval = min(interval * 2, 60.0)  # §3.5: back off while the server can't be reached
        raise Trouble(NOT_CONFIRMED, ErrorCode.TIMEOUT)

    def endpoints(self, config: OAuthConfig) -> Endpoints:
        return Endpoints(config, self.login.logins.http_seconds)

    def with_client(self, uri: str | None) -> tuple[OAuthConfig, Registration | None]:
        """The configured client, else one that registered itself earlier and still works, else a new one."""
        config, registration = self.config, self.earlier.registration if self.is_client_of_earlier else None
        if config.client_id and (registration is None or registration.allows(uri) or not config.registration_url):
            return config, registration
        # Also the usual ports, as the next login may find another one free.
        uris = [redirect_uri(config, port) for port in config.redirect_ports]
        uris += [uri] if uri and uri not in uris else []
        return self.endpoints(config.to_config("")).register(uris)

    @property
    def is_client_of_earlier(self) -> bool:
        return self.earlier.config is not None and self.earlier.config.client_id == self.config.client_id

    def record(self, config: OAuthConfig, registration: Registration | None, tokens: OAuthTokens) -> LoginRecord:
        was_given = self.earlier.secret_given and self.is_client_of_earlier
        is_given = self.login.given.client_secret is not None or registration is not None or was_given
        return LoginRecord(config, tokens, registration, secret_given=is_given, granted=tokens.scope)


# Through the browser


@dataclass(frozen=True)
class BrowserLogin:
    """A login through a browser: what its request contains, and what its answer must match."""

    config: OAuthConfig
    redirect_uri: str
    # Parameters for what the server shows the person.
    hints: Mapping[str, str | None] = field(default_factory=dict)
    pkce: PKCEChallenge = field(default_factory=PKCEChallenge.generate)
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def address(self) -> str:
        """The address where the person signs in and decides."""
        config = self.config
        parameters = {
            **config.extra_auth_params,
            **{name: value for name, value in self.hints.items() if value},
            **config.requested,
            "response_type": "code",
            "client_id": config.client_id,
            "redirect_uri": self.redirect_uri,
            "state": self.state,
            "code_challenge": self.pkce.code_challenge,
            "code_challenge_method": self.pkce.code_challenge_method,
        }
        return config.auth_url + ("&" if "?" in config.auth_url else "?") + urlencode(parameters)

    def outcome(self, answer: Mapping[str, str]) -> Outcome:
        """The code, if the answer belongs to this login, comes from this server, and grants access; else Trouble.

        Nothing in the answer is trusted before its origin is clear, not even an error.
        """
        error = answer.get("error")
        try:
            self.check_state(answer)
            self.check_issuer(answer.get("iss"), is_error=bool(error))
        except Trouble as trouble:
            return trouble
        if error == "access_denied":
            return Trouble(f"You did not allow access to {self.config.display_name}.", ErrorCode.AUTH_CANCELLED, error)
        if error:
            refused = refusal(error, answer.get("error_description"))
            return as_trouble(f"{self.config.display_name} refused the login: ", refused)
        return answer.get("code") or Trouble("The server's answer contains no code. Start again.")

    def token_request(self, code: str) -> dict[str, str]:
        """The form for the token endpoint (RFC 6749 §4.1.3, RFC 7636 §4.5)."""
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.pkce.code_verifier,
        }

    def check_state(self, answer: Mapping[str, str]) -> None:
        if not hmac.compare_digest(answer.get("state", "").encode(), self.state.encode()):
            error = f" It says: {plain(answer['error'])}." if answer.get("error") else ""
            raise Unrelated(
                f"A response arrived that does not belong to this login (its state differs).{error} Two logins may be "
                "running at the same time, or the browser showed a cached page. Still waiting for the right one."
            )

    def check_issuer(self, issuer: str | None, *, is_error: bool) -> None:
        """Check who answered, in case a server passes on another's answer (RFC 9207 §2.4). Errors may lack `iss`."""
        expected = self.config.issuer
        if expected is None or (issuer is None and (is_error or not self.config.iss_required)):
            return
        if issuer is None:
            raise Trouble(
                f"The answer does not name its server, and those of {expected} always do (iss is missing). Start again."
            )
        if issuer != expected:
            raise Trouble(
                f"The answer is from another server: its iss is {plain(issuer)!r}, not {expected!r}. "
                "Do not go on if you do not know why."
            )

    def pasted(self, line: str) -> Mapping[str, str] | None:
        """The answer in a line that the person pasted; None if it contains none."""
        text = line.strip().strip("'\"<>")
        try:
            query = urlsplit(text).query if "://" in text else text.removeprefix("?")
        except ValueError:
            return None
        answer = single_values(query)
        return answer if "code" in answer or "error" in answer else None

    def out_of_time(self, seconds: float, *, unrelated: bool) -> Trouble:
        port = urlsplit(self.redirect_uri).port
        other = " An answer to another login came: did you open the address of this one?" if unrelated else ""
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
    """The parameters that occur once, as a repeated one has no meaning (RFC 6749 §3.1)."""
    try:
        found = parse_qs(query[:MOST_BYTES], keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def accept_pasting(stack: ExitStack, attempt: BrowserLogin, terminal: Terminal, outcomes: Outcomes) -> None:
    def take(line: str) -> None:
        answer = attempt.pasted(line)
        if answer is not None:
            outcomes.put(attempt.outcome(answer))
        elif line:
            terminal.say(f"{NO_CODE_THERE} {attempt.redirect_uri}")

    terminal.say(
        "If that browser is on another machine, it ends on a page that does not load: "
        "copy the address of that page and paste it here."
    )
    stack.enter_context(terminal.pasted_lines(take))


# On another device


@dataclass(frozen=True)
class DeviceCode:
    device_code: str = field(repr=False)
    user_code: str
    address: str
    complete_address: str | None
    expires_in: float
    interval: float


def device_code(values: dict[str, Any]) -> DeviceCode:
    """Read the answer of §3.2. Raises ValueError if something is missing. Some servers still say `verification_url`."""
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


def next_interval(refused: RequestRefused, interval: float) -> float:
    """The seconds to wait before the next request (§3.5). Raises Trouble if no further request can succeed."""
    if refused.error == "authorization_pending":
        return interval
    if refused.error == "slow_down":
        return interval + SLOWER
    if refused.retry_after is not None:
        return max(interval * 2, min(refused.retry_after, 60.0))
    if refused.error == "access_denied":
        raise Trouble("The sign-in was denied on the other device.", ErrorCode.AUTH_CANCELLED, refused.error)
    if refused.error == "expired_token":
        raise Trouble(NOT_CONFIRMED, ErrorCode.TIMEOUT, refused.error)
    raise as_trouble("Sign-in failed: ", refused)
