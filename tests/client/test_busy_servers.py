"""Servers that are busy, locks that are held, clocks that are wrong, and tokens that are replaced."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from client.provider import Provider, as_json
from client.test_faults import access_token, failure
from client.test_renewal import aged
from end_to_end.running import SECONDS
from oauthsrv.client import (
    ErrorCode,
    FileTokenStorage,
    OAuthProvider,
    OAuthService,
    Success,
)

# Busy servers


@pytest.mark.parametrize(("status", "wait"), [(503, 7.0), (429, 7.0), (500, 7.0)])
def test_a_server_that_is_busy_is_to_be_tried_again(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str], status: int, wait: float
) -> None:
    assert oauth.authenticate(mine, "cli_1").ok
    provider.retry_after = "7"
    provider.instead["/token"] = lambda received: as_json({}, status)
    refreshed = failure(oauth.refresh_tokens("mine"))
    assert (refreshed.code, refreshed.retry_after) == (ErrorCode.TOKEN_REFRESH_FAILED, wait)
    assert "Try again later" in refreshed.error
    assert failure(oauth.authenticate("mine", "cli_1")).retry_after == wait
    provider.instead["/.well-known/oauth-authorization-server"] = lambda received: as_json({}, status)
    found = failure(oauth.authenticate("mine", "cli_1"))
    assert (found.code, found.retry_after) == (ErrorCode.NETWORK_ERROR, wait)


def test_a_server_that_says_how_long_it_is_away_gets_no_second_request(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    assert oauth.authenticate(mine, "cli_1").ok
    provider.retry_after = "7"
    provider.instead["/token"] = lambda received: as_json({}, 503)
    assert not oauth.refresh_tokens("mine").ok
    assert provider.counts["refresh_token"] == 1


# Locks and clocks


def test_a_held_lock_does_not_block_a_token_that_is_still_good(
    mine: OAuthProvider, opened: list[str], tmp_path: Path
) -> None:
    oauth = OAuthService(FileTokenStorage(tmp_path))
    assert oauth.authenticate(mine, "cli_1").ok
    stored = aged(oauth, left=40)
    held, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with FileTokenStorage(tmp_path).lock("mine", 5):
            held.set()
            go_on.wait(SECONDS)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(SECONDS)
    began = time.monotonic()
    assert oauth.ensure_valid_token("mine") == Success(stored)
    assert time.monotonic() - began < 5
    go_on.set()
    holder.join()


def test_a_clock_that_was_a_day_ahead_does_not_keep_a_token_for_a_day(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    assert oauth.authenticate(mine, "cli_1").ok
    aged(oauth, left=3600 + 86_400)
    assert access_token(oauth.ensure_valid_token("mine")) in provider.living
    assert provider.counts["refresh_token"] == 1


def test_what_expires_before_it_was_issued_is_expired(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    provider.tokens = {"expires_in": -5}
    assert oauth.authenticate(mine, "cli_1").ok
    assert oauth.get_status("mine") == Success("TOKEN_EXPIRED")
    provider.tokens = {}
    assert oauth.ensure_valid_token("mine").ok


def test_an_error_without_iss_is_reported_as_it_is(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    provider.callback = {"code": None, "iss": None, "error": "invalid_scope", "error_description": "No such scope."}
    failed = failure(oauth.authenticate(mine, "cli_1"))
    assert (failed.server_error, "invalid_scope: No such scope." in failed.error) == ("invalid_scope", True)
    provider.callback["error"] = "access_denied"
    assert failure(oauth.authenticate(mine, "cli_1")).code is ErrorCode.AUTH_CANCELLED


# Replaced tokens


def test_logging_in_again_revokes_what_it_replaces_at_the_server_that_gave_it(
    oauth: OAuthService, provider: Provider, opened: list[str]
) -> None:
    assert oauth.authenticate("mine", "cli_1", issuer=provider.issuer).ok
    first = oauth.storage.load_tokens("mine")
    assert first
    assert oauth.authenticate("mine", "cli_1").ok
    revoked = [received.form["token"] for received in provider.received if received.path == "/revoke"]
    assert revoked == [first.refresh_token, first.access_token]
    second = oauth.storage.load_tokens("mine")
    assert second
    with Provider() as other:
        assert oauth.authenticate("mine", "cli_2", issuer=other.issuer).ok
        assert second.refresh_token not in provider.refresh_tokens
        assert other.counts["/revoke"] == 0


def test_a_token_that_the_server_gives_again_is_not_revoked(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    provider.tokens = {"access_token": "always-the-same"}
    assert oauth.authenticate(mine, "cli_1").ok
    assert oauth.authenticate(mine, "cli_1").ok
    assert provider.counts["/revoke"] == 0
    assert oauth.get_bearer_token("mine") == Success("always-the-same")


def test_a_login_that_fails_revokes_nothing(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    assert oauth.authenticate(mine, "cli_1").ok
    provider.callback = {"code": None, "error": "access_denied"}
    assert not oauth.authenticate(mine, "cli_1").ok
    assert provider.counts["/revoke"] == 0


def test_each_token_of_a_logout_has_the_servers_own_answer(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    assert oauth.authenticate(mine, "cli_1").ok

    def refuses_access_tokens(received: Any) -> Any:
        is_access = received.form["token_type_hint"] == "access_token"
        return as_json({"error": "unsupported_token_type"}, 400) if is_access else None

    provider.instead["/revoke"] = refuses_access_tokens
    out = oauth.logout("mine")
    assert isinstance(out, Success)
    said = [(each.kind, each.problem) for each in out.value.tokens]
    assert said == [("refresh_token", None), ("access_token", "the server says unsupported_token_type")]
    assert not out.value.revoked


def test_scopes_are_read_as_they_travel_and_an_empty_one_widens_again(
    oauth: OAuthService, mine: OAuthProvider, provider: Provider, opened: list[str]
) -> None:
    assert oauth.authenticate(mine, "cli_1", scopes="repo user").ok
    assert "scope=repo+user&" in opened[-1]
    assert oauth.authenticate("mine", "cli_1").ok
    assert "scope=repo+user&" in opened[-1]
    assert oauth.authenticate("mine", "cli_1", scopes="").ok
    assert "scope=" not in opened[-1]
