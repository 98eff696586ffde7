"""The accent color of pages: one for each theme, readable on that theme's backgrounds (WCAG 2.2, 1.4.3)."""

import colorsys
import re
from typing import NamedTuple

LEAST = 4.5  # contrast of text
COMFORTABLE = 7.0  # contrast of a tone that we choose
COLOR = re.compile(r"#[0-9a-f]{6}\Z")


class Theme(NamedTuple):
    """The surroundings of the accent: both backgrounds behind a link under the pointer, and a button's text on it."""

    name: str
    backgrounds: tuple[str, ...]  # the stylesheet's --paper and --surface
    step: float  # of lightness, towards more contrast


LIGHT = Theme("light", ("#fbfaf8", "#ffffff"), -0.01)
DARK = Theme("dark", ("#14171c", "#1c2027"), 0.01)


class Accent(NamedTuple):
    light: str
    dark: str

    @property
    def css(self) -> str:
        dark = f"@media (prefers-color-scheme: dark) {{ :root {{ --accent: {self.dark}; }} }}"
        return f":root {{ --accent: {self.light}; }}\n{dark}\n"


def check_accent(text: str) -> Accent:
    """One color for the light theme, or two for light and dark. Otherwise a tone for the dark theme is derived."""
    light, comma, dark = (part.strip().lower() for part in text.partition(","))
    check_contrast(light, LIGHT)
    return Accent(light, check_contrast(dark, DARK) if comma else readable(light, DARK, COMFORTABLE))


def check_contrast(color: str, theme: Theme) -> str:
    if not COLOR.match(color):
        raise ValueError(f"{color!r} is not a color such as #1f5fa8; two are separated by a comma")
    least = contrast(color, theme)
    if least < LEAST:
        raise ValueError(
            f"{color} has a contrast of {int(least * 10) / 10}:1 in the {theme.name} theme, and text needs {LEAST}:1; "
            f"try {readable(color, theme, LEAST)}"
        )
    return color


def readable(color: str, theme: Theme, least: float) -> str:
    """The nearest tone of the same hue with at least this contrast."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*channels(color))
    tone = color
    while contrast(tone, theme) < least:
        lightness = min(max(lightness + theme.step, 0.0), 1.0)
        tone = "#" + "".join(f"{round(part * 255):02x}" for part in colorsys.hls_to_rgb(hue, lightness, saturation))
    return tone


def contrast(color: str, theme: Theme) -> float:
    """The lower of the color's contrasts with the theme's backgrounds."""
    return min(ratio(color, background) for background in theme.backgrounds)


def ratio(one: str, other: str) -> float:
    """The contrast ratio of WCAG, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels(color)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def channels(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue
