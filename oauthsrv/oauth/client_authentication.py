"""Client authentication: which client sent a request, and whether it is that client (RFC 6749 §2.3, rule 10)."""

import binascii
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Generic, NamedTuple, TypeVar

from oauthsrv.oauth.credentials import digest, is_client_id
from oauthsrv.oauth.errors import InvalidClient, InvalidRequest, UnauthorizedClient
from oauthsrv.oauth.parameters import Parameters, decode
from oauthsrv.oauth.records import Api, Client

AnyClient = TypeVar("AnyClient", bound=Client | Api)

# Compared with the secret of an unknown client, so that its refusal takes as long as a known client's.
NO_SECRETS = (bytes(32),)


@dataclass(frozen=True, slots=True)
class Presented:
    """The client id and secret that a request sent, not yet checked. An empty secret counts as none (rule 10).

    `basic`: the client used HTTP Basic, so a refusal must challenge it (RFC 6749 §5.2).
    """

    client_id: str
    secret: str | None = field(repr=False)
    basic: bool = False


class Authenticated(NamedTuple, Generic[AnyClient]):
    """An authenticated client, and the hash of the secret that it used."""

    client: AnyClient
    secret_hash: bytes | None


def presented(authorization: str | None, parameters: Parameters) -> Presented:
    """Read the client id and secret of a request; `authorization` is the value of its header.

    Raises InvalidRequest for two secrets or two client ids, InvalidClient for none or malformed ones. Basic with an
    empty secret only names the client: Go's oauth2 tries Basic first for every client, and Swagger UI always uses it.
    """
    claims = [claim for read in METHODS.values() if (claim := read(authorization, parameters))]
    credentials = [claim for claim in claims if claim.secret is not None]
    if len(credentials) > 1:
        raise InvalidRequest(
            description="Two ways of client authentication were used at once: "
            "send the secret in the Authorization header or in the form, not in both.",
            problem="two_methods",
        )
    client_ids = {claim.client_id for claim in claims} - {""}
    if len(client_ids) > 1:
        raise InvalidRequest(description="Two different client ids were sent: send one.", problem="two_client_ids")
    basic = authorization is not None
    if not client_ids:
        raise InvalidClient(
            description="No client: send client_id and client_secret by HTTP Basic or in the form; "
            "a public client sends client_id alone.",
            basic=basic,
        )
    if credentials and not credentials[0].client_id:
        raise InvalidClient("a secret without its client id", basic=basic)
    client_id = client_ids.pop()
    if not is_client_id(client_id):
        raise InvalidClient("not the shape of a client id", basic=basic)
    return Presented(client_id, credentials[0].secret if credentials else None, basic)


def by_basic(authorization: str | None, _parameters: Parameters) -> Presented | None:
    """RFC 6749 §2.3.1: id and secret are form-encoded before they are joined by the colon of RFC 7617."""
    if authorization is None:
        return None
    scheme, _, credentials = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClient(
            description="The Authorization header must be Basic here.",
            problem="method_not_registered",
            basic=True,
        )
    try:
        client_id, colon, secret = b64decode(credentials.strip(" "), validate=True).decode("latin-1").partition(":")
        if not colon:
            raise ValueError("no colon")
        return Presented(decode(client_id), decode(secret) or None)
    except (ValueError, binascii.Error, InvalidRequest):
        raise InvalidClient(
            description="The Authorization header cannot be read: after Basic comes the base64 of client_id:secret, "
            "both form-encoded as UTF-8 first (RFC 6749 section 2.3.1).",
            problem="basic_malformed",
            basic=True,
        ) from None


def by_form(_authorization: str | None, parameters: Parameters) -> Presented | None:
    client_id, secret = parameters.get("client_id"), parameters.get("client_secret")
    return None if client_id is None and secret is None else Presented(client_id or "", secret or None)


# Under their registered names. A public client's method is "none": its client id in the form.
METHODS: dict[str, Callable[[str | None, Parameters], Presented | None]] = {
    "client_secret_basic": by_basic,
    "client_secret_post": by_form,
}


def authenticate(presented: Presented, client: AnyClient | None) -> Authenticated[AnyClient]:
    """Return the client if its secret is right, or none was sent for a public client; or raise InvalidClient.

    `client` is the one with `presented.client_id`. The refusal has the same text whatever the reason.
    """
    used = matching_hash(presented.secret or "", client.secret_hashes if client else ())
    problem = authentication_problem(presented, client, used)
    if client is None or problem:
        raise InvalidClient(problem, problem=problem, basic=presented.basic)
    return Authenticated(client, used)


def authentication_problem(presented: Presented, client: Client | Api | None, used: bytes | None) -> str:
    """The problem with this authentication, or nothing."""
    if client is None:
        return "client_unknown"
    if isinstance(client, Client) and client.is_public:
        return "" if presented.secret is None else "secret_not_expected"
    # A confidential client that sends no secret is not treated as public (rule 10).
    if presented.secret is None:
        return "secret_missing"
    return "" if used else "secret_wrong"


def matching_hash(secret: str, hashes: tuple[bytes, ...]) -> bytes | None:
    """The hash of `secret`, if it is among `hashes`; all are compared, so the time reveals nothing."""
    sent = digest(secret)
    equal = [known for known in hashes or NO_SECRETS if compare_digest(known, sent)]
    return equal[0] if equal and hashes else None


def check_not_suspended(client: Client) -> Client:
    """A suspended client gets unauthorized_client: after invalid_grant, apps delete their tokens."""
    if client.suspended:
        raise UnauthorizedClient(
            "suspended",
            description="This app is suspended. Its tokens will work again when it is reactivated: "
            "keep them, and ask the administrator.",
            problem="suspended",
        )
    return client
