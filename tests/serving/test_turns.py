"""Senders take turns for the threads of a worker."""

from __future__ import annotations

import pytest

from oauthsrv.serving.threads import Turns


def served(turns: Turns) -> list[str]:
    return [turns.popleft() for _ in range(len(turns))]


def test_rule_13_one_with_many_requests_does_not_keep_another_waiting() -> None:
    turns = Turns(lambda task: task[0])
    for task in ("a1", "a2", "a3", "a4", "b1", "c1", "b2"):
        turns.append(task)
    assert len(turns) == 7
    assert turns.popleft() == "a1"
    turns.append("d1")
    assert served(turns) == ["b1", "c1", "a2", "d1", "b2", "a3", "a4"]
    assert not turns


def test_an_empty_queue_has_nobody() -> None:
    turns = Turns(str)
    with pytest.raises(StopIteration):
        turns.popleft()
