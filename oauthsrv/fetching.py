"""Fetching JSON from an address that someone else chose, without reaching what only this server can reach (SSRF).

https on port 443 only; every address that the name resolves to must be public, and the connection goes to one of the
checked ones; no redirects; 10 KiB; three seconds in all. Everything that a client names is fetched here: its metadata
document and its keys (draft-ietf-oauth-client-id-metadata-document, SSRF Attacks).
"""

import http.client
import io
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any, NamedTuple

import orjson

from oauthsrv import deadline
from oauthsrv.oauth.uris import UriRefused, check_authority, read, refused
from oauthsrv.public_addresses import is_public

log = logging.getLogger(__name__)

SECONDS = 3.0  # in all, including DNS and the wait for a slot
AT_ONCE = 2  # fetches per process
LARGEST = 10 * 1024  # bytes of the body
LARGEST_HEAD = 16 * 1024
DEEPEST = 8
MOST_ADDRESSES = 4  # tried per name
# How long a fetched document may be used: at least, by default, and at most.
LEAST_FRESH, FRESH, MOST_FRESH = 300, 3600, 86_400


class FetchFailed(Exception):
    """Nothing was fetched. The message is for the client's developers; `detail` is only logged.

    The message doesn't say why a server was not reached, as that would reveal our network to a client.
    """

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


class FetchPending(FetchFailed):
    """Nothing was fetched yet, but it may be there a few seconds later."""


def unreachable(detail: object) -> FetchFailed:
    return FetchFailed(f"it can’t be reached over https at a public address within {SECONDS:.0f} seconds", str(detail))


class Target(NamedTuple):
    is_secure: bool
    host: str  # for the resolver, so an IPv6 address without brackets
    port: int
    authority: str
    path: str


def check_url(url: str, *, allow_loopback: bool = False) -> Target:
    """The server and path that a fetch of `url` leads to. Raises UriRefused.

    `allow_loopback` also allows http to loopback, for a server that is on a loopback address itself.
    """
    uri = read(url)
    if uri.fragment is not None:
        raise refused(url, "it has a # fragment")
    host, port = check_authority(url, uri.authority)
    target = Target(uri.scheme == "https", host.strip("[]"), port or 443, uri.authority or "", uri.path or "/")
    target = target._replace(path=target.path + ("" if uri.query is None else f"?{uri.query}"))
    if allow_loopback and uri.scheme == "http" and is_loopback_name(target.host):
        return target._replace(port=port or 80)
    if not target.is_secure:
        raise refused(url, "it must begin with https://")
    if target.port != 443:
        raise refused(url, "it must be on port 443")
    return target


def is_loopback_name(host: str) -> bool:
    return host in ("localhost", "127.0.0.1", "::1")


class Fetched(NamedTuple):
    value: Any
    fresh_seconds: int


class Fetcher:
    """Fetches at most two URLs at a time; all who need the same URL wait for one fetch.

    `resolve`, `connect` and `trust` (certificates) are the network, which tests replace.
    """

    def __init__(self, *, allow_loopback: bool) -> None:
        self.allow_loopback = allow_loopback
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._under_way: dict[str, Fetch] = {}
        self.resolve: Callable[[str, int], list[str]] = resolve
        self.connect: Callable[[str, int, float], socket.socket] = connect
        self.trust = ssl.create_default_context

    def fetch(self, url: str, then: Callable[[Fetched], Any]) -> Any:
        """Fetch JSON and return what `then` makes of it; what it raises is raised here.

        The fetch runs for up to three seconds, and a request waits no longer than its deadline: `then` keeps the result
        for the next one. Raises FetchFailed; FetchPending if the deadline came first.
        """
        fetch = self.begin(url, then)
        fetch.done.wait(max(0.0, min(SECONDS + 1.0, deadline.left() - deadline.LEAST_SECONDS)))
        return fetch.outcome()

    def begin(self, url: str, then: Callable[[Fetched], Any]) -> "Fetch":
        """Begin a fetch without waiting; a URL is never fetched twice at once."""
        with self._lock:
            fetch = self._under_way.get(url)
            if fetch is None:
                fetch = self._under_way[url] = Fetch(url)
                threading.Thread(target=self._run, args=(fetch, then), name="fetches", daemon=True).start()
            return fetch

    def is_fetching(self, url: str) -> bool:
        return url in self._under_way

    def _run(self, fetch: "Fetch", then: Callable[[Fetched], Any]) -> None:
        try:
            fetch.result = then(self.fetch_now(fetch.url))
        except Exception as error:  # raised to those who wait for it
            fetch.error = error
            if isinstance(error, FetchFailed):
                log.info("nothing was fetched from %s: %s %s", host_of(fetch.url), error, error.detail)
        finally:
            with self._lock:
                del self._under_way[fetch.url]
            fetch.done.set()

    def fetch_now(self, url: str) -> Fetched:
        """Fetch in this thread, within three seconds. Raises FetchFailed."""
        until = time.monotonic() + SECONDS
        try:
            target = check_url(url, allow_loopback=self.allow_loopback)
        except UriRefused as error:
            raise FetchFailed(str(error)) from error
        with self._slot(until):
            try:
                with self._connection(target, until) as connection:
                    return answer_of(connection, target, until)
            except (OSError, http.client.HTTPException, UnicodeError) as error:
                raise unreachable(repr(error)) from error

    @contextmanager
    def _slot(self, until: float) -> Iterator[None]:
        if not self._slots.acquire(timeout=left(until)):
            raise FetchPending("too much else is being loaded")
        try:
            yield
        finally:
            self._slots.release()

    def _connection(self, target: Target, until: float) -> socket.socket:
        """Connect to the first checked address that answers; TLS checks the name, whatever the address."""
        found = self._checked_addresses(target, until)
        for number, address in enumerate(found):
            try:
                plain = self.connect(address, target.port, left(until) / (len(found) - number))
                break
            except OSError as error:
                failed = error
        else:
            raise failed
        if not target.is_secure:
            return plain
        try:
            plain.settimeout(left(until))
            return self.trust().wrap_socket(plain, server_hostname=target.host)
        except BaseException:
            plain.close()
            raise

    def _checked_addresses(self, target: Target, until: float) -> list[str]:
        found = answer_by(until, lambda: self.resolve(target.host, target.port))
        for text in found:
            address = ip_address(text)
            if not (is_public(address) if target.is_secure else address.is_loopback):
                raise unreachable(f"{target.host} resolves to {text}")
        if not found:
            raise unreachable(f"{target.host} resolves to nothing")
        return found[:MOST_ADDRESSES]


