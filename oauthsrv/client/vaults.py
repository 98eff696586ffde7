"""Places for short secret texts, by name: files that nobody else can read, the system's keyring, memory."""

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar

from oauthsrv.client.display import plain
from oauthsrv.client.names import check_service_name
from oauthsrv.client.results import ErrorCode, Trouble

T = TypeVar("T")

FOLDER_MODE, FILE_MODE = 0o700, 0o600
SUFFIX = ".json"
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
# Keyrings of less keep their texts in the open, or do nothing: keyring's own measure of what it recommends.
RECOMMENDED = 1


class StorageError(Trouble):
    """Tokens cannot be read or kept; the message says where, why, and what to do."""

    def __init__(self, error: str) -> None:
        super().__init__(error, ErrorCode.AUTH_FAILED)


class Vault(Protocol):
    """Texts by name. Every method may raise StorageError."""

    def read(self, name: str) -> str | None: ...

    def write(self, name: str, text: str) -> None: ...

    def delete(self, name: str) -> bool:
        """Whether there was one."""
        ...

    def names(self) -> list[str]:
        """As far as they can be found out."""
        ...


class FileVault:
    """A file of mode 0600 for each name, in a folder of mode 0700. Modes are checked, and repaired, at each use."""

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
                self.check_folder()
                repair(descriptor, FILE_MODE)
                return file.read()

    def write(self, name: str, text: str) -> None:
        """Whole or not at all; and at no instant can anybody else read it, whatever the umask."""
        path = self.path(name)
        with failing_as("written", path):
            self.make_folder()
            unfinished = self.folder / f".{name}.{secrets.token_hex(8)}"
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_FOLLOW, FILE_MODE)
            try:
                with open(descriptor, "w", encoding="utf-8") as file:
                    repair(descriptor, FILE_MODE)  # a umask may have taken our own rights away
                    file.write(text)
                    file.flush()
                    os.fsync(descriptor)
                os.replace(unfinished, path)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(unfinished)
                raise
            sync_folder(self.folder)

    def delete(self, name: str) -> bool:
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

    def path(self, name: str) -> Path:
        return self.folder / f"{check_service_name(name)}{SUFFIX}"

    def make_folder(self) -> None:
        make_folder(self.folder)

    def check_folder(self) -> None:
        check_folder(self.folder)


def make_folder(folder: Path) -> None:
    """With those above it that are missing: all of them ours, all of mode 0700 from their first instant."""
    if not folder.is_dir():
        make_parent(folder)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(FOLDER_MODE)
    check_folder(folder)


def make_parent(folder: Path) -> None:
    if not folder.parent.is_dir():
        make_folder(folder.parent)


def check_folder(folder: Path) -> None:
    """Another's folder is refused: its owner could put a file of theirs in the place of ours."""
    if os.name != "posix":
        return
    status = folder.stat()
    if status.st_uid != os.geteuid():
        raise StorageError(f"{folder} belongs to another user. Set OAUTHSRV_TOKEN_DIR to a folder of your own.")
    if status.st_mode & 0o777 != FOLDER_MODE:
        folder.chmod(FOLDER_MODE)


def repair(descriptor: int, mode: int) -> None:
    if os.name == "posix" and os.fstat(descriptor).st_mode & 0o777 != mode:
        os.fchmod(descriptor, mode)


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
        raise StorageError(f"{path} cannot be {what}: {error.strerror or error}.") from None


class KeyringVault:
    """Entries of the system's keyring, under one heading."""

    def __init__(self, heading: str, backend: Any = None) -> None:
        self.heading, self.given = heading, backend

    @property
    def backend(self) -> Any:
        if self.given is None:
            self.given = system_keyring()
        return self.given

    def read(self, name: str) -> str | None:
        text = self.call(lambda: self.backend.get_password(self.heading, check_service_name(name)))
        return None if text is None else str(text)

    def write(self, name: str, text: str) -> None:
        self.call(lambda: self.backend.set_password(self.heading, check_service_name(name), text))

    def delete(self, name: str) -> bool:
        if self.read(name) is None:
            return False
        self.call(lambda: self.backend.delete_password(self.heading, name))
        return True

    def names(self) -> list[str]:
        return []  # a keyring is asked by name only

    def call(self, do: Callable[[], T]) -> T:
        """Backends raise what they please: their own errors, D-Bus's, the operating system's."""
        try:
            return do()
        except (Trouble, ValueError):
            raise
        except Exception as error:
            is_locked = type(error).__name__ == "KeyringLocked"
            reason = "The keyring is locked" if is_locked else "The keyring does not work"
            cure = "Unlock it and try again" if is_locked else "Repair it"
            detail = f" ({plain(error)})" if str(error) else ""
            raise StorageError(
                f"{reason}{detail}. {cure}, or keep the tokens in files: set OAUTHSRV_TOKEN_STORAGE=file."
            ) from None


class MemoryVault:
    """For as long as the process lives."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def read(self, name: str) -> str | None:
        return self.texts.get(check_service_name(name))

    def write(self, name: str, text: str) -> None:
        self.texts[check_service_name(name)] = text

    def delete(self, name: str) -> bool:
        return self.texts.pop(check_service_name(name), None) is not None

    def names(self) -> list[str]:
        return sorted(self.texts)


def system_keyring() -> Any:
    """The one that `keyring` chose; StorageError where there is none."""
    try:
        import keyring
    except ImportError:
        raise StorageError("keyring is not installed: pip install 'oauthsrv[client]'.") from None
    try:
        return keyring.get_keyring()
    except Exception as error:  # a setting of keyring's that names a backend which is not there
        raise StorageError(f"The keyring does not work ({plain(error)}).") from None


def has_keyring() -> bool:
    """Whether the system has one that is fit for secrets."""
    try:
        return bool(system_keyring().priority >= RECOMMENDED)
    except Exception:  # some compute their priority by asking the system
        return False
