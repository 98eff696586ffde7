"""Where logins are stored: in files, with their secrets in the system's keyring if it works; or in memory."""

import contextlib
import dataclasses
import functools
import json
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from oauthsrv.client.backends import LockHeld, PrivateFiles, SystemKeyring
from oauthsrv.client.names import check_login_name
from oauthsrv.client.results import ErrorCode, StorageError, Trouble
from oauthsrv.client.values import SECRETS, LoginRecord, OAuthTokens, as_dict, from_dict, source_of

log = logging.getLogger("oauthsrv.client")

CHOICES = ("auto", "keyring", "file")


@runtime_checkable
class TokenStorageProtocol(Protocol):
    """What a storage of your own must do. `service` is a checked name: letters, digits, `._-`, and `@account`.

    Keep all that `OAuthTokens.to_dict` returns, or the object: its `source` says who issued the tokens, and without it
    they can only be renewed if your program names the provider and the client.
    """

    def save_tokens(self, service: str, tokens: OAuthTokens) -> None: ...

    def load_tokens(self, service: str) -> OAuthTokens | None: ...

    def delete_tokens(self, service: str) -> bool:
        """Whether there were any."""
        ...


class LoginStorage:
    """Records by name, in memory. Every method may raise StorageError; a name that no login has is a ValueError."""

    def __init__(self) -> None:
        self.records: dict[str, LoginRecord] = {}
        self.active_accounts: dict[str, str] = {}
        self.guard = threading.Lock()
        self.locks: dict[str, threading.Lock] = {}

    def load(self, name: str) -> LoginRecord | None:
        return self.records.get(check_login_name(name))

    def save(self, name: str, record: LoginRecord) -> None:
        self.records[check_login_name(name)] = record

    def forget(self, name: str) -> None:
        self.records.pop(check_login_name(name), None)

    def names(self) -> list[str]:
        """Those that can be listed."""
        return sorted(self.records)

    def where(self, name: str) -> str:
        """Where this login is stored, for people."""
        return "memory"

    def prepare(self, name: str) -> str | None:
        """StorageError if a login could not be stored; otherwise a message about the storage, if there is one."""
        return None

    @contextlib.contextmanager
    def reserved(self, name: str, record: LoginRecord) -> Iterator[Callable[[LoginRecord], None]]:
        """Proves that `record` can be replaced, and yields the function that does it."""
        self.save(name, record)
        yield functools.partial(self.save, name)

    @contextlib.contextmanager
    def lock(self, name: str, seconds: float) -> Iterator[None]:
        with self.guard:
            lock = self.locks.setdefault(name, threading.Lock())
        if not lock.acquire(timeout=seconds):
            raise LockHeld(seconds)
        try:
            yield
        finally:
            lock.release()

    def active(self, service: str) -> str | None:
        """The account that is used if none is named."""
        return self.active_accounts.get(service)

    def activate(self, service: str, account: str | None) -> None:
        self.active_accounts[service] = account or ""

    # As a TokenStorageProtocol

    def load_tokens(self, service: str) -> OAuthTokens | None:
        record = self.load(service)
        return record.tokens if record else None

    def save_tokens(self, service: str, tokens: OAuthTokens) -> None:
        try:
            before = self.load(service)
        except StorageError:  # unreadable, so it is replaced
            before = None
        self.save(service, (before or LoginRecord()).with_tokens(tokens))

    def delete_tokens(self, service: str) -> bool:
        record = self.load(service)
        if record is None or record.tokens is None:
            return False
        if record.config:
            self.save(service, record.with_tokens(None))
        else:
            self.forget(service)
        return True


class MemoryTokenStorage(LoginStorage):
    """For tests, and for programs that store nothing."""


