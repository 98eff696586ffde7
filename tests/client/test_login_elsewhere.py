"""Logging in without a browser: by a pasted address, by device, and what is read from standard input."""

from __future__ import annotations

import contextlib
import os
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from client.provider import Provider, Received, as_json, refused
from client.screen import Screen, failure
from oauthsrv.client import (
    ErrorCode,
    MemoryTokenStorage,
    OAuthProvider,
    OAuthService,
    Success,
    Terminal,
)
from oauthsrv.client.terminal import may_open_browser


class Pasting(Screen):
    """A person without a browser at hand: they see the address, open it elsewhere, and paste lines."""

    def __init__(self, *lines: Callable[[str], str]) -> None:
        super().__init__()
        self.lines = lines

    def pasted_lines(self, take: Callable[[str], None]) -> AbstractContextManager[None]:
        for line in self.lines:
            take(line(self.shown[0]))
        return contextlib.nullcontext()


def landed(address: str) -> str:
    """Where the browser ends, on another machine."""
    return requests.get(address, timeout=10, allow_redirects=False).headers["Location"]


def pasting(*lines: Callable[[str], str], seconds: float = 5) -> OAuthService:
    return OAuthService(MemoryTokenStorage(), terminal=Pasting(*lines), login_seconds=seconds, http_seconds=5)


# Without a browser


@pytest.mark.parametrize(
    ("environ", "platform", "opens"),
    [
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "darwin", True),
        ({"SSH_CONNECTION": "1 2 3 4"}, "darwin", False),
        ({"SSH_CONNECTION": "1 2 3 4", "DISPLAY": "localhost:10"}, "linux", False),
        ({"SSH_TTY": "/dev/pts/1"}, "linux", False),
        ({"SSH_CONNECTION": "1 2 3 4", "BROWSER": "code --open"}, "linux", True),
    ],
)
def test_where_a_browser_can_be_opened(environ: dict[str, str], platform: str, opens: bool) -> None:
    assert may_open_browser(environ, platform) is opens


def test_a_browser_that_would_take_over_the_terminal_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "get", lambda: webbrowser.GenericBrowser("/usr/bin/w3m"))
    assert not may_open_browser({}, "linux")
    monkeypatch.setattr(webbrowser, "get", lambda: webbrowser.GenericBrowser("firefox"))
    assert may_open_browser({}, "linux")


def test_over_ssh_no_browser_opens_and_the_landing_address_can_be_pasted(
    mine: OAuthProvider, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 5 192.0.2.2 22")
    assert pasting(landed).authenticate(mine, "cli_1").ok
    assert opened == []


def test_where_no_browser_opens_after_all_pasting_begins(mine: OAuthProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(address: str) -> bool:
        raise webbrowser.Error("could not locate runnable browser")

    for none in (lambda address: False, fails):
        monkeypatch.setattr(webbrowser, "open", none)
        assert pasting(landed).authenticate(mine, "cli_1").ok


@pytest.mark.parametrize(
    "shaped",
    [
        lambda landing: landing,
        lambda landing: f"  {landing}\r",
        lambda landing: f"'{landing}'",
        lambda landing: f"<{landing}>",
        lambda landing: urlsplit(landing).query,
        lambda landing: "?" + urlsplit(landing).query,
    ],
)
def test_an_address_is_understood_as_people_paste_it(mine: OAuthProvider, shaped: Callable[[str], str]) -> None:
    oauth = pasting(lambda address: shaped(landed(address)))
    assert oauth.authenticate(mine, "cli_1", open_browser=False).ok


def test_a_pasted_line_without_an_answer_is_reported_and_may_be_pasted_again(mine: OAuthProvider) -> None:
    wrong = [lambda address: "", lambda address: address, lambda address: "yes", lambda address: "http://[bad"]
    oauth = pasting(*wrong, landed)
    assert oauth.authenticate(mine, "cli_1", open_browser=False).ok
    assert isinstance(oauth.terminal, Screen)
    assert oauth.terminal.said.count("not the address the browser ended on") == 3


def test_a_pasted_answer_is_held_to_the_same(mine: OAuthProvider, provider: Provider) -> None:
    provider.callback = {"state": "another"}
    oauth = pasting(landed, seconds=0.5)
    assert failure(oauth.authenticate(mine, "cli_1", open_browser=False)).code is ErrorCode.TIMEOUT
    assert isinstance(oauth.terminal, Screen)
    assert "Two logins" in oauth.terminal.said
    provider.callback = {"iss": "https://evil.example"}
    assert "another server" in failure(pasting(landed).authenticate(mine, "cli_1", open_browser=False)).error


def test_a_wrong_paste_is_answered_and_waited_past(mine: OAuthProvider) -> None:
    def of_another_login(address: str) -> str:
        return parse_qs(urlsplit(address).query)["redirect_uri"][0] + "?code=c&state=of-another-login"

    oauth = pasting(of_another_login, landed)
    assert oauth.authenticate(mine, "cli_1", open_browser=False).ok
    assert isinstance(oauth.terminal, Screen)
    assert "does not belong to this login" in oauth.terminal.said


def test_without_a_browser_the_listener_still_listens(mine: OAuthProvider) -> None:
    """A forwarded port, or a browser on this machine after all."""

    def browse(address: str) -> str:
        threading.Thread(target=requests.get, args=(address,), daemon=True).start()
        return ""

    assert pasting(browse).authenticate(mine, "cli_1", open_browser=False).ok


# By device


def test_a_login_by_device(oauth: OAuthService, mine: OAuthProvider, provider: Provider, screen: Screen) -> None:
    """RFC 8628."""
    provider.device_answers = ["authorization_pending", "authorization_pending"]
    result = oauth.authenticate(mine, "cli_1", device=True, scopes=["read:data"])
    assert isinstance(result, Success)
    assert result.value.scope == "from:device"
    assert "WDJB-MJHT" in screen.said
    assert screen.shown == [
        f"{provider.origin}/device-page",
        f"{provider.origin}/device-page?user_code=WDJB-MJHT",
    ]
    assert provider.last("/device").form == {"client_id": "cli_1", "scope": "read:data"}
    assert oauth.refresh_tokens("mine").ok


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("access_denied", ErrorCode.AUTH_CANCELLED),
        ("expired_token", ErrorCode.TIMEOUT),
        ("invalid_client", ErrorCode.AUTH_FAILED),
    ],
)
def test_a_device_login_that_ends(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, error: str, code: ErrorCode
) -> None:
    provider.device_answers = ["authorization_pending", error]
    failed = failure(oauth.authenticate(mine, "cli_1", device=True))
    assert (failed.code, failed.server_error) == (code, error)


