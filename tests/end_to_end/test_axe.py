"""Every page in Chromium, in both themes and two widths: axe-core finds nothing, nothing is too wide, keys suffice."""

from __future__ import annotations

from typing import Any

import pytest

from end_to_end.chromium import Window
from end_to_end.example import Example
from every_page import PAGES, Page
from missing import skip_or_fail

try:
    from axe_playwright_python.base import AXE_SCRIPT
except ImportError:
    AXE_SCRIPT = ""

# A theme changes only colors.
EVERYTHING: dict[str, Any] = {}
COLORS: dict[str, Any] = {"runOnly": ["color-contrast"]}
# The first rows of a table stand for all, which would take minutes.
FIRST_ROWS = """document.querySelectorAll("tr:nth-child(n+13)").forEach((row) => row.remove())"""
# What has no href is a link of a preview.
FOCUS = """() => {
    document.querySelectorAll("tr:nth-child(n+3), nav li:nth-child(n+3)").forEach((row) => row.remove());
    document.querySelectorAll("details").forEach((details) => (details.open = true));
    const problem = (control) => {
        control.focus({focusVisible: true});
        const style = getComputedStyle(control), box = control.getBoundingClientRect();
        if (document.activeElement !== control || control.tabIndex > 0) return "is out of the order";
        if (style.outlineStyle === "none" && style.boxShadow === "none") return "does not show that it has the focus";
        if (box.right <= 0 || box.bottom <= 0 || box.left >= innerWidth || box.top >= innerHeight) return "is hidden";
        return "";
    };
    return [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
        .filter((one) => one.type !== "hidden" && one.tabIndex !== -1)
        .filter((one) => one.checkVisibility({visibilityProperty: true}))
        .map((one) => [problem(one), one.outerHTML.slice(0, 120)].join(": "))
        .filter((line) => !line.startsWith(":"));
}"""
LOOKS = ((1440, "light", EVERYTHING), (1440, "dark", COLORS), (360, "light", EVERYTHING))


def violations(window: Window, rules: dict[str, Any]) -> list[str]:
    """Each as its rule, what that asks for, and the elements that break it."""
    options = {"resultTypes": ["violations"], **rules}
    found = window.page.evaluate("options => axe.run(options).then(found => found.violations)", options)
    return [
        f"{one['id']}: {one['help']}: " + "; ".join(f"{node['target']} {node['html'][:120]}" for node in one["nodes"])
        for one in found
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_accessible_and_fits_in_both_themes_and_widths(chromium: Any, example: Example, page: Page) -> None:
    if not AXE_SCRIPT:
        skip_or_fail("axe-core is missing: pip install -e '.[dev]'")
    window, status = example.shown(chromium, page)
    assert status == page.status
    window.page.evaluate(FIRST_ROWS)
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
    assert window.page.evaluate(FOCUS) == []
    assert window.complaints == []


def test_tab_goes_through_a_page_in_order_and_enter_opens_its_details(chromium: Any, example: Example) -> None:
    """With the keyboard alone, on the page with the most kinds of controls; the other pages have the same ones."""
    window, _ = example.shown(chromium, next(page for page in PAGES if page.name == "developer-new"))
    page = window.page
    page.evaluate("""() => {
        window.passed = [];
        document.addEventListener("focusin", (event) => passed.push(event.target));
    }""")
    is_at = "selector => document.activeElement.matches(selector)"
    for selector in ("a.skip", "[name=type]", "[name=name]", "summary", "main button.primary"):
        for _ in range(50):
            page.keyboard.press("Tab")
            if page.evaluate(is_at, selector):
                break
        else:
            pytest.fail(f"Tab never reaches {selector}")
        if selector == "[name=type]":
            page.keyboard.press("Space")
        if selector == "summary":
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.parentElement.open")
    in_order = "passed.every((one, at) => !at || passed[at - 1].compareDocumentPosition(one) & 4)"
    assert page.evaluate(in_order)
