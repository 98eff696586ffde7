"""python tests/gallery.py [folder]: pictures of every page in both themes and two widths, and what is wrong there."""

from __future__ import annotations

import html
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # as for the tests, it is the checkout that is looked at

from end_to_end.chromium import Window, launched  # noqa: E402
from end_to_end.example import Example  # noqa: E402
from every_page import PAGES, Page  # noqa: E402

THEMES = ("light", "dark")
WIDTHS = (1440, 360)


def main(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    databases = Path(tempfile.mkdtemp(prefix="oas-"))
    databases.chmod(0o711)  # their user may pass
    example = Example(databases)
    wrong = []
    try:
        with launched() as chromium:
            for page in PAGES:
                for line in pictures(example, chromium, page, folder):
                    print(line, flush=True)
                    wrong.append(line)
    finally:
        example.close()
        shutil.rmtree(databases, ignore_errors=True)
    (folder / "index.html").write_text(index(), encoding="utf-8")
    print(f"{len(PAGES)} pages, {len(wrong)} complaints: {folder / 'index.html'}")
    return 1 if wrong else 0


def pictures(example: Example, chromium: Any, page: Page, folder: Path) -> Iterator[str]:
    """Takes them, and tells what is wrong."""
    try:
        window, status = example.shown(chromium, page)
    except Exception as error:  # the other pages are looked at all the same
        yield f"{page.name}: {str(error).splitlines()[0]}"
        return
    if status != page.status:
        yield f"{page.name}: status {status} instead of {page.status}"
    for width in WIDTHS:
        window.page.set_viewport_size({"width": width, "height": 900})
        for theme in THEMES:
            window.page.emulate_media(color_scheme=theme)
            window.page.screenshot(path=folder / f"{page.name}.{theme}.{width}.png", full_page=True)
        yield from too_wide(page, window, width)
    yield from (f"{page.name}: {complaint}" for complaint in window.complaints)


def too_wide(page: Page, window: Window, width: int) -> Iterator[str]:
    needed, there = window.width()
    if needed > there:
        yield f"{page.name}: needs {needed} pixels where {width} are"


def index() -> str:
    """The narrow ones stand beside the wide ones; a click shows a picture as it is."""
    rows = "\n".join(
        f'<h2 id="{page.name}">{page.name}</h2><p><code>{html.escape(page.path)}</code> {page.who}</p><div>'
        + "".join(
            f'<a href="{name}"><img loading="lazy" src="{name}" width="{width // 3}" alt="{theme}, {width}"></a>'
            for width in WIDTHS
            for theme in THEMES
            for name in [f"{page.name}.{theme}.{width}.png"]
        )
        + "</div>"
        for page in PAGES
    )
    return (
        '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Every page</title>'
        "<style>body{font:16px sans-serif;margin:2em}div{display:flex;gap:1em;align-items:start;flex-wrap:wrap}"
        f"img{{border:1px solid #999}}</style><h1>Every page</h1>\n{rows}\n</html>\n"
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "gallery"))
