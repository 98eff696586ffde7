"""The connection to Redis: what a server that hangs costs."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path

import pytest

from oauthsrv.store import StoreUnavailable
from oauthsrv.store.redis import Redis


def test_rule_8_a_redis_that_hangs_is_asked_once(room: Path) -> None:
    """Asked again, it would hold its caller for twice the time-out."""
    path, connections = room / "hangs", []
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(path))
        listener.listen()

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connections.append(listener.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        with pytest.raises(StoreUnavailable):
            Redis(f"unix://{path}", "hanging", lambda redis: None).connection()
        listener.shutdown(socket.SHUT_RDWR)
    assert len(connections) == 1
    connections[0].close()
