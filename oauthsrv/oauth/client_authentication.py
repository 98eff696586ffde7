"""Client authentication: which client sent a request, and whether it is that client (RFC 6749 §2.3, rule 10)."""

from binascii import a2b_base64
from collections.abc import Callable, Mapping, Sequence
from hmac import compare_digest
from typing import Any, Generic, NamedTuple, TypeVar

from oauthsrv.oauth import client_assertions, client_keys
from oauthsrv.oauth.client_assertions import Assertion
from oauthsrv.oauth.client_ids import reference_of
from oauthsrv.oauth.client_keys import Jwk
from oauthsrv.oauth.credentials import digest, is_client_id
from oauthsrv.oauth.errors import InvalidClient, InvalidRequest, UnauthorizedClient
from oauthsrv.oauth.parameters import Parameters, decode
from oauthsrv.oauth.records import WITH_SECRET, Api, Client

NONE = "none"  # the method of a public client
PRIVATE_KEY_JWT = "private_key_jwt"

NO_CLIENT = (
    "No client: send client_id and client_secret by HTTP Basic or in the form, or a client_assertion; a public client "
    "sends client_id alone."
)
# A request without these parameters can name its client in the header alone.
OF_A_CLIENT = frozenset({"client_id", "client_secret", "client_assertion", "client_assertion_type"})

AnyClient = TypeVar("AnyClient", bound=Client | Api)

# Compared with the secret of an unknown client, so that its refusal takes as long as a known client's.
NO_SECRETS = (bytes(32),)


class Presented(NamedTuple):
    """The client that a request names and the credential it sent, not yet checked; an empty secret is none (rule 10).

    `client_id` is the client's reference. `method` is the registered name of how the credential was sent.
    """

    client_id: str
    credential: str | None = None
    method: str = NONE

    def __repr__(self) -> str:
        return f"Presented({self.client_id!r}, method={self.method!r})"


class Authenticated(NamedTuple, Generic[AnyClient]):
    """An authenticated client, and the hash of the secret that it used, or its assertion, which works once.

    Without a credential it only named itself, as a public client may, and anyone can know a client ID.
    """

    client: AnyClient
    with_credential: bool
    secret_hash: bytes | None = None
    assertion: Assertion | None = None


class Circumstances(NamedTuple):
    """The facts an assertion is judged by, besides the client's record.

    `now` is a Unix time; `keys_for` finds the client's keys that may have signed an assertion with a given header.
    """

    issuer: str
    now: float
    keys_for: Callable[[Client, Mapping[str, Any]], Sequence[Jwk]]

    def audiences(self, client: Client | Api | None) -> tuple[str, ...]:
        is_lenient = isinstance(client, Client) and client.allows_endpoint_audience
        return (self.issuer, f"{self.issuer}/oauth/token") if is_lenient else (self.issuer,)


def presented(authorization: str | None, parameters: Parameters) -> Presented:
    """Read the client ID and credential of a request; `authorization` is the value of its header.

    Raises InvalidRequest for two credentials or two client IDs, InvalidClient for none or malformed ones. Basic with an
    empty secret only names the client: Go's oauth2 tries Basic first for every client, and Swagger UI always uses it.
    """
    methods = METHODS.values() if parameters.has_any(OF_A_CLIENT) else (BASIC,)
    claims = [claim for method in methods if (claim := method.read(authorization, parameters))]
    claim = claims[0] if len(claims) == 1 else the_one_of(claims)
    if not claim.client_id:
        raise InvalidClient(description=NO_CLIENT)
    client_id = reference_of(claim.client_id)
    if not is_client_id(client_id):
        raise InvalidClient("not the shape of a client ID")
    return claim if claim.client_id == client_id else claim._replace(client_id=client_id)


def the_one_of(claims: Sequence[Presented]) -> Presented:
    """The claim with the credential, if there is one; all claims must name the same client."""
    credentials = [claim for claim in claims if claim.credential is not None]
    if len(credentials) > 1:
        raise InvalidRequest(problem="two_methods")
    client_ids = {claim.client_id for claim in claims} - {""}
    if len(client_ids) > 1:
        raise InvalidRequest(problem="two_client_ids")
    claim = credentials[0] if credentials else Presented("".join(client_ids))
    if client_ids and not claim.client_id:
        raise InvalidClient("a secret without its client ID")
    return claim


def by_basic(authorization: str | None, _parameters: Parameters) -> Presented | None:
    """Read HTTP Basic: id and secret are form-encoded, then joined by the colon of RFC 7617 (RFC 6749 §2.3.1)."""
    if authorization is None:
        return None
    scheme, _, credentials = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClient(problem="method_not_registered")
    try:
        pair = a2b_base64(credentials.strip(" "), strict_mode=True).decode("latin-1")
        client_id, colon, secret = pair.partition(":")
        if not colon:
            raise ValueError("no colon")
        secret = decode(secret)
        return Presented(decode(client_id), secret or None, "client_secret_basic" if secret else NONE)
    except (ValueError, InvalidRequest):
        raise InvalidClient(problem="basic_malformed") from None


