"""Storing logins: in files, with their secrets in the system's keyring if it works; or in memory."""

import contextlib
import functools
import json
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol, TypeAlias, runtime_checkable

from oauthsrv.client.backends import LockHeld, PrivateFiles, SystemKeyring
from oauthsrv.client.names import check_login_name
from oauthsrv.client.results import ErrorCode, StorageError, Trouble
from oauthsrv.client.values import SECRETS, LoginRecord, OAuthTokens, as_dict, from_dict

log = logging.getLogger("oauthsrv.client")

CHOICES = ("auto", "keyring", "file")

Values: TypeAlias = dict[str, Any]


@runtime_checkable
class TokenStorageProtocol(Protocol):
    """The methods of a storage of your own. `service` is a checked name: letters, digits, `._-`, and `@account`.

    Keep everything that `OAuthTokens.to_dict` returns, or the object: its `source` says who issued the tokens. Without
    it they can only be renewed if your program names the provider and the client.
    """

    def save_tokens(self, service: str, tokens: OAuthTokens) -> None: ...

    def load_tokens(self, service: str) -> OAuthTokens | None: ...

    def delete_tokens(self, service: str) -> bool:
        """Delete the tokens; False if there were none."""
        ...


class LoginStorage:
    """Records by name, in memory; subclasses store them elsewhere.

    Every method may raise StorageError; a name that no login can have is a ValueError.
    """

    def __init__(self) -> None:
        self.kept: dict[str, Values] = {}
        self.active_accounts: dict[str, str] = {}
        self.locks: dict[str, threading.Lock] = {}

    def read(self, name: str) -> Values | None:
        """The values that `as_dict` returned, or None."""
        return self.kept.get(name)

    def write(self, name: str, values: Values) -> None:
        self.kept[name] = values

    def delete(self, name: str) -> None:
        self.kept.pop(name, None)

    def load(self, name: str) -> LoginRecord:
        """The record; an empty one if there is none, or it can't be read: then the next login replaces it."""
        check_login_name(name)
        try:
            stored = self.read(name)
            return LoginRecord() if stored is None else from_dict(stored)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            log.warning("What is stored for %s cannot be read. Log in again.", name)
            return LoginRecord()

    def save(self, name: str, record: LoginRecord) -> None:
        self.write(check_login_name(name), as_dict(record))

    def forget(self, name: str) -> None:
        self.delete(check_login_name(name))

    def names(self) -> list[str]:
        """The names that can be listed."""
        return sorted(self.kept)

    def where(self, name: str) -> str:
        """The place where this login is stored, for people to read."""
        return "memory"

    def prepare(self, name: str) -> str | None:
        """Check that a login could be stored; returns a message about the storage, or None. Raises StorageError."""
        return None

    @contextlib.contextmanager
    def reserved(self, name: str, record: LoginRecord) -> Iterator[Callable[[LoginRecord], None]]:
        """Make sure that `record` can be replaced, and yield the function that does it."""
        self.save(name, record)
        yield functools.partial(self.save, name)

    @contextlib.contextmanager
    def lock(self, name: str, seconds: float) -> Iterator[None]:
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

    # The methods of a TokenStorageProtocol

    def load_tokens(self, service: str) -> OAuthTokens | None:
        return self.load(service).tokens

    def save_tokens(self, service: str, tokens: OAuthTokens) -> None:
        before = LoginRecord()
        with contextlib.suppress(StorageError):  # if unreadable, it is replaced
            before = self.load(service)
        self.save(service, before.with_tokens(tokens))

    def delete_tokens(self, service: str) -> bool:
        record = self.load(service)
        if record.tokens is None:
            return False
        self.log_out(service, record)
        return True

    def log_out(self, name: str, record: LoginRecord) -> None:
        """Delete the tokens; what the next login needs stays."""
        if record.config:
            self.save(name, record.with_tokens(None))
        else:
            self.forget(name)


class MemoryTokenStorage(LoginStorage):
    """A storage for tests, and for programs that store nothing."""


