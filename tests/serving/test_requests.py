"""What arrives at a worker: forwarded headers, slow senders, bodies and queries that are too large, garbage."""

import contextlib
import socket
import time

import pytest

from serving.conftest import MEGABYTE, Start


def test_forwarded_headers_reach_the_application_and_no_version_leaves_it(start: Start) -> None:
    answer = start().get("/forwarded", X_Forwarded_For="192.0.2.7")
    assert answer.read() == b"192.0.2.7"
    assert answer.getheader("Server") is None


@pytest.mark.parametrize(
    "begun", [b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"POST / HTTP/1.1\r\nContent-Length: 9999\r\n\r\n"]
)
def test_rule_12_a_request_that_does_not_arrive_in_time_gets_a_408(start: Start, begun: bytes) -> None:
    running = start(make_app="from oauthsrv.serving import connections; connections.REQUEST_SECONDS = 0.5")
    with socket.create_connection((running.host, running.port), timeout=15) as slow:
        slow.sendall(begun)
        answer, deadline = b"", time.monotonic() + 15
        while not answer:  # it goes on sending, which is no reason to wait longer
            assert time.monotonic() < deadline, "the connection is still open"
            slow.settimeout(0.05)
            slow.sendall(b"x")
            with contextlib.suppress(TimeoutError):
                answer = slow.recv(1 << 16)
        slow.settimeout(15)
        while part := slow.recv(1 << 16):  # until the connection is closed
            answer += part
        assert answer.split()[1] == b"408"
    assert running.get().status == 200


def test_a_body_that_is_too_large_is_refused_and_its_sender_hears_it(start: Start) -> None:
    """§5.12"""
    connection = start().connect()
    connection.request("POST", "/", body=b"x" * (10 * MEGABYTE))
    assert connection.getresponse().status == 413


def test_a_body_without_a_length_is_refused_too_when_it_grows_too_large(start: Start) -> None:
    """§5.12"""
    connection = start().connect()
    connection.request("POST", "/", body=iter([b"x" * MEGABYTE] * 10), encode_chunked=True)
    assert connection.getresponse().status == 413


@pytest.mark.parametrize(("size", "status"), [(64 << 10, 200), (300 << 10, 431)])
def test_a_long_query_is_served_and_an_endless_one_refused(start: Start, size: int, status: int) -> None:
    """§5.12"""
    assert start().get("/?" + "q" * size).status == status


def test_garbage_instead_of_http_gets_a_400(start: Start) -> None:
    """§5.12"""
    server = start()
    for garbage in (
        b"\0\0\0\r\n\r\n",
        b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
        b"GET \xff\xfe HTTP/9.9\r\nA: \0\r\n\r\n",
    ):
        with socket.create_connection((server.host, server.port), timeout=5) as connection:
            connection.sendall(garbage)
            assert connection.recv(1 << 16).split()[1][:1] in (b"4", b"2")
