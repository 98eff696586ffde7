"""User codes: what they are made of, how they are read, and what is stored of them (RFC 8628 §6.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthsrv.oauth.user_codes import (
    ALPHABET,
    LENGTH,
    USER_CODE,
    hash_user_code,
    new_user_code,
    read_user_code,
    shown,
)

KEY = "0123456789abcdef" * 4


def test_a_code_is_shown_in_two_halves_and_is_no_word() -> None:
    code = new_user_code()
    assert USER_CODE.fullmatch(code)
    assert shown("WDJBMJHT") == "WDJB-MJHT"
    assert not set(ALPHABET) & set("AEIOUYQ0123456789")
    assert len(ALPHABET) ** LENGTH > 2**33


def test_codes_are_made_by_chance() -> None:
    assert len({new_user_code() for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    "typed",
    [
        *("WDJB-MJHT", "wdjb-mjht", "wdjbmjht", " WDJB MJHT ", "W-D-J-B-M-J-H-T", "WDJB\u2013MJHT", "WDJB\u2212MJHT"),
        *("WDJB.MJHT", "WDJB_MJHT", "\u201cWDJB-MJHT\u201d", "\uff37\uff24\uff2a\uff22-MJHT", "WDJB\u00a0MJHT\t\n"),
        *("W0J8-MJHT", "WOJB-MJHT", "WQJ8 mjht", "WDJ\u0412-\u041cJ\u041d\u0422", "wdj\u0432-\u043cj\u043d\u0442"),
    ],
)
def test_a_code_is_read_whatever_its_case_dashes_spaces_and_look_alikes(typed: str) -> None:
    assert read_user_code(typed) == "WDJBMJHT"


@pytest.mark.parametrize(
    ("typed", "meant"), [("5", "S"), ("2", "Z"), ("1", "L"), ("I", "L"), ("6", "G"), ("u", "V"), ("y", "V")]
)
def test_a_digit_stands_for_the_letter_that_it_looks_like(typed: str, meant: str) -> None:
    assert read_user_code(typed + "BCDFGHJ") == meant + "BCDFGHJ"


@pytest.mark.parametrize(
    "typed", ["", " ", "-", "WDJB", "WDJB-MJH", "WDJB-MJHTX", "WDJB-MJHA", "W" * 100_000, "WDJB-MJH\0"]
)
def test_what_can_be_no_code_is_none(typed: str) -> None:
    assert read_user_code(typed) is None


@given(st.text())
def test_whatever_is_typed_is_a_code_or_none(typed: str) -> None:
    code = read_user_code(typed)
    assert code is None or USER_CODE.fullmatch(code)


@given(st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH))
def test_every_code_is_read_as_it_is_shown(code: str) -> None:
    assert read_user_code(shown(code)) == read_user_code(shown(code).lower()) == code


def test_rule_1_the_hash_of_a_code_needs_the_key() -> None:
    hashed = hash_user_code("WDJBMJHT", KEY)
    assert hashed == hash_user_code("WDJBMJHT", KEY)
    assert hashed != hash_user_code("WDJBMJHT", KEY[::-1])
    assert hashed != hash_user_code("WDJBMJHZ", KEY)
    assert b"WDJB" not in hashed
