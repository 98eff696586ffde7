"""`run.py systemd` and `run.py containerfile`: what they print is valid, and does what it says."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from end_to_end.running import ROOT
from missing import skip_or_fail
from oauthsrv import __version__
from oauthsrv.__main__ import main
from oauthsrv.commands import deployment


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ISSUER", "LISTEN", "TRUSTED_PROXIES", "DATA_DIR"):
        monkeypatch.delenv(f"OAUTHSRV_{name}", raising=False)


def unit(text: str) -> ConfigParser:
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read_string(text)
    return parser


@pytest.mark.parametrize("listen", ["127.0.0.1:8000", "127.0.0.1:80", "[::1]:8000"])
def test_the_unit_is_one_that_systemd_takes(
    listen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    if not shutil.which("systemd-analyze"):
        skip_or_fail("systemd-analyze is missing: install systemd to test the unit")
    monkeypatch.setenv("OAUTHSRV_LISTEN", listen)
    assert main(["systemd"]) == 0
    file = tmp_path / "oauthsrv.service"
    file.write_text(text := capfd.readouterr().out)
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", file], capture_output=True, text=True, check=False, timeout=60
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    service = unit(text)["Service"]
    assert service["Environment"] == f"OAUTHSRV_LISTEN={listen} OAUTHSRV_DATA_DIR=%S/oauthsrv"
    assert service["CapabilityBoundingSet"] == ("CAP_NET_BIND_SERVICE" if listen.endswith(":80") else "")


def test_what_the_unit_starts_is_the_server_with_its_settings_from_the_file(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["systemd"]) == 0
    service = unit(capfd.readouterr().out)["Service"]
    assert service["EnvironmentFile"] == deployment.SETTINGS_FILE
    started = subprocess.run(
        shlex.split(service["ExecStart"]),
        cwd=tmp_path,
        env={"OAUTHSRV_ISSUER": "https://login.example.com/path", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (started.returncode, started.stdout) == (1, "")
    assert started.stderr.startswith("oauthsrv: OAUTHSRV_ISSUER")


def test_a_path_that_systemd_would_read_otherwise_is_refused(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for path in ("/opt/my servers/python", "/opt/100%/python", "/opt/$HOME/python", '/opt/"/python', "/opt/a\n/python"):
        monkeypatch.setattr(sys, "executable", path)
        assert main(["systemd"]) == 1
        printed = capfd.readouterr()
        assert printed.out == ""
        assert "can't use the path" in printed.err


def test_a_folder_that_the_service_cannot_pass_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bin").mkdir(mode=0o700)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin/python"))
    assert main(["systemd"]) == 0
    assert "another user, who can't open" in capfd.readouterr().err


def test_the_settings_to_write_show_no_password(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://oauthsrv:opensesame@db.internal/oauthsrv")
    monkeypatch.setenv("OAUTHSRV_ISSUER", "https://id.acme.example")
    monkeypatch.setenv("OAUTHSRV_TRUSTED_PROXIES", "10.1.2.3")
    for command in ("systemd", "containerfile"):
        assert main([command]) == 0
        printed = capfd.readouterr()
        assert "OAUTHSRV_ISSUER=https://id.acme.example, OAUTHSRV_TRUSTED_PROXIES=10.1.2.3" in printed.err
        assert "opensesame" not in printed.out + printed.err


def test_the_containerfile_has_no_fault_and_makes_an_ordinary_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OAUTHSRV_LISTEN", "127.0.0.1:8123")
    assert main(["containerfile"]) == 0
    file = tmp_path / "Containerfile"
    file.write_text(text := capfd.readouterr().out)
    linted = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), "--no-color", file],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (linted.returncode, linted.stdout + linted.stderr) == (0, "")
    assert "[server]' \\\n    && useradd" in text
    lines = text.splitlines()
    assert [line for line in lines if line.startswith(("FROM", "USER", "EXPOSE"))] == [
        "FROM python:3.11-slim", "USER 10001", "EXPOSE 8123",
    ]  # fmt: skip
    assert f"COPY oauthsrv-{__version__}-py3-none-any.whl /tmp/" in lines
    assert "OAUTHSRV_LISTEN=0.0.0.0:8123" in text
