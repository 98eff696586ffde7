"""Blocks of code in color: nothing of the code is lost, and both themes can be read."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest

from oauthsrv.pages.highlighting import CLASSES, CODE_LANGUAGES, LONGEST, highlighted
from oauthsrv.places import STATIC

SAMPLE = 'export A="b c" # d\nif a == 1 then \'e\' & <f>\n\n  {"g": [1, true]}  \n\tGET /h HTTP/1.1'


@pytest.mark.parametrize("language", CODE_LANGUAGES)
def test_every_language_keeps_every_character(language: str) -> None:
    escaped = SAMPLE.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&#34;")
    assert "".join(text for _, text in highlighted(language, f"\n{escaped}\n")) == SAMPLE


def test_parts_are_colored_by_what_they_are() -> None:
    assert highlighted("python", 'if a: return "b", 1  # c') == [
        *(("code-keyword", "if"), ("", " a: "), ("code-keyword", "return"), ("", " "), ("code-string", '"b"')),
        *(("", ", "), ("code-number", "1"), ("", "  "), ("code-comment", "# c")),
    ]


@pytest.mark.parametrize("language", [name for name, language in CODE_LANGUAGES.items() if language.lexer])
@pytest.mark.parametrize("unit", ["'", '"', "\\", "${", "<!--", "((", "a=", "/*", "{{", "\n ", "@\t", "&#"])
def test_rule_12_hostile_values_in_a_program_cost_little(language: str, unit: str) -> None:
    """Redirect URIs stand in programs. A pattern that backtracks would take minutes for these."""
    started = time.process_time()
    highlighted(language, unit * (2000 // len(unit)))
    assert time.process_time() - started < 2


def test_what_is_longer_than_any_program_is_shown_plain() -> None:
    assert highlighted("python", "1" * (LONGEST + 1)) == [("", "1" * (LONGEST + 1))]


def test_a_server_that_shows_no_code_does_not_load_pygments() -> None:
    program = "import sys, oauthsrv.app; sys.exit(any(name.split('.')[0] == 'pygments' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def themes() -> list[dict[str, str]]:
    """The tokens of the light theme, and those of the dark one."""
    blocks = re.findall(r":root \{(.*?)\}", (STATIC / "oauthsrv.css").read_text(), re.S)
    return [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in blocks if "--ink:" in block]


def luminance(color: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_code_can_be_read_in_both_themes() -> None:
    colors = {name for _, name in CLASSES} - {"code-comment"}
    for theme in (light_and_dark := themes()):
        assert colors <= set(theme)
        for name in (*colors, "ink-soft"):
            assert contrast(theme[name], theme["surface"]) >= 4.5, (name, theme[name])
    assert len(light_and_dark) == 2
