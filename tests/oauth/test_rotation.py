"""Rotation, grace and reuse (rule 5)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthsrv.oauth.credentials import LAST_GENERATION, RefreshToken, make_refresh_token, new_refresh_token
from oauthsrv.oauth.records import Family
from oauthsrv.oauth.token_request import MOST_ROTATIONS, Verdict, is_current, judge

ROTATE, REPEAT, REFUSE, REUSE = Verdict.ROTATE, Verdict.REPEAT, Verdict.REFUSE, Verdict.REUSE
GRACE = timedelta(seconds=30)
NO_GRACE = timedelta(0)
START = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


def rotations_kept(rotations: tuple[datetime, ...], now: datetime) -> tuple[datetime, ...]:
    """As sql.families.rotate keeps them; tests/flows/test_refresh.py holds that it does."""
    return (now, *(rotations if rotations and now - rotations[0] <= timedelta(minutes=1) else ()))[:MOST_ROTATIONS]


class RotatingFamily:
    """A family that rotates as the server would do it, and every token that it ever had."""

    def __init__(self, family: Family, first: RefreshToken) -> None:
        self.family = family
        self.tokens = [first]

    def rotate(self, now: datetime) -> None:
        successor = self.tokens[-1].successor()
        self.family = replace(
            self.family,
            generation=successor.generation,
            current_hash=successor.token_hash,
            previous_hash=self.family.current_hash,
            rotations=rotations_kept(self.family.rotations, now),
            sealed=b"sealed",
        )
        self.tokens.append(successor)

    def keep_successor(self, until: datetime) -> None:
        self.family = replace(self.family, available_until=until)

    def judge(
        self, generation: int, now: datetime, grace: timedelta = GRACE, *, keeps_successor: bool = False
    ) -> Verdict:
        return judge(self.family, self.tokens[generation - 1], now, grace, keeps_successor=keeps_successor)


@pytest.fixture
def rotating(a_family: Callable[..., Family]) -> RotatingFamily:
    first = new_refresh_token()
    return RotatingFamily(a_family(first, expires_at=START + timedelta(days=30)), first)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_rule_5_the_current_token_rotates(rotating: RotatingFamily) -> None:
    assert rotating.judge(1, START) is ROTATE
    rotating.rotate(START)
    assert rotating.judge(2, START) is ROTATE
    assert rotating.judge(2, after(86_400)) is ROTATE
    assert rotating.judge(2, START, NO_GRACE) is ROTATE


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(0, REPEAT), (29.9, REPEAT), (30, REUSE), (31, REUSE), (86_400, REUSE)]
)
def test_rule_5_the_token_just_superseded_repeats_within_the_grace_time(
    rotating: RotatingFamily, seconds: float, verdict: Verdict
) -> None:
    rotating.rotate(START)
    assert rotating.judge(1, after(seconds)) is verdict


def test_rule_5_without_grace_a_superseded_token_is_reuse(rotating: RotatingFamily) -> None:
    rotating.rotate(START)
    assert rotating.judge(1, START, NO_GRACE) is REUSE
    # A transaction that began before the other's rotation has an earlier clock.
    assert rotating.judge(1, after(-1), NO_GRACE) is REUSE
    rotating.rotate(START)
    assert rotating.judge(1, after(-1), NO_GRACE) is REUSE


def test_rule_5_a_clock_that_lags_behind_the_rotation_is_within_the_grace_time(rotating: RotatingFamily) -> None:
    rotating.rotate(START)
    assert rotating.judge(1, after(-1)) is REPEAT


def test_rule_5_once_the_successor_is_used_the_old_token_ends_nothing_within_the_grace_time(
    rotating: RotatingFamily,
) -> None:
    """R1 → R2 → R3, and then R1: two tabs."""
    rotating.rotate(after(0))
    rotating.rotate(after(10))
    assert rotating.judge(1, after(10)) is REFUSE
    assert rotating.judge(1, after(29)) is REFUSE
    assert rotating.judge(2, after(29)) is REPEAT
    assert rotating.judge(3, after(29)) is ROTATE


def test_rule_5_after_its_own_grace_time_it_is_reuse(rotating: RotatingFamily) -> None:
    """The grace time counts from when R1 was superseded, not from when R2 was."""
    rotating.rotate(after(0))
    rotating.rotate(after(10))
    assert rotating.judge(1, after(31)) is REUSE
    assert rotating.judge(2, after(31)) is REPEAT
    assert rotating.judge(2, after(41)) is REUSE


def test_rule_5_a_successor_that_is_kept_is_available_until_its_time_is_over(rotating: RotatingFamily) -> None:
    rotating.rotate(after(0))
    rotating.keep_successor(after(86_400))
    assert rotating.judge(1, after(86_399), keeps_successor=True) is REPEAT
    assert rotating.judge(1, after(86_399), NO_GRACE, keeps_successor=True) is REPEAT
    assert rotating.judge(1, after(86_399)) is REPEAT  # also where one rotation alone was not answered
    assert rotating.judge(1, after(86_400), keeps_successor=True) is REUSE


def test_rule_5_where_successors_are_kept_the_grace_time_begins_with_the_successors_first_use(
    rotating: RotatingFamily,
) -> None:
    rotating.rotate(after(0))
    rotating.keep_successor(after(86_400))
    rotating.rotate(after(1000))
    rotating.keep_successor(after(87_400))
    assert rotating.judge(1, after(1029), keeps_successor=True) is REFUSE
    assert rotating.judge(1, after(1030), keeps_successor=True) is REUSE
    assert rotating.judge(1, after(1000)) is REUSE  # without it the time began with the rotation
    assert rotating.judge(2, after(87_399), keeps_successor=True) is REPEAT


def test_rule_5_when_nothing_is_sealed_anymore_the_token_just_superseded_ends_nothing(rotating: RotatingFamily) -> None:
    rotating.rotate(START)
    rotating.family = replace(rotating.family, sealed=None)
    assert rotating.judge(1, after(5)) is REFUSE
    assert rotating.judge(1, after(31)) is REUSE


def test_rule_5_a_generation_above_the_rows_ends_nothing(rotating: RotatingFamily) -> None:
    restored = rotating.family
    rotating.rotate(START)
    rotating.rotate(START)
    rotating.family = restored
    assert rotating.judge(3, after(86_400)) is REFUSE
    assert rotating.judge(2, START, NO_GRACE) is REFUSE
    assert rotating.judge(1, START) is ROTATE


@pytest.mark.parametrize("now", [START, after(5), after(86_400)])
def test_rule_5_a_wrong_token_with_the_right_handle_is_reuse(rotating: RotatingFamily, now: datetime) -> None:
    rotating.rotate(START)
    for generation in (1, 2):
        forged = make_refresh_token(rotating.tokens[0].handle, generation)
        assert judge(rotating.family, forged, now, GRACE) is REUSE


def test_rule_5_without_a_known_predecessor_every_older_token_is_reuse(rotating: RotatingFamily) -> None:
    rotating.rotate(START)
    rotating.family = replace(rotating.family, previous_hash=None)
    assert rotating.judge(1, START) is REUSE


def test_rule_5_an_older_token_than_all_that_are_kept_is_reuse(rotating: RotatingFamily) -> None:
    for n in range(5):
        rotating.rotate(after(100 * n))
    assert rotating.family.rotations == (after(400),)
    assert rotating.judge(1, after(400)) is REUSE
    assert rotating.judge(4, after(400)) is REUSE
    assert rotating.judge(5, after(400)) is REPEAT


def test_rule_5_a_storm_of_rotations_is_not_mistaken_for_reuse(rotating: RotatingFamily) -> None:
    """More rotations within the grace time than are kept: a token that fell off the array ends nothing."""
    for n in range(MOST_ROTATIONS + 6):
        rotating.rotate(after(n / 10))
    assert len(rotating.family.rotations) == MOST_ROTATIONS
    assert rotating.judge(1, after(7)) is REFUSE
    assert rotating.judge(7, after(7)) is REFUSE
    assert rotating.judge(70, after(7)) is REPEAT
    # The oldest that is kept came at 0.6 s.
    assert rotating.judge(1, after(30.5)) is REFUSE
    assert rotating.judge(1, after(30.6)) is REUSE
    assert rotating.judge(1, after(7), NO_GRACE) is REUSE


def test_rule_5_when_every_rotation_is_kept_a_token_older_than_all_is_reuse(rotating: RotatingFamily) -> None:
    rotating.rotate(START)
    rotating.family = replace(rotating.family, generation=5)
    assert rotating.judge(1, START) is REUSE


def test_rule_5_grace_never_shields_what_ended_or_expired(rotating: RotatingFamily) -> None:
    rotating.rotate(START)
    for ended in (replace(rotating.family, ended_at=START), replace(rotating.family, expires_at=after(1))):
        for generation in (1, 2):
            assert judge(ended, rotating.tokens[generation - 1], after(1), GRACE) is REFUSE
            assert judge(ended, make_refresh_token(rotating.tokens[0].handle, generation), after(1), GRACE) is REFUSE


def test_rule_5_the_last_generation_is_judged_like_any_other(a_family: Callable[..., Family]) -> None:
    last = make_refresh_token(bytes(16), LAST_GENERATION)
    family = a_family(last, expires_at=after(60))
    assert judge(family, last, START, GRACE) is ROTATE
    assert judge(family, make_refresh_token(bytes(16), 1), START, GRACE) is REUSE


def test_only_the_current_token_of_an_active_family_is_current(rotating: RotatingFamily) -> None:
    rotating.rotate(START)
    assert is_current(rotating.family, rotating.tokens[1], START)
    assert not is_current(rotating.family, rotating.tokens[0], START)
    assert not is_current(replace(rotating.family, ended_at=START), rotating.tokens[1], START)
    assert not is_current(rotating.family, make_refresh_token(rotating.tokens[0].handle, 2), START)


@given(
    pauses=st.lists(st.floats(min_value=0, max_value=90), max_size=80),
    wait=st.floats(min_value=0, max_value=90),
    grace=st.integers(min_value=0, max_value=60).map(lambda seconds: timedelta(seconds=seconds)),
)
def test_rule_5_as_if_every_rotation_were_remembered(pauses: list[float], wait: float, grace: timedelta) -> None:
    """The trimmed array decides like the whole history; a token that fell off a full one is never reuse too soon."""
    first = new_refresh_token()
    long = START + timedelta(days=1)
    family = Family("f", "g", "c", "s", (), (), 1, first.token_hash, None, (), None, START, long, None)
    rotating, now, superseded = RotatingFamily(family, first), START, []
    for pause in pauses:
        now += timedelta(seconds=pause)
        rotating.rotate(now)
        superseded.append(now)
    now += timedelta(seconds=wait)
    assert rotating.judge(len(pauses) + 1, now, grace) is ROTATE
    for generation, time in enumerate(superseded, 1):
        verdict = rotating.judge(generation, now, grace)
        if now < time + grace:
            assert verdict is (REPEAT if generation == len(pauses) else REFUSE)
        elif verdict is not REUSE:
            assert verdict is REFUSE
            assert len(rotating.family.rotations) == MOST_ROTATIONS
            assert generation < len(pauses) - MOST_ROTATIONS + 1
