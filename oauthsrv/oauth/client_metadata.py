"""A client's metadata: JSON members by their registered names, each checked for its type (RFC 7591 §2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oauthsrv.oauth.errors import InvalidClientMetadata, InvalidRedirectUri, InvalidScope
from oauthsrv.oauth.scopes import parse

CODE = "code"
AUTHORIZATION_CODE = "authorization_code"
MOST_VALUES = 100  # in one list

TEXTS = (
    *("client_name", "client_uri", "scope", "token_endpoint_auth_method", "jwks_uri"),
    *("software_id", "software_version"),
)
LISTS = ("redirect_uris", "grant_types", "response_types")


@dataclass(frozen=True, slots=True)
class ClientMetadata:
    """The metadata: members that are missing or null are None; unknown ones are dropped (§2)."""

    redirect_uris: tuple[str, ...]
    grant_types: tuple[str, ...] | None
    response_types: tuple[str, ...] | None
    client_name: str | None
    client_uri: str | None
    scopes: tuple[str, ...] | None
    token_endpoint_auth_method: str | None
    jwks: Mapping[str, Any] | None
    jwks_uri: str | None
    software_id: str | None
    software_version: str | None


def read(values: Mapping[str, Any]) -> ClientMetadata:
    """Parse the metadata; the caller checks URIs and names. Raises InvalidClientMetadata and InvalidRedirectUri."""
    members: dict[str, Any] = {name: text_of(values, name) for name in TEXTS}
    members |= {name: list_of(values, name) for name in LISTS}
    if not members["redirect_uris"]:
        raise InvalidRedirectUri(description="redirect_uris is missing: send an array with at least one.")
    metadata = ClientMetadata(scopes=scopes_of(members.pop("scope")), jwks=object_of(values, "jwks"), **members)
    check_uses_codes(metadata)
    return metadata


def text_of(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidClientMetadata(description=f"{name} must be a string.")
    return value


def object_of(values: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    value = values.get(name)
    if value is not None and not isinstance(value, dict):
        raise InvalidClientMetadata(description=f"{name} must be an object.")
    return value


def list_of(values: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    value = values.get(name)
    if value is None:
        return None
    error = InvalidRedirectUri if name == "redirect_uris" else InvalidClientMetadata
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise error(description=f"{name} must be an array of strings.")
    if len(value) > MOST_VALUES:
        raise error(description=f"{name} has {len(value):,} values, which is too many.")
    return tuple(dict.fromkeys(value))


def scopes_of(text: str | None) -> tuple[str, ...] | None:
    """The scopes of a scope member; an empty one counts as missing, as clients without configured scopes send it."""
    if text is None or not text.strip(" "):
        return None
    try:
        return parse(text)
    except InvalidScope as error:
        raise InvalidClientMetadata(description=error.description) from None


def check_uses_codes(metadata: ClientMetadata) -> None:
    """Check that grant types and response types fit together (§2.1); here all clients that register use codes."""
    for name, needed in (("grant_types", AUTHORIZATION_CODE), ("response_types", CODE)):
        sent = getattr(metadata, name)
        if sent is not None and needed not in sent:
            raise InvalidClientMetadata(
                description=f"{name} must contain {needed}: clients that register themselves use no other flow."
            )
