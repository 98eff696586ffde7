"""redis-py as the store uses it: every wait ends at the deadline, every error is StoreUnavailable."""

from __future__ import annotations

import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha1
from typing import Any, TypeVar
from urllib.parse import urlsplit

import redis
from hiredis import pack_command
from redis._parsers.hiredis import NOT_ENOUGH_DATA
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.exceptions import NoScriptError
from redis.retry import Retry

from oauthsrv import deadline
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.breaker import Breaker
from oauthsrv.store.resolver import addresses

Failed = Callable[[Exception], StoreUnavailable]
Done = TypeVar("Done")

# Its stub takes one-element tuples only.
pack: Callable[[tuple[bytes | str | int, ...]], bytes] = pack_command  # type: ignore[assignment]

SUSPICIOUS_SECONDS = 0.3  # Redis answers in microseconds
UNHURRIED_SECONDS = 10.0  # for one answer that no request waits for
WAITED = (TimeoutError, BlockingIOError)  # by Python's limit, or the kernel's
TOO_LATE = "no answer within the deadline"
TIMEVAL = struct.Struct("@ll")  # seconds and microseconds

# These say something of a key or a script, and nothing of the server.
EXPECTED = (NoScriptError, redis.WatchError)


def unavailable(error: Exception) -> StoreUnavailable:
    return StoreUnavailable(f"Redis: {text_of(error)}")


def text_of(error: Exception) -> str:
    """The error's text without a pipeline's command, whose arguments must not be logged."""
    return str(error).rpartition(" of pipeline caused error: ")[2]


def is_unavailable(error: Exception) -> bool:
    """Whether the fault is the server's or the connection's, and not the command's.

    redis-py has classes for some codes of errors; others, such as MISCONF or NOREPLICAS, begin the text.
    """
    if isinstance(error, EXPECTED):
        return False
    if type(error) is redis.ResponseError:
        code = text_of(error).partition(" ")[0]
        return code.isupper() and code not in ("WRONGTYPE", "ERR")
    return isinstance(error, redis.RedisError | OSError)


@contextmanager
def translating(failed: Failed | None) -> Iterator[None]:
    """An error is StoreUnavailable, unless only the command is at fault."""
    try:
        yield
    except Exception as error:
        if failed is None or not is_unavailable(error):
            raise
        raise failed(error) from error


def open_client(url: str, failed: Failed | None, breaker: Breaker | None, **options: Any) -> RedisClient:
    """A client on `url`; `failed` turns an error into what is raised, without it the error itself is.

    With a breaker, no wait goes on once it is open.
    """
    client: Any = RedisClient.from_url(
        url,
        connection_class=CONNECTIONS[urlsplit(url).scheme],
        breaker=breaker,
        protocol=2,
        socket_read_size=4096,  # bytes; 64 KiB otherwise
        driver_info=None,  # its version would be read from a file for each thread
        single_connection_client=True,
        # A connection that broke while idle is made again once, at once; nothing is sent twice to a server that hangs.
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        **options,
    )
    client.failed = failed
    return client  # type: ignore[no-any-return]


class RedisClient(redis.Redis):
    failed: Failed | None

    def execute_command(self, *args: Any, **options: Any) -> Any:
        with translating(self.failed):
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]

    def ask(self, *command: bytes | str | int) -> Any:
        """The answer to one command, without redis-py's conversions."""
        return self.ask_packed(pack(command), 1)[0]

    def ask_packed(self, packed: bytes, count: int) -> list[Any]:
        """The answers to `count` commands that are sent together, packed already. Raises the first error among them.

        Skips what redis-py does around every command (retries, conversions, metrics), which costs as much again.
        """
        connection: Any = self.connection
        try:
            try:
                answers: list[Any] = connection.ask(packed, count)
            except (redis.ConnectionError, OSError) as error:
                if isinstance(error, TimeoutError):
                    raise
                answers = connection.ask(packed, count)  # it broke while idle: a new one, once
            for answer in answers:
                if isinstance(answer, redis.RedisError):
                    raise answer
            return answers
        except Exception as error:
            if self.failed is None or not is_unavailable(error):
                raise
            raise self.failed(error) from error

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> Pipeline:
        batch = Batch(self.connection_pool, self.response_callbacks, transaction, shard_hint)
        batch.failed = self.failed
        return batch


class Batch(Pipeline):
    failed: Failed | None

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        with translating(self.failed):
            return super().execute(raise_on_error)

    def immediate_execute_command(self, *args: Any, **options: Any) -> Any:
        with translating(self.failed):
            return super().immediate_execute_command(*args, **options)  # type: ignore[no-untyped-call]


def patience() -> float:
    """Seconds for what begins now. Raises TimeoutError when the deadline has passed."""
    seconds = min(deadline.left(), UNHURRIED_SECONDS)
    if seconds <= 0:
        raise TimeoutError(TOO_LATE)
    return seconds


