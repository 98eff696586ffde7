"""setup.cfg: what is in the repository is in the wheel, and what is in the wheel runs with what its extras install."""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import zipfile
from configparser import ConfigParser
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from urllib.request import urlopen

import pytest

import oauthsrv
from missing import skip_or_fail
from oauthsrv import wheel
from oauthsrv.config import PREFIX

ROOT = Path(__file__).resolve().parent.parent
SETUP = ConfigParser()
SETUP.read(ROOT / "setup.cfg")

# Folders that setup.cfg maps into the package.
MAPPED = {"oauthsrv.templates": ROOT / "templates", "oauthsrv.sql": ROOT / "sql"}


def test_every_package_is_named_and_every_name_is_a_package() -> None:
    found = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "oauthsrv").rglob("__init__.py")}
    assert set(SETUP["options"]["packages"].split()) == found | set(MAPPED)


def test_every_folder_with_python_in_it_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "oauthsrv").rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_every_mapped_folder_is_there_and_holds_nothing_that_is_left_out() -> None:
    data = SETUP["options.package_data"]
    for name, folder in MAPPED.items():
        packed = {path for pattern in data[name].split() for path in folder.glob(pattern)}
        assert packed
        assert {path for path in folder.rglob("*") if path.is_file()} == packed


def test_nothing_is_installed_unless_an_extra_asks_for_it() -> None:
    assert "install_requires" not in SETUP["options"]


def test_the_version_is_shown_once() -> None:
    assert SETUP["metadata"]["version"] == "attr: oauthsrv.__version__"
    assert oauthsrv.__version__


# What is built and installed


def tidy_environment() -> dict[str, str]:
    """Nothing that settings, or packages of this very environment, could come from."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "PYTHON", "VIRTUAL_ENV"))}
    return {name: value for name, value in kept.items() if name not in {"DATABASE_URL", "REDIS_URL"}}


def run(*argv: str | Path, cwd: Path, fail: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in argv],
        cwd=cwd,
        env=tidy_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=fail,
    )


def environment(folder: Path, *requirements: str) -> Path:
    """The programs of a new virtual environment with `requirements` in it, by our pip: a new one takes seconds."""
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=ROOT)
    into = ("--python", folder / "bin/python", "install", "--no-compile", "--quiet")
    installed = run(sys.executable, "-m", "pip", *into, *requirements, cwd=folder, fail=False)
    assert installed.returncode == 0, installed.stderr
    return folder / "bin"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist, and the wheel that was made of nothing but it."""
    folder = tmp_path_factory.mktemp("built")
    tree = folder / "tree"
    ignored = ("var", "build", "dist", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".*", *ignored))
    (needs,) = re.findall(r'"(setuptools>[^"]*)"', (ROOT / "pyproject.toml").read_text())
    try:
        programs = environment(folder / "builder", needs)
    except AssertionError:
        skip_or_fail("the package index cannot be reached: connect to a network to test what is built")
    build = "import sys; from setuptools import build_meta; print(build_meta.build_sdist(sys.argv[1]))"
    run(programs / "python", "-c", build, folder, cwd=tree)
    (sdist,) = folder.glob("*.tar.gz")
    run(sys.executable, "-m", "pip", "wheel", sdist, "--no-deps", "--wheel-dir", folder, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    return sdist, wheel


def kept_files() -> dict[str, Path]:
    """Every file that is part of the package, by its path in a wheel."""
    folders = {"oauthsrv": ROOT / "oauthsrv"} | {name.replace(".", "/"): folder for name, folder in MAPPED.items()}
    return {
        f"{inside}/{path.relative_to(folder).as_posix()}": path
        for inside, folder in folders.items()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[1]) as wheel:
        files = {name: wheel.read(name) for name in wheel.namelist() if ".dist-info/" not in name}
    assert files.keys() == kept_files().keys()
    assert all(files[name] == path.read_bytes() for name, path in kept_files().items())


def test_the_sdist_holds_the_sources_where_they_are(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[0]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {path.relative_to(ROOT).as_posix() for path in kept_files().values()} <= names
    assert {"setup.cfg", "pyproject.toml", "README.md"} <= names


def test_the_wheel_serves_from_any_folder_with_the_embedded_databases(
    built: tuple[Path, Path], workspace: Path, tmp_path: Path
) -> None:
    programs = environment(tmp_path / "venv", f"{built[1]}[embedded]")
    folder = workspace / "elsewhere"
    folder.mkdir(mode=0o711)
    added = run(programs / "oauthsrv", "users", "add", "ada@example.com", "--admin", cwd=folder)
    assert "password: " in added.stdout
    with subprocess.Popen(
        [programs / "oauthsrv", "serve", "--listen", f"127.0.0.1:{(port := free_port())}"],
        cwd=folder,
        env=tidy_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as serving:
        try:
            origin = f"http://127.0.0.1:{port}"
            assert first_line(serving) == f"oauthsrv is ready: {origin} (listening on 127.0.0.1:{port})\n"
            assert b"<h1>Sign in</h1>" in urlopen(f"{origin}/login").read()
            assert b"{" in urlopen(f"{origin}/static/oauthsrv.css").read()
        finally:
            serving.send_signal(signal.SIGTERM)
            _, errors = serving.communicate(timeout=30)
        assert serving.returncode == 0, errors
        assert "Traceback" not in errors
    assert (folder / "var").is_dir()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def first_line(process: subprocess.Popen[str]) -> str:
    """Of its stdout; a server that says nothing for a minute is ended, and says nothing."""
    assert process.stdout
    timer = threading.Timer(60, process.kill)
    timer.start()
    try:
        return process.stdout.readline()
    finally:
        timer.cancel()


def test_with_the_client_extra_alone_it_helps_and_says_which_extra_serving_needs(
    built: tuple[Path, Path], tmp_path: Path
) -> None:
    programs = environment(tmp_path / "venv", f"{built[1]}[client]")
    assert run(programs / "oauthsrv", "--help", cwd=tmp_path).stdout.startswith("usage: oauthsrv")
    served = run(programs / "oauthsrv", "serve", cwd=tmp_path, fail=False)
    assert served.returncode == 1
    assert served.stdout == ""
    assert "pip install -e '.[server]'" in served.stderr
    assert served.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "venv"]


def lines(said: Message, field: str) -> list[str]:
    """Of METADATA; setuptools sorts the extras of a requirement."""
    in_order = re.compile(r"\[(.*?)\]").sub
    return [in_order(lambda extras: str(sorted(extras[1].split(","))), line) for line in said.get_all(field, [])]


def test_the_wheel_that_the_portal_serves_is_the_one_that_setuptools_builds(built: tuple[Path, Path]) -> None:
    theirs, ours = zipfile.ZipFile(built[1]), zipfile.ZipFile(io.BytesIO(wheel.content()))
    names = {name for name in theirs.namelist() if ".dist-info/" not in name}
    assert names == {name for name in ours.namelist() if ".dist-info/" not in name}
    assert all(theirs.read(name) == ours.read(name) for name in names)
    said = [HeaderParser().parsestr(each.read(f"{wheel.INFORMATION}/METADATA").decode()) for each in (theirs, ours)]
    for field in (
        "Name",
        "Version",
        "Summary",
        "Requires-Python",
        "License-Expression",
        "License-File",
        "Provides-Extra",
        "Requires-Dist",
    ):
        assert lines(said[0], field) == lines(said[1], field), field
    entries = f"{wheel.INFORMATION}/entry_points.txt"
    assert theirs.read(entries) == ours.read(entries)