def by_form(_authorization: str | None, parameters: Parameters) -> Presented | None:
    secret = parameters.get("client_secret")
    return Presented(parameters.get("client_id") or "", secret, "client_secret_post") if secret else None


def by_assertion(_authorization: str | None, parameters: Parameters) -> Presented | None:
    assertion = client_assertions.sent(parameters)
    if assertion is None:
        return None
    return Presented(client_assertions.read(assertion).client_id, assertion, PRIVATE_KEY_JWT)


def by_name(_authorization: str | None, parameters: Parameters) -> Presented | None:
    client_id = parameters.get("client_id")
    return None if client_id is None else Presented(client_id)


def authenticate(
    presented: Presented, client: AnyClient | None, at: Callable[[], Circumstances]
) -> Authenticated[AnyClient]:
    """Return the client if what was presented proves it; or raise InvalidClient.

    `client` is the one with `presented.client_id`. The refusal has the same text whatever the reason, except for faults
    of the assertion itself.
    """
    proof = METHODS[presented.method].verify(presented, client, at)
    problem = authentication_problem(presented, client)
    if problem or isinstance(proof, str):
        problem = problem or str(proof)
        raise InvalidClient(problem, problem=problem)
    return proof


def authentication_problem(presented: Presented, client: Client | Api | None) -> str:
    """The problem if the client's set lacks the method, however good the credential is (rule 10)."""
    if client is None:
        return "client_unknown"
    if presented.method in client.authentication_methods:
        return ""
    if presented.credential is None:
        return "secret_missing" if WITH_SECRET & client.authentication_methods else "assertion_missing"
    is_unexpected = NONE in client.authentication_methods and presented.method in WITH_SECRET
    return "secret_not_expected" if is_unexpected else "method_not_allowed"


# Each function returns the authenticated client, or the problem.


def verify_name(_presented: Presented, client: AnyClient | None, _at: object) -> Authenticated[AnyClient] | str:
    return "client_unknown" if client is None else Authenticated(client, with_credential=False)


def verify_secret(presented: Presented, client: AnyClient | None, _at: object) -> Authenticated[AnyClient] | str:
    used = matching_hash(presented.credential or "", client.secret_hashes if client else ())
    return Authenticated(client, True, used) if client and used else "secret_wrong"


def verify_assertion(
    presented: Presented, client: AnyClient | None, circumstances: Callable[[], Circumstances]
) -> Authenticated[AnyClient] | str:
    """Verify the signature by the client's keys. The caller then finds out whether the assertion was used before."""
    text, at = presented.credential or "", circumstances()
    assertion = client_assertions.check(client_assertions.read(text), at.audiences(client), at.now)
    if not isinstance(client, Client) or PRIVATE_KEY_JWT not in client.authentication_methods:
        return "method_not_allowed"
    if assertion.client_id != client.wire_id:
        return "assertion_subject"
    keys = at.keys_for(client, assertion.header)
    if not keys:
        return "assertion_key"
    if not client_keys.verifies(text, assertion.header["alg"], keys):
        return "assertion_signature"
    return Authenticated(client, True, assertion=assertion)


class Method(NamedTuple):
    """How a client authenticates: what it sends, and what proves that it is the client."""

    read: Callable[[str | None, Parameters], Presented | None]
    verify: Callable[[Presented, Any, Callable[[], Circumstances]], Authenticated[Any] | str]
    with_credential: bool = True
    algorithms: tuple[str, ...] = ()


BASIC = Method(by_basic, verify_secret)
# By their registered names (RFC 7591 §2).
METHODS = {
    "client_secret_basic": BASIC,
    "client_secret_post": Method(by_form, verify_secret),
    PRIVATE_KEY_JWT: Method(by_assertion, verify_assertion, algorithms=client_assertions.ALGORITHMS),
    NONE: Method(by_name, verify_name, with_credential=False),
}
ALGORITHMS = [name for method in METHODS.values() for name in method.algorithms]


def matching_hash(secret: str, hashes: tuple[bytes, ...]) -> bytes | None:
    """The hash of `secret`, if it is among `hashes`; all are compared, so the time reveals nothing."""
    sent, equal = digest(secret), None
    for known in hashes or NO_SECRETS:
        if compare_digest(known, sent):
            equal = known
    return equal if hashes else None


def check_not_suspended(client: Client) -> Client:
    """Refuse a suspended client with unauthorized_client, as apps delete their tokens after invalid_grant."""
    if client.suspended:
        raise UnauthorizedClient(problem="suspended")
    return client
