"""OAUTHSRV_KEY: made at the first start, the same for good, and refused where it is another (SPEC §2)."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import rows
from oauthsrv.config import SettingError, Settings, load
from oauthsrv.server import Server

ROOT = Path(__file__).resolve().parents[1]
KEY, OTHER = "0f1e2d3c4b5a69788796a5b4c3d2e1f0" * 2, "pq0RSwxyzABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijk="

Start = Callable[..., str]


@pytest.fixture
def start(server: Server, settings: Settings, tmp_path: Path) -> Iterator[Start]:
    """Opens a server on a database that knows no key yet, with a data folder of its own; the key that it found."""
    known = rows.rows(server, "SELECT key_fingerprint FROM installation")[0].key_fingerprint
    rows.rows(server, "UPDATE installation SET key_fingerprint = NULL")

    def start(key: str | None = None, data_dir: Path = tmp_path / "var") -> str:
        changed = dataclasses.replace(settings, key=key, data_dir=data_dir)
        urls = {"database_url": str(settings.database_url), "redis_url": str(settings.redis_url)}
        with contextlib.closing(Server.open(changed, **urls)) as opened:
            return opened.installation.key

    yield start
    rows.rows(server, "UPDATE installation SET key_fingerprint = %(known)s", known=known)


def refusal(start: Start, *args: object) -> str:
    with pytest.raises(SettingError) as raised:
        start(*args)
    message = str(raised.value)
    assert "OAUTHSRV_KEY" in message
    assert "Example: OAUTHSRV_KEY=" in message
    assert KEY not in message
    assert OTHER not in message
    return message


def test_the_first_start_makes_a_key_that_only_its_user_can_read(start: Start, tmp_path: Path) -> None:
    key = start()
    file = tmp_path / "var/key"
    assert file.read_text() == key + "\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path / "var") == ["key"]
    assert start() == key
    assert start(key) == key


def test_a_key_that_is_given_needs_no_file(start: Start, tmp_path: Path) -> None:
    assert start(KEY) == KEY
    assert start(KEY) == KEY
    assert not (tmp_path / "var").exists()


def test_rule_1_the_database_holds_a_fingerprint_alone(start: Start, server: Server) -> None:
    key = start(KEY)
    [row] = rows.rows(server, "SELECT * FROM installation")
    assert len(row.key_fingerprint) == 32
    assert key not in str(row)
    assert bytes.fromhex(key) not in [bytes(value) for value in row if isinstance(value, memoryview)]
    assert key not in repr(dataclasses.replace(server.settings, key=key))
    assert server.installation.key not in repr(server.installation)


def test_another_key_stops_the_start(start: Start, tmp_path: Path) -> None:
    start(KEY)
    assert "OAUTHSRV_KEY is wrong: this database was set up with the key whose fingerprint is " in refusal(start, OTHER)
    assert not (tmp_path / "var").exists()
    (tmp_path / "var").mkdir()
    (tmp_path / "var/key").write_text(OTHER)
    (tmp_path / "var/key").chmod(0o600)
    assert f"from {tmp_path}/var/key," in refusal(start)
    assert start(KEY) == KEY


def test_a_key_that_is_lost_is_not_made_again(start: Start, tmp_path: Path) -> None:
    start(KEY)
    assert "OAUTHSRV_KEY is missing" in refusal(start)
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("content", ["", "short", "é" * 50, "a" * 64, "x" * 500, KEY + " " + KEY])
def test_a_file_that_holds_no_key_is_refused(start: Start, tmp_path: Path, content: str) -> None:
    (tmp_path / "key").write_text(content)
    (tmp_path / "key").chmod(0o600)
    assert f"cannot be read from {tmp_path}/key" in refusal(start, None, tmp_path)
    assert (tmp_path / "key").read_text() == content


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_can_read_is_refused(start: Start, tmp_path: Path, mode: int) -> None:
    (tmp_path / "key").write_text(KEY)
    (tmp_path / "key").chmod(mode)
    assert f"chmod 600 {tmp_path}/key" in refusal(start, None, tmp_path)


def test_a_folder_where_no_file_can_be_is_refused(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be" in refusal(start, None, tmp_path / "file")
    assert "cannot be" in refusal(start, None, Path("/proc/none"))
    (tmp_path / "key").mkdir()
    assert "cannot be read" in refusal(start, None, tmp_path)


def test_several_first_starts_at_once_have_one_key(start: Start, server: Server, tmp_path: Path) -> None:
    """From processes of their own; one folder and one database, as at `--workers 4` on a new machine."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OAUTHSRV_")}
    environ |= {
        "DATABASE_URL": str(server.settings.database_url),
        "REDIS_URL": str(server.settings.redis_url),
        "OAUTHSRV_DATA_DIR": str(tmp_path / "var"),
    }
    command = [sys.executable, "run.py", "users", "list"]
    started = [
        subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    errors = [one.communicate(timeout=60)[1] for one in started]
    assert [one.returncode for one in started] == [0] * 4, errors
    assert os.listdir(tmp_path / "var") == ["key"]
    assert start() == (tmp_path / "var/key").read_text().strip()


@pytest.mark.parametrize("key", ["", "short", "a" * 64, "ab" * 30, KEY + "!", "é" * 50, KEY * 4, "x y" * 20])
def test_a_key_that_could_be_guessed_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(SettingError, match=r"^OAUTHSRV_KEY is wrong: .* Example: OAUTHSRV_KEY=[0-9a-f]{64}$") as raised:
        load({"OAUTHSRV_KEY": key})
    assert not key or key not in str(raised.value)
