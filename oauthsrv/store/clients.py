"""Records of clients and APIs, as a process keeps them under their stamps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from oauthsrv.oauth.credentials import is_client_id
from oauthsrv.oauth.records import Api, Client
from oauthsrv.store.database import Database, reading, sql
from oauthsrv.store.stamped import Stamped

if TYPE_CHECKING:
    from oauthsrv.store.redis import Redis


class Clients(Stamped[Client | Api]):
    """Whoever has a client_id, by it."""

    def __init__(self, database: Database, redis: Redis) -> None:
        super().__init__(redis, self._of_id)
        self._database = database

    def find(self, client_id: str) -> Client | Api | None:
        return self.read(client_id) if is_client_id(client_id) else None

    def find_client(self, client_id: str) -> Client | None:
        found = self.find(client_id)
        return found if isinstance(found, Client) else None

    def _of_id(self, client_id: str) -> Client | Api | None:
        with reading(self._database) as db:
            row = sql.clients.find(db, client_id=client_id)
            if row is not None:
                return client_record(row)
            row = sql.apis.record(db, client_id=client_id)
            return None if row is None else api_record(row)


class Apis(Stamped[Mapping[str, Api]]):
    """All APIs by their resource URI: few, and changed seldom, so that one stamp stands for all."""

    NAME = "apis"

    def __init__(self, database: Database, redis: Redis) -> None:
        super().__init__(redis, self._by_resource)
        self._database = database

    def all(self) -> Mapping[str, Api]:
        return self.read(self.NAME) or {}

    def _by_resource(self, _name: str) -> Mapping[str, Api]:
        with reading(self._database) as db:
            return {row.resource: api_record(row) for row in sql.apis.records(db)}


def client_record(row: Any) -> Client:
    return Client(
        client_id=row.client_id,
        name=row.name,
        type=row.type,
        redirect_uris=tuple(row.redirect_uris),
        scopes=tuple(row.scopes),
        secret_hashes=tuple(map(bytes, row.secret_hashes)),
        skips_pkce=row.skips_pkce,
        owner_id=row.owner_id,
        owner_name=row.owner_name,
        approved=row.approved,
        suspended=row.suspended,
        calls_per_hour=row.rate_limit_per_hour,
        grant_share_percent=row.grant_share_percent,
        token_requests_per_minute=row.token_limit_per_minute,
        optional_scopes=frozenset(row.optional_scopes),
        verified=row.verified,
        logo_version=row.logo_version,
        owner_disabled=row.owner_disabled,
    )


def api_record(row: Any) -> Api:
    return Api(
        row.client_id,
        row.name,
        row.resource,
        frozenset(row.scopes),
        (bytes(row.secret_hash),),
        row.demands_audience,
    )
