"""Client metadata documents, read into the columns of a client (draft-ietf-oauth-client-id-metadata-document §4.1)."""

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from oauthsrv.fetching import check_url
from oauthsrv.flows import names
from oauthsrv.flows.clients.fields import NAME_MAX, REDIRECT_URIS_MAX, check_one_redirect_uri
from oauthsrv.oauth import client_metadata
from oauthsrv.oauth.client_authentication import METHODS, NONE
from oauthsrv.oauth.client_keys import KeysRefused, check_keys
from oauthsrv.oauth.client_metadata import ClientMetadata
from oauthsrv.oauth.errors import InvalidClientMetadata, InvalidRedirectUri
from oauthsrv.oauth.records import WITH_SECRET, known
from oauthsrv.oauth.redirect_uris import consent_host
from oauthsrv.oauth.uris import UriRefused, check_home_page

# The grant types a self-registered client may have, and has if it names none.
GRANT_TYPES = ("authorization_code", "refresh_token")
# Methods with a secret that both sides know: a document gives no way to agree on one.
SYMMETRIC = WITH_SECRET | {"client_secret_jwt"}
METHODS_LISTED = "token_endpoint_auth_methods_supported"


class DocumentRefused(Exception):
    """The document can't be used; the message says what is wrong with it."""


@dataclass(frozen=True)
class DocumentFields:
    """The valid part of a document."""

    name: str
    home_page: str
    redirect_uris: list[str]
    grant_types: list[str]
    authentication_methods: list[str]
    jwks: dict[str, Any] | None
    jwks_uri: str | None

    @property
    def type(self) -> Literal["confidential", "public"]:
        return "public" if NONE in self.authentication_methods else "confidential"

    @property
    def redirect_hosts(self) -> set[str]:
        return {consent_host(uri) for uri in self.redirect_uris}

    @classmethod
    def of(cls, members: dict[str, Any]) -> "DocumentFields":
        """The fields as they were stored, possibly by another version of the server."""
        return cls(**known(cls, members))

    @property
    def members(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of the table `client`."""
        return {**self.members, "type": self.type}


class Reading(NamedTuple):
    """The input of every field's reader."""

    metadata: ClientMetadata
    methods: list[str]
    url: str
    issuer: str
    allow_loopback: bool
    listed_uris: Collection[str]


def read_document(
    document: Any, url: str, issuer: str, *, allow_loopback: bool = False, listed_uris: Collection[str] = ()
) -> DocumentFields:
    """Read the document at `url`, for the server `issuer`. Raises DocumentRefused."""
    if not isinstance(document, dict):
        raise DocumentRefused("it isn’t a JSON object")
    if document.get("client_id") != url:
        raise DocumentRefused("its client_id isn’t its own address")
    if {"client_secret", "client_secret_expires_at"} & document.keys():
        raise DocumentRefused("it contains a client secret")
    try:
        metadata, listed = client_metadata.read(document), client_metadata.list_of(document, METHODS_LISTED)
    except (InvalidClientMetadata, InvalidRedirectUri) as error:
        raise DocumentRefused(error.description.removesuffix(".")) from error
    methods = usable_methods(metadata.token_endpoint_auth_method or NONE, listed)
    reading = Reading(metadata, methods, url, issuer, allow_loopback, listed_uris)
    return DocumentFields(**{name: read(reading) for name, read in READERS.items()})


def usable_methods(preferred: str, listed: Collection[str] | None) -> list[str]:
    """The methods of a client: its list if the document has one, which takes precedence over the preferred method.

    A document with neither describes a public client, as the default of RFC 7591 needs a secret.
    """
    wanted = [preferred] if listed is None else listed
    if symmetric := SYMMETRIC & {preferred, *wanted}:
        raise DocumentRefused(f"it authenticates with a shared secret ({min(symmetric)})")
    usable = [name for name in METHODS if name in wanted]
    if not usable:
        raise DocumentRefused(f"it authenticates in a way that isn’t supported here ({', '.join(wanted)[:100]})")
    return usable


def read_name(reading: Reading) -> str:
    """The name; the host if there is none that can be shown."""
    name = names.one_line(reading.metadata.client_name or "", NAME_MAX)
    return consent_host(reading.url) if names.name_problem(name, NAME_MAX) else name


def read_home_page(reading: Reading) -> str:
    try:
        return check_home_page(reading.metadata.client_uri or "")
    except UriRefused:
        return ""


def read_redirect_uris(reading: Reading) -> list[str]:
    """The redirect URIs that may be registered here; a client of many servers also lists others."""
    client_type = "public" if NONE in reading.methods else "confidential"
    good: list[str] = []
    reason = ""
    for uri in reading.metadata.redirect_uris:
        try:
            good.append(check_one_redirect_uri(uri, client_type, reading.issuer, reading.listed_uris))
        except UriRefused as refused:
            reason = str(refused)
    if not good:
        raise DocumentRefused(f"none of its redirect_uris can be used: {reason}")
    if len(good) > REDIRECT_URIS_MAX:
        raise DocumentRefused(f"it has more than {REDIRECT_URIS_MAX} redirect_uris")
    return good


def read_grant_types(reading: Reading) -> list[str]:
    wanted = reading.metadata.grant_types
    return [name for name in GRANT_TYPES if wanted is None or name in wanted]


def read_jwks(reading: Reading) -> dict[str, Any] | None:
    found = reading.metadata.jwks
    if found is None:
        return None
    if reading.metadata.jwks_uri is not None:
        raise DocumentRefused("it has both jwks and jwks_uri")
    try:
        return {"keys": list(check_keys(found))}
    except KeysRefused as refused:
        raise DocumentRefused(f"its jwks can’t be used: {refused}") from refused


def read_jwks_uri(reading: Reading) -> str | None:
    found = reading.metadata.jwks_uri
    if found is None:
        if reading.metadata.jwks is None and set(reading.methods) - {NONE}:
            raise DocumentRefused("it authenticates with keys, but has neither jwks nor jwks_uri")
        return None
    try:
        check_url(found, allow_loopback=reading.allow_loopback)
    except UriRefused as refused:
        raise DocumentRefused(f"its jwks_uri can’t be used: {refused}") from refused
    return found


READERS: dict[str, Callable[[Reading], Any]] = {
    "name": read_name,
    "home_page": read_home_page,
    "redirect_uris": read_redirect_uris,
    "grant_types": read_grant_types,
    "authentication_methods": lambda reading: reading.methods,
    "jwks": read_jwks,
    "jwks_uri": read_jwks_uri,
}
