"""Charts as the numbers that an SVG is drawn with: bars of calls and refusals, a limit, sparklines."""

import math
from collections.abc import Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 720, 220
LEFT, TOP, BOTTOM = 56, 12, 190
LABELS = 7  # at most, under the bars
LIMIT_SHOWN_UP_TO = 3  # times the highest bar; a limit far above it would press the bars flat


class Count(NamedTuple):
    """What one bar counts. `label` is shown below the bar, `title` is the same in full."""

    label: str
    title: str
    good: int
    bad: int = 0


class Bar(NamedTuple):
    """The good part stands on `bottom`, the bad one on top of it."""

    title: str
    label: str
    x: float
    width: float
    bottom: float
    good_height: float
    bad_height: float = 0

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)

    @property
    def good_y(self) -> float:
        return round(self.bottom - self.good_height, 1)

    @property
    def bad_y(self) -> float:
        return round(self.good_y - self.bad_height, 1)


class GridLine(NamedTuple):
    y: float
    label: str


class BarChart(NamedTuple):
    title: str
    summary: str
    bars: list[Bar]
    lines: list[GridLine]
    limit_y: float | None
    legend: list[tuple[str, str]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    top: int = TOP
    bottom: int = BOTTOM


class Sparkline(NamedTuple):
    summary: str
    width: int
    height: int
    bars: list[Bar]


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
    step = (WIDTH - LEFT) / max(len(counts), 1)
    every = math.ceil(len(counts) / LABELS) if counts else 1
    bars = [
        Bar(
            title=f"{count.title}: {count.good:,} {good}" + (f", {count.bad:,} {bad}" if bad else ""),
            label=count.label if place % every == 0 else "",
            x=round(LEFT + place * step + step * 0.12, 1),
            width=round(step * 0.76, 1),
            bottom=BOTTOM,
            good_height=height_of(count.good, top),
            bad_height=height_of(count.bad, top),
        )
        for place, count in enumerate(counts)
    ]
    summary = f"{title}: {sum(count.good for count in counts):,} {good}"
    legend = [("good", good)]
    if bad:
        summary += f", {sum(count.bad for count in counts):,} {bad}"
        legend.append(("bad", bad))
    if shown_limit:
        legend.append(("limit", limit_label))
    return BarChart(
        title=title,
        summary=summary,
        bars=bars,
        lines=[GridLine(round(BOTTOM - height_of(number, top), 1), short(number)) for number in (0, top // 2, top)],
        limit_y=round(BOTTOM - height_of(shown_limit, top), 1) if shown_limit else None,
        legend=legend,
    )


def height_of(number: int, top: int) -> float:
    return round((BOTTOM - TOP) * number / top, 1)


def sparkline(summary: str, numbers: Sequence[int], *, width: int = 96, height: int = 24) -> Sparkline:
    highest = max(*numbers, 1) if numbers else 1
    step = width / max(len(numbers), 1)
    bars = [
        Bar("", "", round(place * step, 1), round(step * 0.8, 1), height, max(round(height * number / highest, 1), 1.0))
        for place, number in enumerate(numbers)
    ]
    return Sparkline(summary, width, height, bars)


def round_up(number: int) -> int:
    """To an even number with one or two leading digits that a person reads at a glance."""
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
