"""What every call of the client answers: Success or Failure. Nothing that a person can cause raises."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, ParamSpec, TypeAlias, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


class ErrorCode(StrEnum):
    """Why a call failed; README lists what to do about each."""

    AUTH_REQUIRED = "AUTH_REQUIRED"  # nobody has logged in
    AUTH_FAILED = "AUTH_FAILED"  # the login did not work, or the tokens could not be read or kept
    AUTH_CANCELLED = "AUTH_CANCELLED"  # the person said no
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105 (no password) and there is no refresh token
    TOKEN_REFRESH_FAILED = "TOKEN_REFRESH_FAILED"  # noqa: S105 the server did not refresh it
    CONFIG_MISSING = "CONFIG_MISSING"  # a client id, an issuer or a setting
    NOT_FOUND = "NOT_FOUND"  # no such service, or no server at that address
    TIMEOUT = "TIMEOUT"  # nobody came back in time
    NETWORK_ERROR = "NETWORK_ERROR"  # a server could not be reached, or did not answer


@dataclass(frozen=True)
class Success(Generic[T]):
    """It worked, and this is what came of it."""

    value: T
    ok = True


@dataclass(frozen=True)
class Failure:
    """It did not work: `error` is for a person to read, `code` for a program to decide by.

    `server_error` is the server's own code where it gave one, such as invalid_grant (RFC 6749 §5.2).
    `retry_after` is set where the same call may work later: the seconds that the server asked for, 0 if it did not say.
    """

    error: str
    code: ErrorCode
    server_error: str | None = None
    retry_after: float | None = None
    ok = False

    @property
    def needs_login(self) -> bool:
        """Whether logging in again is the cure."""
        if self.code is ErrorCode.TOKEN_REFRESH_FAILED:
            return self.server_error == "invalid_grant"
        return self.code in (ErrorCode.AUTH_REQUIRED, ErrorCode.TOKEN_EXPIRED)


Result: TypeAlias = Success[T] | Failure


class Trouble(Exception):
    """A Failure on its way up, within the client; and out of it where no Result can be returned."""

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
    """Tokens cannot be read or kept; the message says where, why, and what to do."""


class NoToken(Exception):
    """There is no token to send; `failure` says why. Those of requests and httpx are of this class and of theirs."""

    failure: Failure


@contextlib.contextmanager
def wrong_value(code: ErrorCode, what: str = "") -> Iterator[None]:
    """A ValueError of the block as Trouble, with `what` before it."""
    try:
        yield
    except ValueError as error:
        raise Trouble(f"{what}{error}.", code) from None


def answered(do: Callable[P, T]) -> Callable[P, Result[T]]:
    """`do`, whose Trouble comes back as a Failure."""

    @functools.wraps(do)
    def answer(*args: P.args, **kwargs: P.kwargs) -> Result[T]:
        try:
            return Success(do(*args, **kwargs))
        except Trouble as trouble:
            return trouble.failure

    return answer