def test_a_device_login_goes_on_after_a_moment_without_the_server(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider
) -> None:
    def breaks_once(received: Received) -> None:
        del provider.instead["/token"]
        raise ConnectionResetError

    provider.instead["/token"] = breaks_once
    assert oauth.authenticate(mine, "cli_1", device=True).ok


def test_slow_down_slows_down() -> None:
    from oauthsrv.client.endpoints import RequestRefused
    from oauthsrv.client.login import next_interval

    assert next_interval(RequestRefused("", "slow_down"), 5) == 10
    assert next_interval(RequestRefused("", "authorization_pending"), 5) == 5


def test_a_code_that_nobody_confirms_is_given_up(mine: OAuthProvider, provider: Provider, screen: Screen) -> None:
    provider.device_answers = ["authorization_pending"] * 1000
    oauth = OAuthService(MemoryTokenStorage(), terminal=screen, login_seconds=0.2)
    assert failure(oauth.authenticate(mine, "cli_1", device=True)).code is ErrorCode.TIMEOUT


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"device_code": "d"},
        {"device_code": "d", "user_code": "u", "verification_uri": "http://evil.example/"},
        {"device_code": "d", "user_code": "u", "verification_uri": "javascript:alert(1)"},
        {"device_code": 1, "user_code": "u", "verification_uri": "https://a.example"},
        {"error": "invalid_client"},
    ],
    ids=str,
)
def test_a_device_answer_that_cannot_be_used(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, screen: Screen, answer: dict[str, Any]
) -> None:
    provider.instead["/device"] = lambda received: as_json(answer)
    assert failure(oauth.authenticate(mine, "cli_1", device=True)).code is ErrorCode.AUTH_FAILED
    assert screen.shown == []


def test_a_server_without_device_logins_says_so(oauth: OAuthService, mine: OAuthProvider, provider: Provider) -> None:
    provider.metadata = {"device_authorization_endpoint": None}
    assert "no sign-in by device" in failure(oauth.authenticate(mine, "cli_1", device=True)).error


# Standard input


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The writing end of the pipe that is standard input in the block."""
    reading, writing = os.pipe()
    with open(reading) as stdin, contextlib.suppress(OSError):
        monkeypatch.setattr("sys.stdin", stdin)
        yield writing
        os.close(writing)


def test_lines_are_read_whole_and_reading_ends_with_the_block(typed: int) -> None:
    lines: list[str] = []
    came = threading.Event()

    def take(line: str) -> None:
        lines.append(line)
        came.set()

    with Terminal().pasted_lines(take):
        os.write(typed, b"http://127.0.0.1/call")
        os.write(typed, b"back?code=\xc3\xa9\r\n")
        assert came.wait(5)
    assert lines == ["http://127.0.0.1/callback?code=é"]
    os.write(typed, b"for the program itself\n")
    assert os.read(os.sys.stdin.fileno(), 100) == b"for the program itself\n"


def test_a_stdin_that_ends_or_is_none_ends_nothing(typed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    os.write(typed, b"without an end")
    os.close(typed)
    came = threading.Event()
    with Terminal().pasted_lines(lambda line: (lines.append(line), came.set())[0]):
        assert came.wait(5)
    assert lines == ["without an end"]
    monkeypatch.setattr("sys.stdin", None)
    with Terminal().pasted_lines(lines.append):
        pass


def test_a_server_that_lets_no_registered_client_log_in_by_device_says_what_to_do(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider
) -> None:
    provider.instead["/device"] = lambda received: refused("unauthorized_client")
    failed = failure(oauth.authenticate(mine, device=True))
    assert failed.server_error == "unauthorized_client"
    assert "Register one by hand, turn on the device grant for it, and pass --client-id." in failed.error
    given = failure(oauth.authenticate(mine, "cli_1", device=True))
    assert "by hand" not in given.error
