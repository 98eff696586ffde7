"""The result of every call of the client: Success or Failure. Nothing that a person can cause raises an exception."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, ParamSpec, TypeAlias, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


class ErrorCode(StrEnum):
    """The reason why a call failed; README lists what to do about each."""

    AUTH_REQUIRED = "AUTH_REQUIRED"  # not logged in
    AUTH_FAILED = "AUTH_FAILED"  # the login did not work, or the tokens could not be read or stored
    AUTH_CANCELLED = "AUTH_CANCELLED"  # the person said no
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105 (no password) and there is no refresh token
    TOKEN_REFRESH_FAILED = "TOKEN_REFRESH_FAILED"  # noqa: S105 the server did not refresh it
    CONFIG_MISSING = "CONFIG_MISSING"  # a client ID, an issuer or a setting
    NOT_FOUND = "NOT_FOUND"  # no such service, or no server at that address
    TIMEOUT = "TIMEOUT"  # the person did not finish in time
    NETWORK_ERROR = "NETWORK_ERROR"  # a server could not be reached, or did not answer


@dataclass(frozen=True)
class Success(Generic[T]):
    """The call worked, and this is its value."""

    value: T
    ok = True


@dataclass(frozen=True)
class Failure:
    """The call failed: `error` is for a person to read, `code` for a program to decide by.

    `server_error` is the server's own code if it sent one, such as invalid_grant (RFC 6749 §5.2).
    `retry_after` is set if the same call may work later: the seconds the server named, 0 if it named none.
    """

    error: str
    code: ErrorCode
    server_error: str | None = None
    retry_after: float | None = None
    ok = False

    @property
    def needs_login(self) -> bool:
        """Whether logging in again would help."""
        if self.code is ErrorCode.TOKEN_REFRESH_FAILED:
            return self.server_error == "invalid_grant"
        return self.code in (ErrorCode.AUTH_REQUIRED, ErrorCode.TOKEN_EXPIRED)


Result: TypeAlias = Success[T] | Failure


class Trouble(Exception):
    """A Failure as an exception, inside the client and from whatever returns no Result."""

    def __init__(
        self,
        error: str,
        code: ErrorCode = ErrorCode.AUTH_FAILED,
        server_error: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(error)
        self.failure = Failure(error, code, server_error, retry_after)


class StorageError(Trouble):
    """Tokens cannot be read or stored; the message says where, why, and what to do."""


class NoToken(Exception):
    """There is no token to send; `failure` says why. Under requests and httpx it is also one of their exceptions."""

    def __init__(self, failure: Failure, **more: Any) -> None:
        super().__init__(failure.error, **more)
        self.failure = failure


class RequestRefused(ValueError):
    """The server answered, but not with what was requested; `error` is its code, if it sent one (RFC 6749 §5.2)."""

    def __init__(self, reason: str, error: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.error, self.retry_after = error, retry_after


def as_trouble(what: str, error: ValueError, code: ErrorCode = ErrorCode.AUTH_FAILED) -> Trouble:
    """`error` as Trouble, with `what` in front of its message."""
    refused = error if isinstance(error, RequestRefused) else RequestRefused(str(error))
    later = " Try again later." if refused.retry_after is not None else ""
    return Trouble(f"{what}{refused}.{later}", code, refused.error, refused.retry_after)


@contextlib.contextmanager
def wrong_value(code: ErrorCode, what: str = "") -> Iterator[None]:
    """Turn a ValueError in the block into Trouble, with `what` in front of its message."""
    try:
        yield
    except ValueError as error:
        raise as_trouble(what, error, code) from None


def as_result(do: Callable[P, T]) -> Callable[P, Result[T]]:
    """Wrap `do` so that it returns a Failure instead of raising Trouble."""

    @functools.wraps(do)
    def call(*args: P.args, **kwargs: P.kwargs) -> Result[T]:
        try:
            return Success(do(*args, **kwargs))
        except Trouble as trouble:
            return trouble.failure

    return call
