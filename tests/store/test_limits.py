"""Limits of failures: right at the window's edge, atomic, given back (rule 13, rule 15)."""

from __future__ import annotations

import contextlib
import secrets
import threading
import time

import pytest

from oauthsrv.server import Server
from oauthsrv.store import limits
from oauthsrv.store.limits import LIMITS, Attempt, Limit, TooMany


@pytest.fixture(autouse=True)
def _tight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIMITS, "login_account", Limit(3, 2, "tests"))


@pytest.fixture
def key_name() -> str:
    return f"{secrets.token_hex(8)}@example.com"


def take(server: Server, key_name: str) -> limits.Taken:
    return limits.take(server.redis, Attempt("login_account", key_name))[0]


def test_as_many_as_the_table_says_and_no_more(server: Server, key_name: str) -> None:
    for _ in range(3):
        take(server, key_name)
    with pytest.raises(TooMany) as refused:
        take(server, key_name)
    assert refused.value.retry_after in (1, 2)
    take(server, "another " + key_name)


def test_what_is_given_back_can_be_taken_again(server: Server, key_name: str) -> None:
    for _ in range(20):
        limits.give_back(server.redis, take(server, key_name))
    for _ in range(3):
        take(server, key_name)
    with pytest.raises(TooMany):
        take(server, key_name)


def test_rule_15_who_goes_on_trying_is_not_locked_out_forever(server: Server, key_name: str) -> None:
    began = time.monotonic()
    taken = 0
    while time.monotonic() - began < 5:
        try:
            take(server, key_name)
            taken += 1
        except TooMany:
            time.sleep(0.02)
    assert taken in (6, 7, 8, 9), "three in each window of two seconds"


def test_all_or_none_is_taken(server: Server, key_name: str) -> None:
    for _ in range(3):
        take(server, key_name)
    other = Attempt("login_address", key_name)
    for _ in range(5):
        with pytest.raises(TooMany):
            limits.take(server.redis, other, Attempt("login_account", key_name))
    assert server.redis.connection().get(limits.key_of(server.redis, other)) is None


def test_a_look_ahead_refuses_just_the_same_and_counts_nothing(server: Server, key_name: str) -> None:
    attempts = (Attempt("login_address", key_name), Attempt("login_account", key_name))
    for _ in range(10):
        limits.check(server.redis, *attempts)
    for _ in range(3):
        take(server, key_name)
    with pytest.raises(TooMany) as refused:
        limits.check(server.redis, *attempts)
    assert refused.value.retry_after in (1, 2)


def test_a_window_that_is_over_leaves_nothing_behind(server: Server, key_name: str) -> None:
    taken = take(server, key_name)
    assert server.redis.connection().ttl(taken.key) in (1, 2)
    time.sleep(2.1)  # time alone ends a window
    assert not server.redis.connection().exists(taken.key)
    limits.give_back(server.redis, taken)
    assert not server.redis.connection().exists(taken.key)


def test_giving_back_at_the_very_edge_leaves_no_counter_that_never_ends(server: Server, key_name: str) -> None:
    taken = take(server, key_name)
    server.redis.connection().delete(taken.key)
    limits.give_back(server.redis, taken)
    assert server.redis.connection().ttl(taken.key) in (1, 2)


def test_a_hundred_at_once_are_counted_before_the_first_has_failed(server: Server, key_name: str) -> None:
    through = []

    def attempt() -> None:
        with contextlib.suppress(TooMany):
            through.append(take(server, key_name))

    threads = [threading.Thread(target=attempt) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(through) == 3


def test_rule_1_no_mail_stands_in_a_key(server: Server, key_name: str) -> None:
    key = take(server, key_name).key
    assert key_name.encode() not in key
    assert key.startswith(server.installation.id.encode() + b":l:login_account:")
