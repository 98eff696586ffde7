"""The package as a wheel: what the portal serves, what `run.py wheel` writes, and what pip makes of it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from email.parser import HeaderParser
from io import BytesIO
from pathlib import Path

import pytest

import oauthsrv.__main__ as command_line
from browser import Browser
from oauthsrv import wheel
from sources import ROOT, SETUP


def test_the_portal_serves_the_wheel_under_a_name_that_pip_can_read(browser: Browser) -> None:
    served = browser.get(f"/static/{wheel.FILE}")
    assert served.body == wheel.content()
    assert served.headers["Content-Type"] == "application/octet-stream"
    assert served.headers["Cache-Control"] == "public, max-age=300"
    again = browser.get(f"/static/{wheel.FILE}", headers={"If-None-Match": served.headers["ETag"]})
    assert (again.status_int, again.body) == (304, b"")
    assert browser.get("/static/oauthsrv-0.0.0-py3-none-any.whl").status_int == 404


def test_the_command_writes_the_bytes_that_are_served(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["wheel", str(tmp_path)]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path == tmp_path / wheel.FILE
    assert path.read_bytes() == wheel.content()
    assert command_line.main(["wheel", str(tmp_path / "missing")]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_the_same_files_give_the_same_wheel_in_another_process() -> None:
    program = "import sys; from oauthsrv import wheel; sys.stdout.buffer.write(wheel.content())"
    made = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True)
    assert made.stdout == wheel.content()


def test_it_holds_sources_and_nothing_that_may_lie_beside_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "__init__.py").write_text("")
    (tmp_path / "key").write_text("secret")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__/x.pyc").write_text("")
    monkeypatch.setattr(wheel, "PACKAGE", tmp_path)
    monkeypatch.setattr(wheel, "TEMPLATES", tmp_path / "templates")
    monkeypatch.setattr(wheel, "SQL", tmp_path / "sql")
    assert dict(wheel.package_files()) == {"oauthsrv/__init__.py": b""}


def test_pip_installs_it_and_finds_the_extras_of_setup_cfg(tmp_path: Path) -> None:
    (tmp_path / wheel.FILE).write_bytes(wheel.content())
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", "installed"]
    environ = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    installed = subprocess.run(
        [*pip, wheel.FILE], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    assert installed.returncode == 0, installed.stderr
    # A wheel of what was installed: another server, started from it, serves the same files.
    program = "import sys; from oauthsrv import wheel; sys.stdout.buffer.write(wheel.content())"
    again = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=tmp_path / "installed", capture_output=True, check=True
    )
    first, second = (zipfile.ZipFile(BytesIO(content)) for content in (wheel.content(), again.stdout))
    assert {name: first.read(name) for name in first.namelist()} == {
        name: second.read(name) for name in second.namelist()
    }
    extras = HeaderParser().parsestr(first.read(f"{wheel.INFORMATION}/METADATA").decode()).get_all("Provides-Extra")
    assert extras == list(SETUP["options.extras_require"])
