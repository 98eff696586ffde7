"""Names as long as they may be, without a space: they break, and push nothing off a page."""

from __future__ import annotations

import secrets

from end_to_end.chromium import Open
from end_to_end.running import Service

PAGES = ("/developer/apps", *(f"/developer/apps/<id>{page}" for page in ("", "/team", "/activity", "/danger")))


def test_the_longest_name_of_an_app_fits_on_every_screen(service: Service, new_window: Open) -> None:
    owner = service.added_person("--name", "N" * 100)
    name = secrets.token_hex(4) + "W" * 72
    added = service.installation.made(
        *("apps", "add", name, "--owner", owner.email, "--type", "public", "--scope", "read:data"),
        *("--redirect-uri", f"https://{'a' * 60}.example/{'b' * 100}"),
    )
    window = new_window()
    window.enter(owner)
    for page in PAGES:
        window.open(page.replace("<id>", added["client_id"]))
        for width in (1280, 640, 360):
            window.page.set_viewport_size({"width": width, "height": 800})
            needed, there = window.width()
            assert needed <= there, (page, width)
