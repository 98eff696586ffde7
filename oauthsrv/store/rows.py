"""The types of rows that guards load for handlers (sql/queries/clients.sql, apis.sql, users.sql)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol


class AppRow(Protocol):
    """A row of the query clients.overview."""

    client_id: str
    name: str
    description: str
    home_page: str
    type: str
    redirect_uris: Sequence[str]
    scopes: Sequence[str]
    optional_scopes: Sequence[str]
    skips_pkce: bool
    keeps_successor: bool
    calls_per_hour: int
    grant_share_percent: int
    token_requests_per_minute: int
    created_at: datetime
    changed_at: datetime
    suspended_at: datetime | None
    suspend_reason: str
    verified_at: datetime | None
    verified: bool
    approved: bool
    suspended: bool
    logo_version: str | None
    owner_id: str | None
    owner_name: str | None
    owner_email: str | None
    owner_since: datetime | None
    owner_disabled_at: datetime | None
    users: int
    grant_types: Sequence[str]
    authentication_methods: Sequence[str]
    jwks: Mapping[str, Any] | None
    jwks_uri: str | None
    allows_endpoint_audience: bool
    document_url: str | None
    blocked_host: str | None
    registered_from: str | None
    fetched_at: datetime | None
    failed_at: datetime | None
    failure: str | None
    own_scopes: Sequence[str]
    own_resources: Sequence[str]
    opened_scopes: Sequence[str]
    opened_resources: Sequence[str]
    access_ttl: int | None
    refresh_ttl: int | None
    proposed: bool
    to_revoke: int | None
    revoked: int | None
    is_revoking: bool

    def _asdict(self) -> dict[str, Any]: ...


class ApiRow(Protocol):
    """A row of the query apis.find."""

    client_id: str
    name: str
    resource: str
    scopes: Sequence[str]
    demands_audience: bool
    created_at: datetime
    changed_at: datetime
    secret_hashes: Sequence[bytes]


class UserRow(Protocol):
    """A row of the query users.find."""

    user_id: str
    subject: str
    email: str
    name: str
    is_admin: bool
    sessions_ended_at: datetime | None
    disabled_at: datetime | None
    created_at: datetime
