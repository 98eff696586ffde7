"""The data folder of the databases, and the account that owns it; no other folder changes its mode or owner.

The databases run as an ordinary account, as PostgreSQL refuses to run as root.
"""

import hashlib
import os
import pwd
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = 0
LONGEST_SOCKET_FOLDER = 85  # bytes: macOS takes 103 for the whole name, Linux 107, and `/.s.PGSQL.5432` is part of it
PLAIN_NAME = re.compile(r"[\w./-]+", re.ASCII)  # needs no quoting in a URL, in libpq's `host` or in PostgreSQL's lists
SHORT_PLACE = Path("/tmp")  # noqa: S108  the folder made in it is checked for owner and mode


class EmbeddedError(Exception):
    """Says what is wrong with the databases and what to do; shown as it is."""


@dataclass(frozen=True)
class SystemAccount:
    uid: int
    gid: int

    @property
    def name(self) -> str:
        return name_of(self.uid)

    @property
    def identity(self) -> dict[str, Any]:
        """What makes `subprocess` start a program as this account."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        if self.uid != os.geteuid():
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def open(self, path: Path, flags: int) -> int:
        """Open a file of the account, made with mode 0600 if it is missing; an existing one keeps its owner."""
        with suppress(FileExistsError):
            file = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
            if self.uid != os.geteuid():
                os.fchown(file, self.uid, self.gid)
            return file
        return os.open(path, flags | os.O_NOFOLLOW)

    def may_enter(self, folder: Path) -> bool:
        """Whether the folder's mode lets the account through (access lists are not looked at)."""
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)

    def closed_folder(self, path: Path) -> Path | None:
        """The first folder on the way to `path`, itself included, that the account cannot enter."""
        if os.geteuid() != ROOT:
            return None
        way = [*reversed(path.parents), path]
        return next((folder for folder in way if not self.may_enter(folder)), None)


def name_of(uid: int) -> str:
    return pwd.getpwuid(uid).pw_name if has_name(uid) else f"number {uid}"


def has_name(uid: int) -> bool:
    """A folder mounted into a container often belongs to a number without a name, which initdb refuses to run as."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def account_of(data: Path, kept: Iterable[Path]) -> SystemAccount:
    """The owner of the databases in the data folder, or the account that is to own them if there are none yet."""
    for folder in kept:
        if os.path.lexists(folder):
            return owner_of(folder)
    if os.geteuid() != ROOT:
        return SystemAccount(os.geteuid(), os.getegid())
    status = data.stat()
    if status.st_uid != ROOT and has_name(status.st_uid):
        return SystemAccount(status.st_uid, status.st_gid)
    return ordinary_account()


def owner_of(folder: Path) -> SystemAccount:
    status = folder.lstat()
    if os.geteuid() not in (ROOT, status.st_uid):
        raise EmbeddedError(
            f"{folder} belongs to user {name_of(status.st_uid)} and you are {name_of(os.geteuid())}. "
            "Start as that user, or set OAUTHSRV_DATA_DIR to a folder of your own."
        )
    if status.st_uid == ROOT:
        raise EmbeddedError(
            f"{folder} belongs to root, and PostgreSQL refuses to run as root. "
            "Give it to the ordinary user that made it (chown -R), or set OAUTHSRV_DATA_DIR to another folder."
        )
    return SystemAccount(status.st_uid, status.st_gid)


def ordinary_account() -> SystemAccount:
    """The account `postgres` where it exists, else `nobody`."""
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return SystemAccount(entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(
        "PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody` to run it as. "
        "Start as an ordinary user, or make one of them."
    )


@dataclass(frozen=True)
class DataFolder:
    """A data folder, and the account that owns the databases in it."""

    path: Path
    account: SystemAccount

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def valkey(self) -> Path:
        return self.path / "valkey"

    @property
    def sockets(self) -> Path:
        """A folder inside the data folder if its path is short and plain enough, else one named after that path."""
        inside = self.path / "sockets"
        path = os.fsencode(inside)
        if len(path) <= LONGEST_SOCKET_FOLDER and PLAIN_NAME.fullmatch(str(inside)):
            return inside
        return SHORT_PLACE / f"oauthsrv-{hashlib.sha256(path).hexdigest()[:20]}"


def open_data_folder(data_dir: Path) -> DataFolder:
    make_enterable_folder(data_dir)
    path = data_dir.resolve()
    account = account_of(path, kept=(path / "postgres", path / "valkey"))
    if closed := account.closed_folder(path):
        raise EmbeddedError(
            f"The databases of {path} run as user {account.name}, because PostgreSQL refuses to run as root, "
            f"and that user cannot enter {closed}. "
            "Set OAUTHSRV_DATA_DIR to a folder it can enter, for example /var/lib/oauthsrv."
        )
    return DataFolder(path, account)


def make_enterable_folder(folder: Path) -> None:
    """Make a folder and its parents where missing; made by root, others may enter but neither list nor write them.

    It appears with its final mode: another process that starts at the same time must be able to enter it.
    """
    if folder.is_dir():
        return
    parent = folder.absolute().parent
    make_enterable_folder(parent)
    made = Path(tempfile.mkdtemp(prefix=".new-", dir=parent))
    made.chmod(0o711 if os.geteuid() == ROOT else 0o700)
    try:
        made.rename(folder)
    except OSError:
        made.rmdir()
        if not folder.is_dir():
            raise


@contextmanager
def new_folder(folder: Path, account: SystemAccount) -> Iterator[Path]:
    """A private folder that gets its name only when the block has filled it: it is there whole or not at all."""
    for half_made in folder.parent.glob(f"{folder.name}.new-*"):
        shutil.rmtree(half_made, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f"{folder.name}.new-", dir=folder.parent))
    try:
        account.own(made)
        yield made
        made.rename(folder)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def make_private_folder(folder: Path, account: SystemAccount) -> None:
    """Made if it is missing, refused if anyone but the account could have put something into it."""
    if not os.path.lexists(folder):
        with new_folder(folder, account):
            pass
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != account.uid or status.st_mode & 0o077:
        raise EmbeddedError(
            f"{folder} must be a folder of user {account.name} with mode 0700, and is not. "
            "Find out who made it and move it away, or set OAUTHSRV_DATA_DIR to another folder."
        )
