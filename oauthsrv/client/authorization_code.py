"""The browser flow: the address to open, the answer that comes back, what it must hold (RFC 6749 §4.1, RFC 7636)."""

import hmac
import queue
import secrets
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from oauthsrv.client.callback import CallbackListener, Outcome, Stray
from oauthsrv.client.endpoints import PASSING
from oauthsrv.client.results import ErrorCode, Trouble
from oauthsrv.client.terminal import Terminal, duration, may_open_browser, open_browser_beside, plain
from oauthsrv.client.values import OAuthConfig, PKCEChallenge

MOST_BYTES = 1 << 16
TOO_LATE = Trouble("", ErrorCode.TIMEOUT)
NOT_THE_ANSWER = (
    "That is not the address the browser landed on. Paste it whole, with its code= and state=; it begins with"
)


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
            **({"resource": config.resource} if config.resource else {}),
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
            raise Trouble("The server's answer holds no code. Start again.", ErrorCode.AUTH_FAILED)
        return answer["code"]

    def check_state(self, answer: Mapping[str, str]) -> None:
        if not hmac.compare_digest(answer.get("state", "").encode(), self.state.encode()):
            error = f" It says: {plain(answer['error'])}." if answer.get("error") else ""
            raise Stray(
                f"An answer came that does not belong to this login (its state differs).{error} Two logins may be "
                "running at the same time, or the browser showed a cached page. Still waiting for the right one.",
                ErrorCode.AUTH_FAILED,
            )

    def check_issuer(self, issuer: str | None, *, is_error: bool) -> None:
        """RFC 9207 §2.4, against a server that passes on another one's answer. An error without it still says most."""
        expected = self.config.issuer
        if expected is None or (issuer is None and (is_error or not self.config.iss_required)):
            return
        if issuer is None:
            raise Trouble(
                f"The answer does not say which server it is from, and {expected} always does (iss is missing). "
                "Start again.",
                ErrorCode.AUTH_FAILED,
            )
        if issuer != expected:
            raise Trouble(
                f"The answer is from another server: its iss is {plain(issuer)!r}, and {expected!r} was asked. "
                "Do not go on if you do not know why.",
                ErrorCode.AUTH_FAILED,
            )

    def said_no(self, error: str, description: str | None) -> Trouble:
        error = plain(error)
        if error == "access_denied":
            return Trouble(f"You did not allow access to {self.config.display_name}.", ErrorCode.AUTH_CANCELLED, error)
        reason = error + (f": {plain(description)}" if description else "")
        wait = 0.0 if error in PASSING else None
        later = " Try again later." if error in PASSING else ""
        said = f"{self.config.display_name} refused the login: {reason.rstrip('.')}.{later}"
        return Trouble(said, ErrorCode.AUTH_FAILED, error, wait)

    def pasted(self, line: str) -> Mapping[str, str] | None:
        """The answer in a line that a person pasted; None where there is none in it."""
        text = line.strip().strip("'\"<>")
        query = urlsplit_query(text) if "://" in text else text.removeprefix("?")
        answer = single_values(query)
        return answer if "code" in answer or "error" in answer else None

    def out_of_time(self, seconds: float, stray: Stray | None) -> Trouble:
        port = urlsplit(self.redirect_uri).port
        other = " An answer to another login came: was the address that was opened this login's?" if stray else ""
        return Trouble(
            f"Nobody came back from the browser within {duration(seconds)}. Three things to check: "
            "did the browser open the address; "
            f"is port {port} free, that is, does nothing block it or stand between it and the browser; "
            f"is the callback URL {self.redirect_uri} registered with {self.config.display_name}"
            + (f" ({self.config.setup_url})?" if self.config.setup_url else "?")
            + other,
            ErrorCode.TIMEOUT,
        )


def urlsplit_query(text: str) -> str:
    try:
        return urlsplit(text).query
    except ValueError:
        return ""


def single_values(query: str) -> dict[str, str]:
    """What occurs once: a repeated parameter has no meaning (RFC 6749 §3.1)."""
    try:
        found = parse_qs(query[:MOST_BYTES], keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def wait_for_code(
    attempt: Attempt, listener: CallbackListener, terminal: Terminal, *, open_browser: bool, seconds: float
) -> str:
    """The code, from whichever comes first: the browser at the listener, or the address it landed on, pasted."""
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
