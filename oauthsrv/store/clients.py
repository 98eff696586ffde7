"""Records of clients and APIs, kept in the process under the stamp they were loaded under (SPEC §5.6).

A record is used only while the stamp read in the same check is its stamp. Otherwise the stamp
comes first and PostgreSQL after: loaded the other way round, a record older than a change
could be kept under a stamp newer than it.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from oauthsrv.oauth.credentials import is_client_id
from oauthsrv.oauth.records import Api, Client
from oauthsrv.store.database import Database, reading, sql

if TYPE_CHECKING:
    from oauthsrv.store.redis import Redis

STAMP_TTL = 86_400  # seconds
KEPT_AT_MOST = 10_000


class Clients:
    def __init__(self, database: Database, redis: Redis) -> None:
        self._database = database
        self._redis = redis
        self._kept: dict[str, tuple[bytes, Client | Api]] = {}

    def find(self, client_id: str) -> Client | Api | None:
        if not is_client_id(client_id):
            return None
        stamp = self._redis.connection().get(self.stamp_key(client_id))
        return self.resolve(client_id, stamp)  # type: ignore[arg-type]

    def find_client(self, client_id: str) -> Client | None:
        found = self.find(client_id)
        return found if isinstance(found, Client) else None

    def resolve(self, client_id: str, stamp: bytes | None) -> Client | Api | None:
        """The record, given the stamp that was just read (None: there is none)."""
        kept = self._kept.get(client_id)
        if kept is not None and kept[0] == stamp:
            return kept[1]
        if self._load(client_id) is None:  # so that invented ids leave nothing in Redis
            self._kept.pop(client_id, None)
            return None
        stamp = stamp or self._stamp(client_id)
        record = self._load(client_id)
        if record is not None:
            if len(self._kept) >= KEPT_AT_MOST:
                self._kept.pop(next(iter(self._kept)), None)
            self._kept[client_id] = (stamp, record)
        return record

    def changed(self, client_id: str) -> None:
        """Strike the stamp, after the change was committed: no process uses its record any more."""
        self._redis.connection().unlink(self.stamp_key(client_id))

    def forget_all(self) -> None:
        self._kept.clear()

    def stamp_key(self, client_id: str) -> bytes:
        return self._redis.key("m", client_id)

    def _stamp(self, client_id: str) -> bytes:
        fresh = secrets.token_hex(8).encode()
        there = self._redis.connection().set(self.stamp_key(client_id), fresh, nx=True, get=True, ex=STAMP_TTL)
        return there or fresh  # type: ignore[return-value]

    def _load(self, client_id: str) -> Client | Api | None:
        with reading(self._database) as db:
            row = sql.clients.find(db, client_id=client_id)
            if row is not None:
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
                )
            row = sql.clients.find_api(db, client_id=client_id)
            if row is not None:
                return Api(row.client_id, row.name, row.resource, frozenset(row.scopes), (bytes(row.secret_hash),))
        return None
