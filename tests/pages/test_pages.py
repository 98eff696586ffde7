"""Times and numbers as pages tell them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from oauthsrv.pages import ago, moment_text, number

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (7_199, "1 hour ago"),
        (7_200, "2 hours ago"),
        (86_400 * 29, "29 days ago"),
        (86_400 * 31, "1 month ago"),
        (86_400 * 800, "2 years ago"),
        (-30, "in a moment"),
        (-7_200, "in 2 hours"),
    ],
)
def test_a_time_is_reported_as_its_distance_from_now(seconds: int, expected: str) -> None:
    assert ago(NOW - timedelta(seconds=seconds), NOW) == expected


def test_the_exact_time_is_shown_in_utc() -> None:
    assert moment_text(datetime.fromisoformat("2026-11-22T01:05:00+02:00")) == "21 November 2026, 23:05 UTC"


def test_numbers_are_grouped() -> None:
    assert number(1234567) == "1,234,567"
