"""Renewing: of many one asks, nobody loses what another has written, a failure deletes nothing."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from client.provider import Answer, Provider, Received, as_json, refused
from oauthsrv.client import (
    AuthStatus,
    ErrorCode,
    Failure,
    FileTokenStorage,
    Given,
    OAuthProvider,
    OAuthService,
    OAuthTokens,
    Success,
)

Environ = Callable[..., dict[str, str]]


def aged(oauth: OAuthService, *, left: float, **changes: object) -> OAuthTokens:
    """The stored tokens of `mine`, made to end in that many seconds."""
    tokens = oauth.storage.load_tokens("mine")
    assert tokens
    older = dataclasses.replace(tokens, expires_in=3600, issued_at=time.time() - 3600 + left, **changes)
    oauth.storage.save_tokens("mine", older)
    return older


@pytest.fixture
def logged_in(oauth: OAuthService, mine: OAuthProvider, opened: list[str]) -> OAuthService:
    assert oauth.authenticate(mine, "cli_1").ok
    return oauth


def access_token(result: object) -> str:
    assert isinstance(result, Success), result
    return str(result.value.access_token)


def test_tokens_that_live_are_handed_out_without_asking(logged_in: OAuthService, provider: Provider) -> None:
    stored = aged(logged_in, left=120)
    assert access_token(logged_in.ensure_valid_token("mine")) == stored.access_token
    assert logged_in.get_bearer_token("mine") == Success(stored.access_token)
    assert provider.counts["refresh_token"] == 0


@pytest.mark.parametrize("left", [59, 0, -4000])
def test_tokens_are_renewed_from_a_minute_before_their_end(
    logged_in: OAuthService, provider: Provider, left: float
) -> None:
    stored = aged(logged_in, left=left)
    fresh = access_token(logged_in.ensure_valid_token("mine"))
    assert fresh != stored.access_token
    assert access_token(logged_in.get_tokens("mine")) == fresh
    assert provider.counts["refresh_token"] == 1
    assert provider.last("/token").form["client_id"] == "cli_1"


def test_a_refresh_by_hand_asks_in_any_case_and_may_narrow(logged_in: OAuthService, provider: Provider) -> None:
    before = access_token(logged_in.get_tokens("mine"))
    fresh = logged_in.refresh_tokens("mine", given=Given(scopes=("read:data",)))
    assert access_token(fresh) != before
    assert isinstance(fresh, Success)
    assert fresh.value.scope == "read:data"
    assert provider.last("/token").form["scope"] == "read:data"


def test_a_new_refresh_token_is_kept_beside_an_access_token_that_stays(
    logged_in: OAuthService, provider: Provider
) -> None:
    """Some servers give the same access token again while it lives, and rotate the refresh token all the same."""
    provider.tokens = {"access_token": "stays"}
    for _ in range(3):
        assert access_token(logged_in.refresh_tokens("mine")) == "stays"


def test_no_tokens_is_log_in_first(oauth: OAuthService) -> None:
    for result in (oauth.get_tokens("mine"), oauth.ensure_valid_token("mine"), oauth.refresh_tokens("mine")):
        assert isinstance(result, Failure)
        assert result.code is ErrorCode.AUTH_REQUIRED
    assert oauth.get_status("mine") == Success(AuthStatus.NOT_AUTHENTICATED)


def test_expired_without_a_refresh_token_suggests_offline_access(logged_in: OAuthService) -> None:
    aged(logged_in, left=-1, refresh_token=None)
    for result in (logged_in.ensure_valid_token("mine"), logged_in.get_bearer_token("mine")):
        assert isinstance(result, Failure)
        assert result.code is ErrorCode.TOKEN_EXPIRED
        assert "offline_access" in result.error
        assert "refresh_token in the app’s settings" in result.error
    assert logged_in.get_status("mine") == Success(AuthStatus.TOKEN_EXPIRED)


def test_the_last_minute_of_a_token_that_cannot_be_renewed_can_be_used(logged_in: OAuthService) -> None:
    stored = aged(logged_in, left=30, refresh_token=None)
    assert access_token(logged_in.ensure_valid_token("mine")) == stored.access_token


def test_the_last_minute_can_be_used_while_the_server_is_away(logged_in: OAuthService, provider: Provider) -> None:
    stored = aged(logged_in, left=30)
    provider.instead["/token"] = lambda received: as_json({"error": "temporarily_unavailable"}, 503)
    assert access_token(logged_in.ensure_valid_token("mine")) == stored.access_token
    provider.close()
    assert access_token(logged_in.ensure_valid_token("mine")) == stored.access_token
    by_hand = logged_in.refresh_tokens("mine")
    assert isinstance(by_hand, Failure)
    assert by_hand.code is ErrorCode.NETWORK_ERROR


def test_a_refused_refresh_token_is_kept_reported_and_not_tried_again(
    logged_in: OAuthService, provider: Provider
) -> None:
    stored = aged(logged_in, left=30)
    provider.refresh_tokens.clear()
    for _ in range(3):
        result = logged_in.ensure_valid_token("mine")
        assert isinstance(result, Failure)
        assert (result.code, result.server_error) == (ErrorCode.TOKEN_REFRESH_FAILED, "invalid_grant")
        assert result.needs_login
    assert provider.counts["refresh_token"] == 1
    assert logged_in.storage.load_tokens("mine") == stored
    aged(logged_in, left=-1)
    assert logged_in.get_status("mine") == Success(AuthStatus.TOKEN_REFRESH_FAILED)
    assert not logged_in.refresh_tokens("mine").ok  # by hand it is tried
    assert provider.counts["refresh_token"] == 2


def test_a_new_login_forgets_the_refusal(logged_in: OAuthService, provider: Provider) -> None:
    aged(logged_in, left=-1)
    provider.refresh_tokens.clear()
    assert not logged_in.ensure_valid_token("mine").ok
    assert logged_in.authenticate("mine", "cli_1").ok
    aged(logged_in, left=-1)
    assert logged_in.get_status("mine") == Success(AuthStatus.TOKEN_EXPIRED)
    assert logged_in.ensure_valid_token("mine").ok


def test_after_a_failure_what_another_program_just_wrote_is_used(logged_in: OAuthService, provider: Provider) -> None:
    """A program without our lock: another machine on the same home folder, a restored backup."""
    aged(logged_in, left=-1)
    theirs = OAuthTokens("theirs", expires_in=3600, refresh_token="rt-theirs")

    def written_first(received: Received) -> Answer:
        logged_in.storage.save_tokens("mine", theirs)
        return refused("invalid_grant")

    provider.instead["/token"] = written_first
    assert logged_in.ensure_valid_token("mine") == Success(theirs)
    assert logged_in.storage.load_tokens("mine") == theirs


def test_a_login_that_lands_during_a_refresh_is_not_overwritten(
    logged_in: OAuthService, provider: Provider, mine: OAuthProvider
) -> None:
    aged(logged_in, left=-1)
    started, go_on = threading.Event(), threading.Event()

    def slow(asked_for: Received) -> Answer | None:
        if asked_for.form["grant_type"] == "refresh_token":
            started.set()
            assert go_on.wait(10)
        return None

    provider.instead["/token"] = slow
    refreshing = threading.Thread(target=logged_in.ensure_valid_token, args=("mine",))
    refreshing.start()
    assert started.wait(10)
    done: list[object] = []
    login = threading.Thread(target=lambda: done.append(logged_in.authenticate("mine", "cli_1")))
    login.start()
    while provider.counts["authorization_code"] < 2:
        time.sleep(0.01)
    go_on.set()
    for thread in (refreshing, login):
        thread.join(10)
    assert access_token(logged_in.get_tokens("mine")) == access_token(done[0])


def test_a_logout_during_a_refresh_stays_a_logout(logged_in: OAuthService, provider: Provider) -> None:
    aged(logged_in, left=-1)
    started, go_on = threading.Event(), threading.Event()

    def slow(asked_for: Received) -> None:
        started.set()
        assert go_on.wait(10)

    provider.instead["/token"] = slow
    threads = [threading.Thread(target=logged_in.ensure_valid_token, args=("mine",))]
    threads[0].start()
    assert started.wait(10)
    threads.append(threading.Thread(target=logged_in.logout, args=("mine",)))
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert logged_in.storage.load_tokens("mine") is None
    assert provider.refresh_tokens == set()
    assert provider.living <= {received.form.get("token") for received in provider.received} | provider.living


def test_fifty_threads_with_one_expired_token_make_one_refresh(logged_in: OAuthService, provider: Provider) -> None:
    aged(logged_in, left=-1)
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(logged_in.ensure_valid_token("mine"))) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({access_token(one) for one in found}) == 1
    assert provider.counts["refresh_token"] == 1


# Twenty processes, forked after the imports, which would take most of the time.
PROCESSES = """
import os, sys
from oauthsrv.client import OAuthService
children = []
for _ in range(20):
    ready, writing = os.pipe()
    if (child := os.fork()) == 0:
        oauth = OAuthService()
        os.write(writing, b"x")
        os.read(int(sys.argv[2]), 1)
        os.write(1, (getattr(oauth, sys.argv[1])("mine").value.access_token + "\\n").encode())
        os._exit(0)
    os.read(ready, 1)
    children.append(child)
