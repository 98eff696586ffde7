"""Everything that lives as long as the process: settings, stores, caches, keys."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from oauthsrv import key
from oauthsrv.config import Settings
from oauthsrv.fetching import Fetcher
from oauthsrv.oauth.sealing import fingerprint
from oauthsrv.passwords.hashing import Passwords
from oauthsrv.setting_values import is_loopback
from oauthsrv.store import assertions
from oauthsrv.store.clients import Apis, Clients, Published, PublishedFacts
from oauthsrv.store.database import Database, sql, transaction
from oauthsrv.store.families import Sealed
from oauthsrv.store.invalidation import Invalidator
from oauthsrv.store.marks import Marks
from oauthsrv.store.own_families import OwnFamilies
from oauthsrv.store.readiness import Readiness
from oauthsrv.store.redis import Redis
from oauthsrv.store.redis_client import RedisClient
from oauthsrv.store.refusals import Refusals
from oauthsrv.store.server_times import ServerTimes
from oauthsrv.store.sweep import Sweep
from oauthsrv.store.tokens import Tokens


@dataclass(frozen=True)
class Installation:
    """The data shared by all processes on one database."""

    id: str
    browser_key: bytes = field(repr=False)
    longest_access_ttl: int
    key: str = field(repr=False)


@dataclass(frozen=True)
class Known:
    """What the parent read before forking, so that a worker can be replaced while PostgreSQL is down."""

    installation: Installation
    published: PublishedFacts


class Server:
    """Opened once per process, after the fork; closed at its end."""

    def __init__(self, settings: Settings, database: Database, redis_url: str, known: Known | None = None) -> None:
        self.settings = settings
        self.database = database
        self.installation = known.installation if known else _installation(database, settings)
        self.redis = Redis(redis_url, self.installation.id, self._distrust)
        self.readiness = Readiness(database, self.redis)
        self.clients = Clients(database, self.redis)
        self.apis = Apis(database, self.redis)
        self.tokens = Tokens(self.redis, self.clients, self.apis, self.installation.longest_access_ttl)
        self.invalidator = Invalidator(self.redis, self.tokens, self.clients, settings.issuer)
        self.sweep = Sweep(
            database, self.redis, self.invalidator, self.clients, self.apis, self.installation.longest_access_ttl
        )
        self.published = Published(database, known.published if known else None)
        self.marks = Marks(database)
        self.refusals = Refusals(database)
        self.server_times = ServerTimes(database)
        self.sealed = Sealed()
        self.own_families = OwnFamilies()
        self.fetcher = Fetcher(allow_loopback=is_loopback(urlsplit(settings.issuer).hostname or ""))
        self.passwords = Passwords(waiting_at_most=max(1, settings.threads // 2))

    @classmethod
    def open(cls, settings: Settings, *, database_url: str, redis_url: str, known: Known | None = None) -> Server:
        """Open a server on migrated databases; with `known` even while they are down."""
        return cls(settings, Database(database_url, threads=settings.threads), redis_url, known)

    @property
    def known(self) -> Known:
        return Known(self.installation, self.published.latest)

    def close(self) -> None:
        self.passwords.close()
        self.redis.close()
        self.database.close()

    def _distrust(self, redis: RedisClient) -> None:
        self.clients.forget_all()
        self.apis.forget_all()
        is_first = self.sweep.if_new(redis)
        assertions.begin(self.redis, redis, since=0 if is_first else time.time())


def _installation(database: Database, settings: Settings) -> Installation:
    """The row that the first start writes, locked, so that if several starts race, one chooses the key."""
    with transaction(database) as db:
        sql.installation.add(
            db,
            installation_id=secrets.token_hex(4),
            browser_key=secrets.token_bytes(32),
            access_ttl=settings.access_ttl,
        )
        row = sql.installation.get(db)
        found = key.find_key(settings)
        if row.key_fingerprint is None:
            found = found or key.make_key(settings)
            sql.installation.remember_key(db, key_fingerprint=fingerprint(found))
        else:
            found = key.check_belongs(found, bytes(row.key_fingerprint), settings)
    return Installation(row.installation_id, bytes(row.browser_key), row.longest_access_ttl, found)
