"""Where the client keeps tokens: files that only their owner can read, and whatever the file system does."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from client.keyrings import KeyringInMemory
from client.provider import Provider
from oauthsrv.client import (
    ErrorCode,
    Failure,
    FileTokenStorage,
    KeyringTokenStorage,
    MemoryTokenStorage,
    OAuthProvider,
    OAuthService,
    OAuthTokens,
    StorageError,
    TokenStorageProtocol,
    token_folder,
)

TOKENS = OAuthTokens("at-secret", expires_in=3600, refresh_token="rt-secret", scope="read:data", issued_at=1.0e9)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """Whatever the person's shell has set."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.fixture(params=["file", "keyring", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> TokenStorageProtocol:
    made: dict[str, Callable[[], TokenStorageProtocol]] = {
        "file": lambda: FileTokenStorage(tmp_path / "tokens"),
        "keyring": lambda: KeyringTokenStorage(tmp_path / "tokens", backend=KeyringInMemory()),
        "memory": MemoryTokenStorage,
    }
    return made[request.param]()


def test_what_is_saved_is_loaded_and_what_is_deleted_is_gone(storage: TokenStorageProtocol) -> None:
    assert isinstance(storage, TokenStorageProtocol)
    assert storage.load_tokens("mine") is None
    storage.save_tokens("mine", TOKENS)
    storage.save_tokens("other", OAuthTokens("another"))
    assert storage.load_tokens("mine") == TOKENS
    assert storage.delete_tokens("mine")
    assert not storage.delete_tokens("mine")
    assert storage.load_tokens("mine") is None
    assert storage.load_tokens("other") is not None


@pytest.mark.parametrize(
    "name", ["../mine", "..", ".", "", "a/b", "/etc/passwd", "a\0b", ".hidden", "a\\b", "a b", "-x"]
)
def test_a_name_that_is_no_word_reaches_no_storage(storage: TokenStorageProtocol, name: str) -> None:
    for use in (storage.load_tokens, storage.delete_tokens, lambda name: storage.save_tokens(name, TOKENS)):
        with pytest.raises(ValueError, match="not a valid"):
            use(name)
    result = OAuthService(storage).get_tokens(name)
    assert isinstance(result, Failure)
    assert result.code is ErrorCode.NOT_FOUND


# Files


def test_files_are_0600_in_folders_of_0700_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    folder = tmp_path / "new" / "tokens"
    storage = FileTokenStorage(folder)
    storage.save_tokens("mine", TOKENS)
    assert [path.name for path in folder.iterdir()] == ["mine.json"]
    assert (mode(folder), mode(folder.parent), mode(folder / "mine.json")) == (0o700, 0o700, 0o600)
    assert json.loads((folder / "mine.json").read_text()) == TOKENS.to_dict()


