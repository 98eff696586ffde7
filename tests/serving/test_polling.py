"""What the loop of a worker watches, and who may close a connection; without a worker, as here the order is ours."""

from __future__ import annotations

import contextlib
import socket
import struct
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest

from serving.conftest import GET, LARGE, asked


def small(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


def test_a_request_that_came_during_a_large_answer_is_read_once_that_is_sent(server: Any) -> None:
    client, connection = asked(server, GET)
    with contextlib.closing(client):
        connection.service()
        server._map.turn(1)  # the loop goes on with the answer
        client.sendall(GET)
        received = 0
        client.setblocking(False)
        while received < LARGE:
            server._map.turn(0)
            with contextlib.suppress(BlockingIOError):
                received += len(client.recv(1 << 20))
        server._map.turn(1)
        assert server.threads.queue == [connection]


def test_the_loop_goes_on_with_an_answer_that_could_not_be_sent_at_once(server: Any) -> None:
    client, connection = asked(server, GET)
    with contextlib.closing(client):
        connection.service()
        client.setblocking(False)
        received = 0
        for _ in range(100_000):
            server._map.turn(0)
            with contextlib.suppress(BlockingIOError):
                received += len(client.recv(1 << 20))
            if received > LARGE:
                return
    pytest.fail(f"{received} bytes came")


def test_a_request_that_came_too_early_is_read_once_the_one_before_is_answered(server: Any) -> None:
    server.application = small
    client, connection = asked(server, GET)
    with contextlib.closing(client):
        client.sendall(GET)
        server._map.turn(1)
        assert not server.threads.queue
        connection.service()
        server._map.turn(1)  # the loop was woken, and watches it again
        server._map.turn(1)
        assert server.threads.queue == [connection]


def test_the_loop_has_nothing_to_do_for_a_connection_while_a_thread_sends_its_answer(server: Any) -> None:
    server.application = small
    client, connection = asked(server, GET)
    to_do: list[Any] = []

    class Sending:
        def send(self, data: bytes) -> int:
            client.sendall(GET)  # it has its answer before the thread goes on
            server._map.turn(1)
            to_do.append(server._map._selector.select(0))
            return len(data)

    with contextlib.closing(client):
        whole, connection.socket = connection.socket, Sending()
        connection.service()
        connection.socket = whole
        assert to_do == [[]]


def test_the_loop_waits_for_a_thread_that_is_sending(server: Any) -> None:
    client, connection = asked(server, GET)
    with contextlib.closing(client), ThreadPoolExecutor(1) as loop:
        connection.write_soon(b"x" * LARGE)
        with connection.outbuf_lock:
            writing = loop.submit(connection.handle_write)
            assert not wait([writing], timeout=0.1).done


def test_only_the_loop_closes_a_connection_whose_client_is_gone(server: Any) -> None:
    server.application = lambda environ, start_response: start_response("204 No Content", []) and []
    upload = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    client, connection = asked(server, GET.replace(b"\r\n\r\n", b"\r\nConnection: keep-alive\r\n\r\n") + upload)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    connection.request.expect_continue, connection.request.headers_finished = True, True
    connection.send_continue()  # as the thread does that answered the request before it
    assert connection in server._map.values()
    while connection in server._map.values():
        server._map.attend_all()
        server._map.turn(1)
