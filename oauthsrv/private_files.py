"""Files and folders that only their owner can read, and that survive a power cut.

Each function raises OSError: a PermissionError if others could have put something into the folder.
"""

import contextlib
import errno
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

FOLDER_MODE, FILE_MODE = 0o700, 0o600
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)


def read(path: Path) -> str | None:
    """The file's text, or None if there is no file; a mode that lets others read it is corrected."""
    try:
        descriptor = os.open(path, os.O_RDONLY | NO_FOLLOW)
    except FileNotFoundError:
        return None
    with open(descriptor, encoding="utf-8", errors="replace") as file:
        check_folder(path.parent)
        make_private(descriptor)
        return file.read()


@contextlib.contextmanager
def replacing(path: Path, size: int = 0) -> Iterator[Callable[[str], None]]:
    """Reserve `size` bytes on the disk, and yield the function that writes the file's new version there.

    So that much cannot fail on a full disk. No one else can read the file at any moment, whatever the umask.
    """
    make_folder(path.parent)
    unfinished = path.parent / f".{path.stem}.{secrets.token_hex(8)}"
    descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL | NO_FOLLOW, FILE_MODE)

    def write(text: str) -> None:
        overwrite(descriptor, text.encode())
        os.replace(unfinished, path)
        sync_folder(path.parent)

    try:
        make_private(descriptor)  # a umask may have removed our own access
        overwrite(descriptor, b" " * size)
        yield write
    finally:
        os.close(descriptor)
        with contextlib.suppress(OSError):
            os.unlink(unfinished)


def delete(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
        sync_folder(path.parent)


def overwrite(descriptor: int, content: bytes) -> None:
    """Write the whole file; it is on the disk when this returns."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]
    os.ftruncate(descriptor, len(content))
    os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut, which could otherwise bring back a replaced file."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def make_private(descriptor: int) -> None:
    if os.name == "posix" and os.fstat(descriptor).st_mode & 0o777 != FILE_MODE:
        os.fchmod(descriptor, FILE_MODE)


def make_folder(folder: Path) -> None:
    """Make a folder and its missing parents, all with mode 0700 from the start; an existing one keeps its mode."""
    if not folder.is_dir():
        if not folder.parent.is_dir():
            make_folder(folder.parent)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(FOLDER_MODE)
            # A umask may have removed our own access; the folder is new, so its mode is ours to set.
            if folder.stat().st_mode & 0o777 != FOLDER_MODE:
                folder.chmod(FOLDER_MODE)
    check_folder(folder)


def check_folder(folder: Path) -> None:
    """Refuse a folder that others can write to, as they could replace our files with theirs."""
    if os.name != "posix":
        return
    status = folder.stat()
    if status.st_uid != os.geteuid():
        raise PermissionError(errno.EPERM, f"{folder} belongs to another user")
    if status.st_mode & 0o022:
        raise PermissionError(errno.EPERM, f"Others can write to {folder} (mode {status.st_mode & 0o7777:04o})")
