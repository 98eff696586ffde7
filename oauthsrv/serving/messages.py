"""Requests and responses on a connection (RFC 9112): waitress' own, without what it does again for each of them."""

import functools
import io
import time
from collections.abc import Iterable, Sequence
from typing import Any

from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import FixedStreamReceiver
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import build_http_date

from oauthsrv import deadline
from oauthsrv.request_ids import HEADER, new_request_id

HEADERS_KEPT = 128
HEADER_BYTES_KEPT = 2048
BODY_BYTES_IN_MEMORY = 64 << 10

Fields = Sequence[tuple[str, str]]


class Body(io.BytesIO):
    """A small body, as waitress' buffers are used, which would write it three times."""

    append = io.BytesIO.write

    def getfile(self) -> io.BytesIO:
        self.seek(0)
        return self


class RequestParser(HTTPRequestParser):
    """Parses equal headers once, as programs send the same one with each request.

    `arrived`: when the whole request was there. Its deadline counts from then, including the wait for a thread.
    """

    adj: Adjustments
    headers: dict[str, str]
    arrived: float | None = None
    like: "RequestParser | None" = None
    environ: dict[str, Any] | None = None

    def received(self, data: bytes) -> int:
        taken = int(super().received(data))
        if self.completed:
            self.arrived = time.monotonic()
            self.expect_continue = False  # no body is to come; waitress would ask for one, and not answer
        return taken

    def parse_header(self, header_plus: bytes) -> None:
        try:
            self._parse_header(header_plus)
        except ValueError:
            raise ParsingError("Python cannot read the address or the length") from None

    def _parse_header(self, header_plus: bytes) -> None:
        like = parsed(self.adj, header_plus) if len(header_plus) <= HEADER_BYTES_KEPT else None
        if like is None or like.chunked or like.content_length > BODY_BYTES_IN_MEMORY:
            super().parse_header(header_plus)
            return
        self.__dict__.update(like.__dict__, like=like, headers=like.headers.copy())
        if self.content_length:
            self.body_rcv = FixedStreamReceiver(self.content_length, Body())  # type: ignore[arg-type]

    def environment(self, task: WSGITask) -> dict[str, Any]:
        """The WSGI environment for `task`, without its sender and body, which may differ where headers are equal."""
        like = self.like or self
        if like.environ is None:
            environ = WSGITask.get_environment(task) | {"wsgi.input": None}
            del environ["waitress.client_disconnected"]  # it would keep the connection
            like.environ = environ  # whole, as other threads may be here too
        return like.environ.copy()


@functools.lru_cache(HEADERS_KEPT)
def parsed(adj: Adjustments, header: bytes) -> RequestParser:
    """What a header says; the same object for equal ones. Raises what parse_header raises."""
    parser = RequestParser(adj)
    HTTPRequestParser.parse_header(parser, header)
    return parser


@functools.lru_cache(1)
def date_field(second: int) -> str:
    return f"Date: {build_http_date(second)}\r\n"


class ResponseTask(WSGITask):
    """Sends the application's fields as they are: waitress looks at each several times, spells it again, and sorts."""

    channel: Any
    request: Any
    content_length: int | None
    head: str  # status and fields

    def execute(self) -> None:
        parts: Iterable[bytes] = self.channel.server.application(self.get_environment(), self.start_response)
        try:
            for part in parts:
                if part:
                    self.write(part)
        finally:
            if hasattr(parts, "close"):
                parts.close()
        if self.content_length not in (None, self.content_bytes_written) and self.request.command != "HEAD":
            self.close_on_finish = True  # whatever the client still waits for does not come

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = self.request.environment(self)
        channel = self.channel
        environ["REMOTE_ADDR"] = environ["REMOTE_HOST"] = channel.addr[0]
        environ["REMOTE_PORT"] = str(channel.addr[1])
        environ["wsgi.input"] = self.request.get_body_stream()
        environ[deadline.ARRIVED] = self.request.arrived
        if channel.refused:
            environ |= {deadline.TOO_LARGE: True, "wsgi.input": io.BytesIO()}
        return environ

    def start_response(self, status: str, headers: Fields, exc_info: Any = None) -> Any:
        if exc_info and self.wrote_header:
            raise exc_info[1]
        self.complete, self.status = True, status
        if not self.has_body:
            headers = [field for field in headers if field[0] != "Content-Length"]
        length = dict(headers).get("Content-Length")
        self.content_length = None if length is None else int(length)
        self.head = "".join([f"{status}\r\n", *[f"{name}: {value}\r\n" for name, value in headers]])
        if not self.head.count("\r") == self.head.count("\n") == len(headers) + 1:
            raise ValueError("a line end in the status or a field of the response")
        return self.write

    def build_response_header(self) -> bytes:
        wish = self.request.headers.get("CONNECTION", "").lower()
        stays = wish == "keep-alive" if self.version == "1.0" else wish != "close"
        is_endless = self.content_length is None and self.has_body
        self.chunked_response = is_endless and self.version == "1.1"
        self.close_on_finish = not stays or is_endless or self.channel.server.leaving or self.channel.refused
        own = date_field(int(self.start_time))
        if self.chunked_response:
            own += "Transfer-Encoding: chunked\r\n"
        if self.close_on_finish or self.version == "1.0":
            own += "Connection: close\r\n" if self.close_on_finish else "Connection: Keep-Alive\r\n"
        return f"HTTP/{self.version} {self.head}{own}\r\n".encode("latin-1")

    def write(self, data: bytes) -> None:
        """Header and body leave in one piece: as two they would be two system calls, and wake the client twice."""
        head = b"" if self.wrote_header else self.build_response_header()
        self.wrote_header = True
        self.content_bytes_written += len(data)
        if self.chunked_response and data:
            data = b"%x\r\n%b\r\n" % (len(data), data)
        self.channel.write_soon(head + data)


class ErrorResponseTask(ErrorTask):
    channel: Any
    response_headers: Any

    def execute(self) -> None:
        self.channel.refused = True
        self.response_headers.append((HEADER, new_request_id()))
        super().execute()
