"""Logos of apps: every uploaded picture is re-encoded, small, without anything else from its file."""

from __future__ import annotations

import base64
import functools
import hashlib
import io
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

SIDE = 96
MOST_BYTES = 512 << 10
MOST_PIXELS = 1_024  # per side; checked before anything is decoded
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MIXED_AS_THEY_ARE = frozenset({"L", "RGB", "RGBA"})  # modes that can be scaled without a conversion
# A JPEG may draw its pixels again in each scan, thousands of times in a small file; real ones have about ten.
START_OF_SCAN = b"\xff\xda"
MOST_SCANS = 50
# A picture takes many times as much memory as its file, so a process re-encodes one at a time.
DRAWING = threading.Lock()
WAIT_SECONDS = 1.0  # to wait at most for its turn, while it holds a thread that other requests need

# Of texts in a PNG, which are read before its pixels and can expand a thousandfold.
MOST_TEXT_BYTES = 1 << 20

ALLOWED = f"PNG, JPEG, WebP or GIF, at most {MOST_BYTES >> 10} KiB and {MOST_PIXELS:,} pixels wide and high"
REASONS = {
    "too_large": f"At most {MOST_BYTES >> 10} KiB, and this file has more. Save it smaller: it is shown at {SIDE} × "
    f"{SIDE} pixels.",
    "too_wide": f"At most {MOST_PIXELS:,} pixels wide and high, and this picture has more. Save it smaller: it is "
    f"shown at {SIDE} × {SIDE} pixels.",
    "no_picture": "This file cannot be read as a picture. Save it as PNG, JPEG, WebP or GIF, and choose it again.",
    "busy": "The server is busy with other pictures. Choose this one again, and submit again.",
    "too_many": "You sent too many pictures within an hour. Leave the logo out for now, or choose it again in an hour.",
}
REFUSED = "refused:"


class LogoRefused(ValueError):
    """The file can't be a logo; the message says why and what to do."""

    def __init__(self, reason: str) -> None:
        super().__init__(REASONS[reason])
        self.reason = reason


@functools.cache
def pillow() -> SimpleNamespace:
    """Pillow, imported for the first picture: a server that gets none starts sooner, and is smaller."""
    from PIL import Image, ImageOps, PngImagePlugin

    PngImagePlugin.MAX_TEXT_MEMORY = MOST_TEXT_BYTES
    return SimpleNamespace(Image=Image, ImageOps=ImageOps)


def draw(content: bytes) -> bytes:
    """A PNG of SIDE × SIDE pixels: the whole picture, centered in a transparent square.

    A logo made here comes out unchanged. Raises LogoRefused.
    """
    if len(content) > MOST_BYTES:
        raise LogoRefused("too_large")
    if not DRAWING.acquire(timeout=WAIT_SECONDS):
        raise LogoRefused("busy")
    try:
        return drawn(content, FORMATS, MOST_PIXELS)
    finally:
        DRAWING.release()


def drawn(content: bytes, formats: tuple[str, ...], most_pixels: int) -> bytes:
    image_module = pillow().Image
    try:
        image = image_module.open(io.BytesIO(content), formats=formats)
        if max(image.size) > most_pixels:
            raise LogoRefused("too_wide")
        if image.format == "JPEG" and content.count(START_OF_SCAN) > MOST_SCANS:
            raise LogoRefused("no_picture")
        return on_a_square(image)
    except LogoRefused:
        raise
    except image_module.DecompressionBombError:
        raise LogoRefused("too_wide") from None
    except Exception as error:  # what Pillow raises for a broken file is not documented
        raise LogoRefused("no_picture") from error


def on_a_square(image: Image.Image) -> bytes:
    made = pillow()
    image.draft(None, (2 * SIDE, 2 * SIDE))  # a JPEG can be decoded at a smaller size
    if image.mode not in MIXED_AS_THEY_ARE or "transparency" in image.info:
        image = image.convert("RGBA")
    # Each step makes another copy, so scale the picture down first.
    small = made.ImageOps.contain(image, (SIDE, SIDE), made.Image.Resampling.LANCZOS)
    fitted = made.ImageOps.exif_transpose(small).convert("RGBA")
    square = made.Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
    square.paste(fitted, ((SIDE - fitted.width) // 2, (SIDE - fitted.height) // 2))
    png = io.BytesIO()
    square.save(png, "PNG", optimize=True)
    return png.getvalue()


def version_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


# A form keeps a logo as text, so that it is still there after a page that asks something else first.


def as_text(uploaded: bytes) -> str:
    """The logo made from this file, or the reason why there is none, as `of_text` reads it."""
    try:
        return base64.b64encode(draw(uploaded)).decode()
    except LogoRefused as refused:
        return REFUSED + refused.reason


def of_text(text: str) -> bytes:
    """The logo, re-encoded again, as the text comes from a browser; that is cheap, as it is small already.

    Raises LogoRefused.
    """
    reason = text.removeprefix(REFUSED)
    if reason != text and reason in REASONS:
        raise LogoRefused(reason)
    try:
        return drawn(base64.b64decode(text, validate=True), ("PNG",), SIDE)
    except ValueError:  # including LogoRefused: no form of ours carries anything else
        raise LogoRefused("no_picture") from None
