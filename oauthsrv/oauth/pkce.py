"""Proof Key for Code Exchange, S256 only (RFC 7636; RFC 9700 §2.1.1)."""

import re
from hashlib import sha256
from hmac import compare_digest

from oauthsrv.oauth import base64url
from oauthsrv.oauth.errors import InvalidGrant, InvalidRequest

METHOD = "S256"
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # §4.1


def check_challenge(method: str | None, challenge: str | None) -> str:
    """The challenge of an authorization request that sends one (§4.3). Raises InvalidRequest."""
    if challenge is None:
        raise InvalidRequest(problem="pkce_missing")
    if method != METHOD:
        # RFC 7636 takes a missing method for plain, which protects nothing from an attacker who reads the request.
        raise InvalidRequest(problem="pkce_plain")
    if base64url.decode(challenge, 32) is None:
        raise InvalidRequest(problem="pkce_malformed")
    return challenge


def check_verifier(challenge: str | None, verifier: str | None) -> None:
    """Check that `challenge` was derived from `verifier` (§4.6). Raises InvalidGrant.

    A verifier without a challenge is refused, as someone may have removed the challenge (RFC 9700 §4.8.2).
    """
    if challenge is None and verifier is None:
        return
    if challenge is None:
        raise InvalidGrant(problem="verifier_unexpected")
    if verifier is None:
        raise InvalidGrant(problem="verifier_missing")
    if not VERIFIER.fullmatch(verifier):
        raise InvalidGrant(problem="verifier_malformed")
    if not compare_digest(challenge_of(verifier).encode(), challenge.encode()):
        raise InvalidGrant(problem="verifier_wrong")


def challenge_of(verifier: str) -> str:
    return base64url.encode(sha256(verifier.encode("ascii")).digest())
