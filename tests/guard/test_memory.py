"""What a guard keeps: bounded, never beyond a token's life, and only while it learns of revocations."""

from __future__ import annotations

import hashlib
import time

import pytest

from oauthsrv.guard import Token, TooManyRequests
from oauthsrv.guard.checks import CheckedToken
from oauthsrv.guard.memory import FRESH, OVERDUE, Key, Memory
from oauthsrv.guard.tokens import reference
from oauthsrv.oauth.credentials import new_access_token, new_client_id, new_family_id


@pytest.fixture
def memory() -> Memory:
    memory = Memory(3)
    memory.mark_fresh(time.monotonic())
    return memory


def text() -> str:
    return new_access_token(new_client_id(), new_family_id(0))


def answer(seconds: float = 60.0) -> CheckedToken:
    token = Token("usr_1", "cli_1", ("read:data",), int(time.time() + seconds + 1))
    return CheckedToken(token, seconds)


def keep(memory: Memory, text: str, seconds: float = 60.0) -> Key:
    key = Key.of(text, None)
    memory.keep(memory.ticket(), key, text, answer(seconds))
    return key


def is_kept(memory: Memory, text: str) -> bool:
    return memory.find(Key.of(text, None), text, ()) is not None


def test_an_answer_is_kept_under_the_hash_of_its_token(memory: Memory) -> None:
    kept = text()
    assert keep(memory, kept).token_hash == hashlib.sha256(kept.encode()).digest()
    assert is_kept(memory, kept)
    assert not is_kept(memory, text())
    assert kept not in repr(vars(memory))


def test_the_longest_unused_answer_goes_first(memory: Memory) -> None:
    first, second, third, fourth = (text() for _ in range(4))
    for one in (first, second, third):
        keep(memory, one)
    assert is_kept(memory, first)
    keep(memory, fourth)
    assert len(memory) == 3
    assert not is_kept(memory, second)
    assert all(is_kept(memory, one) for one in (first, third, fourth))


def test_no_answer_outlives_its_token(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = text()
    keep(memory, kept, seconds=30.0)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 30.5)
    memory.mark_fresh(now + 30.5)
    assert not is_kept(memory, kept)
    assert len(memory) == 0


def test_a_clock_that_jumps_ahead_ends_an_answer_too(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = text()
    keep(memory, kept, seconds=30.0)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 40)
    assert not is_kept(memory, kept)


def test_an_answer_counts_for_a_second_after_the_heartbeat_began(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = text()
    keep(memory, kept)
    now = time.monotonic()
    memory.mark_fresh(now)
    monkeypatch.setattr(time, "monotonic", lambda: now + FRESH - 0.01)
    assert is_kept(memory, kept)
    monkeypatch.setattr(time, "monotonic", lambda: now + FRESH)
    assert not is_kept(memory, kept)
    memory.mark_fresh(now + FRESH)
    assert is_kept(memory, kept)


def test_other_scopes_are_left_to_the_server(memory: Memory) -> None:
    kept = text()
    key = keep(memory, kept)
    assert memory.find(key, kept, ("read:data",)) is not None
    assert memory.find(key, kept, ("write:data",)) is None


@pytest.mark.parametrize("what", ["families", "clients", "tokens"])
def test_an_ending_drops_what_it_names_and_nothing_else(memory: Memory, what: str) -> None:
    ended, other = text(), text()
    keep(memory, ended)
    keep(memory, other)
    client_id, family_id = reference(ended)
    names = {
        "families": [family_id],
        "clients": [client_id],
        "tokens": [hashlib.sha256(ended.encode()).hexdigest()],
    }
    memory.drop(**{what: names[what]})
    assert not is_kept(memory, ended)
    assert is_kept(memory, other)


def test_a_check_from_before_a_revocation_is_not_kept(memory: Memory) -> None:
    """The message may arrive before the answer."""
    late = text()
    ticket = memory.ticket()
    memory.drop(families=["fam_another"])
    memory.keep(ticket, Key.of(late, None), late, answer())
    assert not is_kept(memory, late)


def test_a_check_from_while_nothing_was_received_is_not_kept() -> None:
    memory = Memory(3)
    late = text()
    ticket = memory.ticket()
    assert ticket is None
    memory.mark_fresh(time.monotonic())
    memory.keep(ticket, Key.of(late, None), late, answer())
    assert not is_kept(memory, late)


def test_a_lost_connection_empties_it_and_nothing_counts_before_the_next_heartbeat(memory: Memory) -> None:
    kept = text()
    keep(memory, kept)
    ticket = memory.ticket()
    memory.drop_all(disconnected=True)
    assert len(memory) == 0
    assert memory.ticket() is None
    memory.mark_fresh(time.monotonic())
    memory.keep(ticket, Key.of(kept, None), kept, answer())
    assert len(memory) == 0


def test_a_reached_limit_is_remembered_until_its_end(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    limited = text()
    key = Key.of(limited, None)
    memory.keep_limit(memory.ticket(), key, limited, 20)
    with pytest.raises(TooManyRequests) as refused:
        memory.find(key, limited, ())
    assert refused.value.retry_after == 20
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 19.5)
    memory.mark_fresh(now + 19.5)
    with pytest.raises(TooManyRequests) as refused:
        memory.find(key, limited, ())
    assert refused.value.retry_after == 1
    monkeypatch.setattr(time, "monotonic", lambda: now + 20)
    memory.mark_fresh(now + 20)
    assert memory.find(key, limited, ()) is None


def test_uses_are_handed_out_once_each(memory: Memory) -> None:
    kept = text()
    keep(memory, kept)
    for _ in range(5):
        assert is_kept(memory, kept)
    assert memory.due() == [], "they are gathered first"
    [uses] = memory.due(after=0.0)
    assert (uses.number, uses.text) == (5, kept)
    assert memory.due(after=0.0) == []
    assert kept not in repr(uses)


def test_uses_of_what_was_dropped_are_reported_still(memory: Memory) -> None:
    kept = text()
    key = keep(memory, kept)
    assert is_kept(memory, kept)
    memory.forget(key)
    assert [uses.number for uses in memory.due()] == [1]


def test_uses_that_could_not_be_reported_are_kept_and_at_last_stop_more_of_them(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = text()
    keep(memory, kept)
    assert is_kept(memory, kept)
    [uses] = memory.due(after=0.0)
    assert is_kept(memory, kept)
    memory.give_back(uses)
    [uses] = memory.due(after=0.0)
    assert uses.number == 2
    memory.give_back(uses)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + OVERDUE + 0.1)
    memory.mark_fresh(now + OVERDUE + 0.1)
    assert not is_kept(memory, kept)
    assert [uses.number for uses in memory.due()] == [2]
    assert is_kept(memory, kept), "once they are reported it counts again"
