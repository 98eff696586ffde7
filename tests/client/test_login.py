"""Logging in by browser: what the answer must hold, and how it may end."""

from __future__ import annotations

import json
import os
import signal
import threading
import webbrowser
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from client.provider import Provider, refused
from client.screen import Screen, failure
from oauthsrv.client import (
    AuthStatus,
    ErrorCode,
    MemoryTokenStorage,
    OAuthProvider,
    OAuthService,
    Success,
    create_client,
)
from oauthsrv.client.values import as_dict

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
