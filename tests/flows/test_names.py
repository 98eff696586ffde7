"""Names of people, apps and APIs: nothing in them deceives, and no length of them costs much (rule 12, rule 14)."""

from __future__ import annotations

import unicodedata

import pytest

from oauthsrv.flows.names import JOINED_AT_MOST, name_problem, one_line

MOST = 80


@pytest.mark.parametrize(
    "name",
    [
        "Ada",
        "李小龍",
        "Zoë O’Neil-Smith Jr.",
        "محمد",
        "नरेन्द्र",
        "X Æ A-12",
        "می\u200cخواهم",
        "👩\u200d🚀 Eva",
        "Ça va ☕",
        "日本語アプリ",
        "x" * MOST,
    ],
)
def test_names_of_all_scripts_are_taken(name: str) -> None:
    assert name_problem(one_line(name, MOST), MOST) is None


@pytest.mark.parametrize(
    "name", ["", "   ", "…", "\u200d\u200d", "—", "\ufe0f", "\u0301", "´", "˙", "♪", "💸", "\u20e3"]
)
def test_a_name_has_something_to_read(name: str) -> None:
    assert name_problem(one_line(name, MOST), MOST)


@pytest.mark.parametrize(
    "character", [*"\u034f\u115f\u1160\u17b4\u180b\u2800\u3164\ufe00\uffa0\ufffc\U0001d159\U000e0041"]
)
def test_rule_14_no_character_in_a_name_is_blank(character: str) -> None:
    for name in (character, f"a{character}b", f"{character}a", character * 3):
        assert name_problem(one_line(name, MOST), MOST)


def test_rule_12_marks_do_not_pile_up_over_other_lines() -> None:
    assert name_problem("Z" + "\u0301" * 4 + "oe", MOST) is None
    assert "marks" in str(name_problem("Z" + "\u0301\u0316" * 3 + "oe", MOST))


@pytest.mark.parametrize(
    "name", ["Pay\u202epal", "a\x1bb", "a\u2066b", "a\ud800b", "a\x7fb", "a\u200bb", "a\u00adb", "a\ufeffb", "a\u2060b"]
)
def test_rule_14_nothing_in_a_name_is_invisible_or_turns_the_text_around(name: str) -> None:
    assert "can’t be shown" in str(name_problem(name, MOST))


@pytest.mark.parametrize(
    "name",
    [
        "Bank (verified)",
        "VERIFIED Bank",
        "Bank, Veri\u200dfied",
        "Bank ｖｅｒｉｆｉｅｄ",
        "Bank ✓",
        "Bank ✅",
        "Bank \u2611\ufe0f",
        "Bank, V\u0435rified",
        "Bank ᴠerified",
        "Bank 🅥🅔🅡🅘🅕🅘🅔🅓",
    ],
)
def test_rule_14_nobody_calls_themselves_verified(name: str) -> None:
    assert "verified" in str(name_problem(name, MOST))


def test_one_name_has_one_spelling() -> None:
    assert one_line("  Cafe\u0301 \t au\nlait ", MOST) == "Café au lait"


def test_no_name_is_too_long_because_of_how_its_letters_are_written() -> None:
    letter = "\u1f82"  # of as many characters as any
    assert len(unicodedata.normalize("NFD", letter)) == JOINED_AT_MOST
    assert max(len(unicodedata.normalize("NFD", chr(code))) for code in range(0x30000)) == JOINED_AT_MOST
    assert one_line(unicodedata.normalize("NFD", letter * MOST), MOST) == letter * MOST


def test_rule_12_what_is_too_long_in_any_spelling_is_not_normalized() -> None:
    """It would take the square of the length."""
    name = "a" + "\u0316\u0300" * MOST * JOINED_AT_MOST
    assert one_line(name, MOST) == name
    assert "at most 80 characters" in str(name_problem(name, MOST))
