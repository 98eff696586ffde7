"""The one script in real Chromium: what it adds to pages, which are whole without it."""

from __future__ import annotations

from typing import Any

import pytest

from end_to_end.chromium import Open
from end_to_end.running import Service

GUIDE = "/developer/docs/refresh"


@pytest.fixture
def copied(new_window: Open, service: Service) -> Any:
    """A guide, in a browser that lets its pages write to the clipboard."""
    window = new_window(permissions=["clipboard-read", "clipboard-write"])
    window.open(GUIDE)
    return window.page


def test_a_button_copies_what_stands_beside_it(copied: Any) -> None:
    field = copied.locator("[data-copy]").first
    field.get_by_role("button", name="Copy").click()
    field.get_by_role("button", name="Copied").wait_for()
    assert copied.evaluate("navigator.clipboard.readText()") == field.locator("code").inner_text()
    field.get_by_role("button", name="Copy", exact=True).wait_for()


def test_what_is_copied_by_hand_holds_no_button_and_no_label(copied: Any) -> None:
    copied.locator(".code button").first.wait_for()
    copied.keyboard.press("Control+a")
    copied.keyboard.press("Control+c")
    text = copied.evaluate("navigator.clipboard.readText()")
    assert "grant_type=refresh_token" in text
    assert not {"Copy", "Shell", "JSON"} & {line.strip() for line in text.splitlines()}


def test_where_copying_is_refused_it_selects_all_of_it(copied: Any) -> None:
    copied.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')) }")
    field = copied.locator("[data-copy]").first
    field.get_by_role("button", name="Copy").click()
    field.get_by_role("button", name="Selected").wait_for()
    assert copied.evaluate("String(getSelection())") == field.locator("code").inner_text()


def test_without_it_there_is_no_button_that_does_nothing(new_window: Open) -> None:
    window = new_window(java_script_enabled=False)
    window.open(GUIDE)
    assert window.page.locator("[data-copy]").count() > 0
    assert window.page.locator("[data-copy] button").count() == 0


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_the_sidebar_is_a_menu_on_a_phone(new_window: Open, java_script_enabled: bool) -> None:
    window = new_window(viewport={"width": 360, "height": 800}, java_script_enabled=java_script_enabled)
    window.open("/developer/docs/mcp")
    link = window.page.locator(".sidebar [aria-current]")
    assert not link.is_visible()
    window.page.locator(".sidebar summary").click()
    assert link.is_visible()
    window.page.set_viewport_size({"width": 1280, "height": 800})
    window.page.reload()
    assert link.is_visible()
    assert not window.page.locator(".sidebar summary").is_visible()
