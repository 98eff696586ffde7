"""The installation's key (OAUTHSRV_KEY): a setting, or a file in the data folder; each database keeps to one."""

import os
import secrets
import stat
import tempfile
from contextlib import suppress
from hmac import compare_digest
from pathlib import Path

from oauthsrv.config import KEY_SETTING, SettingError, Settings
from oauthsrv.oauth.sealing import fingerprint
from oauthsrv.private_files import overwrite, sync_folder
from oauthsrv.setting_values import check_key

BYTES = 32


def file_of(settings: Settings) -> Path:
    return settings.data_dir / "key"


def find_key(settings: Settings) -> str | None:
    """The key in the setting or in the file. Raises SettingError for a file that others could have read or written."""
    return settings.key or read_file(file_of(settings))


def make_key(settings: Settings) -> str:
    """Write a new key to its file and return it, or the one that another process has just written there."""
    path = file_of(settings)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_new(path, secrets.token_hex(BYTES))
    except OSError as error:
        raise SettingError(
            f"{KEY_SETTING} is missing, and a new key cannot be written to {path}: {error.strerror}. "
            f"Set {KEY_SETTING}, or OAUTHSRV_DATA_DIR to a folder that can be written. {example()}"
        ) from None
    key = read_file(path)
    assert key is not None
    return key


def check_belongs(key: str | None, known: bytes, settings: Settings) -> str:
    """Return the key if its fingerprint is `known`, as this database was set up with it. Raises SettingError."""
    first_key = f"this database was set up with the key whose fingerprint is {known.hex()[:16]}"
    remedy = (
        f"Set {KEY_SETTING} to that key on every machine: it is the {KEY_SETTING} of the first start, or the text in "
        f"the file {file_of(settings).name} of its data folder. {example()}"
    )
    if key is None:
        raise SettingError(f"{KEY_SETTING} is missing: {first_key}, and {file_of(settings)} is not there. {remedy}")
    if not compare_digest(fingerprint(key), known):
        source = "" if settings.key else f", from {file_of(settings)},"
        raise SettingError(
            f"{KEY_SETTING} is wrong: {first_key}, and this key{source} has {fingerprint(key).hex()[:16]}. {remedy}"
        )
    return key


def read_file(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            content = file.read(1000)
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = f"{path} cannot be read: {error.strerror}"
        raise SettingError(f"{KEY_SETTING} is missing, and {reason}. {example()}") from None
    is_ours = status.st_uid in (os.geteuid(), 0) or os.geteuid() == 0
    if not (is_ours and stat.S_ISREG(status.st_mode) and not status.st_mode & 0o077):
        raise SettingError(
            f"{KEY_SETTING} is not safe in {path}: it must be a file of your own that no one else can read "
            f"(chmod 600 {path}). {example()}"
        )
    try:
        return check_key(content.decode("ascii").strip())
    except ValueError:
        raise SettingError(
            f"{KEY_SETTING} cannot be read from {path}: it does not contain a key. "
            f"Restore it from a backup. {example()}"
        ) from None


def write_new(path: Path, key: str) -> None:
    """Write the file whole or not at all, never over another: if several starts race, one writes it."""
    descriptor, made = tempfile.mkstemp(prefix=".key-", dir=path.parent)  # with mode 0600
    try:
        with open(descriptor, "wb"):
            overwrite(descriptor, f"{key}\n".encode())
        with suppress(FileExistsError):
            os.link(made, path)
    finally:
        os.unlink(made)
    sync_folder(path.parent)


def example() -> str:
    return f"Example: {KEY_SETTING}={secrets.token_hex(BYTES)}"
