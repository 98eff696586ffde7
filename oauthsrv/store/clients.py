"""The caches of a process: clients and APIs, under their stamps, and the scopes of the catalog."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from oauthsrv.oauth.credentials import is_client_id
from oauthsrv.oauth.records import Api, Client, known
from oauthsrv.store.database import Database, reading, sql
from oauthsrv.store.redis import Redis
from oauthsrv.store.stamped import Stamped


class Clients(Stamped[Client | Api]):
    """Clients and APIs by their client_id."""

    def __init__(self, database: Database, redis: Redis) -> None:
        super().__init__(redis, self._of_id)
        self._database = database
        self.ids = Ids(database, redis)

    def find(self, client_id: str) -> Client | Api | None:
        return self.read(client_id) if is_client_id(client_id) else None

    def find_with(self, client_id: str, keys: list[bytes]) -> tuple[Client | Api | None, dict[bytes, bytes | None]]:
        """The client, and the values of further keys from the same trip to Redis; nothing for a malformed id.

        Fails if Redis takes no writes, as the decision that follows must be written there.
        """
        if not is_client_id(client_id):
            return None, {}
        stamp, *values = self._redis.read_with_write([self.stamp_key(client_id), *keys])
        return self.resolve(client_id, stamp), dict(zip(keys, values, strict=True))

    def find_client(self, client_id: str) -> Client | None:
        found = self.find(client_id)
        return found if isinstance(found, Client) else None

    def forget_all(self) -> None:
        super().forget_all()
        self.ids.forget_all()

    def _is_invented(self, name: str) -> bool:
        ids = self.ids.read(self.ids.NAME)
        if ids is None or len(ids) == self.ids.AT_MOST:
            return self._load(name) is None
        return _short(name) not in ids

    def _of_id(self, client_id: str) -> Client | Api | None:
        with reading(self._database) as db:
            row = sql.clients.find(db, client_id=client_id)
            if row is not None:
                return client_record(row)
            row = sql.apis.find(db, client_id=client_id)
            return None if row is None else api_record(row)


class Ids(Stamped[frozenset[bytes]]):
    """The ids of all clients and APIs, so that made-up ids put no load on PostgreSQL.

    Adding or deleting one deletes the stamp before the request is answered. Beyond AT_MOST, PostgreSQL is queried for
    each id.
    """

    NAME = "ids"
    AT_MOST = 100_000

    def __init__(self, database: Database, redis: Redis) -> None:
        super().__init__(redis, self._every)
        self._database = database

    def _is_invented(self, name: str) -> bool:
        return False

    def _every(self, _name: str) -> frozenset[bytes]:
        with reading(self._database) as db:
            return frozenset(_short(row.client_id) for row in sql.clients.ids(db, at_most=self.AT_MOST))


def _short(client_id: str) -> bytes:
    return bytes.fromhex(client_id.removeprefix("cli_"))


class Apis(Stamped[Mapping[str, Api]]):
    """All APIs by resource URI. They are few and rarely change, so one stamp is enough for all."""

    NAME = "apis"

    def __init__(self, database: Database, redis: Redis) -> None:
        super().__init__(redis, self._by_resource)
        self._database = database

    def all(self) -> Mapping[str, Api]:
        return self.read(self.NAME) or {}

    def _is_invented(self, name: str) -> bool:
        return False

    def _by_resource(self, _name: str) -> Mapping[str, Api]:
        with reading(self._database) as db:
            return {row.resource: api_record(row) for row in sql.apis.records(db)}


def client_record(row: Any) -> Client:
    lists, sets = (
        ("redirect_uris", "scopes", "secret_hashes", "own_scopes", "own_resources"),
        ("optional_scopes", "authentication_methods", "grant_types"),
    )
    return Client(
        **known(Client, row._asdict())
        | {name: tuple(getattr(row, name)) for name in lists}
        | {name: frozenset(getattr(row, name)) for name in sets}
    )


def api_record(row: Any) -> Api:
    return Api(
        row.client_id,
        row.name,
        row.resource,
        frozenset(row.scopes),
        tuple(row.secret_hashes),
        row.demands_audience,
    )


class PublishedFacts(NamedTuple):
    """`scopes` in display order, without deprecated ones; `apis` by client_id."""

    scopes: tuple[str, ...] = ()
    apis: Mapping[str, Api] = MappingProxyType({})


class Published:
    """What metadata lists, as last read by this process, so that metadata waits for no database.

    Known when the process starts; reread after each of its own changes, and by housekeeping every two seconds.
    """

    def __init__(self, database: Database, known: PublishedFacts | None = None) -> None:
        self._database = database
        self.latest = known or PublishedFacts()
        if known is None:
            self.refresh()

    def refresh(self) -> None:
        """Read it again. Raises StoreUnavailable, and then keeps what was known."""
        with reading(self._database) as db:
            scopes = tuple(row.scope for row in sql.scopes.every(db) if not row.deprecated)
            apis = {row.client_id: api_record(row) for row in sql.apis.records(db)}
        self.latest = PublishedFacts(scopes, apis)