class FileTokenStorage(LoginStorage):
    """`{service}.json` in `folder`: mode 0600 in 0700, replaced atomically.

    Without a folder it is the token folder, and the secrets are in the system's keyring if that works.
    """

    SERVICE_PREFIX = "oauthsrv"  # the heading of its entries in a keyring
    TOKEN_DIR = ".oauthsrv/tokens"  # noqa: S105 (no password) in the home folder

    def __init__(
        self, folder: Path | str | None = None, *, use_keyring: bool | None = None, backend: Any = None
    ) -> None:
        super().__init__()
        self.folder = Path(folder) if folder is not None else token_folder()
        self.files = PrivateFiles(self.folder)
        self.keyring = SystemKeyring(self.SERVICE_PREFIX, backend)
        uses_keyring = folder is None if use_keyring is None else use_keyring
        self.choice = "auto" if uses_keyring else "file"
        self.accounts = PrivateFiles(self.folder / ".accounts")  # the active account of each service
        self.into_keyring: dict[str, bool] = {}  # as `prepare` found

    def load(self, name: str) -> LoginRecord | None:
        text = self.files.read(name)
        if text is None:
            return None
        try:
            values = json.loads(text)
            return from_dict(self.with_secrets(values) if "keyring" in values else values)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            # As if there were none; the next login replaces it.
            log.warning("What is stored for %s cannot be read. Log in again.", name)
            return None

    def with_secrets(self, values: dict[str, Any]) -> dict[str, Any]:
        if self.choice == "file":
            return values
        secrets = json.loads(self.keyring.read(values["keyring"]) or "{}")
        # Tokens that another server issued, or to another client, are not this login's.
        if secrets.pop("fingerprint", None) != fingerprint(from_dict(values)):
            return values
        source = {**values.get("source", {}), **secrets.pop("source", {})}
        return {**secrets, "source": source} if source else secrets

    def save(self, name: str, record: LoginRecord) -> None:
        before = self.entry_of(name)
        into_keyring = self.into_keyring.get(name, before is not None or self.choice == "keyring")
        entry = self.keep_secrets(name, record) if into_keyring and self.choice != "file" else None
        text = json.dumps({"keyring": entry, **divided(record)[0]} if entry else as_dict(record))
        if entry is None or text != self.files.read(name):
            self.files.write(name, text)
        self.drop_secrets(before, entry)

    def keep_secrets(self, name: str, record: LoginRecord) -> str | None:
        """The keyring entry that holds them now; None if they belong in the file.

        The entry's name depends on the server and the client too, so its tokens never end up under another server.
        """
        entry = f"{name}:{fingerprint(record)[:16]}"
        try:
            self.keyring.write(entry, json.dumps(divided(record)[1]))
        except StorageError as error:
            if self.choice == "keyring":
                raise
            log.warning("%s The tokens of %s are in a file from now on.", error, name)
            return None
        return entry

    def drop_secrets(self, before: str | None, now: str | None) -> None:
        if before and before != now and self.choice != "file":
            with contextlib.suppress(StorageError):
                self.keyring.delete(before)

    def entry_of(self, name: str) -> str | None:
        check_login_name(name)
        try:
            entry = json.loads(self.files.read(name) or "{}").get("keyring")
        except (ValueError, AttributeError, RecursionError, StorageError):
            return None
        return entry if isinstance(entry, str) else None

    def forget(self, name: str) -> None:
        before = self.entry_of(name)
        self.files.delete(name)
        self.drop_secrets(before, None)

    def names(self) -> list[str]:
        return self.files.names()

    def where(self, name: str) -> str:
        return "the system's keyring" if self.entry_of(name) else str(self.files.path(name))

    def prepare(self, name: str) -> str | None:
        with self.files.reserved(name):
            pass
        if self.choice == "file":
            return None
        announced = {self.entry_of(each) is not None for each in self.names()}  # at earlier logins
        try:
            if self.choice == "auto":
                self.keyring.check_recommended()
            self.keyring.check_writable()
        except StorageError as error:
            if self.choice == "keyring":
                raise
            self.into_keyring[name] = False
            return None if False in announced else f"Tokens are kept in files in {self.folder}. {error}"
        self.into_keyring[name] = True
        return None if True in announced else "Tokens are kept in the system's keyring."

    @contextlib.contextmanager
    def reserved(self, name: str, record: LoginRecord) -> Iterator[Callable[[LoginRecord], None]]:
        if self.entry_of(name) and self.keep_secrets(name, record):
            yield functools.partial(self.save, name)
            return
        with self.files.reserved(name) as write:
            yield lambda new: write(json.dumps(as_dict(new)))

    @contextlib.contextmanager
    def lock(self, name: str, seconds: float) -> Iterator[None]:
        with self.files.lock(name, seconds):
            yield

    def active(self, service: str) -> str | None:
        text = self.accounts.read(service)
        return text.strip() if text is not None else None

    def activate(self, service: str, account: str | None) -> None:
        self.accounts.write(service, account or "")


