"""Base64url without padding, in its one canonical spelling (RFC 4648 §3.5, §5)."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

ALPHABET = re.compile(r"[A-Za-z0-9_-]*")


def encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str, length: int) -> bytes | None:
    """The `length` bytes that `text` encodes; None for any other text, also one that differs only in unused bits.

    Otherwise one token would have several spellings, each with a hash of its own.
    """
    # Python's decoder skips characters outside the alphabet, so the alphabet is checked first.
    if len(text) != (length * 8 + 5) // 6 or not ALPHABET.fullmatch(text):
        return None
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return data if encode(data) == text else None
