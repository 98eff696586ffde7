"""The connection to Redis: what a server that hangs costs, and which answer belongs to which command."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis

from held import eventually
from oauthsrv import deadline
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.redis import Redis
from oauthsrv.store.redis_client import RedisClient, open_client, pack, unavailable

Command = tuple[str, ...]
Deliver = Callable[[socket.socket, bytes], None]


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


def ask_all(client: RedisClient, *commands: Command) -> list[Any]:
    return client.ask_packed(b"".join(map(pack, commands)), len(commands))


class Relay:
    """Takes connections for the Redis of the tests, and hands each of its answers to `deliver`."""

    def __init__(self, server: Server, path: Path) -> None:
        self.deliver: Deliver = socket.socket.sendall
        self._target = urlsplit(server.settings.redis_url or "").path
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._open: list[socket.socket] = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, far = self._listener.accept()[0], socket.socket(socket.AF_UNIX)
                far.connect(self._target)
                self._open += [near, far]
                for source, target, answers in ((near, far, False), (far, near, True)):
                    threading.Thread(target=self._pass_on, args=(source, target, answers), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                (self.deliver if answers else socket.socket.sendall)(target, data)

    def close(self) -> None:
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@pytest.fixture
def relay(server: Server, workspace: Path) -> Iterator[Relay]:
    path = workspace / "relayed"
    with contextlib.closing(Relay(server, path)) as relay:
        yield relay
    path.unlink()


@pytest.fixture
def relayed(relay: Relay, workspace: Path) -> Iterator[RedisClient]:
    """The client of a connection that was made through the relay."""
    with contextlib.closing(Redis(f"unix://{workspace / 'relayed'}", "relayed", lambda redis: None)) as redis:
        yield redis.connection()


def by_bytes(pause: float) -> Deliver:
    def deliver(target: socket.socket, data: bytes) -> None:
        for number in range(len(data)):
            target.sendall(data[number : number + 1])
            time.sleep(pause)

    return deliver


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
    assert ask_all(client, ("ECHO", "one"), ("ECHO", "two")) == [b"one", b"two"]


def test_no_answer_is_taken_for_that_of_a_later_command(server: Server) -> None:
    client = server.redis.connection()
    client.ask("SET", "text", "x")
    with pytest.raises(redis.ResponseError, match="not an integer"):
        ask_all(client, ("INCR", "text"), ("ECHO", "unread"))
    assert client.ask("ECHO", "mine") == b"mine"
    with deadline.within(0.5), pytest.raises(StoreUnavailable):
        ask_all(client, ("ECHO", "unread"), ("BLPOP", "nothing", "5"))
    assert client.ask("ECHO", "mine") == b"mine"
    with deadline.within(0.5), pytest.raises(StoreUnavailable):
        client.ask_packed(pack(("ECHO", "one")) + pack(("ECHO", "too many")), 1)
    assert client.ask("ECHO", "mine") == b"mine"


def test_an_answer_that_comes_in_pieces_is_read_whole(relay: Relay, relayed: RedisClient) -> None:
    relay.deliver = by_bytes(0.001)
    answers = ask_all(relayed, ("ECHO", "one"), ("MGET", "nothing", "nothing"), ("ECHO", "x" * 50))
    assert answers == [b"one", [None, None], b"x" * 50]
    assert relayed.ask("ECHO", "x" * 50) == b"x" * 50


def test_rule_8_an_answer_that_drips_is_waited_for_until_the_deadline_at_most(
    relay: Relay, relayed: RedisClient
) -> None:
    relay.deliver = by_bytes(0.05)
    began = time.monotonic()
    with deadline.within(0.5), pytest.raises(StoreUnavailable):
        relayed.ask("ECHO", "x" * 1000)
    assert time.monotonic() - began < 5


def test_rule_8_what_a_redis_does_not_answer_is_not_sent_twice(
    server: Server, relay: Relay, relayed: RedisClient
) -> None:
    name = server.redis.key("l", "sent-once")
    relay.deliver = lambda target, data: None
    with deadline.within(0.5), pytest.raises(StoreUnavailable, match="no answer"):
        relayed.ask("INCR", name)
    assert server.redis.connection().ask("GET", name) == b"1"


def test_an_answer_that_ends_in_its_middle_is_requested_once_more(relay: Relay, relayed: RedisClient) -> None:
    def cut(target: socket.socket, data: bytes) -> None:
        relay.deliver = socket.socket.sendall
        target.sendall(data[: len(data) // 2])
        target.shutdown(socket.SHUT_RDWR)

    relay.deliver = cut
    assert relayed.ask("ECHO", "whole") == b"whole"


def test_no_error_repeats_what_was_sent(server: Server) -> None:
    client = server.redis.connection()
    client.ask("SET", "text", "x")
    with pytest.raises(redis.ResponseError) as raised:
        client.ask("INCRBY", "text", "oat_secret")
    assert "oat_secret" not in str(raised.value)


@pytest.mark.parametrize("error", [TimeoutError, RuntimeError])
def test_rule_7_a_connection_that_was_not_made_whole_is_made_again(server: Server, error: type[Exception]) -> None:
    made: list[redis.Connection] = []

    def on_connect(connection: redis.Connection) -> None:
        made.append(connection)
        if len(made) == 2:
            raise error  # as at a deadline: before it is known whether this Redis may be trusted
        connection.on_connect()

    url = server.settings.redis_url or ""
    with contextlib.closing(open_client(url, unavailable, None, redis_connect_func=on_connect)) as client:
        made[0].disconnect()
        with pytest.raises((StoreUnavailable, error)):
            client.ask("PING")
        assert client.ask("PING") == b"PONG"
    assert len(made) == 3