class FileTokenStorage(LoginStorage):
    """`{service}.json` in `folder`: mode 0600 in 0700, replaced atomically.

    By default it is the token folder, and the secrets are in the system's keyring if that works.
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
        self.into_keyring: dict[str, bool] = {}  # what `prepare` found

    def read(self, name: str) -> Values | None:
        text = self.files.read(name)
        if text is None:
            return None
        values: Values = json.loads(text)
        return self.with_secrets(values) if "keyring" in values else values

    def with_secrets(self, values: Values) -> Values:
        if self.choice == "file":
            return values
        secrets = json.loads(self.keyring.read(values["keyring"]) or "{}")
        # Tokens issued by another server, or to another client, are not this login's.
        if secrets.pop("fingerprint", None) != fingerprint(values):
            return values
        source = {**values.get("source", {}), **secrets.pop("source", {})}
        return {**secrets, "source": source} if source else secrets

    def write(self, name: str, values: Values) -> None:
        before = self.entry_of(name)
        into_keyring = self.into_keyring.get(name, before is not None or self.choice == "keyring")
        entry = self.keep_secrets(name, values) if into_keyring and self.choice != "file" else None
        text = json.dumps({"keyring": entry, **divided(values)[0]} if entry else values)
        if entry is None or text != self.files.read(name):
            self.files.write(name, text)
        self.drop_secrets(before, entry)

    def delete(self, name: str) -> None:
        before = self.entry_of(name)
        self.files.delete(name)
        self.drop_secrets(before, None)

    def keep_secrets(self, name: str, values: Values) -> str | None:
        """The keyring entry that has the secrets now; None if they belong in the file.

        The entry's name also depends on server and client, so that its tokens never end up under another server.
        """
        entry = f"{name}:{fingerprint(values)[:16]}"
        try:
            self.keyring.write(entry, json.dumps(divided(values)[1]))
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
        try:
            entry = json.loads(self.files.read(name) or "{}").get("keyring")
        except (ValueError, AttributeError, RecursionError, StorageError):
            return None
        return entry if isinstance(entry, str) else None

    def names(self) -> list[str]:
        return self.files.names()

    def where(self, name: str) -> str:
        return "the system's keyring" if self.entry_of(name) else str(self.files.path(name))

    def prepare(self, name: str) -> str | None:
        with self.files.reserved(name):
            pass
        if self.choice == "file":
            return None
        announced = {self.entry_of(each) is not None for each in self.names()}  # by earlier logins
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
        if self.entry_of(name) and self.keep_secrets(name, as_dict(record)):
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
    """The system's keyring alone. Whatever is not secret (the client's id, the server's addresses) is in `folder`."""

    def __init__(self, folder: Path | str | None = None, *, backend: Any = None) -> None:
        super().__init__(folder, use_keyring=True, backend=backend)
        self.choice = "keyring"


class OwnStorage(LoginStorage):
    """The caller's own storage of tokens, which stores the rest of a record as their `source`."""

    def __init__(self, tokens: TokenStorageProtocol, folder: Callable[[], Path]) -> None:
        super().__init__()
        self.tokens, self.folder = tokens, folder

    def read(self, name: str) -> Values | None:
        tokens, remembered = self.tokens.load_tokens(name), self.kept.get(name)
        return remembered if tokens is None else {**(remembered or {}), **tokens.to_dict()}

    def write(self, name: str, values: Values) -> None:
        super().write(name, {"source": values["source"]} if "source" in values else {})
        if "access_token" in values:
            self.tokens.save_tokens(name, OAuthTokens.from_dict(values))
        else:
            self.tokens.delete_tokens(name)

    def delete(self, name: str) -> None:
        super().delete(name)
        self.tokens.delete_tokens(name)

    def where(self, name: str) -> str:
        return type(self.tokens).__name__

    @contextlib.contextmanager
    def lock(self, name: str, seconds: float) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            stack.enter_context(super().lock(name, seconds))
            with contextlib.suppress(StorageError):  # without a folder for locks, this excludes only our own threads
                stack.enter_context(PrivateFiles(self.folder()).lock(name, seconds))
            yield


def fingerprint(values: Values) -> str:
    """A digest of the server these tokens may be sent to and the client they belong to."""
    config = values.get("source", {}).get("config")
    if not config:
        return "unknown"
    parts = [config[name] or "" for name in ("issuer", "token_url", "revocation_url", "client_id")]
    return sha256("\n".join(parts).encode()).hexdigest()


def divided(values: Values) -> tuple[Values, Values]:
    """The readable part of a record, and the part that goes into a keyring."""
    source = dict(values.get("source", {}))
    secret = {name: source.pop(name) for name in SECRETS if name in source}
    return ({"source": source} if source else {}), {**values, "source": secret, "fingerprint": fingerprint(values)}


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
    """The storage in OAUTHSRV_TOKEN_STORAGE; `auto`, the default, is the keyring if the system has one, else files."""
    choice = environ.get("OAUTHSRV_TOKEN_STORAGE") or "auto"
    if choice not in CHOICES:
        reason = f"OAUTHSRV_TOKEN_STORAGE is {choice!r}: it must be one of {', '.join(CHOICES)}."
        raise Trouble(reason, ErrorCode.CONFIG_MISSING)
    storage = FileTokenStorage(token_folder(environ))
    storage.choice = choice
    return storage
