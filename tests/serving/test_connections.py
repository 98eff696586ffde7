"""One worker under connections that an attacker opens and holds: whoever else comes is answered."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from oauthsrv.addresses import counted_address
from serving.conftest import Running, Start

MANY = 2100
HALF_A_HEADER = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Le"
HALF_A_BODY = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx"


def opened(server: Running, source: str) -> socket.socket | None:
    held = socket.socket()
    held.bind((source, 0))
    held.settimeout(5)
    try:
        held.connect((server.host, server.port))
    except OSError:  # the backlog is full
        held.close()
        return None
    return held


@contextlib.contextmanager
def holding(
    server: Running, sent: bytes, sources: Callable[[int], str], number: int = MANY
) -> Iterator[list[socket.socket]]:
    """Connections that send so much and no more, opened as fast as this machine can."""
    held: list[socket.socket] = []
    stop = threading.Event()

    def hold(numbers: range) -> None:
        for one in numbers:
            if stop.is_set():
                return
            if connection := opened(server, sources(one)):
                held.append(connection)
                with contextlib.suppress(OSError):
                    connection.sendall(sent)

    threads = [threading.Thread(target=hold, args=(range(first, number, 4),)) for first in range(4)]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
        yield held
    finally:
        stop.set()
        for connection in held:
            connection.close()


@pytest.mark.parametrize("sent", [b"", HALF_A_HEADER, HALF_A_BODY], ids=["nothing", "half a header", "half a body"])
def test_rule_12_connections_that_are_held_open_keep_nobody_out(start: Start, sent: bytes) -> None:
    server = start()
    # Held until the end of the test, and for longer than anybody waits for an answer.
    with holding(server, sent, lambda one: "127.0.0.2"):
        for _ in range(3):
            assert server.get().status == 200


def test_rule_12_nor_do_those_of_many_addresses(start: Start) -> None:
    server = start()
    with holding(server, b"", lambda one: f"127.0.1.{one % 250 + 1}"):
        assert server.get().status == 200


def test_whoever_holds_few_keeps_them_while_another_loses_its_oldest(start: Start) -> None:
    server = start()
    idle = server.connect()
    idle.request("GET", "/")
    assert idle.getresponse().read()
    with socket.create_connection((server.host, server.port), timeout=15) as sending:
        sending.sendall(HALF_A_BODY)
        with holding(server, b"", lambda one: "127.0.0.2"):
            assert server.get().status == 200
            idle.request("GET", "/")
            assert idle.getresponse().status == 200
            sending.sendall(b"x" * 999)
            assert sending.recv(12) == b"HTTP/1.1 200"


def test_a_request_that_is_being_answered_is_not_dropped(start: Start) -> None:
    server = start()
    connection = server.connect()
    connection.request("GET", "/slow")
    with holding(server, b"", lambda one: "127.0.0.1", number=1200):
        assert connection.getresponse().status == 200


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2", True),
    ],
)
def test_connections_are_counted_by_who_can_open_them(one: str, other: str, same: bool) -> None:
    assert (counted_address(one) == counted_address(other)) is same
