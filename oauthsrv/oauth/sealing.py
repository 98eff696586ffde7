"""Sealing: encrypt a text so that only the holder of one secret can read it (rules 1 and 5).

One step of SHA-256 (NIST SP 800-56C, section 4.1, option 1) derives a key from the secret and the purpose; AES-256-GCM
(RFC 5116) encrypts with it. Unlike HKDF it needs nothing of OpenSSL that a refresh has not loaded already.
"""

import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12
SUCCESSOR = b"oauthsrv successor of a refresh token"


def seal(secret: str, bound_to: str, payload: bytes, purpose: bytes = SUCCESSOR) -> bytes:
    """`secret` has 256 random bits: an old refresh token, a browser's cookie. `bound_to` names what it belongs to."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(derive(secret.encode(), purpose)).encrypt(nonce, payload, bound_to.encode())


def unseal(secret: str, bound_to: str, sealed: bytes, purpose: bytes = SUCCESSOR) -> bytes | None:
    """The sealed text; None if secret, owner or purpose differ, or if a byte was changed."""
    nonce, box = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    if len(nonce) < NONCE_BYTES:
        return None
    for key in (derive, derive_as_before):
        try:
            return AESGCM(key(secret.encode(), purpose)).decrypt(nonce, box, bound_to.encode())
        except InvalidTag:
            continue
    return None


def fingerprint(secret: str) -> bytes:
    """A hash for comparing keys; it reveals nothing about the key."""
    return hashlib.sha256(b"oauthsrv fingerprint of a key\0" + secret.encode()).digest()


def derive(secret: bytes, purpose: bytes) -> bytes:
    """32 bytes that reveal nothing about the secret, and differ for each purpose."""
    return hashlib.sha256(b"\0\0\0\1" + secret + purpose).digest()


def derive_as_before(secret: bytes, purpose: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869): versions before 2026-12 sealed by it, and a successor may wait for a month."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret)