def test_no_file_can_be_read_by_others_even_for_an_instant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file and folder is looked at the moment it comes into being, and again at each step after it."""
    seen: list[tuple[str, int]] = []

    def watch(name: str) -> None:
        real = getattr(os, name)

        def watched(*args: Any, **options: Any) -> Any:
            done = real(*args, **options)
            seen.extend((name, mode(path)) for path in tmp_path.rglob("*"))
            return done

        monkeypatch.setattr(os, name, watched)

    for name in ("open", "mkdir", "replace", "fsync", "write"):
        watch(name)
    before = os.umask(0)
    try:
        storage = FileTokenStorage(tmp_path / "tokens")
        for _ in range(2):
            storage.save_tokens("mine", TOKENS)
            with storage.lock("mine", 1):
                pass
    finally:
        os.umask(before)
    assert {"open", "mkdir", "replace"} <= {name for name, _ in seen}
    assert [found for found in seen if found[1] & 0o077] == []


def test_the_mode_of_a_file_of_ours_is_repaired_and_that_of_a_folder_is_not(tmp_path: Path) -> None:
    storage = FileTokenStorage(tmp_path / "tokens")
    storage.save_tokens("mine", TOKENS)
    for use in (lambda: storage.load_tokens("mine"), lambda: storage.save_tokens("mine", TOKENS)):
        (tmp_path / "tokens").chmod(0o755)
        (tmp_path / "tokens" / "mine.json").chmod(0o644)
        use()
        assert mode(tmp_path / "tokens") == 0o755
        assert mode(tmp_path / "tokens" / "mine.json") == 0o600


@pytest.mark.parametrize("before", [0o777, 0o1777, 0o775, 0o702], ids=oct)
def test_a_folder_that_others_can_write_to_is_refused_with_the_reason_and_left_as_it_was(
    tmp_path: Path, before: int, mine: OAuthProvider, opened: list[str]
) -> None:
    """As root, OAUTHSRV_TOKEN_DIR=/tmp once made /tmp unusable for everybody else."""
    tmp_path.chmod(before)
    environ = {"OAUTHSRV_TOKEN_DIR": str(tmp_path), "OAUTHSRV_TOKEN_STORAGE": "file"}
    result = OAuthService(environ=environ, providers=[mine]).authenticate("mine", "cli_1")
    assert isinstance(result, Failure)
    assert "Others can write to" in result.error
    assert "OAUTHSRV_TOKEN_DIR" in result.error
    assert (mode(tmp_path), list(tmp_path.iterdir()), opened) == (before & 0o7777, [], [])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", 12345, 12345)
    with pytest.raises(StorageError, match="belongs to another user"):
        FileTokenStorage(tmp_path / "theirs").save_tokens("mine", TOKENS)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(json.dumps(TOKENS.to_dict()))
    storage = FileTokenStorage(tmp_path / "tokens")
    storage.save_tokens("other", TOKENS)
    (tmp_path / "tokens" / "mine.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match=r"mine\.json cannot be read"):
        storage.load_tokens("mine")
    storage.save_tokens("mine", OAuthTokens("new"))
    assert json.loads((tmp_path / "elsewhere").read_text()) == TOKENS.to_dict()
    assert not (tmp_path / "tokens" / "mine.json").is_symlink()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"access_token": 7}', b"\xff\xfe", b"null", b"[" * 100_000])
def test_a_file_that_cannot_be_read_counts_as_nobody_logged_in(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    storage = FileTokenStorage(tmp_path)
    (tmp_path / "mine.json").write_bytes(content)
    result = OAuthService(storage).get_tokens("mine")
    assert isinstance(result, Failure)
    assert result.code is ErrorCode.AUTH_REQUIRED
    assert "mine" in caplog.text


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = FileTokenStorage(tmp_path / "tokens")
    storage.save_tokens("mine", TOKENS)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        storage.save_tokens("mine", OAuthTokens("new"))
    assert storage.load_tokens("mine") == TOKENS
    assert [path.name for path in (tmp_path / "tokens").iterdir()] == ["mine.json"]


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    """A process writes without a pause; this one reads."""
    writer = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from oauthsrv.client import *\n"
            "storage = FileTokenStorage(sys.argv[1])\n"
            "print('go', flush=True)\n"
            "while True:\n"
            "    for letter in 'ab': storage.save_tokens('mine', OAuthTokens(letter * 5000))",
            str(tmp_path),
        ],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    try:
        assert writer.stdout
        assert writer.stdout.readline() == b"go\n"
        storage = FileTokenStorage(tmp_path)
        storage.save_tokens("mine", OAuthTokens("a" * 5000))
        for _ in range(300):
            tokens = storage.load_tokens("mine")
            assert tokens
            assert tokens.access_token in ("a" * 5000, "b" * 5000)
    finally:
        writer.kill()
        writer.wait()


def test_a_folder_that_cannot_be_made_is_a_failure_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for result in (
        OAuthService(FileTokenStorage(tmp_path / "file" / "tokens")).get_status("mine"),
        OAuthService(FileTokenStorage(tmp_path / "file")).logout("mine"),
    ):
        assert isinstance(result, Failure)
        assert result.code is ErrorCode.AUTH_FAILED
        assert str(tmp_path / "file") in result.error


def test_tokens_lie_in_the_home_folder_unless_set_otherwise(own_home: Path, tmp_path: Path) -> None:
    assert token_folder({}) == own_home / ".oauthsrv" / "tokens"
    assert token_folder({"OAUTHSRV_TOKEN_DIR": str(tmp_path)}) == tmp_path
    assert token_folder({"OAUTHSRV_TOKEN_DIR": "~/t"}) == own_home / "t"


def test_a_storage_of_ones_own_needs_three_methods(
    provider: Provider, mine: OAuthProvider, opened: list[str], own_home: Path
) -> None:
    class Own:
        def __init__(self) -> None:
            self.kept: dict[str, OAuthTokens] = {}

        def save_tokens(self, service: str, tokens: OAuthTokens) -> None:
            self.kept[service] = tokens

        def load_tokens(self, service: str) -> OAuthTokens | None:
            return self.kept.get(service)

        def delete_tokens(self, service: str) -> bool:
            return self.kept.pop(service, None) is not None

    storage = Own()
    assert isinstance(storage, TokenStorageProtocol)
    oauth = OAuthService(storage, http_seconds=5)
    assert oauth.authenticate(mine, "cli_1").ok
    first = storage.kept["mine"]
    assert oauth.refresh_tokens("mine").ok
    assert storage.kept["mine"] != first
    assert oauth.logout("mine").ok
    assert storage.kept == {}
    assert not list(own_home.rglob("*.json"))
