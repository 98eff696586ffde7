"""Whether both stores can be read and written, as /readyz says."""

import secrets
import threading
import time

from oauthsrv import deadline
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.database import Database, sql, transaction
from oauthsrv.store.redis import Redis

KEPT_SECONDS = 1.0
FILLER_BYTES = 32_768


class Readiness:
    """Checks at most once a second, however often it is called, so that no one can put load on the stores with it."""

    def __init__(self, database: Database, redis: Redis) -> None:
        self._database = database
        self._redis = redis
        self._lock = threading.Lock()
        self._checked_at = float("-inf")
        self._reason: str | None = None

    def check(self) -> None:
        """Raises StoreUnavailable."""
        if not self._lock.acquire(timeout=max(0.0, deadline.left())):
            raise StoreUnavailable("the stores are still being checked")
        try:
            if time.monotonic() - self._checked_at >= KEPT_SECONDS:
                self._reason = self._ask()
                self._checked_at = time.monotonic()
        finally:
            self._lock.release()
        if self._reason is not None:
            raise StoreUnavailable(self._reason)

    def _ask(self) -> str | None:
        try:
            key = self._redis.key("w", "")
            self._redis.connection().set(key, b"1", ex=10)
            if self._redis.connection().get(key) is None:
                raise StoreUnavailable("Redis: a value it had just accepted is missing")
            with transaction(self._database) as db:
                sql.installation.get(db)
                sql.installation.write_readiness(db, filler=secrets.token_bytes(FILLER_BYTES))
        except StoreUnavailable as error:
            return str(error)
        return None
