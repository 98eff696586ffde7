"""The ordinary account that the databases run as: PostgreSQL refuses to run as root."""

import os
import pwd
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from oauthsrv.embedded.errors import EmbeddedError

ROOT = 0


class Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    @property
    def name(self) -> str:
        return name_of(self.uid)

    @property
    def identity(self) -> Identity:
        """What makes `subprocess` start a program as this account."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        if self.uid != os.geteuid():
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def open(self, path: Path, flags: int) -> int:
        """Open a file of the account's, made with mode 0600 if it is missing; only what we made is given away."""
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
    """A folder brought into a container often belongs to a number without a name, which initdb refuses to run as."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def account_of(data: Path, kept: Iterable[Path]) -> Account:
    """Who owns the databases kept in the data folder, or is to own them if there are none yet."""
    for folder in kept:
        if os.path.lexists(folder):
            return owner_of(folder)
    if os.geteuid() != ROOT:
        return Account(os.geteuid(), os.getegid())
    status = data.stat()
    if status.st_uid != ROOT and has_name(status.st_uid):
        return Account(status.st_uid, status.st_gid)
    return ordinary_account()


def owner_of(folder: Path) -> Account:
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
    return Account(status.st_uid, status.st_gid)


def ordinary_account() -> Account:
    """The account `postgres` where it exists, else `nobody`."""
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(
        "PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody` to run it as. "
        "Start as an ordinary user, or make one of them."
    )
