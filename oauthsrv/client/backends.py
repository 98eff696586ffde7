"""What logins are written to: files that only their owner can read, and the system's keyring."""

import contextlib
import errno
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from oauthsrv.client.http import within
from oauthsrv.client.names import check_login_name
from oauthsrv.client.results import ErrorCode, StorageError, Trouble
from oauthsrv.client.terminal import plain

T = TypeVar("T")

FOLDER_MODE, FILE_MODE = 0o700, 0o600
SUFFIX = ".json"
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
NO_ACCESS = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR}
RESERVED = 1 << 15  # bytes: more than any record has

KEYRING_SECONDS = 5.0
# keyring's own measure of what it recommends: those below it store plain text, or nothing.
RECOMMENDED = 1
INSTEAD = "or keep the tokens in files: set OAUTHSRV_TOKEN_STORAGE=file."


class LockHeld(Trouble):
    """Another process held the lock for the whole time."""

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
        """Takes space on the disk and gives the function that writes there, which then cannot fail on a full disk.

        Nobody else can read the file at any moment, whatever the umask.
        """
        path = self.path(name)
        with failing_as("written", path):
            make_folder(self.folder)
            unfinished = self.folder / f".{name}.{secrets.token_hex(8)}"
            descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL | NO_FOLLOW, FILE_MODE)
        try:
            with failing_as("written", path):
                make_private(descriptor)  # a umask may have removed our own rights
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
        """Held by one process at a time; the system releases it with its holder, kill -9 included."""
        from filelock import FileLock, Timeout  # slow to import, so only what writes does it

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


class SystemKeyring:
    """The entries of the system's keyring under one heading. A keyring that never answers is given up after 5 seconds.

    Every method may raise StorageError, which says why and what to do instead.
    """

    def __init__(self, heading: str, backend: Any = None) -> None:
        self.heading, self.backend = heading, backend

    def read(self, name: str) -> str | None:
        text = self.call(lambda: self.found().get_password(self.heading, name))
        return None if text is None else str(text)

    def write(self, name: str, text: str) -> None:
        self.call(lambda: self.found().set_password(self.heading, name, text))

    def delete(self, name: str) -> None:
        if self.read(name) is not None:
            self.call(lambda: self.found().delete_password(self.heading, name))

    def check_recommended(self) -> None:
        """StorageError if the system has no keyring that is fit for secrets."""
        if self.call(lambda: self.found().priority) < RECOMMENDED:
            raise StorageError("This system has no keyring.")

    def check_writable(self) -> None:
        """Writes and reads an entry: many keyrings exist but are locked."""
        self.write("probe", "probe")
        if self.read("probe") != "probe":
            raise StorageError(f"The keyring does not keep what is written to it. Repair it, {INSTEAD}")
        self.delete("probe")

    def found(self) -> Any:
        """The one that `keyring` chose."""
        if self.backend is None:
            try:
                import keyring
            except ImportError:
                raise StorageError("keyring is not installed: pip install 'oauthsrv[client]'.") from None
            self.backend = keyring.get_keyring()
        return self.backend

    def call(self, do: Callable[[], T]) -> T:
        """StorageError instead of whatever the backend raises: its own errors, D-Bus's, the operating system's."""
        try:
            return within(KEYRING_SECONDS, do)
        except Trouble:
            raise
        except TimeoutError:
            reason, cure = f"The keyring did not answer within {KEYRING_SECONDS:g} seconds", "Unlock it and try again"
        except Exception as error:
            is_locked = type(error).__name__ == "KeyringLocked"
            reason = "The keyring is locked" if is_locked else "The keyring does not work"
            cure = "Unlock it and try again" if is_locked else "Repair it"
            reason += f" ({plain(error)})" if str(error) else ""
        raise StorageError(f"{reason}. {cure}, {INSTEAD}")


def overwrite(descriptor: int, content: bytes) -> None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]
    os.ftruncate(descriptor, len(content))
    os.fsync(descriptor)


def make_folder(folder: Path) -> None:
    """Makes it and its missing parents, all with mode 0700 from the start."""
    if not folder.is_dir():
        if not folder.parent.is_dir():
            make_folder(folder.parent)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(FOLDER_MODE)
            # A umask may have removed our own rights; the folder is new, so its mode is ours to set.
            if folder.stat().st_mode & 0o777 != FOLDER_MODE:
                folder.chmod(FOLDER_MODE)
    check_folder(folder)


def check_folder(folder: Path) -> None:
    """Others who can write to it could replace our files with theirs."""
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
    """Otherwise a power cut could bring back the file that was replaced."""
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
        cure = " Set OAUTHSRV_TOKEN_DIR to a folder that you can write to." if error.errno in NO_ACCESS else ""
        raise StorageError(f"{path} cannot be {what}: {error.strerror or error}.{cure}") from None
