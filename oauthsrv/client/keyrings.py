"""Entries of the system's keyring, under one heading; one that never answers is given up after five seconds."""

from collections.abc import Callable
from typing import Any, TypeVar

from oauthsrv.client.http import within
from oauthsrv.client.results import StorageError, Trouble
from oauthsrv.client.terminal import plain

T = TypeVar("T")

KEYRING_SECONDS = 5.0
# Keyrings of less keep their texts in the open, or do nothing: keyring's own measure of what it recommends.
RECOMMENDED = 1
INSTEAD = "or keep the tokens in files: set OAUTHSRV_TOKEN_STORAGE=file."


class SystemKeyring:
    """Every method may raise StorageError, which says why and what to do instead."""

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
        """StorageError where the system has no keyring that is fit for secrets."""

        def priority() -> Any:
            try:
                return self.found().priority
            except (Trouble, KeyboardInterrupt):
                raise
            except Exception:  # some compute it by asking the system
                return 0

        if self.call(priority) < RECOMMENDED:
            raise StorageError("This system has no keyring.")

    def check_writable(self) -> None:
        """It is written to, and read: many are there and locked."""
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
        """Backends raise what they please: their own errors, D-Bus's, the operating system's."""
        try:
            return within(KEYRING_SECONDS, do)
        except (Trouble, KeyboardInterrupt):
            raise
        except TimeoutError:
            reason, cure = f"The keyring did not answer within {KEYRING_SECONDS:g} seconds", "Unlock it and try again"
        except Exception as error:
            is_locked = type(error).__name__ == "KeyringLocked"
            reason = "The keyring is locked" if is_locked else "The keyring does not work"
            cure = "Unlock it and try again" if is_locked else "Repair it"
            reason += f" ({plain(error)})" if str(error) else ""
        raise StorageError(f"{reason}. {cure}, {INSTEAD}")
