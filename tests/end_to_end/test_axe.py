"""Every page in Chromium, in both themes and two widths: axe-core finds nothing, and nothing is too wide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from conftest import skip_or_fail
from end_to_end.chromium import Window
from end_to_end.example import Example
from every_page import PAGES, Page

try:
    from axe_playwright_python.base import AXE_SCRIPT
except ImportError:
    AXE_SCRIPT = ""

# A theme changes only colors, and a width changes none.
EVERYTHING: dict[str, Any] = {}
COLORS: dict[str, Any] = {"runOnly": ["color-contrast"]}
LOOKS = ((1440, "light", EVERYTHING), (1440, "dark", COLORS), (360, "light", EVERYTHING))


@pytest.fixture
def open_page(chromium: Any, example: Example) -> Iterator[Any]:
    """Opens a page, and closes its window in the end."""
    windows: list[Window] = []

    def open_page(page: Page) -> Window:
        window, status = example.shown(chromium, page)
        windows.append(window)
        assert status == page.status
        return window

    yield open_page
    for window in windows:
        window.page.close()


def violations(window: Window, rules: dict[str, Any]) -> list[str]:
    """Each as its rule, what that asks for, and the elements that break it."""
    options = {"resultTypes": ["violations"], **rules}
    found = window.page.evaluate("options => axe.run(options).then(found => found.violations)", options)
    return [
        f"{one['id']}: {one['help']}: " + "; ".join(f"{node['target']} {node['html'][:120]}" for node in one["nodes"])
        for one in found
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_accessible_and_fits_in_both_themes_and_widths(open_page: Any, page: Page) -> None:
    if not AXE_SCRIPT:
        skip_or_fail("axe-core is missing: pip install -e '.[dev]'")
    window = open_page(page)
    window.page.evaluate(AXE_SCRIPT)
    wrong = []
    for width, theme, rules in LOOKS:
        window.page.set_viewport_size({"width": width, "height": 900})
        window.page.emulate_media(color_scheme=theme)
        needed, there = window.width()
        if needed > there:
            wrong.append(f"{width}: needs {needed} pixels")
        wrong += [f"{width} {theme}: {violation}" for violation in violations(window, rules)]
    assert wrong == []
    assert window.complaints == []
