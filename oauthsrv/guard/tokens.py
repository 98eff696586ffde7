"""A checked token, and what the text of an access token reveals, so that garbage is refused without a request."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import NamedTuple

SHAPE = re.compile(r"oat_[A-Za-z0-9_-]{86}")
REFERENCE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Token:
    """The claims of a good access token (RFC 7662 §2.2)."""

    subject: str | None
    """The user's stable id; of an app's own token, which has no user, the app's (RFC 9068 §2.2), or None."""
    client_id: str
    """The app it was issued to."""
    scopes: tuple[str, ...]
    """All its scopes, not only the checked ones."""
    expires_at: int
    """Seconds since 1970."""
    audience: tuple[str, ...] = ()
    """The resource URIs it is restricted to (RFC 8707); empty if it is not, and after a check at `/oauth/verify`, which
    does not say."""
    limits: tuple[tuple[str, str], ...] = ()
    """`RateLimit` headers for the caller; empty if the token was cached by an earlier call."""

    @property
    def is_of_app(self) -> bool:
        """Whether the app got it for itself, without a user."""
        return self.subject in (None, self.client_id)


class Reference(NamedTuple):
    """The ids that a message about revocations refers to."""

    client_id: str
    family_id: str


def is_one_of_ours(text: str) -> bool:
    return SHAPE.fullmatch(text) is not None


def reference(text: str) -> Reference:
    """The public references in a well-formed access token."""
    data = urlsafe_b64decode(text[len("oat_") :] + "==")
    client, family = data[:REFERENCE_BYTES], data[REFERENCE_BYTES : 2 * REFERENCE_BYTES]
    return Reference("cli_" + client.hex(), "fam_" + family.hex())
