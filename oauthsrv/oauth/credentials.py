"""Identifiers and secrets: making each kind, and recognizing it without a database.

All have a prefix that secret scanners can find; all random parts come from `secrets`.
"""

from __future__ import annotations

import re
import secrets
from hashlib import sha256
from typing import NamedTuple

from oauthsrv.oauth import base64url
from oauthsrv.oauth.errors import InvalidGrant

CLIENT_ID = re.compile(r"cli_[0-9a-f]{32}")
USER_ID = re.compile(r"usr_[0-9a-f]{32}")
GRANT_ID = re.compile(r"gra_[0-9a-f]{32}")
FAMILY_ID = re.compile(r"fam_[0-9a-f]{32}")

REFERENCE_BYTES = 16
TIME_BYTES = 6
RANDOM_BYTES = 32
GENERATION_BYTES = 4
LAST_GENERATION = 2 ** (8 * GENERATION_BYTES) - 1
NO_FAMILY = bytes(REFERENCE_BYTES)


def digest(text: str) -> bytes:
    """The hash that is stored instead of a secret. As a secret has 256 random bits, no slow hash is needed."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def new_client_id() -> str:
    return "cli_" + secrets.token_hex(REFERENCE_BYTES)


def new_client_secret() -> str:
    return "sec_" + secrets.token_hex(RANDOM_BYTES)


def new_registration_token() -> str:
    """An initial access token (RFC 7591 §1.2)."""
    return "oit_" + base64url.encode(secrets.token_bytes(RANDOM_BYTES))


def new_user_id() -> str:
    return "usr_" + secrets.token_hex(REFERENCE_BYTES)


def new_grant_id(now: float) -> str:
    return "gra_" + time_ordered_bytes(now, REFERENCE_BYTES - TIME_BYTES).hex()


def new_family_id(now: float) -> str:
    return "fam_" + time_ordered_bytes(now, REFERENCE_BYTES - TIME_BYTES).hex()


def new_code(now: float) -> str:
    return "oac_" + base64url.encode(time_ordered_bytes(now, RANDOM_BYTES))


def time_ordered_bytes(now: float, random_bytes: int) -> bytes:
    """48 bits of milliseconds, then random ones, as in a UUIDv7 (RFC 9562 §5.7): new values share an index page."""
    return int(now * 1000).to_bytes(TIME_BYTES, "big") + secrets.token_bytes(random_bytes)


def new_device_code() -> str:
    return "odc_" + base64url.encode(secrets.token_bytes(RANDOM_BYTES))


def is_client_id(text: str) -> bool:
    return CLIENT_ID.fullmatch(text) is not None


def is_user_id(text: str) -> bool:
    return USER_ID.fullmatch(text) is not None


def is_grant_id(text: str) -> bool:
    return GRANT_ID.fullmatch(text) is not None


def is_family_id(text: str) -> bool:
    return FAMILY_ID.fullmatch(text) is not None


def is_code(text: str) -> bool:
    return time_of_code(text) is not None


def hash_of_code(text: str) -> bytes:
    """What is stored for a code: its time, then the SHA-256 of the whole code. New ones share an index page."""
    return (time_of_code(text) or b"") + digest(text)


def time_of_code(text: str) -> bytes | None:
    """The six bytes of a code's time; empty for a code of an older version, None if `text` is not a code."""
    data = random_part(text, "oac_", TIME_BYTES + RANDOM_BYTES)
    if data is None:
        data = random_part(text, "oac_", RANDOM_BYTES)
    return data and data[:-RANDOM_BYTES]


def is_device_code(text: str) -> bool:
    return random_part(text, "odc_", RANDOM_BYTES) is not None


def is_registration_token(text: str) -> bool:
    return random_part(text, "oit_", RANDOM_BYTES) is not None


def random_part(text: str, prefix: str, length: int) -> bytes | None:
    return base64url.decode(text[len(prefix) :], length) if text.startswith(prefix) else None


class AccessTokenReference(NamedTuple):
    """The ids in an access token; with them, one MGET reads everything that decides about it."""

    client_id: str
    family_id: str | None


def new_access_token(client_id: str, family_id: str | None, random: bytes | None = None) -> str:
    """A new access token; `random` are its 256 random bits, if they were made before the family was known."""
    client = bytes.fromhex(client_id.removeprefix("cli_"))
    family = NO_FAMILY if family_id is None else bytes.fromhex(family_id.removeprefix("fam_"))
    return "oat_" + base64url.encode(client + family + (random or new_random_bytes()))


def new_random_bytes(many: int = RANDOM_BYTES) -> bytes:
    return secrets.token_bytes(many)


def parse_access_token(text: str) -> AccessTokenReference | None:
    data = random_part(text, "oat_", 2 * REFERENCE_BYTES + RANDOM_BYTES)
    if data is None:
        return None
    client, family = data[:REFERENCE_BYTES], data[REFERENCE_BYTES : 2 * REFERENCE_BYTES]
    return AccessTokenReference("cli_" + client.hex(), None if family == NO_FAMILY else "fam_" + family.hex())


class RefreshToken(NamedTuple):
    """A refresh token. Its handle is the family's secret name: only its hash is stored, and repr shows none of it."""

    text: str
    handle_hash: bytes
    generation: int
    token_hash: bytes
    handle: bytes

    def __repr__(self) -> str:
        return f"RefreshToken(generation={self.generation})"

    def successor(self, random: bytes | None = None) -> RefreshToken:
        """The next token of the same family. Raises InvalidGrant when the generations are used up."""
        if self.generation >= LAST_GENERATION:
            raise InvalidGrant("the last generation of a family cannot rotate")
        return make_refresh_token(self.handle, self.generation + 1, random)


def new_refresh_token() -> RefreshToken:
    """The first token of a new family."""
    random = new_random_bytes(REFERENCE_BYTES + RANDOM_BYTES)
    return make_refresh_token(random[:REFERENCE_BYTES], 1, random[REFERENCE_BYTES:])


def parse_refresh_token(text: str) -> RefreshToken | None:
    data = random_part(text, "ort_", REFERENCE_BYTES + GENERATION_BYTES + RANDOM_BYTES)
    if data is None:
        return None
    generation = int.from_bytes(data[REFERENCE_BYTES : REFERENCE_BYTES + GENERATION_BYTES], "big")
    # The first generation is 1; a token of generation 0 was never issued.
    return with_hashes(text, data[:REFERENCE_BYTES], generation) if generation else None


def make_refresh_token(handle: bytes, generation: int, random: bytes | None = None) -> RefreshToken:
    data = handle + generation.to_bytes(GENERATION_BYTES, "big") + (random or new_random_bytes())
    return with_hashes("ort_" + base64url.encode(data), handle, generation)


def with_hashes(text: str, handle: bytes, generation: int) -> RefreshToken:
    return RefreshToken(text, sha256(handle).digest(), generation, digest(text), handle)
