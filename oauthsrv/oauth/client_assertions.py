"""A client's assertion: a JWT that it signs for each request, with a key of its own (RFC 7523 §3, rfc7523bis)."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from oauthsrv.oauth import base64url
from oauthsrv.oauth.errors import InvalidClient, InvalidRequest
from oauthsrv.oauth.parameters import Parameters

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# Named as in RFC 7518 and RFC 8037; Ed25519 is RFC 9864's name for today's EdDSA.
ALGORITHMS = ("ES256", "RS256", "PS256", "EdDSA", "Ed25519")
# A token made for another purpose says so in its type.
JWT_TYPES = ("jwt", "client-authentication+jwt")
LONGEST = 8192  # characters
LONGEST_JTI = 256
LONGEST_LIFE = 300  # seconds: as long as a used one is remembered
CLOCK_SKEW = 10  # seconds that a client's clock may be ahead


class Assertion(NamedTuple):
    """A parsed assertion, whose signature is not checked yet. Times are Unix times."""

    client_id: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]

    @property
    def jti(self) -> str:
        return str(self.claims["jti"])

    @property
    def issued_at(self) -> float:
        return float(self.claims["iat"])

    @property
    def expires_at(self) -> float:
        return float(self.claims["exp"])


def sent(parameters: Parameters) -> str | None:
    """The assertion of a request, if it has one (RFC 7521 §4.2)."""
    kind, text = parameters.get("client_assertion_type"), parameters.get("client_assertion")
    if kind is None and text is None:
        return None
    if kind is None or text is None:
        missing = "client_assertion_type" if kind is None else "client_assertion"
        raise InvalidRequest(description=f"{missing} is missing.", problem="parameter_missing", about=missing)
    if kind != TYPE:
        raise InvalidClient(problem="assertion_type")
    return text


def read(text: str) -> Assertion:
    """Parse an assertion. Raises InvalidClient, also if it names no client."""
    parts = text.split(".")
    if len(text) > LONGEST or len(parts) != 3:
        raise malformed()
    header, claims = json_object(parts[0]), json_object(parts[1])
    client_id = claims.get("sub")
    if not isinstance(client_id, str) or claims.get("iss") != client_id:
        raise InvalidClient(problem="assertion_subject")
    return Assertion(client_id, header, claims)


def json_object(part: str) -> dict[str, Any]:
    try:
        value = json.loads(decoded(part), object_pairs_hook=without_repeats, parse_constant=not_json)
    except (ValueError, RecursionError):
        raise malformed() from None
    if not isinstance(value, dict):
        raise malformed()
    return value


def decoded(part: str) -> str:
    data = base64url.decode(part, len(part) * 6 // 8)
    if data is None:
        raise malformed()
    return data.decode()


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is repeated")
    return found


def not_json(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def check(assertion: Assertion, audiences: tuple[str, ...], now: float) -> Assertion:
    """Check everything but the signature and the first use. `audiences`: the issuer, and what else is allowed."""
    check_header(assertion.header)
    check_audience(assertion.claims, audiences)
    check_times(assertion.claims, now)
    jti = assertion.claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_JTI:
        raise InvalidClient(problem="assertion_incomplete")
    return assertion


def check_header(header: Mapping[str, Any]) -> None:
    if header.get("alg") not in ALGORITHMS:
        raise InvalidClient(problem="assertion_algorithm")
    kind, kid = header.get("typ", "JWT"), header.get("kid", "")
    is_for_this = isinstance(kind, str) and kind.lower().removeprefix("application/") in JWT_TYPES
    if not is_for_this or not isinstance(kid, str) or "crit" in header:
        raise malformed()


def check_audience(claims: Mapping[str, Any], audiences: tuple[str, ...]) -> None:
    """Require the issuer as the only audience: an assertion sent to another server must not work here (rfc7523bis)."""
    named = claims.get("aud")
    sole = named[0] if isinstance(named, list) and len(named) == 1 else named
    if not isinstance(sole, str) or sole not in audiences:
        raise InvalidClient(problem="assertion_audience")


def check_times(claims: Mapping[str, Any], now: float) -> None:
    expires, issued, begins = (moment(claims, name) for name in ("exp", "iat", "nbf"))
    if expires is None or issued is None:
        raise InvalidClient(problem="assertion_incomplete")
    if expires <= now:
        raise InvalidClient(problem="assertion_expired")
    if expires > now + LONGEST_LIFE + CLOCK_SKEW:
        raise InvalidClient(problem="assertion_long")
    if max(issued, begins or 0) > now + CLOCK_SKEW:
        raise InvalidClient(problem="assertion_early")


def moment(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**53:
        raise malformed()
    return value


def malformed() -> InvalidClient:
    return InvalidClient(problem="assertion_malformed")
