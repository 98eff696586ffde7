"""A client's public keys as a JWK Set (RFC 7517), and which of them may have signed an assertion.

joserfc is imported for the first key, as few servers need it and it would slow down every start.
"""

import functools
import json
from collections.abc import Iterable, Mapping
from typing import Any

from oauthsrv.oauth import base64url

Jwk = Mapping[str, Any]

MOST = 20
PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
RSA_BITS = range(2048, 4097)
LONGEST_NAME = 256  # characters of a kid
NUMBERS = {"EC": ("crv", "x", "y"), "RSA": ("n", "e"), "OKP": ("crv", "x")}  # what a key of each kind consists of
# Kind of key, with its curve: the algorithms it can be used with.
KINDS = {
    ("EC", "P-256"): ("ES256",),
    ("RSA", None): ("RS256", "PS256"),
    ("OKP", "Ed25519"): ("EdDSA", "Ed25519"),
}


class KeysRefused(Exception):
    """The keys can't be used. The message is for the client's developers, and ends without a period."""


def check_keys(document: Any) -> tuple[Jwk, ...]:
    """The keys of a JWK Set that can verify an assertion. Raises KeysRefused.

    Other keys are ignored (RFC 7517 §5), and other members of a key are dropped: PostgreSQL could not even store all of
    them. The number of keys is checked first.
    """
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise KeysRefused("it is not a JWK Set, which is an object with a list “keys”")
    if len(keys) > MOST:
        raise KeysRefused(f"it has {len(keys):,} keys, and at most {MOST} are allowed")
    if any(isinstance(key, dict) and not PRIVATE.isdisjoint(key) for key in keys):
        raise KeysRefused("it holds a private or secret key: it is for public keys only. Make a new key pair")
    usable = tuple(key for key in keys if isinstance(key, dict) and is_usable(key))
    if not usable:
        raise KeysRefused(
            "it has no key that can be used for signatures here: EC on P-256, RSA of 2048 to 4096 bits, or Ed25519"
        )
    return tuple(essence_of(key) for key in usable)


def essence_of(key: Jwk) -> dict[str, str]:
    """The members that make the key, in the key's order, as pages compare what was pasted with what was kept."""
    kept = {"kty", *NUMBERS[key["kty"]], "kid", "alg", "use"}
    return {name: value for name, value in key.items() if name in kept and value is not None}


def is_usable(key: Jwk) -> bool:
    texts = [key.get(name) for name in ("kid", "alg") if key.get(name) is not None]
    operations = key.get("key_ops", ["verify"])
    return (
        all(isinstance(text, str) and len(text) <= LONGEST_NAME and text.isprintable() for text in texts)
        and key.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and bool(algorithms_of(key))
        and imported(as_text(key)) is not None
    )


def algorithms_of(key: Jwk) -> tuple[str, ...]:
    """The algorithms the key can be used with; empty if it is of another kind."""
    kind = (str(key.get("kty")), str(key["crv"]) if "crv" in key else None)
    can, named = KINDS.get(kind, ()), key.get("alg")
    if kind[0] == "RSA" and bits_of(key) not in RSA_BITS:
        return ()
    return tuple(name for name in can if named in (None, name))


def bits_of(key: Jwk) -> int:
    """The size of an RSA key; verifying with a very large one costs more than it is worth."""
    text = key.get("n")
    data = base64url.decode(text, len(text) * 6 // 8) if isinstance(text, str) else None
    return int.from_bytes(data, "big").bit_length() if data else 0


def candidates(keys: Iterable[Jwk], header: Mapping[str, Any]) -> list[Jwk]:
    """The keys that may have signed the assertion: by its kid, if it has one, and by its algorithm."""
    kid = header.get("kid")
    return [key for key in keys if header["alg"] in algorithms_of(key) and kid in (None, key.get("kid"))]


def verifies(assertion: str, algorithm: str, keys: Iterable[Jwk]) -> bool:
    """Whether one of `keys` made the signature."""
    from oauthsrv.oauth import signatures

    return any(signatures.verifies(assertion, algorithm, imported(as_text(key))) for key in keys)


def as_text(key: Jwk) -> str:
    return json.dumps({name: key.get(name) for name in ("kty", *NUMBERS[key["kty"]])}, sort_keys=True)


@functools.lru_cache(maxsize=1000)
def imported(text: str) -> Any:
    """The key, or None if its numbers do not form one."""
    from oauthsrv.oauth import signatures

    return signatures.import_key({name: value for name, value in json.loads(text).items() if value is not None})
