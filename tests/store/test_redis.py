"""The connection to Redis: what a server that hangs costs."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from held import eventually
from oauthsrv import deadline
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
