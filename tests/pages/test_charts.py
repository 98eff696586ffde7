"""Charts: the numbers that an SVG is drawn with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from oauthsrv.pages.charts import HEIGHT, LABELS, Count, bar_chart, round_up, short, sparkline


def counts(*numbers: tuple[int, int]) -> list[Count]:
    return [Count(f"{place}:00", f"at {place}", good, bad) for place, (good, bad) in enumerate(numbers)]


def test_what_was_refused_is_on_top_of_what_was_not() -> None:
    chart = bar_chart("Calls", counts((30, 10), (0, 0), (40, 0)))
    first, empty, last = chart.bars
    assert first.good + first.bad == pytest.approx(last.good, abs=0.2)
    assert (empty.good, empty.bad) == (0, 0)
    assert chart.scale == ["40", "20", "0"]
    assert first.title == "at 0: 30 calls, 10 refused"
    assert chart.summary == "Calls: 70 calls, 10 refused"


def test_a_limit_far_above_the_bars_is_not_drawn_as_it_would_press_them_flat() -> None:
    near = bar_chart("Calls", counts((50, 0)), limit=100)
    far = bar_chart("Calls", counts((50, 0)), limit=1000)
    assert near.limit is not None
    assert near.bars[0].good < near.limit <= HEIGHT
    assert far.limit is None
    assert "limit" not in dict(far.legend)


def test_without_a_second_part_there_is_no_word_of_it() -> None:
    chart = bar_chart("New users", counts((1, 0)), good="new users", bad=None)
    assert chart.legend == [("good", "new users")]
    assert chart.summary == "New users: 1 new user"


def test_a_chart_of_nothing_is_still_one() -> None:
    assert bar_chart("Calls", []).bars == []
    assert sparkline("none", []).bars == []


@given(some.lists(some.tuples(some.integers(0, 10**9), some.integers(0, 10**9)), min_size=1, max_size=60))
def test_whatever_is_counted_stays_within_the_picture(numbers: list[tuple[int, int]]) -> None:
    chart = bar_chart("Calls", counts(*numbers), limit=1000)
    for bar in chart.bars:
        assert bar.good >= 0
        assert bar.bad >= 0
        assert bar.good + bar.bad <= HEIGHT + 0.2
    assert sum(bool(bar.label) for bar in chart.bars) <= LABELS + 1


@given(some.integers(1, 10**12))
def test_the_scale_ends_at_a_round_number_not_far_above(number: int) -> None:
    assert number <= round_up(number) <= 2 * number


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "0"), (999, "999"), (12_000, "12k"), (1_500, "1.5k"), (2_000_000, "2M")]
)
def test_numbers_of_the_scale_are_short(number: int, expected: str) -> None:
    assert short(number) == expected


def test_the_smallest_number_of_a_sparkline_is_seen() -> None:
    spark = sparkline("3 calls", [0, 1, 1000])
    assert all(bar.height >= 1 for bar in spark.bars)
    assert spark.bars[2].height == spark.height
