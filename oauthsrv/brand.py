"""The product whose users sign in here: its name, logo, color and addresses, from the settings."""

import functools
import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from oauthsrv.colors import Accent
from oauthsrv.setting_values import HOST_NAME, check_issuer, check_printable

LONGEST_NAME = 60
MOST_BYTES = 256 << 10
MOST_PIXELS = 2048  # per side
CONTENT_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
SVG = "image/svg+xml"
KINDS = "PNG, JPEG, WebP, GIF or SVG"
WORDMARK = 1.6  # times as wide as high: such a logo contains the name

LINK = re.compile(r"(?P<origin>https?://[^/?#@]+)(?:[/?#][!-~]*)?\Z", re.IGNORECASE)
MAIL = re.compile(r"mailto:[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?P<host>[a-z0-9.-]+)\Z")


class Static(NamedTuple):
    """A file that pages refer to by an address that contains its version."""

    content: bytes
    content_type: str
    version: str


def static(content: bytes, content_type: str) -> Static:
    return Static(content, content_type, hashlib.sha256(content).hexdigest()[:16])


class Picture(NamedTuple):
    file: Static
    width: int
    height: int

    @property
    def is_wordmark(self) -> bool:
        return self.width >= WORDMARK * self.height


@dataclass(frozen=True, kw_only=True)
class Brand:
    """The product's appearance on every page; None for what is not set."""

    name: str
    pictures: tuple[Picture, ...]
    accent: Accent | None
    support_url: str | None
    terms_url: str | None
    privacy_url: str | None

    @property
    def logo(self) -> Picture | None:
        return self.pictures[0] if self.pictures else None

    @property
    def dark_logo(self) -> Picture | None:
        """The logo for dark backgrounds, if there is a separate one."""
        return self.pictures[1] if len(self.pictures) > 1 else None

    @property
    def links(self) -> list[tuple[str, str]]:
        """The links below every page, as (address, text)."""
        urls = ((self.support_url, "Support"), (self.terms_url, "Terms"), (self.privacy_url, "Privacy"))
        return [(url, text) for url, text in urls if url]

    @functools.cached_property
    def files(self) -> dict[str, Static]:
        """The files that pages use, by the last part of their addresses."""
        files = {name: picture.file for name, picture in zip(("logo", "logo-dark"), self.pictures, strict=False)}
        if self.accent:
            files["brand.css"] = static(self.accent.css.encode(), "text/css; charset=utf-8")
        return files


def check_product_name(text: str) -> str:
    name = " ".join(text.split())
    if len(name) > LONGEST_NAME:
        raise ValueError(f"a name has at most {LONGEST_NAME} characters, and this has {len(name)}")
    if not name.isprintable() or not any(character.isalnum() for character in name):
        raise ValueError("a name has a letter or digit, and no invisible characters")
    return name


def check_link(text: str) -> str:
    match = LINK.match(check_printable(text))
    if not match:
        raise ValueError("it must begin with https://, and characters outside ASCII are percent-encoded")
    check_issuer(match["origin"].lower())
    return text


def check_support(text: str) -> str:
    """A page, or an email address after mailto:."""
    if not text.startswith(("mailto:", "https:", "http:")):
        raise ValueError("it must begin with https:// or mailto:")
    if not text.startswith("mailto:"):
        return check_link(text)
    match = MAIL.match(text)
    if not match or not HOST_NAME.match(match["host"]):
        raise ValueError("after mailto: it needs one email address")
    return text


def check_logo(text: str) -> tuple[Picture, ...]:
    """One file, or two separated by a comma, for light and dark backgrounds."""
    paths = [Path(part.strip()).expanduser() for part in text.split(",")]
    if len(paths) > 2:
        raise ValueError("at most two files: for the light and for the dark theme")
    return tuple(picture(path) for path in paths)


def picture(path: Path) -> Picture:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    if len(content) > MOST_BYTES:
        raise ValueError(f"{path} has more than {MOST_BYTES >> 10} KiB")
    try:
        return drawing(content) if b"<svg" in content else photograph(content)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def photograph(content: bytes) -> Picture:
    from PIL import Image  # takes longer to import than all settings take to read

    try:
        with Image.open(io.BytesIO(content), formats=tuple(CONTENT_TYPES)) as image:
            size, content_type = image.size, CONTENT_TYPES[str(image.format)]
            if max(size) <= MOST_PIXELS:
                image.load()
    except Exception:  # what Pillow raises for a broken file is not documented
        raise ValueError(f"it is not a picture ({KINDS})") from None
    if max(size) > MOST_PIXELS:
        raise ValueError(f"it has more than {MOST_PIXELS:,} pixels on a side; pages show it 32 pixels high")
    return Picture(static(content, content_type), *size)


# An SVG is a document that may contain scripts. It is sent so that none runs (routes.files), and refused if it has any.
ACTIVE = re.compile(rb"<script|<foreignObject|<!DOCTYPE|<!ENTITY|\son[a-z]+\s*=|javascript:", re.IGNORECASE)


def drawing(content: bytes) -> Picture:
    # Imported where there is such a logo: it takes memory that other servers never need.
    from xml.etree import ElementTree

    if ACTIVE.search(content):
        raise ValueError("it contains a script or a document type; export it as a plain SVG")
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 (the operator's own file, without entities)
        width, height = (float(number) for number in re.split(r"[\s,]+", root.attrib["viewBox"].strip())[2:])
    except (ElementTree.ParseError, KeyError, ValueError):
        raise ValueError("it is not an SVG with a viewBox") from None
    if not 0 < width < float("inf") or not 0 < height < float("inf"):
        raise ValueError("its viewBox is empty")
    return Picture(static(content, SVG), round(width) or 1, round(height) or 1)
