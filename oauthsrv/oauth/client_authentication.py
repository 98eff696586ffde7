"""Client authentication: which client sent a request, and whether it is that client (RFC 6749 §2.3, rule 10)."""

import binascii
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hmac import compare_digest
from typing import Any, Generic, NamedTuple, TypeVar

from oauthsrv.oauth.credentials import digest, is_client_id
from oauthsrv.oauth.errors import InvalidClient, InvalidRequest, UnauthorizedClient
from oauthsrv.oauth.parameters import Parameters, decode
from oauthsrv.oauth.records import Api, Client

NONE = "none"  # the method of a public client

AnyClient = TypeVar("AnyClient", bound=Client | Api)

# Compared with the secret of an unknown client, so that its refusal takes as long as a known client's.
NO_SECRETS = (bytes(32),)


@dataclass(frozen=True, slots=True)
class Presented:
    """The client that a request names and the credential it sent, not yet checked; an empty secret is none (rule 10).

    `method` is the registered name of how the credential was sent; `basic`: there was an Authorization header, so a
    refusal must challenge it (RFC 6749 §5.2).
    """

    client_id: str
    credential: str | None = field(default=None, repr=False)
    method: str = NONE
    basic: bool = False


class Authenticated(NamedTuple, Generic[AnyClient]):
    """An authenticated client; the hash of the secret that it used, if it used one.

    Without a credential it only named itself, as a public client may: its client id is known to everybody.
    """

    client: AnyClient
    with_credential: bool
    secret_hash: bytes | None = None


def presented(authorization: str | None, parameters: Parameters) -> Presented:
    """Read the client id and credential of a request; `authorization` is the value of its header.

    Raises InvalidRequest for two credentials or two client ids, InvalidClient for none or malformed ones. Basic with an
    empty secret only names the client: Go's oauth2 tries Basic first for every client, and Swagger UI always uses it.
    """
    claims = [claim for method in METHODS.values() if (claim := method.read(authorization, parameters))]
    credentials = [claim for claim in claims if claim.credential is not None]
    if len(credentials) > 1:
        raise InvalidRequest(
            description="Two ways of client authentication were used at once: "
            "send one credential, in the Authorization header or in the form.",
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
    return replace(credentials[0] if credentials else Presented(client_id), basic=basic)


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
        return Presented(decode(client_id), decode(secret) or None, "client_secret_basic")
    except (ValueError, binascii.Error, InvalidRequest):
        raise InvalidClient(
            description="The Authorization header cannot be read: after Basic comes the base64 of client_id:secret, "
            "both form-encoded as UTF-8 first (RFC 6749 section 2.3.1).",
            problem="basic_malformed",
            basic=True,
        ) from None


def by_form(_authorization: str | None, parameters: Parameters) -> Presented | None:
    secret = parameters.get("client_secret")
    return Presented(parameters.get("client_id") or "", secret, "client_secret_post") if secret else None


def by_name(_authorization: str | None, parameters: Parameters) -> Presented | None:
    client_id = parameters.get("client_id")
    return None if client_id is None else Presented(client_id)


def authenticate(presented: Presented, client: AnyClient | None) -> Authenticated[AnyClient]:
    """Return the client if what was presented proves it; or raise InvalidClient.

    `client` is the one with `presented.client_id`. The refusal has the same text whatever the reason.
    """
    authenticated = METHODS[presented.method].verify(presented, client)
    problem = authentication_problem(presented, client, authenticated is not None)
    if authenticated is None or problem:
        raise InvalidClient(problem, problem=problem, basic=presented.basic)
    return authenticated


def authentication_problem(presented: Presented, client: Client | Api | None, is_proven: bool) -> str:
    """The problem with this authentication, or nothing. Only what is in the client's set counts (rule 10)."""
    if client is None:
        return "client_unknown"
    if presented.method in client.authentication_methods:
        return "" if is_proven else "secret_wrong"
    if presented.credential is None:
        return "secret_missing"
    return "secret_not_expected" if NONE in client.authentication_methods else "method_not_allowed"


def verify_name(_presented: Presented, client: AnyClient | None) -> Authenticated[AnyClient] | None:
    return None if client is None else Authenticated(client, with_credential=False)


def verify_secret(presented: Presented, client: AnyClient | None) -> Authenticated[AnyClient] | None:
    used = matching_hash(presented.credential or "", client.secret_hashes if client else ())
    return Authenticated(client, True, used) if client and used else None


class Method(NamedTuple):
    """How a client authenticates: what it sends, and what proves that it is the client."""

    read: Callable[[str | None, Parameters], Presented | None]
    verify: Callable[[Presented, Any], Authenticated[Any] | None]
    with_credential: bool = True


# Under their registered names (RFC 7591 §2).
METHODS = {
    "client_secret_basic": Method(by_basic, verify_secret),
    "client_secret_post": Method(by_form, verify_secret),
    NONE: Method(by_name, verify_name, with_credential=False),
}


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