class PatientSocket:
    """A socket whose waits end at the deadline, also where an answer comes in pieces; the rest is the socket's own.

    A wait ends by itself after longer than Redis ever takes; only then does it go on by the clock.
    """

    def __init__(self, wrapped: socket.socket, breaker: Breaker | None) -> None:
        self._wrapped = wrapped
        self._breaker = breaker
        self._limit: Callable[[float], None] = wrapped.settimeout
        if not isinstance(wrapped, ssl.SSLSocket):
            wrapped.settimeout(None)
            self._limit = self._limit_in_kernel
        self._limit(SUSPICIOUS_SECONDS)
        self._is_hurried = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wrapped, name)

    def exchange(self, data: bytes, buffer: bytearray) -> int:
        """Send a request, and put what comes first of its answer in `buffer`; returns its length.

        These are two waits, so each gets half of the time.
        """
        self._allow(deadline.left() / 2)
        sent = self._patiently(self._wrapped.send, data)
        if sent < len(data):
            self.sendall(data[sent:])
        return self._patiently(self._wrapped.recv_into, buffer)

    def recv(self, size: int, *flags: int) -> bytes:
        if flags:  # to see whether there is something, which does not wait
            return self._wrapped.recv(size, *flags)
        self._allow(deadline.left())
        return self._patiently(self._wrapped.recv, size)

    def recv_into(self, buffer: bytearray) -> int:
        self._allow(deadline.left())
        return self._patiently(self._wrapped.recv_into, buffer)

    def sendall(self, data: bytes) -> None:
        left = data
        while left:
            self._allow(deadline.left())
            left = left[self._patiently(self._wrapped.send, left) :]

    def _patiently(self, work: Callable[[Any], Done], argument: Any) -> Done:
        """One read or write."""
        try:
            return work(argument)
        except WAITED:
            return self._by_the_clock(work, argument)

    def _by_the_clock(self, work: Callable[[Any], Done], argument: Any) -> Done:
        until = time.monotonic() + min(deadline.left(), UNHURRIED_SECONDS)
        while True:
            if self._breaker is not None:
                self._breaker.suspect()
                if self._breaker.is_open:
                    raise TimeoutError(TOO_LATE)
            self._allow(until - time.monotonic())
            with suppress(*WAITED):
                return work(argument)

    def _allow(self, seconds: float) -> None:
        """Limit each wait to this. Raises TimeoutError if no time is left.

        The limit is set only where it differs, as setting it is a system call.
        """
        if seconds < SUSPICIOUS_SECONDS or self._is_hurried:
            if seconds <= 0:
                raise TimeoutError(TOO_LATE)
            self._is_hurried = seconds < SUSPICIOUS_SECONDS
            self._limit(max(seconds, 0.001) if self._is_hurried else SUSPICIOUS_SECONDS)

    def _limit_in_kernel(self, seconds: float) -> None:
        """Python's own limit costs a system call before each read and write, and the interpreter's lock once more."""
        limit = TIMEVAL.pack(int(seconds), int(seconds % 1 * 1_000_000))
        self._wrapped.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        self._wrapped.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)


class Patient:
    """A mixin for connections: the timeouts that redis-py reads are what is left until the deadline."""

    _sock: PatientSocket | None
    _parser: Any

    def __init__(self, *args: Any, breaker: Breaker | None = None, **options: Any) -> None:
        self._breaker = breaker
        super().__init__(*args, **options)

    def connect_check_health(self, *args: Any, **options: Any) -> None:
        """Leave none half made: redis-py does so after errors not its own, and the next request would use it."""
        try:
            super().connect_check_health(*args, **options)  # type: ignore[misc]
        except BaseException:
            self.disconnect()  # type: ignore[attr-defined]
            raise

    def ask(self, packed: bytes, count: int) -> list[Any]:
        """Send packed commands and return their answers, errors included."""
        if self._sock is None:
            self.connect()  # type: ignore[attr-defined]
        assert self._sock
        reader, buffer, answers = self._parser._reader, self._parser._buffer, []
        try:
            received = self._sock.exchange(packed, buffer)
            while received:
                reader.feed(buffer, 0, received)
                while (answer := reader.gets()) is not NOT_ENOUGH_DATA:
                    answers.append(answer)
                    if len(answers) == count and not reader.has_data():
                        return answers
                received = self._sock.recv_into(buffer)
            raise redis.ConnectionError("it closed the connection")
        except BaseException:  # what comes now would be taken for the next command's answer
            self.disconnect()  # type: ignore[attr-defined]
            raise

    @property
    def socket_timeout(self) -> float:
        return patience()

    @socket_timeout.setter
    def socket_timeout(self, value: float) -> None:
        pass

    @property
    def socket_connect_timeout(self) -> float:
        return patience()

    @socket_connect_timeout.setter
    def socket_connect_timeout(self, value: float) -> None:
        pass

    def _connect(self) -> PatientSocket:
        return PatientSocket(super()._connect(), self._breaker)  # type: ignore[misc]


class Resolving(redis.Connection):
    """A connection to an address that was found within the deadline; certificates still have to match the name."""

    def _connect(self) -> socket.socket:
        with deadline.within(patience()):
            return deadline.in_turn(addresses(self.host), self._connect_to, (OSError,))

    def _connect_to(self, address: str) -> socket.socket:
        name, self.host = self.host, address
        try:
            return super()._connect()  # type: ignore[no-any-return,no-untyped-call]
        finally:
            self.host = name


class TcpConnection(Patient, Resolving):  # type: ignore[misc]
    pass


class TlsConnection(Patient, redis.SSLConnection, Resolving):  # type: ignore[misc]
    pass


class UnixConnection(Patient, redis.UnixDomainSocketConnection):  # type: ignore[misc]
    # redis-py asks for both when connecting takes too long, and fails where they are missing.
    host = ""
    port = 0


CONNECTIONS: dict[str, Any] = {"redis": TcpConnection, "rediss": TlsConnection, "unix": UnixConnection}


class Script:
    """Lua that Redis runs as one step: what it reads cannot change before it writes.

    Sent by its SHA-1, and whole only to a Redis that does not have it yet.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._sha = sha1(text.encode(), usedforsecurity=False).hexdigest()

    def run(self, redis: RedisClient, keys: Sequence[bytes], *arguments: bytes | str | int) -> Any:
        try:
            return redis.ask_packed(pack(("EVALSHA", self._sha, len(keys), *keys, *arguments)), 1)[0]
        except NoScriptError:
            return redis.ask("EVAL", self._text, len(keys), *keys, *arguments)
