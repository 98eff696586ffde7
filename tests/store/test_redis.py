"""The connection to Redis: what a server that hangs costs, and which answer belongs to which command."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from held import eventually
from oauthsrv import deadline
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.redis import Redis


@pytest.fixture
def hanging(workspace: Path) -> Iterator[Redis]:
    """It takes connections and answers nothing."""
    path, connections = workspace / "silent", []
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(path))
        listener.listen()

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connections.append(listener.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        with contextlib.closing(Redis(f"unix://{path}", "hanging", lambda redis: None)) as redis:
            yield redis
        listener.shutdown(socket.SHUT_RDWR)
    for connection in connections:
        connection.close()
    path.unlink()


def seconds_until_refused(redis: Redis, allowed: float) -> float:
    began = time.monotonic()
    with deadline.within(allowed), pytest.raises(StoreUnavailable):
        redis.connection().get("x")
    return time.monotonic() - began


def test_rule_8_a_redis_that_hangs_holds_a_request_until_its_deadline_at_most(hanging: Redis) -> None:
    assert seconds_until_refused(hanging, 0.5) < 5


def test_rule_8_a_redis_that_hangs_is_not_waited_for_once_that_is_known(hanging: Redis) -> None:
    seconds_until_refused(hanging, 0.5)
    eventually(lambda: hanging.breaker.is_open)
    assert seconds_until_refused(hanging, 60) < 5


@pytest.mark.parametrize("end", [socket.socket.close, lambda it: it.shutdown(socket.SHUT_RDWR)], ids=["gone", "over"])
def test_a_connection_that_broke_while_idle_is_made_again_whatever_the_system_says(
    server: Server, end: Callable[[socket.socket], None]
) -> None:
    client = server.redis.connection()
    assert client.ask("ECHO", "before") == b"before"
    end(client.connection._sock._wrapped)
    assert client.ask_all(("ECHO", "one"), ("ECHO", "two")) == [b"one", b"two"]


def test_no_answer_is_taken_for_that_of_a_later_command(server: Server) -> None:
    client = server.redis.connection()
    client.ask("SET", "text", "x")
    with pytest.raises(redis.ResponseError, match="not an integer"):
        client.ask_all(("INCR", "text"), ("ECHO", "unread"))
    assert client.ask("ECHO", "mine") == b"mine"
    with deadline.within(0.5), pytest.raises(StoreUnavailable):
        client.ask_all(("ECHO", "unread"), ("BLPOP", "nothing", 5))
    assert client.ask("ECHO", "mine") == b"mine"
