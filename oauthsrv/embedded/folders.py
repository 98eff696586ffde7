"""Where the databases keep their things; no folder that we did not make changes its mode or owner."""

import hashlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from oauthsrv.embedded.account import ROOT, Account, account_of
from oauthsrv.embedded.errors import EmbeddedError

LONGEST_SOCKET_FOLDER = 85  # bytes: macOS takes 103 for the whole name, Linux 107, and `/.s.PGSQL.5432` is part of it
PLAIN_NAME = re.compile(r"[\w./-]+", re.ASCII)  # needs no quoting in a URL, in libpq's `host` or in PostgreSQL's lists
SHORT_PLACE = Path("/tmp")  # noqa: S108  the folder made in it is checked for owner and mode


@dataclass(frozen=True)
class House:
    """One data folder, and who owns the databases in it."""

    data: Path
    account: Account

    @property
    def postgres(self) -> Path:
        return self.data / "postgres"

    @property
    def valkey(self) -> Path:
        return self.data / "valkey"

    @property
    def sockets(self) -> Path:
        """Inside the data folder where its path is short and plain enough, else under a name made from that path."""
        inside = self.data / "sockets"
        path = os.fsencode(inside)
        if len(path) <= LONGEST_SOCKET_FOLDER and PLAIN_NAME.fullmatch(str(inside)):
            return inside
        return SHORT_PLACE / f"oauthsrv-{hashlib.sha256(path).hexdigest()[:20]}"


def house_at(data_dir: Path) -> House:
    make_passage(data_dir)
    data = data_dir.resolve()
    house = House(data, account_of(data, kept=(data / "postgres", data / "valkey")))
    if closed := house.account.closed_folder(data):
        raise EmbeddedError(
            f"The databases of {data} run as user {house.account.name}, because PostgreSQL refuses to run as root, "
            f"and that user cannot enter {closed}. "
            "Set OAUTHSRV_DATA_DIR to a folder it can enter, for example /var/lib/oauthsrv."
        )
    return house


def make_passage(folder: Path) -> None:
    """A folder and its parents where missing; as root, others may pass through them, but neither list nor write.

    It appears with its final mode: another process that starts at the same time must not find it closed.
    """
    if folder.is_dir():
        return
    parent = folder.absolute().parent
    make_passage(parent)
    made = Path(tempfile.mkdtemp(prefix=".new-", dir=parent))
    made.chmod(0o711 if os.geteuid() == ROOT else 0o700)
    try:
        made.rename(folder)
    except OSError:
        made.rmdir()
        if not folder.is_dir():
            raise


@contextmanager
def new_folder(folder: Path, account: Account) -> Iterator[Path]:
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


def sync_folder(folder: Path) -> None:
    """Make the names in it survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_private_folder(folder: Path, account: Account) -> None:
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
