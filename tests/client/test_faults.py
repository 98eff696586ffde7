"""What may go wrong around the client: lost answers, full disks, folders and hosts that cannot be."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from client.provider import Answer, Provider, as_json
from client.screen import Screen
from client.swallowing import Swallowing
from client.test_real_server import ByPerson
from client.test_renewal import aged
from end_to_end.running import ROOT, SECONDS, App, Person, Service
from oauthsrv.client import (
    ErrorCode,
    Failure,
    FileTokenStorage,
    KeyringTokenStorage,
    MemoryTokenStorage,
    OAuthProvider,
    OAuthService,
    OAuthTokens,
    Success,
)

Environ = Callable[..., dict[str, str]]


def failure(result: object) -> Failure:
    assert isinstance(result, Failure), result
    return result


def access_token(result: object) -> str:
    assert isinstance(result, Success), result
    return str(result.value.access_token)


# An answer that gets lost


@pytest.fixture(scope="module")
def person(running: Service) -> Person:
    return running.person().sign_up()


@pytest.fixture(scope="module")
def public(running: Service, person: Person) -> App:
    return running.app(person, "http://127.0.0.1/callback", type="public")


@pytest.mark.parametrize("how", ["breaks", "silent", "502"])
def test_a_lost_answer_ends_no_login_at_our_own_server(running: Service, public: App, person: Person, how: str) -> None:
    """Without a second try the next refresh would come with a token that was used before: invalid_grant, a theft."""
    with Swallowing(running.origin, "/oauth/token", how) as proxy:
        provider = OAuthProvider(
            "mine", auth_url=f"{running.origin}/oauth/authorize", token_url=f"{proxy.origin}/oauth/token"
        )
        options: dict[str, Any] = {"terminal": ByPerson(person), "login_seconds": SECONDS, "http_seconds": 4}
        oauth = OAuthService(MemoryTokenStorage(), providers=[provider], **options)
        assert oauth.authenticate("mine", public.client_id, open_browser=False).ok
        for _ in range(3):
            proxy.swallow(1)
            assert oauth.refresh_tokens("mine").ok
        proxy.swallow(2)  # both tries: it is over for this call, and not for the login
        assert not oauth.refresh_tokens("mine").ok
        assert oauth.refresh_tokens("mine").ok
        assert proxy.swallowed == 5


def test_a_client_that_is_killed_while_it_refreshes_goes_on_with_the_same_login(
    provider: Provider, mine: OAuthProvider, opened: list[str], tmp_path: Path, environ: Environ
) -> None:
    """Its lock goes with it, and what it had reserved holds nobody up."""
    oauth = OAuthService(FileTokenStorage(tmp_path / "tokens"))
    assert oauth.authenticate(mine, "cli_1").ok
    aged(oauth, left=-1)
    came, go_on = threading.Event(), threading.Event()

    def hangs(received: object) -> Answer:
        came.set()
        go_on.wait(SECONDS)
        return as_json({}, 500)  # to nobody

    provider.instead["/token"] = hangs
    argv = [sys.executable, "-m", "oauthsrv", "auth", "token", "mine"]
    env = environ(OAUTHSRV_TOKEN_DIR=str(tmp_path / "tokens"))
    with subprocess.Popen(argv, env=env, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        assert came.wait(SECONDS)
        process.kill()
    del provider.instead["/token"]
    go_on.set()
    assert oauth.ensure_valid_token("mine").ok


# A disk that is full

FULL = """
import resource, sys
from oauthsrv.client import OAuthService
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
result = OAuthService().ensure_valid_token("mine")
print(result.value.access_token if result.ok else result.error)
"""


def on_a_full_disk(environ: Environ, folder: Path) -> subprocess.CompletedProcess[str]:
    """A process that can make files, and write nothing into them."""
    env = environ(OAUTHSRV_TOKEN_DIR=str(folder))
    return subprocess.run([sys.executable, "-c", FULL], env=env, capture_output=True, text=True, check=True)


def test_a_full_disk_costs_no_login(
    provider: Provider, mine: OAuthProvider, opened: list[str], tmp_path: Path, environ: Environ
) -> None:
    """It is found before the refresh token is spent."""
    oauth = OAuthService(FileTokenStorage(tmp_path / "tokens"))
    assert oauth.authenticate(mine, "cli_1").ok
    stored = aged(oauth, left=30)
    done = on_a_full_disk(environ, tmp_path / "tokens")
    assert done.stdout.strip() == stored.access_token
    assert "could not be renewed, and expires soon" in done.stderr
    aged(oauth, left=-1)
    done = on_a_full_disk(environ, tmp_path / "tokens")
    assert "are not renewed" in done.stdout
    assert "File too large" in done.stdout
    assert provider.counts["refresh_token"] == 0
    assert [path.name for path in (tmp_path / "tokens").iterdir() if path.is_file()] == ["mine.json"]
    assert oauth.ensure_valid_token("mine").ok


def test_what_could_not_be_kept_after_all_is_handed_out_with_a_warning(
    provider: Provider,
    mine: OAuthProvider,
    opened: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    oauth = OAuthService(FileTokenStorage(tmp_path))
    assert oauth.authenticate(mine, "cli_1").ok
    aged(oauth, left=-1)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert access_token(oauth.ensure_valid_token("mine")) in provider.living
    assert "No space left on device" in caplog.text
    assert "needs a new login" in caplog.text


@pytest.mark.parametrize("kind", ["file", "keyring"])
def test_a_refresh_token_never_goes_to_another_server(
    provider: Provider,
    mine: OAuthProvider,
    opened: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    """A login at another server whose record cannot be written, or of which only the secrets were."""
    from client.keyrings import KeyringInMemory

    keyring = KeyringInMemory()
    storage = FileTokenStorage(tmp_path) if kind == "file" else KeyringTokenStorage(tmp_path, backend=keyring)
    oauth = OAuthService(storage, terminal=Screen(), http_seconds=5)
    assert oauth.authenticate("mine", "cli_1", issuer=provider.issuer).ok
    first = oauth.get_tokens("mine")
    with Provider() as other, monkeypatch.context() as patched:

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        patched.setattr(os, "replace", full)
        failed = failure(oauth.authenticate("mine", "cli_2", issuer=other.issuer))
        assert "You signed in, but the tokens could not be stored, so they were revoked" in failed.error
        assert other.refresh_tokens == set()
        patched.undo()
        assert oauth.get_tokens("mine") == first
        assert oauth.refresh_tokens("mine").ok
        assert other.counts["refresh_token"] == 0
        # Whatever stands in the record: its tokens are those of the server in it, or none.
        assert oauth.authenticate("mine", "cli_2", issuer=other.issuer).ok
        if kind == "keyring":
            (entry,) = [text for (_, name), text in keyring.kept.items() if name.startswith("mine:")]
            assert oauth.authenticate("mine", "cli_1", issuer=provider.issuer).ok
            (name,) = [name for name in keyring.kept if name[1].startswith("mine:")]
            keyring.kept[name] = entry
            assert failure(oauth.refresh_tokens("mine")).code is ErrorCode.AUTH_REQUIRED
            assert provider.counts["refresh_token"] == 1


# A storage of one's own


class Own:
    """It keeps what `to_dict` gives, in a file: another process finds it there."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def save_tokens(self, service: str, tokens: OAuthTokens) -> None:
        self.path.write_text(json.dumps({service: tokens.to_dict()}))

    def load_tokens(self, service: str) -> OAuthTokens | None:
        values = json.loads(self.path.read_text()) if self.path.exists() else {}
        return OAuthTokens.from_dict(values[service]) if service in values else None

    def delete_tokens(self, service: str) -> bool:
        self.path.unlink()
        return True


