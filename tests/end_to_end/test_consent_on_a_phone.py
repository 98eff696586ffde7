"""Consent on a phone: warning, page and buttons with the longest name there can be; without a script too."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from end_to_end.chromium import Open, Window
from end_to_end.running import App, Person, Service
from end_to_end.test_axe import AXE_SCRIPT, LOOKS, violations
from end_to_end.test_more_in_chromium import request_of

PHONE = {"width": 360, "height": 640}
LONGEST = "Wo" * 40
SCOPES = ("read:profile", "read:data", "read:billing")


@pytest.fixture
def app(service: Service, developer: Person) -> App:
    return service.app(developer, "https://figures.example/callback", scopes=SCOPES, name=LONGEST)


def is_in_view(window: Window, where: Any) -> bool:
    box = where.bounding_box()
    return bool(box["y"] >= 0 and box["y"] + box["height"] <= PHONE["height"])


def open_question(window: Window, service: Service, app: App, person: Person) -> None:
    window.enter(person)
    window.open("/oauth/authorize?" + urlencode(request_of(app, " ".join(SCOPES))))


@pytest.mark.parametrize("script", [True, False])
def test_not_verified_and_the_buttons_are_in_view_with_the_longest_name(
    service: Service, app: App, new_window: Open, script: bool
) -> None:
    window = new_window(viewport=PHONE, java_script_enabled=script)
    open_question(window, service, app, service.person().sign_up())
    window.shows(f"Do you know {LONGEST}?")
    assert is_in_view(window, window.page.get_by_text("not verified", exact=True))
    window.click("button", "Continue")
    window.page.get_by_role("button", name="Allow").wait_for()
    assert is_in_view(window, window.page.get_by_text("not verified", exact=True))
    assert is_in_view(window, window.page.get_by_role("button", name="Allow"))


@pytest.mark.skipif(not AXE_SCRIPT, reason="axe-core is missing: pip install -e '.[dev]'")
def test_the_warning_is_accessible_and_fits_in_both_themes_and_widths(
    service: Service, app: App, new_window: Open
) -> None:
    window = new_window(viewport=PHONE, reduced_motion="reduce")
    open_question(window, service, app, service.person().sign_up())
    window.page.evaluate(AXE_SCRIPT)
    for width, theme, rules in LOOKS:
        window.page.set_viewport_size({"width": width, "height": 640})
        window.page.emulate_media(color_scheme=theme)
        needed, there = window.width()
        assert needed <= there
        assert violations(window, rules) == []