class KeyringTokenStorage(FileTokenStorage):
    """The system's keyring alone. What is not secret (the client's id, the server's addresses) is in `folder`."""

    def __init__(self, folder: Path | str | None = None, *, backend: Any = None) -> None:
        super().__init__(folder, use_keyring=True, backend=backend)
        self.choice = "keyring"


class OwnStorage(LoginStorage):
    """The caller's own storage of tokens. The rest of a record is stored with them, as their `source`."""

    def __init__(self, tokens: TokenStorageProtocol, folder: Callable[[], Path]) -> None:
        super().__init__()
        self.tokens, self.folder = tokens, folder

    def load(self, name: str) -> LoginRecord | None:
        tokens = self.tokens.load_tokens(check_login_name(name))
        if tokens is None:
            return self.records.get(name)
        if tokens.source:
            return from_dict(tokens.to_dict())
        return self.records.get(name, LoginRecord()).with_tokens(tokens)

    def save(self, name: str, record: LoginRecord) -> None:
        self.records[check_login_name(name)] = record.with_tokens(None)
        if record.tokens is None:
            self.tokens.delete_tokens(name)
        else:
            source = source_of(record) if record.config else None
            self.tokens.save_tokens(name, dataclasses.replace(record.tokens, source=source))

    def forget(self, name: str) -> None:
        super().forget(name)
        self.tokens.delete_tokens(name)

    def where(self, name: str) -> str:
        return type(self.tokens).__name__

    @contextlib.contextmanager
    def lock(self, name: str, seconds: float) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            stack.enter_context(super().lock(name, seconds))
            with contextlib.suppress(StorageError):  # no folder for locks: this excludes only our own threads
                stack.enter_context(PrivateFiles(self.folder()).lock(name, seconds))
            yield


def fingerprint(record: LoginRecord) -> str:
    return record.config.fingerprint if record.config else "unknown"


def divided(record: LoginRecord) -> tuple[dict[str, Any], dict[str, Any]]:
    """What may be readable, and what goes into a keyring."""
    secrets = as_dict(record)
    source = secrets.pop("source", {})
    secrets["source"] = {name: source.pop(name) for name in SECRETS if name in source}
    return ({"source": source} if source else {}), {**secrets, "fingerprint": fingerprint(record)}


def token_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """$OAUTHSRV_TOKEN_DIR, or ~/.oauthsrv/tokens."""
    chosen = environ.get("OAUTHSRV_TOKEN_DIR")
    try:
        return Path(chosen).expanduser().absolute() if chosen else Path.home() / FileTokenStorage.TOKEN_DIR
    except (RuntimeError, OSError):
        reason = "There is no home folder to store tokens in. Set OAUTHSRV_TOKEN_DIR to a folder of your own."
        if chosen:
            reason = f"OAUTHSRV_TOKEN_DIR is {chosen!r}, which does not exist. Give the full path of a folder."
        raise Trouble(reason, ErrorCode.CONFIG_MISSING) from None


def chosen_storage(environ: Mapping[str, str] = os.environ) -> FileTokenStorage:
    """As OAUTHSRV_TOKEN_STORAGE says; `auto`, the default, is the keyring if the system has one, else files."""
    choice = environ.get("OAUTHSRV_TOKEN_STORAGE") or "auto"
    if choice not in CHOICES:
        reason = f"OAUTHSRV_TOKEN_STORAGE is {choice!r}: it must be one of {', '.join(CHOICES)}."
        raise Trouble(reason, ErrorCode.CONFIG_MISSING)
    storage = FileTokenStorage(token_folder(environ))
    storage.choice = choice
    return storage