def test_a_storage_of_ones_own_renews_in_a_new_process(
    provider: Provider, mine: OAuthProvider, opened: list[str], tmp_path: Path
) -> None:
    assert OAuthService(Own(tmp_path / "t"), http_seconds=5).authenticate(mine, "cli_1", "its secret").ok
    later = OAuthService(Own(tmp_path / "t"), http_seconds=5)
    assert later.refresh_tokens("mine").ok
    assert provider.last("/token").basic == ("cli_1", "its secret")
    assert OAuthService(Own(tmp_path / "t")).logout("mine").ok
    assert provider.refresh_tokens == set()


# Folders and names


def test_a_home_that_cannot_be_written_is_found_before_anybody_signs_in(
    monkeypatch: pytest.MonkeyPatch, mine: OAuthProvider, opened: list[str]
) -> None:
    monkeypatch.setenv("HOME", "/proc/1/no")  # where root can make no folder either
    failed = failure(OAuthService(providers=[mine]).authenticate("mine", "cli_1"))
    assert failed.code is ErrorCode.AUTH_FAILED
    assert "/proc/1/no" in failed.error
    assert "OAUTHSRV_TOKEN_DIR" in failed.error
    assert opened == []


def test_without_a_home_and_a_name_there_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, mine: OAuthProvider, tmp_path: Path, opened: list[str]
) -> None:
    def nameless(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", nameless)
    for call in ("get_status", "get_tokens", "ensure_valid_token", "authenticate", "logout"):
        failed = failure(getattr(OAuthService(providers=[mine]), call)("mine"))
        assert failed.code is ErrorCode.CONFIG_MISSING
        assert "OAUTHSRV_TOKEN_DIR" in failed.error
    environ = {"OAUTHSRV_TOKEN_DIR": str(tmp_path / "t"), "OAUTHSRV_TOKEN_STORAGE": "file"}
    assert OAuthService(providers=[mine], environ=environ).authenticate("mine", "cli_1").ok


@pytest.mark.parametrize("folder", ["~nobody9/t", "/dev/null/t", "/dev/null", "/" + "x" * 300, "/proc/t"])
def test_a_folder_that_cannot_be_one_is_a_sentence(folder: str, mine: OAuthProvider, opened: list[str]) -> None:
    environ = {"OAUTHSRV_TOKEN_DIR": folder, "OAUTHSRV_TOKEN_STORAGE": "file"}
    oauth = OAuthService(providers=[mine], environ=environ)
    assert folder[:20] in failure(oauth.authenticate("mine", "cli_1")).error
    assert opened == []


def test_a_relative_folder_is_one_below_where_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mine: OAuthProvider, opened: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {"OAUTHSRV_TOKEN_DIR": "t", "OAUTHSRV_TOKEN_STORAGE": "file"}
    assert OAuthService(providers=[mine], environ=environ).authenticate("mine", "cli_1").ok
    assert (tmp_path / "t" / "mine.json").exists()


@pytest.mark.parametrize(
    "issuer", ["https://a..b.example", "https://.example", "https://-a.example", f"https://{'a' * 64}.example"]
)
def test_a_host_that_cannot_exist_is_a_sentence(oauth: OAuthService, issuer: str) -> None:
    failed = failure(oauth.authenticate("new", "cli_1", issuer=issuer))
    assert failed.code is ErrorCode.CONFIG_MISSING
    assert "cannot exist" in failed.error


def test_a_host_that_nobody_knows_is_a_network_error(oauth: OAuthService) -> None:
    assert failure(oauth.authenticate("new", "c", issuer="https://nowhere.invalid")).code is ErrorCode.NETWORK_ERROR
