"""What an application gets of a request, and what leaves of its response; equal headers are parsed once."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from typing import Any

import pytest
from waitress.channel import ClientDisconnected

from oauthsrv.serving.messages import BODY_BYTES_IN_MEMORY
from serving.conftest import GET, asked

Fields = list[tuple[str, str]]
LENGTH = [("Content-Length", "2")]
POST = b"POST /form?q=1 HTTP/1.1\r\nHost: x\r\nX-Name: y\r\nContent-Length: %d\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n%b\r\n0\r\n\r\n"


class Client:
    """A connection, each of whose requests is answered before it goes on."""

    def __init__(self, server: Any, source: str = "127.0.0.1") -> None:
        self.server = server
        self.socket = socket.create_connection(server.socket.getsockname(), timeout=10, source_address=(source, 0))

    def send(self, request: bytes) -> bytes:
        """The response to a request, or to several that are sent together; empty if the connection is closed."""
        self.socket.sendall(request)
        threads = self.server.threads.queue
        while not threads:
            self.server._map.turn(1)
        while threads:
            threads.pop().service()
            self.server._map.turn(0)
        return self.socket.recv(1 << 20)

    def is_closed(self) -> bool:
        self.server._map.attend_all()
        self.server._map.turn(0)
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            return self.socket.recv(1) == b""
        return False


@pytest.fixture
def connect(server: Any) -> Any:
    with contextlib.ExitStack() as stack:

        def connect(**options: str) -> Client:
            client = Client(server, **options)
            stack.callback(client.socket.close)
            return client

        yield connect


Connect = Callable[..., Client]


def responding(status: str, fields: Fields, *parts: bytes) -> Any:
    return lambda environ, start_response: start_response(status, fields) and parts


def echo(environ: Any, start_response: Any) -> list[bytes]:
    """The body and whatever differs from request to request; changes its environment as applications may."""
    body = environ["wsgi.input"].read()
    names = ("REMOTE_ADDR", "PATH_INFO", "QUERY_STRING", "HTTP_X_NAME")
    text = ", ".join([body.decode(), *(environ.pop(name, "-") for name in names)]).encode()
    start_response("200 OK", [("Content-Length", str(len(text)))])
    return [text]


def test_equal_headers_have_their_own_bodies_senders_and_environments(server: Any, connect: Connect) -> None:
    server.application = echo
    one, other = connect(), connect(source="127.0.0.2")
    for client, body, address in (
        (one, b"first", b"127.0.0.1"),
        (other, b"other", b"127.0.0.2"),
        (one, b"third", b"127.0.0.1"),
    ):
        assert client.send(POST % 5 + body).endswith(b"\r\n\r\n%b, %b, /form, q=1, y" % (body, address))


def test_a_request_is_read_from_pieces_too(server: Any, connect: Connect) -> None:
    server.application = echo
    for _ in range(2):
        client = connect()
        for byte in POST % 5 + b"slow":
            client.socket.sendall(bytes([byte]))
            server._map.turn(1)
        assert b"\r\n\r\nslowy, " in client.send(b"y")


@pytest.mark.parametrize("size", [0, 1, BODY_BYTES_IN_MEMORY, BODY_BYTES_IN_MEMORY + 1])
def test_a_body_arrives_whole(server: Any, connect: Connect, size: int) -> None:
    server.application = echo
    client = connect()
    for _ in range(2):
        assert b"\r\n\r\n" + b"b" * size + b", " in client.send(POST % size + b"b" * size)


def test_equal_headers_may_have_different_chunks(server: Any, connect: Connect) -> None:
    server.application = echo
    client = connect()
    for body in (b"first", b"other"):
        assert b"\r\n\r\n" + body in client.send(CHUNKED % body)


def test_requests_that_are_sent_together_are_answered_in_order(server: Any, connect: Connect) -> None:
    server.application = echo
    answers = connect().send(POST % 5 + b"first" + POST % 5 + b"other")
    assert answers.index(b"first") < answers.index(b"other")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("status", ["200 OK", "404 Not Found", "204 No Content", "304 Not Modified"])
def test_a_connection_stays_open_after_a_response_of_known_length(
    server: Any, connect: Connect, method: str, status: str
) -> None:
    has_body = method == "GET" and status[0] in "24" and status[:3] != "204"
    server.application = responding(status, [*LENGTH, ("X-Own", "é")], *[b"ok"] * has_body)
    client = connect()
    for _ in range(2):
        head, _, body = client.send(GET.replace(b"GET", method.encode())).partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        assert lines[0] == f"HTTP/1.1 {status}"
        assert "X-Own: é" in lines
        assert ("Content-Length: 2" in lines) == (status[:3] not in ("204", "304"))
        assert sum(line.startswith("Date: ") for line in lines) == 1
        assert not any(line.startswith("Connection: ") for line in lines)
        assert body == b"ok" * has_body
    assert not client.is_closed()


@pytest.mark.parametrize(
    ("version", "asked", "answered"),
    [
        (b"1.1", b"", b""),
        (b"1.1", b"Connection: Close\r\n", b"Connection: close\r\n"),
        (b"1.0", b"", b"Connection: close\r\n"),
        (b"1.0", b"Connection: keep-alive\r\n", b"Connection: Keep-Alive\r\n"),
    ],
)
def test_the_client_decides_whether_the_connection_stays_open(
    server: Any, connect: Connect, version: bytes, asked: bytes, answered: bytes
) -> None:
    server.application = responding("200 OK", LENGTH, b"ok")
    client = connect()
    answer = client.send(b"GET / HTTP/%b\r\n%b\r\n" % (version, asked))
    assert answered in answer
    assert (b"Connection: " in answer) == bool(answered)
    assert client.is_closed() == (b"close" in answered)


def test_a_response_of_unknown_length_is_sent_in_chunks_and_ends_with_the_connection(
    server: Any, connect: Connect
) -> None:
    server.application = responding("200 OK", [], b"a part", b"", b"x" * 17)
    client = connect()
    head, _, body = client.send(GET).partition(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in head
    assert body == b"6\r\na part\r\n11\r\n" + b"x" * 17 + b"\r\n0\r\n\r\n"
    assert client.is_closed()


def test_to_an_old_client_it_is_sent_without(server: Any, connect: Connect) -> None:
    server.application = responding("200 OK", [], b"a part", b"another")
    client = connect()
    assert client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").endswith(b"close\r\n\r\na partanother")
    assert client.is_closed()


@pytest.mark.parametrize("part", [b"o", b"ok and more"])
def test_a_body_of_another_length_than_promised_ends_the_connection(server: Any, connect: Connect, part: bytes) -> None:
    server.application = responding("200 OK", LENGTH, part)
    client = connect()
    assert client.send(GET).endswith(b"\r\n\r\n" + part)
    assert client.is_closed()


@pytest.mark.parametrize("text", ["a\r\nSet-Cookie: b", "a\nb", "a\rb"])
def test_a_line_end_in_a_field_or_the_status_is_not_sent(server: Any, connect: Connect, text: str) -> None:
    """§5.12"""
    for status, fields in (("200 OK", [*LENGTH, ("X-A", text)]), ("200 OK", [*LENGTH, (text, "a")]), (text, LENGTH)):
        server.application = responding(status, fields, b"ok")
        answer = connect().send(GET)
        assert answer.startswith(b"HTTP/1.1 500 ")
        assert b"Set-Cookie" not in answer


def test_an_application_that_fails_half_way_ends_its_response_early(server: Any, connect: Connect) -> None:
    def failing(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        yield b"a part"
        raise RuntimeError

    server.application = failing
    client = connect()
    assert client.send(GET).endswith(b"\r\n\r\n6\r\na part\r\n")
    assert client.is_closed()


@pytest.mark.parametrize("asked", [b"GET / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nContent-Length: 0\r\n"])
def test_rule_12_who_waits_to_send_a_body_and_has_none_gets_the_answer(
    server: Any, connect: Connect, asked: bytes
) -> None:
    server.application = echo
    client = connect()
    for name in (b"one", b"two"):
        answer = client.send(asked + b"Expect: 100-continue\r\nX-Name: %b\r\n\r\n" % name)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(b", " + name)


def test_rule_12_who_waits_to_send_too_much_is_refused_at_once(server: Any, connect: Connect) -> None:
    answer = connect().send(b"POST / HTTP/1.1\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n" % (1 << 20))
    assert answer.split()[1] == b"413"


@pytest.mark.parametrize(
    "asked", [b"GET http://[/ HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nContent-Length: %s\r\n" % (b"0" * 5000)]
)
def test_rule_12_an_address_and_a_length_that_cannot_be_read_are_refused(
    server: Any, connect: Connect, asked: bytes
) -> None:
    for _ in range(2):
        assert connect().send(asked + b"\r\n").split()[1] == b"400"


def test_rule_10_nothing_is_sent_once_the_loop_has_closed_the_connection(server: Any) -> None:
    """Its descriptor may be another client's by then."""
    client, connection = asked(server, GET)
    lock, sent = connection.outbuf_lock, list[bytes]()

    class AfterTheLoop:
        def __enter__(self) -> None:
            connection.outbuf_lock = lock
            connection.handle_close()
            lock.acquire()

        def __exit__(self, *_error: object) -> None:
            lock.release()

    connection.outbuf_lock, connection.send = AfterTheLoop(), sent.append
    with client, pytest.raises(ClientDisconnected):
        connection.write_soon(b"an answer")
    assert not sent
