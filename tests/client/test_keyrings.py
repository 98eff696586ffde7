"""Which storage is chosen, and keyrings that lock, break or hang."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.errors
import pytest

from client.keyrings import BrokenKeyring, HangingKeyring, KeyringInMemory, LockedKeyring
from client.provider import Provider
from client.screen import Screen
from oauthsrv.client import (
    ErrorCode,
    Failure,
    FileTokenStorage,
    KeyringTokenStorage,
    OAuthProvider,
    OAuthService,
    Success,
    backends,
)


@pytest.fixture
def use_keyring() -> Iterator[Callable[[Any], None]]:
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


# Which storage


def place_of(environ: dict[str, str], mine: OAuthProvider) -> tuple[str, str]:
    """Where a login went, and what was said about it."""
    screen = Screen()
    oauth = OAuthService(environ=environ, providers=[mine], terminal=screen)
    assert oauth.authenticate("mine", "cli_1").ok
    found = oauth.get_login("mine")
    assert isinstance(found, Success)
    return found.value.storage, screen.said


def test_auto_takes_the_keyring_where_there_is_one_and_says_once_which_and_why(
    use_keyring: Callable[[Any], None], tmp_path: Path, mine: OAuthProvider, opened: list[str]
) -> None:
    environ = {"OAUTHSRV_TOKEN_DIR": str(tmp_path / "a")}
    use_keyring(KeyringInMemory())
    place, said = place_of(environ, mine)
    assert (place, "Tokens are kept in the system's keyring." in said) == ("the system's keyring", True)
    assert "keyring" not in place_of(environ, mine)[1]
    other = OAuthService(environ=environ, providers=[mine], terminal=(screen := Screen()))
    assert other.authenticate("mine", "cli_1", account="work").ok
    assert "keyring" not in screen.said
    assert "keyring" not in place_of(environ | {"OAUTHSRV_TOKEN_STORAGE": "file"}, mine)[1]

    environ = {"OAUTHSRV_TOKEN_DIR": str(tmp_path / "b")}
    use_keyring(keyring.backends.fail.Keyring())
    place, said = place_of(environ, mine)
    assert place == str(tmp_path / "b" / "mine.json")
    assert f"Tokens are kept in files in {tmp_path / 'b'}. This system has no keyring." in said
    assert "Tokens are kept" not in place_of(environ, mine)[1]


def test_auto_does_not_trust_a_keyring_that_keeps_plain_text(
    use_keyring: Callable[[Any], None], tmp_path: Path, mine: OAuthProvider, opened: list[str]
) -> None:
    class PlainText(KeyringInMemory):
        priority = 0.5

    use_keyring(PlainText())
    environ = {"OAUTHSRV_TOKEN_DIR": str(tmp_path)}
    assert place_of(environ, mine)[0] == str(tmp_path / "mine.json")
    assert place_of(environ | {"OAUTHSRV_TOKEN_STORAGE": "keyring"}, mine)[0] == "the system's keyring"


def test_a_storage_that_does_not_exist_is_a_failure_that_names_the_variable() -> None:
    result = OAuthService(environ={"OAUTHSRV_TOKEN_STORAGE": "cloud"}).get_status("mine")
    assert isinstance(result, Failure)
    assert result.code is ErrorCode.CONFIG_MISSING
    assert "OAUTHSRV_TOKEN_STORAGE" in result.error


def test_files_are_chosen_where_keyring_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mine: OAuthProvider, opened: list[str]
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    environ = {"OAUTHSRV_TOKEN_DIR": str(tmp_path)}
    assert place_of(environ, mine)[0] == str(tmp_path / "mine.json")
    environ["OAUTHSRV_TOKEN_STORAGE"] = "keyring"
    result = OAuthService(environ=environ, providers=[mine]).authenticate("mine", "cli_1")
    assert isinstance(result, Failure)
    assert "pip install keyring" in result.error


# Keyrings


def test_in_a_keyring_no_secret_is_in_a_file(
    provider: Provider, mine: OAuthProvider, opened: list[str], tmp_path: Path
) -> None:
    backend = KeyringInMemory()
    storage = KeyringTokenStorage(tmp_path / "tokens", backend=backend)
    oauth = OAuthService(storage, http_seconds=5)
    assert oauth.authenticate(mine, "cli_1", "the-client-secret").ok
    tokens = oauth.get_tokens("mine")
    assert isinstance(tokens, Success)
    written = b"".join(path.read_bytes() for path in (tmp_path / "tokens").rglob("*") if path.is_file())
    assert b"cli_1" in written
    for secret in ("the-client-secret", tokens.value.access_token, str(tokens.value.refresh_token)):
        assert secret.encode() not in written
        assert any(secret in kept for kept in backend.kept.values())
    # And it is found again, by another process as it were.
    assert OAuthService(KeyringTokenStorage(tmp_path / "tokens", backend=backend)).refresh_tokens("mine").ok
    assert provider.last("/token").basic == ("cli_1", "the-client-secret")


UNUSABLE = [(LockedKeyring, "locked"), (BrokenKeyring, "does not work"), (HangingKeyring, "did not answer")]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    assert backends.KEYRING_SECONDS == 5
    monkeypatch.setattr(backends, "KEYRING_SECONDS", 0.2)


@pytest.mark.parametrize(("backend", "expected"), UNUSABLE)
def test_a_keyring_that_was_demanded_and_fails_is_found_before_anybody_signs_in(
    backend: type[keyring.backend.KeyringBackend],
    expected: str,
    use_keyring: Callable[[Any], None],
    opened: list[str],
    mine: OAuthProvider,
    tmp_path: Path,
    impatient: None,
) -> None:
    use_keyring(backend())
    environ = {"OAUTHSRV_TOKEN_DIR": str(tmp_path), "OAUTHSRV_TOKEN_STORAGE": "keyring"}
    result = OAuthService(environ=environ, providers=[mine]).authenticate("mine", "cli_1")
    assert isinstance(result, Failure)
    assert result.code is ErrorCode.AUTH_FAILED
    assert expected in result.error
    assert "OAUTHSRV_TOKEN_STORAGE=file" in result.error
    assert "\x1b" not in result.error
    assert opened == []


@pytest.mark.parametrize(("backend", "expected"), UNUSABLE)
def test_auto_falls_back_to_files_where_the_keyring_fails_and_says_why(
    backend: type[keyring.backend.KeyringBackend],
    expected: str,
    use_keyring: Callable[[Any], None],
    opened: list[str],
    mine: OAuthProvider,
    tmp_path: Path,
    impatient: None,
) -> None:
    use_keyring(backend())
    place, said = place_of({"OAUTHSRV_TOKEN_DIR": str(tmp_path)}, mine)
    assert place == str(tmp_path / "mine.json")
    assert expected in said


@pytest.mark.parametrize(("backend", "expected"), UNUSABLE)
def test_a_login_in_a_keyring_that_fails_later_is_a_failure_with_the_advice(
    backend: type[keyring.backend.KeyringBackend],
    expected: str,
    opened: list[str],
    mine: OAuthProvider,
    tmp_path: Path,
    impatient: None,
) -> None:
    assert OAuthService(KeyringTokenStorage(tmp_path, backend=KeyringInMemory())).authenticate(mine, "cli_1").ok
    oauth = OAuthService(FileTokenStorage(tmp_path, use_keyring=True, backend=backend()))
    for result in (oauth.get_status("mine"), oauth.ensure_valid_token("mine"), oauth.logout("mine")):
        assert isinstance(result, Failure)
        assert expected in result.error
        assert "OAUTHSRV_TOKEN_STORAGE=file" in result.error
    # Whoever follows the advice has to log in, and the keyring is no longer used.
    advised = OAuthService(FileTokenStorage(tmp_path)).get_tokens("mine")
    assert isinstance(advised, Failure)
    assert advised.code is ErrorCode.AUTH_REQUIRED


def test_fresh_tokens_go_into_a_file_where_the_keyring_takes_no_more(
    provider: Provider, opened: list[str], mine: OAuthProvider, tmp_path: Path
) -> None:
    """As one that is too small for them, or was locked since."""
    backend = KeyringInMemory()
    storage = FileTokenStorage(tmp_path, use_keyring=True, backend=backend)
    assert OAuthService(storage).authenticate(mine, "cli_1").ok
    assert storage.where("mine") == "the system's keyring"

    def locked(service: str, username: str, password: str) -> None:
        raise keyring.errors.KeyringLocked("Failed to unlock the collection!")

    backend.set_password = locked
    fresh = OAuthService(storage).refresh_tokens("mine")
    assert isinstance(fresh, Success)
    assert storage.where("mine") == str(tmp_path / "mine.json")
    assert OAuthService(FileTokenStorage(tmp_path)).get_tokens("mine") == fresh
