"""A checked token, and what an access token's text tells by itself: garbage is refused without asking anybody."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import NamedTuple

SHAPE = re.compile(r"oat_[A-Za-z0-9_-]{86}")
REFERENCE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Token:
    """What a good access token stands for (RFC 7662 §2.2)."""

    subject: str | None
    """Whom it acts for: a user's stable id, or None for a token without a user."""
    client_id: str
    """The app that it was given to."""
    scopes: tuple[str, ...]
    """All that it may be used for, not only what was asked about."""
    expires_at: int
    """Seconds since the epoch."""
    audience: tuple[str, ...] = ()
    """The resource URIs it was narrowed to (RFC 8707); empty where it was not, and where `/oauth/verify` was asked,
    which does not tell."""
    limits: tuple[tuple[str, str], ...] = ()
    """`RateLimit` header fields for the caller; empty where the answer was kept from an earlier call."""


class Reference(NamedTuple):
    """By these a message names what ended."""

    client_id: str
    family_id: str


def is_one_of_ours(text: str) -> bool:
    return SHAPE.fullmatch(text) is not None


def reference(text: str) -> Reference:
    """The public references in an access token of the right shape."""
    data = urlsafe_b64decode(text[len("oat_") :] + "==")
    client, family = data[:REFERENCE_BYTES], data[REFERENCE_BYTES : 2 * REFERENCE_BYTES]
    return Reference("cli_" + client.hex(), "fam_" + family.hex())
