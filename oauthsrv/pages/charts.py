"""Charts as the numbers that they are drawn with: bars of calls and refusals, a limit, sparklines."""

import math
from collections.abc import Sequence
from typing import NamedTuple

HEIGHT = 100  # of a chart; the page makes it as wide and high as there is space
LABELS = 7  # at most, under the bars
LIMIT_SHOWN_UP_TO = 3  # times the highest bar; a limit far above it would press the bars flat


class Count(NamedTuple):
    """What one bar counts. `label` is shown below the bar, `title` is the same in full."""

    label: str
    title: str
    good: int
    bad: int = 0


class Bar(NamedTuple):
    """The bad part is on top of the good one; both are heights."""

    title: str
    label: str
    good: float
    bad: float


class BarChart(NamedTuple):
    title: str
    summary: str
    bars: list[Bar]
    scale: list[str]  # beside the lines at the top, in the middle and at the bottom
    limit: float | None
    legend: list[tuple[str, str]]


class SparkBar(NamedTuple):
    x: float
    y: float
    width: float
    height: float


class Sparkline(NamedTuple):
    summary: str
    width: int
    height: int
    bars: list[SparkBar]


def counted(number: int, what: str) -> str:
    """The number and its noun: 1 call, 2 calls."""
    return f"{number:,} {what.removesuffix('s') if number == 1 else what}"


def bar_chart(
    title: str,
    counts: Sequence[Count],
    *,
    good: str = "calls",
    bad: str | None = "refused",
    limit: int | None = None,
    limit_label: str = "limit",
) -> BarChart:
    """`good` and `bad` name what is counted; without `bad` there is no second part of a bar."""
    highest = max((count.good + count.bad for count in counts), default=0)
    shown_limit = limit if limit and limit <= LIMIT_SHOWN_UP_TO * max(highest, 1) else None
    top = round_up(max(highest, shown_limit or 0, 4))
    legend = [("good", good), *([("bad", bad)] if bad else []), *([("limit", limit_label)] if shown_limit else [])]
    total = Count("", title, sum(count.good for count in counts), sum(count.bad for count in counts))
    return BarChart(
        title=title,
        summary=summary_text(total, good, bad),
        bars=bars_of(counts, top, good, bad),
        scale=[short(number) for number in (top, top // 2, 0)],
        limit=height_of(shown_limit, top) if shown_limit else None,
        legend=legend,
    )


def bars_of(counts: Sequence[Count], top: int, good: str, bad: str | None) -> list[Bar]:
    every = math.ceil(len(counts) / LABELS) if counts else 1
    return [
        Bar(
            title=summary_text(count, good, bad),
            label=count.label if place % every == 0 else "",
            good=height_of(count.good, top),
            bad=height_of(count.bad, top),
        )
        for place, count in enumerate(counts)
    ]


def summary_text(count: Count, good: str, bad: str | None) -> str:
    return f"{count.title}: {counted(count.good, good)}" + (f", {counted(count.bad, bad)}" if bad else "")


def height_of(number: int, top: int) -> float:
    return round(HEIGHT * number / top, 1)


def sparkline(summary: str, numbers: Sequence[int], *, width: int = 96, height: int = 24) -> Sparkline:
    highest = max(*numbers, 1) if numbers else 1
    step = width / max(len(numbers), 1)
    heights = [max(round(height * number / highest, 1), 1.0) for number in numbers]
    return Sparkline(
        summary,
        width,
        height,
        [
            SparkBar(round(place * step, 1), round(height - tall, 1), round(step * 0.8, 1), tall)
            for place, tall in enumerate(heights)
        ],
    )


def round_up(number: int) -> int:
    """A round number, not below this one, that a person reads at a glance: 1, 2, 4, 6 or 8, then zeros."""
    power = 10 ** max(len(str(number)) - 1, 0)
    for lead in (1, 2, 4, 6, 8, 10):
        if number <= lead * power:
            return int(lead * power)
    raise AssertionError(number)


def short(number: int) -> str:
    """12,000 as 12k."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:g}{letter}"
    return str(number)
