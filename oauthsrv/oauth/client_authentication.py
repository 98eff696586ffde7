"""Which client speaks, and its proof (RFC 6749 §2.3 and §3.2.1, rule 10)."""

import binascii
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Generic, Literal, NamedTuple, TypeVar

from oauthsrv.oauth.credentials import digest, is_client_id
from oauthsrv.oauth.errors import InvalidClient, InvalidRequest, UnauthorizedClient
from oauthsrv.oauth.parameters import Parameters, decode
from oauthsrv.oauth.records import Api, Client

Method = Literal["basic", "form", "none"]
AnyClient = TypeVar("AnyClient", bound=Client | Api)

# Compared with when there is nothing to compare with, so that an unknown client takes as long as a known one.
NO_SECRETS = (bytes(32),)


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request says about its client, not yet believed. An empty secret in Basic is a secret."""

    client_id: str
    secret: str | None = field(repr=False)
    method: Method


class Authenticated(NamedTuple, Generic[AnyClient]):
    """A client that proved itself, and the hash of the secret that it used."""

    client: AnyClient
    secret_hash: bytes | None


def presented(authorization: str | None, parameters: Parameters) -> Presented:
    """Who a request says it comes from; `authorization` is the header's value.

    InvalidRequest for two methods or two client ids at once, InvalidClient for none or for garbage.
    """
    found = [one for method in METHODS if (one := method(authorization, parameters))]
    if len(found) > 1:
        raise InvalidRequest(
            description="Two ways of client authentication were used at once: "
            "send the secret in the Authorization header or in the form, not in both.",
            problem="two_methods",
        )
    if not found or not found[0].client_id:
        raise InvalidClient(
            description="No client: send client_id and client_secret by HTTP Basic or in the form; "
            "a public client sends client_id alone.",
            basic=authorization is not None,
        )
    if parameters.get("client_id") not in (None, found[0].client_id):
        raise InvalidRequest(description="Two different client ids were sent: send one.", problem="two_client_ids")
    if not is_client_id(found[0].client_id):
        raise InvalidClient("not the shape of a client id", basic=found[0].method == "basic")
    return found[0]


def by_basic(authorization: str | None, _parameters: Parameters) -> Presented | None:
    """RFC 6749 §2.3.1: id and secret are form-encoded before they are joined by the colon of RFC 7617."""
    if authorization is None:
        return None
    scheme, _, credentials = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClient(
            description="Of the Authorization header only Basic is understood here.",
            problem="method_not_registered",
            basic=True,
        )
    try:
        client_id, colon, secret = b64decode(credentials.strip(" "), validate=True).decode("latin-1").partition(":")
        if not colon:
            raise ValueError("no colon")
        return Presented(decode(client_id), decode(secret), "basic")
    except (ValueError, binascii.Error, InvalidRequest):
        raise InvalidClient(
            description="The Authorization header cannot be read: after Basic comes the base64 of client_id:secret, "
            "both form-encoded as UTF-8 first (RFC 6749 section 2.3.1).",
            problem="basic_malformed",
            basic=True,
        ) from None


def by_form(_authorization: str | None, parameters: Parameters) -> Presented | None:
    secret = parameters.get("client_secret")
    return None if secret is None else Presented(parameters.get("client_id") or "", secret, "form")


def by_nothing(authorization: str | None, parameters: Parameters) -> Presented | None:
    """A public client names itself (§3.2.1); beside a secret the client_id is no method of its own."""
    client_id = parameters.get("client_id")
    if client_id is None or authorization is not None or parameters.get("client_secret") is not None:
        return None
    return Presented(client_id, None, "none")


METHODS: tuple[Callable[[str | None, Parameters], Presented | None], ...] = (by_basic, by_form, by_nothing)


def authenticate(presented: Presented, client: AnyClient | None) -> Authenticated[AnyClient]:
    """The client, once it has proved itself the way it registered (Basic and form count as one), or InvalidClient.

    `client` is what was found under `presented.client_id`. The refusal reads the same whatever the reason.
    """
    used = matching_hash(presented.secret or "", client.secret_hashes if client else ())
    problem = why_not(presented, client, used)
    if client is None or problem:
        raise InvalidClient(problem, problem=problem, basic=presented.method == "basic")
    return Authenticated(client, used)


def why_not(presented: Presented, client: Client | Api | None, used: bytes | None) -> str:
    """The problem with this proof, or nothing."""
    if client is None:
        return "client_unknown"
    if isinstance(client, Client) and client.is_public:
        return "" if presented.secret is None else "secret_not_expected"
    # Never treated as public because nothing was sent (rule 10).
    if presented.secret is None:
        return "secret_missing"
    return "" if used else "secret_wrong"


def matching_hash(secret: str, hashes: tuple[bytes, ...]) -> bytes | None:
    """The one of `hashes` that is of `secret`; all are compared, so the time tells nothing."""
    sent = digest(secret)
    equal = [known for known in hashes or NO_SECRETS if compare_digest(known, sent)]
    return equal[0] if equal and hashes else None


def check_not_suspended(client: Client) -> Client:
    """A suspended client gets unauthorized_client, never invalid_grant, on which apps throw their token away."""
    if client.suspended:
        raise UnauthorizedClient(
            "suspended",
            description="This app is suspended for now; its tokens will work again when it is reactivated: "
            "keep them, and ask the administrator.",
            problem="suspended",
        )
    return client
