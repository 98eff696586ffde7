"""Whatever arrives, in whatever pieces, is read as waitress reads it, whose parsing of equal headers is done once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser

from oauthsrv.serving.connections import BODY_BYTES
from oauthsrv.serving.messages import BODY_BYTES_IN_MEMORY, HEADER_BYTES_KEPT, RequestParser

ADJUSTMENTS = Adjustments(max_request_body_size=BODY_BYTES)
STARTS = ["GET / HTTP/1.1", "POST /a?b HTTP/1.1", "POST / HTTP/1.0", "GET / HTTP/2.0", "get / HTTP/1.1", "GET /%ff"]
LENGTHS = ["5", "0", "+5", "5, 5", "-1", "0x5", "5\x0b", "²", str(BODY_BYTES_IN_MEMORY + 1), str(BODY_BYTES)]
CODINGS = ["chunked", "Chunked", "identity", "chunked, chunked", "\x0bchunked", "\x85chunked", ",chunked"]
OTHERS = ["X: y", " folded", "X: a\nContent-Length: 5", "X: a\rb", "X : y", ": y", "X", "Content_Length: 7"]
GOOD = [("POST / HTTP/1.1", ["Content-Length: 5"]), ("POST / HTTP/1.1", ["Transfer-Encoding: chunked"])]
FIELDS = st.one_of(
    st.sampled_from(OTHERS),
    st.sampled_from(LENGTHS).map("Content-Length: {}".format),
    st.sampled_from(CODINGS).map("Transfer-Encoding: {}".format),
    st.sampled_from(["close", "keep-alive"]).map("Connection: {}".format),
    st.integers(HEADER_BYTES_KEPT - 60, HEADER_BYTES_KEPT).map(lambda size: "X-Long: " + "x" * size),
)
BODIES = st.sampled_from(["", "hello", "other", "5\r\nhello\r\n0\r\n\r\n", "5\r\nother\r\n0\r\n\r\n", "zz\r\n"])
HEADERS = st.sampled_from(GOOD) | st.tuples(st.sampled_from(STARTS), st.lists(FIELDS, max_size=3))


def text_of(header: tuple[str, list[str]], body: str) -> bytes:
    start, fields = header
    return "\r\n".join([start, *fields, "", body]).encode("latin-1")


def requests_in(kind: type[HTTPRequestParser], pieces: list[bytes]) -> Iterator[Any]:
    """What each request says, up to the first that is refused, and so ends its connection."""
    request: Any = kind(ADJUSTMENTS)
    for piece in pieces:
        left = piece
        while left:
            left = left[request.received(left) :]
            if request.completed:
                yield said_by(request)
                if request.error:
                    return
                request = kind(ADJUSTMENTS)


def said_by(request: Any) -> Any:
    if request.error:
        return type(request.error), request.error.body
    if request.empty:
        return None
    line = (request.command, request.path, request.query, request.version, request.connection_close)
    return line, request.headers, request.get_body_stream().read()


@settings(max_examples=200, deadline=None)
@given(
    headers=st.lists(HEADERS, min_size=1, max_size=2), bodies=st.lists(BODIES, min_size=2, max_size=5), data=st.data()
)
def test_equal_headers_are_read_as_waitress_reads_them(headers: Any, bodies: list[str], data: st.DataObject) -> None:
    stream = b"".join(text_of(data.draw(st.sampled_from(headers)), body) for body in bodies)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(stream) - 1), max_size=4)))
    pieces = [stream[begin:end] for begin, end in zip([0, *cuts], [*cuts, None], strict=True)]
    assert list(requests_in(RequestParser, pieces)) == list(requests_in(HTTPRequestParser, pieces))
