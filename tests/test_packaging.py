"""setup.cfg: what is in the repository is in the wheel."""

from configparser import ConfigParser
from pathlib import Path

import oauthsrv

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


def test_the_version_is_told_once() -> None:
    assert SETUP["metadata"]["version"] == "attr: oauthsrv.__version__"
    assert oauthsrv.__version__
