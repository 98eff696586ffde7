"""A resolver that is slow, or away, holds no request beyond its deadline (rule 8)."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from held import eventually
from oauthsrv import deadline
from oauthsrv.embedded import Databases
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.database import Database, reading, sql
from oauthsrv.store.redis import Redis
from oauthsrv.store.resolver import addresses
from processes import wire as wires


class Resolver:
    """Knows one name more than the machine's own."""

    def __init__(self) -> None:
        self.name = f"db-{secrets.token_hex(4)}.example"
        self.addresses = ["127.0.0.1"]
        self.is_away = False
        self.answers = threading.Event()
        self.answers.set()
        self.calls = 0
        self._real = socket.getaddrinfo

    def named_in(self, url: str) -> str:
        return url.replace("127.0.0.1", self.name)

    def getaddrinfo(self, host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if host != self.name:
            return self._real(host, port, *args, **options)
        self.calls += 1
        self.answers.wait(60)
        if self.is_away:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return [entry for address in self.addresses for entry in self._real(address, port, *args, **options)]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    resolver = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", resolver.getaddrinfo)
    yield resolver
    resolver.answers.set()


@pytest.fixture
def database(found: Databases, resolver: Resolver) -> Iterator[Database]:
    with wires.postgresql(found) as (_, url), contextlib.closing(Database(resolver.named_in(url))) as database:
        yield database


@pytest.fixture
def redis(found: Databases, resolver: Resolver) -> Iterator[Redis]:
    with wires.redis(found) as (_, url):
        redis = Redis(resolver.named_in(url), secrets.token_hex(4), lambda plain: None)
        yield redis
        redis.close()


def ask(store: Database | Redis) -> bool:
    """As a request does, on a connection of its own."""
    if isinstance(store, Redis):
        store.close_mine()
        return bool(store.connection().ping())
    with reading(store) as db:
        now = sql.deadlines.clock(db)
    db.close()
    return bool(now)


def answers(store: Database | Redis) -> bool:
    with deadline.within(30):
        try:
            return ask(store)
        except StoreUnavailable:
            return False


@pytest.fixture(params=["database", "redis"])
def store(request: pytest.FixtureRequest) -> Database | Redis:
    store: Database | Redis = request.getfixturevalue(request.param)
    return store


def test_rule_8_a_name_that_is_resolved_slowly_is_a_503_in_time_and_recovers(
    store: Database | Redis, resolver: Resolver
) -> None:
    resolver.answers.clear()
    began = time.monotonic()
    with deadline.within(0.5), pytest.raises(StoreUnavailable):
        ask(store)
    assert time.monotonic() - began < 4
    eventually(lambda: store.breaker.is_open)
    began = time.monotonic()
    with deadline.within(30), pytest.raises(StoreUnavailable):
        ask(store)
    assert time.monotonic() - began < 4
    assert resolver.calls == 1
    resolver.answers.set()
    eventually(lambda: answers(store))


def test_rule_8_an_address_known_from_before_is_used_while_the_resolver_is_slow(
    store: Database | Redis, resolver: Resolver
) -> None:
    eventually(lambda: answers(store))
    resolver.answers.clear()
    assert all(answers(store) for _ in range(3))
    assert not store.breaker.is_open


def test_rule_8_an_address_known_from_before_is_used_while_the_resolver_is_away(
    store: Database | Redis, resolver: Resolver
) -> None:
    resolver.is_away = True
    with deadline.within(30), pytest.raises(StoreUnavailable):
        ask(store)
    resolver.is_away = False
    eventually(lambda: answers(store))
    resolver.is_away = True
    assert all(answers(store) for _ in range(3))


def test_rule_7_after_a_failover_the_name_leads_to_the_new_primary(store: Database | Redis, resolver: Resolver) -> None:
    resolver.addresses = ["127.0.0.2"]  # where nobody listens
    with deadline.within(30), pytest.raises(StoreUnavailable):
        ask(store)
    resolver.addresses = ["127.0.0.2", "127.0.0.1"]
    eventually(lambda: answers(store))


def test_a_process_that_is_forked_while_a_name_is_resolved_asks_for_itself(resolver: Resolver) -> None:
    resolver.answers.clear()
    with deadline.within(0.1), pytest.raises(TimeoutError):
        addresses(resolver.name)
    pid = os.fork()
    if pid == 0:
        resolver.answers = threading.Event()  # the parent's may be held by a thread that is not here
        resolver.answers.set()
        with deadline.within(30):
            os._exit(0 if addresses(resolver.name) == ["127.0.0.1"] else 1)
    assert os.waitpid(pid, 0)[1] == 0
