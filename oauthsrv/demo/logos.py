"""Logos: the first letter of an app's name on a square of its colour."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont

SIDE = 96


def letter(name: str, colour: str) -> bytes:
    """A PNG."""
    image = Image.new("RGB", (SIDE, SIDE), colour)
    ImageDraw.Draw(image).text(
        (SIDE / 2, SIDE / 2), name[0], fill="white", font=ImageFont.load_default(SIDE * 0.6), anchor="mm"
    )
    png = io.BytesIO()
    image.save(png, "PNG", optimize=True)
    return png.getvalue()
