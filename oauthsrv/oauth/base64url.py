"""Base64url without padding, in its one canonical spelling (RFC 4648 §3.5, §5)."""

import functools
import re
from binascii import a2b_base64, b2a_base64

# The possible last characters if 0, 2 or 4 of their bits are unused, as those must be zero.
LAST = {0: "[A-Za-z0-9_-]", 2: "[AEIMQUYcgkosw048]", 4: "[AQgw]"}
LENGTHS_KEPT = 100
URL_SAFE = bytes.maketrans(b"+/", b"-_")


def encode(data: bytes) -> str:
    return b2a_base64(data, newline=False).rstrip(b"=").translate(URL_SAFE).decode()


def decode(text: str, length: int) -> bytes | None:
    """The `length` bytes that `text` encodes; None for any other text, even one that differs only in unused bits.

    Otherwise one token would have several spellings, each with its own hash.
    """
    # Checked first: Python's decoder ignores characters outside the alphabet, and unused bits that are not zero.
    if not spelling(length).fullmatch(text):
        return None
    return a2b_base64(text.replace("-", "+").replace("_", "/") + "==")


@functools.lru_cache(LENGTHS_KEPT)
def spelling(length: int) -> re.Pattern[str]:
    """The pattern of all encodings of `length` bytes."""
    characters, spare = (length * 8 + 5) // 6, -length * 8 % 6
    return re.compile(f"[A-Za-z0-9_-]{{{characters - 1}}}{LAST[spare]}" if length else "")
