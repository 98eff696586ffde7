"""Logging in: by browser, by a pasted address, by device; what the answer must hold, and how it may end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from client.provider import Provider, Received, as_json, refused
from client.screen import Screen
from oauthsrv.client import (
    AuthStatus,
    ErrorCode,
    Failure,
    MemoryTokenStorage,
    OAuthProvider,
    OAuthService,
    Success,
    Terminal,
    create_client,
)
from oauthsrv.client.terminal import may_open_browser
from oauthsrv.client.values import as_dict


def failure(result: object) -> Failure:
    assert isinstance(result, Failure), result
    return result


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


# By browser


def test_a_login_by_browser(oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]) -> None:
    result = oauth.authenticate(mine, "cli_1", scopes=["read:data", "offline_access"])
    assert isinstance(result, Success)
    assert result.value.access_token in provider.living
    assert result.value.scope == "read:data offline_access"
    assert oauth.get_tokens("mine") == result
    assert oauth.get_status("mine") == Success(AuthStatus.AUTHENTICATED)
    received = parse_qs(urlsplit(opened[0]).query)
    assert received["code_challenge_method"] == ["S256"]
    assert len(received["state"][0]) >= 43
    token = provider.last("/token")
    assert (token.form["client_id"], token.basic) == ("cli_1", None)
    assert token.form["redirect_uri"] == received["redirect_uri"][0]


def test_what_a_login_used_is_remembered(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    assert oauth.authenticate("new", "cli_1", "s&cret", issuer=provider.issuer, scopes=["read:data"]).ok
    assert oauth.refresh_tokens("new").ok
    assert provider.last("/token").basic == ("cli_1", "s&cret")
    assert oauth.logout("new").ok
    assert oauth.authenticate("new").ok
    assert provider.last("/token").basic == ("cli_1", "s&cret")
    assert parse_qs(urlsplit(opened[-1]).query)["scope"] == ["read:data"]


def test_a_secret_of_the_environment_is_not_written_down(
    mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    storage = MemoryTokenStorage()
    environ = {"MINE_CLIENT_ID": "cli_1", "MINE_CLIENT_SECRET": "of-the-environment"}
    assert OAuthService(storage, providers=[mine], environ=environ).authenticate("mine").ok
    remembered = storage.load("mine")
    assert remembered
    assert "of-the-environment" not in json.dumps(as_dict(remembered))
    environ["MINE_CLIENT_SECRET"] = "changed-since"
    assert OAuthService(storage, environ=environ).refresh_tokens("mine").ok
    assert provider.last("/token").basic == ("cli_1", "changed-since")


def test_create_client_has_the_five_calls(mine: OAuthProvider, provider: Provider, opened: list[str]) -> None:
    client = create_client(MemoryTokenStorage(), providers=[mine], terminal=Screen())
    assert client.oauth.get_status("mine") == Success(AuthStatus.NOT_AUTHENTICATED)
    tokens = client.oauth.authenticate("mine", "cli_1")
    assert isinstance(tokens, Success)
    assert client.oauth.get_status("mine") == Success(AuthStatus.AUTHENTICATED)
    assert client.oauth.get_tokens("mine") == client.oauth.ensure_valid("mine") == tokens
    assert client.oauth.logout("mine").ok
    assert failure(client.oauth.get_tokens("mine")).code is ErrorCode.AUTH_REQUIRED


# What the answer must hold


@pytest.mark.parametrize(
    "answer", ["?error=x", "?code=c&state=another", "?state=&error=access_denied", "?code=c&state=%C3%A9"]
)
def test_an_answer_that_is_not_to_this_login_is_answered_and_waited_past(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    """Anybody on this machine can send one: it must not end the login."""
    pages: list[requests.Response] = []

    def browse(address: str) -> bool:
        redirect = parse_qs(urlsplit(address).query)["redirect_uri"][0]
        pages.append(requests.get(redirect + answer, timeout=10))
        threading.Thread(target=requests.get, args=(address,), daemon=True).start()
        return True

    monkeypatch.setattr(webbrowser, "open", browse)
    monkeypatch.setenv("DISPLAY", ":0")
    assert oauth.authenticate(mine, "cli_1").ok
    assert pages[0].status_code == 400
    assert isinstance(oauth.terminal, Screen)
    for part in ("Two logins", "cached page", "Still waiting"):
        assert part in oauth.terminal.said


def test_a_login_that_only_got_other_answers_says_so_at_its_end(
    mine: OAuthProvider, provider: Provider, screen: Screen, opened: list[str]
) -> None:
    provider.callback = {"state": "another"}
    failed = failure(OAuthService(MemoryTokenStorage(), terminal=screen, login_seconds=0.5).authenticate(mine, "c"))
    assert failed.code is ErrorCode.TIMEOUT
    assert "another login" in failed.error
    assert provider.counts["authorization_code"] == 0


@pytest.mark.parametrize("iss", ["https://evil.example", "", None])
def test_an_answer_of_another_issuer_is_refused(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str], iss: str | None
) -> None:
    """RFC 9207 §2.4."""
    provider.callback = {"iss": iss}
    failed = failure(oauth.authenticate(mine, "cli_1"))
    assert failed.code is ErrorCode.AUTH_FAILED
    assert "iss" in failed.error
    assert provider.counts["authorization_code"] == 0


def test_a_server_that_never_sends_iss_need_not(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    provider.metadata = {"authorization_response_iss_parameter_supported": None}
    provider.callback = {"iss": None}
    assert oauth.authenticate(mine, "cli_1").ok
    provider.callback = {"iss": "https://evil.example"}
    assert not oauth.authenticate(mine, "cli_1").ok


def test_an_error_counts_only_from_the_right_server(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    provider.callback = {"code": None, "error": "access_denied", "iss": "https://evil.example"}
    assert failure(oauth.authenticate(mine, "cli_1")).code is ErrorCode.AUTH_FAILED


def test_a_person_who_says_no_has_cancelled(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    provider.callback = {"code": None, "error": "access_denied"}
    failed = failure(oauth.authenticate(mine, "cli_1"))
    assert (failed.code, failed.server_error) == (ErrorCode.AUTH_CANCELLED, "access_denied")


def test_another_error_is_shown_in_the_servers_words_made_safe_to_print(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    provider.callback = {
        "code": None,
        "error": "invalid_scope",
        "error_description": "no\x1b[2J such\r\nscope" + "x" * 999,
    }
    failed = failure(oauth.authenticate(mine, "cli_1"))
    assert failed.code is ErrorCode.AUTH_FAILED
    assert "invalid_scope: no [2J such scopexxx" in failed.error
    assert failed.error.isprintable()
    assert len(failed.error) < 500


def test_an_answer_without_a_code_is_none(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    provider.callback = {"code": None}
    assert "no code" in failure(oauth.authenticate(mine, "cli_1")).error


# How it may end


def test_nobody_comes_back(mine: OAuthProvider, screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda address: True)
    oauth = OAuthService(MemoryTokenStorage(), terminal=screen, login_seconds=0.3)
    failed = failure(oauth.authenticate(mine, "cli_1"))
    assert failed.code is ErrorCode.TIMEOUT
    redirect = parse_qs(urlsplit(screen.shown[0]).query)["redirect_uri"][0]
    for part in ("did the browser open", f"port {urlsplit(redirect).port} free", redirect, "registered"):
        assert part in failed.error


def test_ctrl_c_is_a_keyboard_interrupt(mine: OAuthProvider, screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda address: os.kill(os.getpid(), signal.SIGINT) is None)
    oauth = OAuthService(MemoryTokenStorage(), terminal=screen, login_seconds=10)
    with pytest.raises(KeyboardInterrupt):
        oauth.authenticate(mine, "cli_1")


def test_a_failed_login_leaves_the_tokens_of_the_last_one(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    first = oauth.authenticate(mine, "cli_1")
    provider.instead["/token"] = lambda received: refused("invalid_grant")
    failed = failure(oauth.authenticate(mine, "cli_1"))
    assert (failed.code, failed.server_error) == (ErrorCode.AUTH_FAILED, "invalid_grant")
    assert oauth.get_tokens("mine") == first


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


# A client that registers itself


def test_without_a_client_id_the_client_registers_itself_and_is_used_again(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    """RFC 7591."""
    assert oauth.authenticate(mine, scopes=["read:data"]).ok
    (client_id, client), *_ = provider.clients.items()
    assert client["token_endpoint_auth_method"] == "none"
    assert client["redirect_uris"] == parse_qs(urlsplit(opened[0]).query)["redirect_uri"]
    assert client["scope"] == "read:data"
    assert provider.last("/token").form["client_id"] == client_id
    assert oauth.refresh_tokens("mine").ok
    assert oauth.authenticate(mine, device=True).ok
    assert list(provider.clients) == [client_id]


def test_logging_out_takes_the_registered_client_away(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    """RFC 7592."""
    assert oauth.authenticate(mine).ok
    first = list(provider.clients)
    assert oauth.logout("mine").ok
    assert provider.clients == {}
    assert provider.received[-1].authorization == f"Bearer reg-{first[0]}"
    assert oauth.authenticate("mine").ok
    assert list(provider.clients) != first


def test_a_registration_with_a_secret_is_used_with_it_until_it_expires(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    def register(received: Received) -> Any:
        provider.counts["registered"] += 1
        registered = {
            "client_id": f"c{provider.counts['registered']}",
            "client_secret": "s",
            "client_secret_expires_at": 1,
        }
        return as_json(registered | {"token_endpoint_auth_method": "client_secret_post"}, 201)

    provider.instead["/register"] = register
    assert oauth.authenticate(mine).ok
    sent = provider.last("/token").form
    assert (sent["client_id"], sent["client_secret"]) == ("c1", "s")
    assert oauth.authenticate(mine).ok
    assert provider.last("/token").form["client_id"] == "c2"


@pytest.mark.parametrize(
    "answer", [{}, {"client_id": 5}, {"client_id": "a", "token_endpoint_auth_method": "tls_client_auth"}]
)
def test_a_registration_that_cannot_be_used_says_what_to_do(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, answer: dict[str, Any]
) -> None:
    provider.instead["/register"] = lambda received: as_json(answer, 201)
    failed = failure(oauth.authenticate(mine))
    assert failed.code is ErrorCode.AUTH_FAILED
    assert "--client-id" in failed.error


def test_without_client_id_and_registration_the_variable_is_named(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider
) -> None:
    provider.metadata = {"registration_endpoint": None}
    failed = failure(oauth.authenticate(mine))
    assert failed.code is ErrorCode.CONFIG_MISSING
    assert "MINE_CLIENT_ID" in failed.error


# Standard input


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The writing end of what is standard input meanwhile."""
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
    assert os.read(os.sys.stdin.fileno(), 100) == b"for the program itself\n"  # type: ignore[attr-defined]


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