print("ready", flush=True)
sys.exit(any(os.waitpid(child, 0)[1] for child in children))
"""


@pytest.mark.parametrize("call", ["ensure_valid_token", "refresh_tokens"])
def test_twenty_processes_with_one_expired_token_make_one_refresh(
    provider: Provider, mine: OAuthProvider, opened: list[str], tmp_path: Path, environ: Environ, call: str
) -> None:
    """The provider takes each refresh token once: a second refresh with it would be reuse, and fail."""
    oauth = OAuthService(FileTokenStorage(tmp_path / "tokens"))
    assert oauth.authenticate(mine, "cli_1").ok
    old = aged(oauth, left=-1)
    go, gate = os.pipe()
    processes = subprocess.Popen(
        [sys.executable, "-c", PROCESSES, call, str(go)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        pass_fds=[go],
        env=environ(OAUTHSRV_TOKEN_DIR=str(tmp_path / "tokens")),
    )
    assert processes.stdout
    assert processes.stdout.readline() == "ready\n"
    # The first refresh is held long enough for all the others to come in too, if they would.
    provider.instead["/token"] = lambda received: threading.Event().wait(1) or None
    os.write(gate, b"x" * 20)
    said, errors = processes.communicate(timeout=30)
    os.close(go)
    os.close(gate)
    assert (processes.returncode, errors) == (0, "")
    tokens = said.split()
    assert (len(tokens), len(set(tokens))) == (20, 1)
    assert tokens[0] != old.access_token
    assert provider.counts["refresh_token"] == 1
    assert json.loads((tmp_path / "tokens" / "mine.json").read_text())["access_token"] == tokens[0]


def test_a_refresh_token_is_used_by_the_client_it_was_given_to(logged_in: OAuthService, provider: Provider) -> None:
    """Whatever client the environment names by now."""
    later = OAuthService(logged_in.storage, environ={"MINE_CLIENT_ID": "another", "MINE_CLIENT_SECRET": "its secret"})
    assert later.refresh_tokens("mine").ok
    received = provider.last("/token")
    assert (received.form["client_id"], received.basic) == ("cli_1", None)


def test_a_damaged_record_needs_a_new_login(
    provider: Provider, mine: OAuthProvider, opened: list[str], tmp_path: Path
) -> None:
    oauth = OAuthService(FileTokenStorage(tmp_path))
    assert oauth.authenticate(mine, "cli_1", "secret").ok
    file = tmp_path / "mine.json"
    for damaged in ("{", json.dumps(json.loads(file.read_text()) | {"source": {"config": {"token_url": 7}}})):
        file.write_text(damaged)
        assert not oauth.refresh_tokens("mine").ok
        assert oauth.authenticate("mine", "cli_1", "secret").ok
        assert oauth.refresh_tokens("mine").ok


def test_a_caller_who_means_another_server_or_client_gets_a_failure(
    logged_in: OAuthService, provider: Provider
) -> None:
    for given in (Given(issuer="https://other.example"), Given(client_id="another")):
        for result in (logged_in.ensure_valid_token("mine", given=given), logged_in.logout("mine", given=given)):
            assert isinstance(result, Failure)
            assert result.code is ErrorCode.AUTH_REQUIRED
        assert logged_in.get_status("mine", given=given) == Success(AuthStatus.NOT_AUTHENTICATED)
    assert logged_in.ensure_valid_token("mine", given=Given(issuer=provider.issuer + "/", client_id="cli_1")).ok


def test_a_scope_that_the_login_does_not_cover_is_reported(logged_in: OAuthService, provider: Provider) -> None:
    result = logged_in.get_bearer_token("mine", given=Given(scopes=("admin",)))
    assert isinstance(result, Failure)
    assert result.code is ErrorCode.AUTH_REQUIRED
    assert "admin" in result.error


# Logging out


def test_logout_ends_the_tokens_at_the_server_too(logged_in: OAuthService, provider: Provider) -> None:
    tokens = logged_in.storage.load_tokens("mine")
    assert tokens
    result = logged_in.logout("mine")
    assert isinstance(result, Success)
    assert result.value.revoked
    sent = [received.form for received in provider.received if received.path == "/revoke"]
    assert [(form["token"], form["token_type_hint"], form["client_id"]) for form in sent] == [
        (tokens.refresh_token, "refresh_token", "cli_1"),
        (tokens.access_token, "access_token", "cli_1"),
    ]
    assert logged_in.get_status("mine") == Success(AuthStatus.NOT_AUTHENTICATED)


def test_logout_deletes_here_even_if_the_server_is_away(logged_in: OAuthService, provider: Provider) -> None:
    provider.close()
    result = logged_in.logout("mine")
    assert isinstance(result, Success)
    assert not result.value.revoked
    assert "cannot be reached" in str(result.value.note)
    assert logged_in.storage.load_tokens("mine") is None


def test_logout_says_so_where_a_server_ends_no_tokens(logged_in: OAuthService, provider: Provider) -> None:
    provider.instead["/revoke"] = lambda received: as_json({"error": "unsupported_token_type"}, 400)
    result = logged_in.logout("mine")
    assert isinstance(result, Success)
    assert (result.value.revoked, "unsupported_token_type" in str(result.value.note)) == (False, True)


def test_logout_twice_is_no_failure(logged_in: OAuthService) -> None:
    assert logged_in.logout("mine").ok
    assert logged_in.logout("mine").ok
