"""Sealing: the successor of a refresh token, readable by the holder of that token alone (rule 5).

HKDF-SHA256 (RFC 5869) makes a key of the old token, AES-256-GCM (RFC 5116) seals under it.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12
PURPOSE = b"oauthsrv successor of a refresh token"


def seal(old_token_text: str, family_id: str, payload: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher(old_token_text).encrypt(nonce, payload, family_id.encode())


def unseal(old_token_text: str, family_id: str, sealed: bytes) -> bytes | None:
    """What was sealed; None with another token or family, or when a byte was changed."""
    nonce, box = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    if len(nonce) < NONCE_BYTES:
        return None
    try:
        return cipher(old_token_text).decrypt(nonce, box, family_id.encode())
    except InvalidTag:
        return None


def cipher(old_token_text: str) -> AESGCM:
    # The token has 256 random bits, so no salt is needed (RFC 5869 §3.1).
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE)
    return AESGCM(kdf.derive(old_token_text.encode()))
