"""Passwords: bcrypt over a digest, in one thread (rule 1)."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from oauthsrv.passwords.hashing import Passwords, digested

LONG = "ä" * 512  # 1,024 bytes


@pytest.mark.parametrize("password", ["correct horse", LONG, "x" * 1024, "with a \0 in it", " spaces around "])
def test_rule_1_a_password_of_any_length_is_recognized_and_no_other(passwords: Passwords, password: str) -> None:
    kept = passwords.hash(password)
    assert passwords.verify(password, kept)
    # bcrypt alone would stop at 72 bytes, or at the NUL.
    for other in (password[:-1], password + "x", password.partition("\0")[0] + "\0 other", password.upper() + "!"):
        assert not passwords.verify(other, kept)


def test_rule_1_what_is_kept_is_bcrypt_and_holds_nothing_of_the_password(passwords: Passwords) -> None:
    kept = passwords.hash("correct horse")
    assert kept.startswith("$2b$04$")
    assert "correct" not in kept
    assert kept != passwords.hash("correct horse")


def test_the_default_cost_is_12() -> None:
    passwords = Passwords(1)
    assert passwords.hash("correct horse").startswith("$2b$12$")
    passwords.close()


def test_a_digest_fits_into_bcrypt() -> None:
    for password in ("", "x", LONG):
        digest = digested(password)
        assert len(digest) == 64
        assert b"\0" not in digest


def test_the_same_letters_written_another_way_are_the_same_password(passwords: Passwords) -> None:
    assert passwords.verify("café au lait", passwords.hash("cafe\u0301 au lait"))


def test_no_password_fits_an_account_that_has_none(passwords: Passwords) -> None:
    assert not passwords.verify("correct horse", None)


def test_rule_13_it_takes_the_same_time_whether_the_account_exists() -> None:
    passwords = Passwords(4, cost=9)
    kept = passwords.hash("correct horse")

    def seconds(password_hash: str | None) -> float:
        began = time.process_time()
        passwords.verify("wrong horse", password_hash)
        return time.process_time() - began

    there = min(seconds(kept) for _ in range(5))
    nobody = min(seconds(None) for _ in range(5))
    assert 0.5 < there / nobody < 2
    passwords.close()


def test_an_attempt_is_counted_when_it_is_made_and_a_right_one_taken_back(passwords: Passwords) -> None:
    kept = passwords.hash("correct horse")
    counted: list[str] = []

    def count() -> Callable[[], None]:
        counted.append("counted")
        return lambda: counted.append("taken back")

    assert passwords.verify("correct horse", kept, "a", count)
    assert counted == ["counted", "taken back"]
    assert not passwords.verify("wrong horse", kept, "a", count)
    assert not passwords.verify("wrong horse", None, "a", count)
    assert counted == ["counted", "taken back", "counted", "counted"]


def test_a_refused_attempt_is_none(passwords: Passwords) -> None:
    def refuse() -> Callable[[], None]:
        raise LookupError("too many")

    with pytest.raises(LookupError, match="too many"):
        passwords.verify("correct horse", passwords.hash("correct horse"), "a", refuse)
