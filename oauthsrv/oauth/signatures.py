"""Signatures of JWTs, by joserfc (RFC 7515)."""

from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry


class Registry(jws.JWSRegistry):
    """The algorithm was checked before, so this warns about none, and ignores headers that it does not know."""

    max_header_length = 4096

    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]


REGISTRY = Registry(strict_check_header=False)


def import_key(jwk: dict[str, Any]) -> Any:
    """A public key; None if it cannot be read as one."""
    try:
        key = JWKRegistry.import_key(jwk)
        key.get_op_key("verify")
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return key


def verifies(token: str, algorithm: str, key: Any) -> bool:
    """`algorithm` is the one in the token's header, and `key` may be used with it."""
    try:
        signed = jws.extract_compact(token.encode(), registry=REGISTRY)
        return signed.headers()["alg"] == algorithm and jws.validate_compact(signed, key, registry=REGISTRY)
    except (JoseError, ValueError, TypeError, KeyError):
        return False
