"""The records that the protocol works on: frozen, with timezone-aware times; repr shows no hashes."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from inspect import signature
from typing import Any, ClassVar, Literal, NamedTuple

ClientType = Literal["confidential", "public"]
WITH_SECRET = frozenset({"client_secret_basic", "client_secret_post"})


@dataclass(frozen=True, slots=True)
class Client:
    """A registered client, called app on pages. `scopes` is its ceiling, in the order of the catalog.

    Users may decline its `optional_scopes`. A client that registered itself, by RFC 7591 or with a document at
    `document_url`, has no owner.
    """

    client_id: str
    name: str
    type: ClientType
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    secret_hashes: tuple[bytes, ...] = field(repr=False)
    skips_pkce: bool
    owner_id: str | None
    owner_name: str | None
    approved: bool
    suspended: bool
    calls_per_hour: int = 1000
    grant_share_percent: int | None = None
    token_requests_per_minute: int = 6000
    optional_scopes: frozenset[str] = frozenset()
    verified: bool = False
    logo_version: str | None = None
    owner_disabled: bool = False
    epoch: int = 0  # tokens and grants of another epoch are revoked
    keeps_successor: bool = False  # a superseded refresh token can be repeated until its successor is used
    authentication_methods: frozenset[str] = WITH_SECRET
    grant_types: frozenset[str] = frozenset({"authorization_code", "refresh_token"})
    jwks: Mapping[str, Any] | None = field(default=None, repr=False)
    jwks_uri: str | None = None
    allows_endpoint_audience: bool = False
    own_scopes: tuple[str, ...] = ()  # what it may request for itself, without a user
    own_resources: tuple[str, ...] = ()
    access_ttl: int | None = None  # seconds; None: the server's
    refresh_ttl: int | None = None
    document_url: str | None = None

    @property
    def wire_id(self) -> str:
        """Its client_id in requests and responses; see oauth/client_ids.py."""
        return self.document_url or self.client_id

    @property
    def is_public(self) -> bool:
        return self.type == "public"


@dataclass(frozen=True, slots=True)
class Api:
    """A resource server; `resource` is its URI as `resources.check_resource_uri` returns it."""

    client_id: str
    name: str
    resource: str
    scopes: frozenset[str]
    secret_hashes: tuple[bytes, ...] = field(repr=False)
    demands_audience: bool = False  # it accepts only tokens that name it (RFC 8707)
    authentication_methods: ClassVar = WITH_SECRET


class AuthorizationCode(NamedTuple):
    """The record of an issued code. `redirect_uri` is the one used, with its port; `browser` is a name."""

    client_id: str
    grant_id: str
    subject: str
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    redirect_uri: str
    code_challenge: str | None
    browser: str = ""
    session_began_at: str | None = None  # ISO 8601: of the session that allowed it


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    """A device's request, with the address it came from and its time (Unix time)."""

    client_id: str
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    address: str
    requested_at: int


class AccessToken(NamedTuple):
    """The record of an issued access token; without a subject its client acts for itself. Times are Unix times."""

    client_id: str
    family_id: str | None
    grant_id: str | None
    subject: str | None
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    issued_at: int
    expires_at: int
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class Family:
    """All tokens that descend from one code exchange; it has no subject if the client acts for itself.

    `rotations` are the times of the latest rotations, newest first: rotations[k] is when generation
    `generation - k` was issued, and `generation - k - 1` superseded.
    """

    family_id: str
    grant_id: str
    client_id: str
    subject: str | None
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    generation: int
    current_hash: bytes = field(repr=False)
    previous_hash: bytes | None = field(repr=False)
    rotations: tuple[datetime, ...]
    sealed: bytes | None = field(repr=False)
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    epoch: int = 0
    is_of_epoch: bool = True  # its epoch is still its client's
    available_until: datetime | None = None  # until when the successor can be repeated, beyond the grace time
    credential_bound: bool = False  # it began with a credential, so each refresh needs one

    def is_over(self, now: datetime) -> bool:
        return self.ended_at is not None or not self.is_of_epoch or self.expires_at <= now


@dataclass(frozen=True, slots=True)
class Consent:
    """A user's decision: the scopes they allowed for these resources and this host, and those they declined."""

    redirect_host: str
    resources: tuple[str, ...]
    scopes: tuple[str, ...]
    declined: tuple[str, ...] = ()


def known(record: type, values: dict[str, Any]) -> dict[str, Any]:
    """The values that `record` has fields for: a newer version that runs at the same time may write more."""
    names = _names(record)
    return values if names >= values.keys() else {name: values[name] for name in names & values.keys()}


@functools.cache
def _names(record: type) -> frozenset[str]:
    return frozenset(signature(record).parameters)