class Fetch:
    """One fetch, begun by the first who asked, for all who wait for it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.done = threading.Event()
        self.result: Any = None
        self.error: Exception | None = None

    def outcome(self) -> Any:
        """The result; raises what went wrong, or FetchPending."""
        if not self.done.is_set():
            raise FetchPending("it is being loaded")
        if self.error is not None:
            raise self.error
        return self.result


def resolve(host: str, port: int) -> list[str]:
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in answers))


def connect(address: str, port: int, seconds: float) -> socket.socket:
    return socket.create_connection((address, port), timeout=seconds)


def answer_by(until: float, question: Callable[[], list[str]]) -> list[str]:
    """The resolver's answer. It has no time limit of its own, so a late thread is left behind."""
    answers: list[list[str]] = []
    errors: list[Exception] = []

    def ask() -> None:
        try:
            answers.append(question())
        except (OSError, UnicodeError) as error:
            errors.append(error)

    thread = threading.Thread(target=ask, name="resolves", daemon=True)
    thread.start()
    thread.join(left(until))
    if errors:
        raise errors[0]
    if not answers:
        raise TimeoutError("the name was not resolved in time")
    return answers[0]


def left(until: float) -> float:
    """The seconds for the next wait. Raises TimeoutError if there are none."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("no answer in time")
    return seconds


class Incoming(io.RawIOBase):
    """Bytes that arrive before the time is up, even one by one, and at most as many as an answer may have."""

    def __init__(self, connection: socket.socket, until: float) -> None:
        self._connection = connection
        self._until = until
        self._allowed = LARGEST_HEAD + LARGEST

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return the file that http.client reads a socket by."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._allowed <= 0:
            raise FetchFailed(f"it is larger than {LARGEST // 1024} KiB")
        self._connection.settimeout(left(self._until))
        received = self._connection.recv_into(memoryview(buffer)[: self._allowed])
        self._allowed -= received
        return received


def answer_of(connection: socket.socket, target: Target, until: float) -> Fetched:
    connection.settimeout(left(until))
    connection.sendall(
        f"GET {target.path} HTTP/1.1\r\nHost: {target.authority}\r\nAccept: application/json\r\n"
        "Accept-Encoding: identity\r\nUser-Agent: oauthsrv\r\nConnection: close\r\n\r\n".encode("ascii")
    )
    answer: Any = http.client.HTTPResponse(Incoming(connection, until), method="GET")  # type: ignore[arg-type]
    answer.begin()
    check_head(answer)
    body = answer.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise FetchFailed(f"it is larger than {LARGEST // 1024} KiB")
    return Fetched(parsed(body), fresh_seconds(answer.headers))


def check_head(answer: http.client.HTTPResponse) -> None:
    if answer.status != 200:
        raise FetchFailed(f"its server answers with status {answer.status}, not 200; redirects aren’t followed")
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise FetchFailed("its server compresses it; serve it uncompressed")
    kind = answer.headers.get_content_type()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise FetchFailed("its Content-Type isn’t application/json")
    if (answer.length or 0) > LARGEST:
        raise FetchFailed(f"it is larger than {LARGEST // 1024} KiB")


def parsed(body: bytes) -> Any:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise FetchFailed("it isn’t valid JSON") from error
    if rb"\u0000" in body:  # PostgreSQL's text can't hold it, even in the reason why a document is refused
        raise FetchFailed("it contains a NUL character")
    if depth(value) > DEEPEST:
        raise FetchFailed(f"its JSON is nested more than {DEEPEST} levels deep")
    return value


def depth(value: Any) -> int:
    """The levels of nested arrays and objects, counted up to one above the limit."""
    level, found = [value], 0
    while found <= DEEPEST and any(isinstance(one, dict | list) for one in level):
        found += 1
        level = [inner for one in level for inner in members(one)]
    return found


def members(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def fresh_seconds(headers: http.client.HTTPMessage) -> int:
    """The seconds for which the answer may be used, within our own bounds (RFC 9111 §4.2.1 and §5.2.2)."""
    said = ",".join(headers.get_all("Cache-Control", [])).lower()
    directives = dict(part.strip().partition("=")[::2] for part in said.split(","))
    if directives.keys() & {"no-store", "no-cache", "private"}:
        return LEAST_FRESH
    lifetime = whole(directives.get("s-maxage") or directives.get("max-age"))
    age = whole(headers.get("Age")) or 0
    return FRESH if lifetime is None else min(max(lifetime - age, LEAST_FRESH), MOST_FRESH)


def whole(text: str | None) -> int | None:
    digits = (text or "").strip().strip('"')
    return int(digits[:10]) if digits.isascii() and digits.isdigit() else None


def host_of(url: str) -> str:
    """The host of a URL, for the log, which has no queries."""
    return url.partition("://")[2].partition("/")[0][:255]
