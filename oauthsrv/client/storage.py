"""Where tokens lie: in the system's keyring, in files, or in memory."""

import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from oauthsrv.client.locks import ThreadLocks, file_lock
from oauthsrv.client.remembered import RememberedClients
from oauthsrv.client.results import ErrorCode, Trouble
from oauthsrv.client.values import OAuthTokens
from oauthsrv.client.vaults import FileVault, KeyringVault, MemoryVault, Vault, failing_as, has_keyring, make_folder

log = logging.getLogger(__name__)

TOKENS, SECRETS = "oauthsrv tokens", "oauthsrv client secrets"
CHOICES = ("auto", "keyring", "file")


@runtime_checkable
class TokenStorageProtocol(Protocol):
    """What a storage of one's own must do. `service` is a checked name: letters, digits, dots, hyphens, underscores."""

    def save_tokens(self, service: str, tokens: OAuthTokens) -> None: ...

    def load_tokens(self, service: str) -> OAuthTokens | None: ...

    def delete_tokens(self, service: str) -> bool:
        """Whether there were any."""
        ...


class VaultTokenStorage:
    """Tokens as JSON in a vault; what was remembered of clients, and locks, beside them.

    Every method may raise StorageError; a name that is no service's is a ValueError.
    """

    def __init__(self, vault: Vault, clients: RememberedClients) -> None:
        self.vault, self.clients = vault, clients

    def save_tokens(self, service: str, tokens: OAuthTokens) -> None:
        self.vault.write(service, json.dumps(tokens.to_dict()))

    def load_tokens(self, service: str) -> OAuthTokens | None:
        text = self.vault.read(service)
        if text is None:
            return None
        try:
            return OAuthTokens.from_dict(json.loads(text))
        except (ValueError, RecursionError):
            # Nothing in it can be used: the same as none, and the next login writes it anew.
            log.warning("what is stored for %s cannot be read; log in again", service)
            return None

    def delete_tokens(self, service: str) -> bool:
        return self.vault.delete(service)

    def lock(self, service: str, seconds: float) -> AbstractContextManager[None]:
        raise NotImplementedError


class MemoryTokenStorage(VaultTokenStorage):
    """For tests, and for programs that keep nothing."""

    def __init__(self) -> None:
        super().__init__(MemoryVault(), RememberedClients(MemoryVault(), MemoryVault()))
        self.locks = ThreadLocks()

    def lock(self, service: str, seconds: float) -> AbstractContextManager[None]:
        return self.locks.lock(service, seconds)


class FileTokenStorage(VaultTokenStorage):
    """`{service}.json` in `folder` (the token folder if none is given): mode 0600 in 0700, replaced atomically."""

    def __init__(self, folder: Path | str | None = None) -> None:
        self.folder = Path(folder) if folder is not None else token_folder()
        super().__init__(FileVault(self.folder), RememberedClients(records_in(self.folder), secrets_in(self.folder)))

    def lock(self, service: str, seconds: float) -> AbstractContextManager[None]:
        return lock_in(self.folder, service, seconds)


class KeyringTokenStorage(VaultTokenStorage):
    """The system's keyring. What is no secret (a client's id, its server's addresses) and locks are in `folder`."""

    def __init__(self, folder: Path | str | None = None, *, backend: Any = None) -> None:
        self.folder = Path(folder) if folder is not None else token_folder()
        super().__init__(
            KeyringVault(TOKENS, backend), RememberedClients(records_in(self.folder), KeyringVault(SECRETS, backend))
        )

    def lock(self, service: str, seconds: float) -> AbstractContextManager[None]:
        return lock_in(self.folder, service, seconds)


def records_in(folder: Path) -> FileVault:
    return FileVault(folder / ".clients")


def secrets_in(folder: Path) -> FileVault:
    return FileVault(folder / ".secrets")


@contextmanager
def lock_in(folder: Path, service: str, seconds: float) -> Iterator[None]:
    path = folder / ".locks" / f"{service}.lock"
    with ExitStack() as stack:
        with failing_as("locked", path):
            make_folder(folder)
            make_folder(path.parent)
            stack.enter_context(file_lock(path, seconds))
        yield


def token_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """$OAUTHSRV_TOKEN_DIR, or ~/.oauthsrv/tokens."""
    chosen = environ.get("OAUTHSRV_TOKEN_DIR")
    return Path(chosen).expanduser() if chosen else Path.home() / ".oauthsrv" / "tokens"


def chosen_storage(environ: Mapping[str, str] = os.environ) -> VaultTokenStorage:
    """As OAUTHSRV_TOKEN_STORAGE says; `auto`, the default, is the keyring where the system has one, else files."""
    choice = environ.get("OAUTHSRV_TOKEN_STORAGE") or "auto"
    if choice not in CHOICES:
        raise Trouble(
            f"OAUTHSRV_TOKEN_STORAGE is {choice!r}: it must be one of {', '.join(CHOICES)}.", ErrorCode.CONFIG_MISSING
        )
    folder = token_folder(environ)
    if choice == "keyring" or (choice == "auto" and has_keyring()):
        return KeyringTokenStorage(folder)
    return FileTokenStorage(folder)
