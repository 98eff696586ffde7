"""Places to write logins to: files that only their owner can read, and the system's keyring."""

import contextlib
import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from oauthsrv import private_files
from oauthsrv.client.http import finish_within
from oauthsrv.client.names import check_login_name
from oauthsrv.client.results import ErrorCode, StorageError, Trouble
from oauthsrv.client.terminal import plain

T = TypeVar("T")

SUFFIX = ".json"
NO_ACCESS = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR}
RESERVED = 1 << 15  # bytes, more than any record has

KEYRING_SECONDS = 5.0
# keyring's own threshold for a backend worth using: those below it store plain text, or nothing.
RECOMMENDED = 1
INSTEAD = "or keep the tokens in files: set OAUTHSRV_TOKEN_STORAGE=file."


class LockHeld(Trouble):
    """Another process held the lock the whole time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"Another process has been renewing or changing this login for {seconds:.0f} seconds. Try again.",
            ErrorCode.TIMEOUT,
            retry_after=0.0,
        )


class PrivateFiles:
    """A file of mode 0600 per name, in a folder made with mode 0700; a folder that exists keeps its mode."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str) -> str | None:
        with failing_as("read", path := self.path(name)):
            return private_files.read(path)

    def write(self, name: str, text: str) -> None:
        with failing_as("written", path := self.path(name)), private_files.replacing(path) as write:
            write(text)

    @contextlib.contextmanager
    def reserved(self, name: str) -> Iterator[Callable[[str], None]]:
        """Reserve space on the disk, and yield the function that writes there, which cannot fail on a full disk."""
        path = self.path(name)
        with contextlib.ExitStack() as stack:
            with failing_as("written", path):
                replace = stack.enter_context(private_files.replacing(path, RESERVED))

            def write(text: str) -> None:
                with failing_as("written", path):
                    replace(text)

            yield write

    def delete(self, name: str) -> None:
        with failing_as("deleted", path := self.path(name)):
            private_files.delete(path)

    def names(self) -> list[str]:
        with failing_as("read", self.folder):
            if not self.folder.is_dir():
                return []
            found = [path.name.removesuffix(SUFFIX) for path in self.folder.glob(f"*{SUFFIX}")]
            return sorted(name for name in found if not name.startswith("."))

    @contextlib.contextmanager
    def lock(self, name: str, seconds: float) -> Iterator[None]:
        """Let one process in at a time; the system releases the lock with its holder, even after kill -9."""
        from filelock import FileLock, Timeout  # slow to import, so only writers do it

        folder = self.folder / ".locks"
        path = folder / f"{check_login_name(name)}.lock"
        with failing_as("locked", path):
            private_files.make_folder(self.folder)
            private_files.make_folder(folder)
            lock = FileLock(path, timeout=seconds, mode=private_files.FILE_MODE)
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
    """The entries of the system's keyring under one heading. One that does not answer is given up after 5 seconds.

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
        """Raise StorageError if the system has no keyring fit for secrets."""
        if self.call(lambda: self.found().priority) < RECOMMENDED:
            raise StorageError("This system has no keyring.")

    def check_writable(self) -> None:
        """Write and read an entry, as many keyrings exist but are locked."""
        self.write("probe", "probe")
        if self.read("probe") != "probe":
            raise StorageError(f"The keyring does not keep what is written to it. Repair it, {INSTEAD}")
        self.delete("probe")

    def found(self) -> Any:
        """The backend that `keyring` chose."""
        if self.backend is None:
            try:
                import keyring
            except ImportError:
                raise StorageError("keyring is not installed: pip install keyring.") from None
            self.backend = keyring.get_keyring()
        return self.backend

    def call(self, do: Callable[[], T]) -> T:
        """Raise StorageError instead of the backend's errors: its own, D-Bus's, the operating system's."""
        try:
            return finish_within(KEYRING_SECONDS, do)
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


@contextlib.contextmanager
def failing_as(what: str, path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        cure = " Set OAUTHSRV_TOKEN_DIR to a folder of your own." if error.errno in NO_ACCESS else ""
        raise StorageError(f"{path} cannot be {what}: {error.strerror or error}.{cure}") from None
