"""Logos: whatever is uploaded is re-encoded, or refused with a reason."""

from __future__ import annotations

import base64
import contextlib
import io
import random
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from oauthsrv import logos
from oauthsrv.logos import LogoRefused, draw


def picture(kind: str = "PNG", size: tuple[int, int] = (200, 100), mode: str = "RGB", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.effect_noise(size, 90).convert(mode).save(file, kind, **options)
    return file.getvalue()


def drawn(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(draw(content)))


def refused(content: bytes) -> str:
    with pytest.raises(LogoRefused) as caught:
        draw(content)
    assert str(caught.value) == logos.REASONS[caught.value.reason]
    return caught.value.reason


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *(("PNG", mode) for mode in ("RGB", "RGBA", "L", "LA", "P", "1", "I;16")),
        *(("JPEG", mode) for mode in ("RGB", "L", "CMYK")),
        *(("WEBP", "RGB"), ("WEBP", "RGBA"), ("GIF", "P")),
    ],
)
def test_every_picture_becomes_a_png_of_one_size(kind: str, mode: str) -> None:
    image = drawn(picture(kind, mode=mode))
    assert (image.format, image.size, image.mode) == ("PNG", (logos.SIDE, logos.SIDE), "RGBA")


def test_a_picture_that_is_no_square_stands_whole_in_the_middle_of_nothing() -> None:
    file = io.BytesIO()
    Image.new("RGB", (300, 100), "red").save(file, "PNG")
    image = drawn(file.getvalue())
    assert image.getpixel((48, 48)) == (255, 0, 0, 255)
    assert image.getpixel((0, 48)) == (255, 0, 0, 255)
    assert image.getpixel((48, 10)) == (0, 0, 0, 0)


def test_nothing_but_the_picture_is_left_of_a_file() -> None:
    exif = Image.Exif()
    exif[0x010E] = "A secret place"
    with_secrets = picture("JPEG", exif=exif, comment=b"A secret word")
    assert b"secret" in with_secrets
    again = draw(with_secrets + b"<script>secret</script>")
    assert b"secret" not in again
    assert drawn(again).info == {}


def test_a_picture_is_turned_as_its_camera_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = drawn(picture("JPEG", size=(300, 100), exif=exif))
    assert image.getpixel((10, 48)) == (0, 0, 0, 0)


def test_what_was_drawn_is_drawn_the_same_again() -> None:
    once = draw(picture("WEBP", mode="RGBA"))
    assert draw(once) == once
    assert logos.of_text(logos.as_text(once)) == once
    assert logos.version_of(once) != logos.version_of(draw(picture()))


def test_the_largest_logo_is_smaller_than_its_table_allows() -> None:
    assert len(draw(picture(size=(96, 96), mode="RGBA"))) <= 65_536


def test_rule_12_a_picture_too_wide_is_refused_before_it_is_decoded() -> None:
    file = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(file, "PNG")
    assert len(file.getvalue()) < logos.MOST_BYTES
    assert refused(file.getvalue()) == "too_wide"
    assert refused(picture(size=(1, logos.MOST_PIXELS + 1))) == "too_wide"
    draw(picture(size=(1, logos.MOST_PIXELS)))


def test_rule_12_a_file_too_large_is_refused_unread() -> None:
    assert refused(picture() + b"\0" * logos.MOST_BYTES) == "too_large"


def test_rule_12_a_jpeg_that_draws_its_pixels_again_and_again_is_refused() -> None:
    jpeg = picture("JPEG", progressive=True)
    scan = jpeg.rindex(logos.START_OF_SCAN)
    assert refused(jpeg[:-2] + jpeg[scan:-2] * logos.MOST_SCANS + jpeg[-2:]) == "no_picture"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a" + b"\xff" * 99,
        picture("BMP"),
        picture("TIFF"),
        picture("ICO"),
        picture("PDF"),
    ],
)
def test_what_is_no_picture_of_a_known_kind_is_refused(content: bytes) -> None:
    assert refused(content) == "no_picture"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_rule_12_a_broken_file_gives_a_logo_or_a_reason_and_nothing_else(kind: str) -> None:
    whole, chance = picture(kind, size=(60, 40), mode="P" if kind == "GIF" else "RGB"), random.Random(kind)
    for _ in range(100):
        broken = bytearray(whole[: chance.randrange(len(whole) // 2, len(whole))])
        for _ in range(chance.randrange(6)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        with contextlib.suppress(LogoRefused):
            draw(bytes(broken))


@pytest.mark.parametrize("text", ["", "A", "AAAA", "é", "refused:", "refused:by_nobody", "QUJD\n", "x" * 70_000])
def test_a_text_that_no_form_of_ours_carried_is_refused(text: str) -> None:
    with pytest.raises(LogoRefused):
        logos.of_text(text)


def test_a_form_carries_the_reason_for_a_refusal() -> None:
    with pytest.raises(LogoRefused) as caught:
        logos.of_text(logos.as_text(b"x" * (logos.MOST_BYTES + 1)))
    assert caught.value.reason == "too_large"


def test_rule_12_one_picture_is_drawn_at_a_time_and_nobody_waits_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logos, "WAIT_SECONDS", 0.01)
    small = logos.as_text(picture())
    with logos.DRAWING:
        assert refused(picture()) == "busy"
        assert logos.of_text(small), "what a form carries is small, and waits for nobody"
    assert draw(picture())


@pytest.mark.parametrize("size", [(97, 96), (96, 97), (1000, 1000)])
def test_rule_12_a_form_carries_a_small_png_and_nothing_larger(size: tuple[int, int]) -> None:
    for kind in ("PNG", "GIF"):
        with pytest.raises(LogoRefused) as caught:
            logos.of_text(base64.b64encode(picture(kind, size=size)).decode())
        assert caught.value.reason == "no_picture"


def test_rule_12_a_png_with_long_texts_is_refused() -> None:
    texts = PngImagePlugin.PngInfo()
    for number in range(3):
        texts.add_text(f"text{number}", "x" * 900_000, zip=True)
    long = picture(size=(96, 96), pnginfo=texts)
    assert len(long) < logos.MOST_BYTES
    assert refused(long) == "no_picture"
