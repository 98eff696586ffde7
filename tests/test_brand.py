"""The product's brand: what its settings may say, and how a wrong one is refused."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image

from oauthsrv import colors
from oauthsrv.config import SettingError, load
from oauthsrv.places import STATIC

DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}"><path d="M0 0h9"/></svg>'


def refusal(**environ: str) -> str:
    with pytest.raises(SettingError) as raised:
        load(environ)
    return str(raised.value)


def painted(kind: str, size: tuple[int, int] = (64, 64)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "navy").save(file, kind)
    return file.getvalue()


def logo(folder: Path, content: bytes | str, name: str = "logo") -> str:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_logo_is_a_picture_of_a_kind_that_browsers_show(tmp_path: Path, kind: str) -> None:
    content = painted(kind)
    brand = load({"OAUTHSRV_LOGO": logo(tmp_path, content)}).brand
    assert brand.logo
    assert brand.logo.file.content == content
    assert brand.logo.file.content_type == f"image/{kind.lower()}"
    assert not brand.logo.is_wordmark
    assert brand.dark_logo is None


def test_two_files_are_for_the_light_and_the_dark_theme(tmp_path: Path) -> None:
    light, dark = logo(tmp_path, painted("PNG")), logo(tmp_path, DRAWING.format(size="300 40"), "dark.svg")
    brand = load({"OAUTHSRV_LOGO": f"{light}, {dark}"}).brand
    assert brand.dark_logo
    assert (brand.dark_logo.file.content_type, brand.dark_logo.is_wordmark) == ("image/svg+xml", True)
    assert len({file.version for file in brand.files.values()}) == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a picture"),
        (b"MZ", "not a picture"),
        (painted("BMP"), "not a picture"),
        (painted("PNG")[:40], "not a picture"),
        (painted("PNG", (2049, 1)), "more than 2,048 pixels"),
        (b" " * (256 << 10) + b"x", "more than 256 KiB"),
        ("<svg xmlns='http://www.w3.org/2000/svg'/>", "viewBox"),
        (DRAWING.format(size="0 40"), "viewBox is empty"),
        (DRAWING.format(size="nan 40"), "viewBox is empty"),
        ("<svg", "not an SVG"),
        ("<svg viewBox='0 0 9 9'><script>alert(1)</script></svg>", "script"),
        ("<svg viewBox='0 0 9 9' onload='alert(1)'/>", "script"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><svg viewBox='0 0 9 9'/>", "document type"),
    ],
)
def test_any_other_file_is_refused_by_its_name(tmp_path: Path, content: bytes | str, reason: str) -> None:
    message = refusal(OAUTHSRV_LOGO=logo(tmp_path, content))
    assert message.startswith(f"OAUTHSRV_LOGO is wrong: {tmp_path}/logo")
    assert reason in message


def test_a_logo_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "No such file" in refusal(OAUTHSRV_LOGO=f"{tmp_path}/none.png")
    assert "at most two files" in refusal(OAUTHSRV_LOGO="a, b, c")


def test_the_themes_have_the_backgrounds_of_the_stylesheet() -> None:
    stylesheet = (STATIC / "oauthsrv.css").read_text()
    for theme, found in zip(
        (colors.LIGHT, colors.DARK),
        zip(re.findall(r"--paper: (\S+);", stylesheet), re.findall(r"--surface: (\S+);", stylesheet), strict=True),
        strict=True,
    ):
        assert theme.backgrounds == found


def test_contrast_is_measured_as_wcag_does() -> None:
    assert colors.ratio("#ffffff", "#000000") == pytest.approx(21)
    assert colors.ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("color", ["#1f5fa8", "#7a1fa8", "#0a0a0a", "#A3232B", "#006b3a"])
def test_one_color_gets_a_tone_for_the_dark_theme(color: str) -> None:
    accent = load({"OAUTHSRV_ACCENT": color}).accent
    assert accent
    assert accent.light == color.lower()
    assert colors.contrast(accent.dark, colors.DARK) >= colors.COMFORTABLE
    assert accent.light in accent.css
    assert accent.dark in accent.css


@pytest.mark.parametrize(
    ("setting", "theme"), [("#ffcc00", "light"), ("#777777", "light"), ("#1f5fa8, #1f5fa8", "dark")]
)
def test_a_color_that_is_hard_to_read_is_refused_with_one_that_is_not(setting: str, theme: str) -> None:
    message = refusal(OAUTHSRV_ACCENT=setting)
    found = re.search(r"has a contrast of ([0-9.]+):1 in the (\w+) theme, and text needs 4.5:1; try (#\w{6})", message)
    assert found
    assert float(found[1]) < 4.5
    assert found[2] == theme
    assert load({"OAUTHSRV_ACCENT": found[3] if theme == "light" else f"#1f5fa8, {found[3]}"}).accent


@pytest.mark.parametrize(
    "color", ["blue", "#fff", "1f5fa8", "#1f5fa8;}", "#1f5fa8, ", "#1f5fa8, #8ab8f0, #8ab8f0", ","]
)
def test_what_is_no_color_never_reaches_the_stylesheet(color: str) -> None:
    assert "is not a color such as #1f5fa8" in refusal(OAUTHSRV_ACCENT=color)


@pytest.mark.parametrize("name", ["x" * 61, "…", "Ac\u202eme", "Ac\u200bme", "A\x07"])
def test_a_name_is_short_and_visible(name: str) -> None:
    assert "a name has" in refusal(OAUTHSRV_NAME=name)
    assert load({"OAUTHSRV_NAME": "  Acme   Ünlimited & Co. "}).brand.name == "Acme Ünlimited & Co."


@pytest.mark.parametrize("setting", ["OAUTHSRV_SUPPORT_URL", "OAUTHSRV_TERMS_URL", "OAUTHSRV_PRIVACY_URL"])
@pytest.mark.parametrize(
    "url",
    [
        *("javascript:alert(1)", "data:text/html,x", "//acme.example", "acme.example/terms", "ftp://acme.example"),
        *("http://acme.example/terms", "https://", "https://a b.example", "https://acme.example/é"),
        *("https://user@acme.example/", "https://-.example/x", "mailto:", "mailto:a@b@c", "mailto:a@-"),
    ],
)
def test_an_address_is_a_page_that_a_browser_opens_safely(setting: str, url: str) -> None:
    assert f"{setting} is wrong: " in refusal(**{setting: url})


def test_addresses_are_kept_as_they_were_written() -> None:
    settings = load(
        {
            "OAUTHSRV_SUPPORT_URL": "mailto:help@acme.example",
            "OAUTHSRV_TERMS_URL": "https://Acme.example:8443/terms?v=2#all",
            "OAUTHSRV_PRIVACY_URL": "http://127.0.0.1:9000/privacy",
        }
    )
    assert settings.brand.links == [
        ("mailto:help@acme.example", "Support"),
        ("https://Acme.example:8443/terms?v=2#all", "Terms"),
        ("http://127.0.0.1:9000/privacy", "Privacy"),
    ]
