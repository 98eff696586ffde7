"""Files that nobody else can read, replaced whole or not at all, with their room on the disk taken first."""

import contextlib
import errno
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from oauthsrv.client.names import check_login_name
from oauthsrv.client.results import ErrorCode, StorageError, Trouble

FOLDER_MODE, FILE_MODE = 0o700, 0o600
SUFFIX = ".json"
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
NOT_OURS = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR}
RESERVED = 1 << 15  # bytes: more than any record has


class LockHeld(Trouble):
    """Somebody else has had the lock all the time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"Another process has been renewing or changing this login for {seconds:.0f} seconds. Try again.",
            ErrorCode.TIMEOUT,
            retry_after=0.0,
        )


class PrivateFiles:
    """A file of mode 0600 for each name, in a folder made with mode 0700; the mode of one that exists is kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str) -> str | None:
        path = self.path(name)
        with failing_as("read", path):
            try:
                descriptor = os.open(path, os.O_RDONLY | NO_FOLLOW)
            except FileNotFoundError:
                return None
            with open(descriptor, encoding="utf-8", errors="replace") as file:
                check_folder(self.folder)
                make_private(descriptor)
                return file.read()

    def write(self, name: str, text: str) -> None:
        with self.reserved(name, size=0) as write:
            write(text)

    @contextlib.contextmanager
    def reserved(self, name: str, *, size: int = RESERVED) -> Iterator[Callable[[str], None]]:
        """Takes room on the disk, and gives the function that writes there: by then it cannot be full any more.

        At no instant can anybody else read what is written, whatever the umask.
        """
        path = self.path(name)
        with failing_as("written", path):
            make_folder(self.folder)
            unfinished = self.folder / f".{name}.{secrets.token_hex(8)}"
            descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL | NO_FOLLOW, FILE_MODE)
        try:
            with failing_as("written", path):
                make_private(descriptor)  # a umask may have taken our own rights away
                overwrite(descriptor, b" " * size)

            def write(text: str) -> None:
                with failing_as("written", path):
                    overwrite(descriptor, text.encode())
                    os.replace(unfinished, path)
                    sync_folder(self.folder)

            yield write
        finally:
            os.close(descriptor)
            with contextlib.suppress(OSError):
                os.unlink(unfinished)

    def delete(self, name: str) -> bool:
        """Whether there was one."""
        path = self.path(name)
        with failing_as("deleted", path):
            try:
                path.unlink()
            except FileNotFoundError:
                return False
            sync_folder(self.folder)
            return True

    def names(self) -> list[str]:
        with failing_as("read", self.folder):
            if not self.folder.is_dir():
                return []
            found = [path.name.removesuffix(SUFFIX) for path in self.folder.glob(f"*{SUFFIX}")]
            return sorted(name for name in found if not name.startswith("."))

    @contextlib.contextmanager
    def lock(self, name: str, seconds: float) -> Iterator[None]:
        """Alone with this name among all processes: the system drops the lock with its holder, kill -9 included."""
        from filelock import FileLock, Timeout  # only whoever changes something waits for this import

        folder = self.folder / ".locks"
        path = folder / f"{check_login_name(name)}.lock"
        with failing_as("locked", path):
            make_folder(self.folder)
            make_folder(folder)
            lock = FileLock(path, timeout=seconds, mode=FILE_MODE)
            try:
                lock.acquire(poll_interval=0.02)
            except Timeout:
                raise LockHeld(seconds) from None
        try:
            yield
        finally:
            lock.release()

    def path(self, name: str) -> Path:
        return self.folder / f"{check_login_name(name)}{SUFFIX}"


def overwrite(descriptor: int, content: bytes) -> None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]
    os.ftruncate(descriptor, len(content))
    os.fsync(descriptor)


def make_folder(folder: Path) -> None:
    """With those above it that are missing: all of them ours, all of mode 0700 from their first instant."""
    if not folder.is_dir():
        if not folder.parent.is_dir():
            make_folder(folder.parent)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(FOLDER_MODE)
            # A umask may have taken our own rights away; it was made this instant, so its mode is ours to set.
            if folder.stat().st_mode & 0o777 != FOLDER_MODE:
                folder.chmod(FOLDER_MODE)
    check_folder(folder)


def check_folder(folder: Path) -> None:
    """Where others can write, they could put a file of theirs in the place of ours."""
    if os.name != "posix":
        return
    status = folder.stat()
    cure = f"Set OAUTHSRV_TOKEN_DIR to a folder of your own, such as {folder / 'oauthsrv-tokens'}."
    if status.st_uid != os.geteuid():
        raise StorageError(f"{folder} belongs to another user. {cure}")
    if status.st_mode & 0o022:
        raise StorageError(f"Others can write to {folder} (mode {status.st_mode & 0o7777:04o}). {cure}")


def make_private(descriptor: int) -> None:
    if os.name == "posix" and os.fstat(descriptor).st_mode & 0o777 != FILE_MODE:
        os.fchmod(descriptor, FILE_MODE)


def sync_folder(folder: Path) -> None:
    """Or a power cut could bring back the file that was replaced."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def failing_as(what: str, path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        cure = " Set OAUTHSRV_TOKEN_DIR to a folder that you can write to." if error.errno in NOT_OURS else ""
        raise StorageError(f"{path} cannot be {what}: {error.strerror or error}.{cure}") from None
