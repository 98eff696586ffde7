"""Records cached by a process, each with the stamp it was loaded under (rule 6).

A record is used only while the stamp read in the same check is its stamp. To load one, read the stamp first and
PostgreSQL second: the other way round, a record older than a change could be cached under a newer stamp.
"""

import secrets
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Generic, TypeVar

from oauthsrv.store.redis import Redis

Record = TypeVar("Record")

# Seconds. Use extends a stamp, so that checks go on for as long as PostgreSQL is away.
STAMP_TTL = 7 * 86_400
PROLONGED_EVERY = 3600
KEPT_AT_MOST = 10_000
NOTHING = (None, None)


class Stamped(Generic[Record]):
    """Records by name; `load` reads one from PostgreSQL, or None if there is none."""

    def __init__(self, redis: Redis, load: Callable[[str], Record | None]) -> None:
        self._redis = redis
        self._load = load
        self.stamp_key: Callable[[str], bytes] = lru_cache(KEPT_AT_MOST)(lambda name: redis.key("m", name))
        self._kept: dict[str, tuple[bytes, Record]] = {}
        self._prolong_at: dict[str, float] = {}

    def read(self, name: str) -> Record | None:
        stamp = self._redis.connection().get(self.stamp_key(name))
        return self.resolve(name, stamp)  # type: ignore[arg-type]

    def resolve(self, name: str, stamp: bytes | None) -> Record | None:
        """The record, given the stamp just read (None: there is none)."""
        kept = self._kept.get(name)
        if kept is not None and kept[0] == stamp:
            self.used(name)
            return kept[1]
        if stamp is None:
            if self._is_invented(name):
                self._kept.pop(name, None)
                return None
            stamp = self._stamp(name)
        record = self._load(name)
        if record is None:
            self._kept.pop(name, None)
        else:
            if len(self._kept) >= KEPT_AT_MOST:
                self._kept.pop(next(iter(self._kept.copy())), None)  # other threads change it too
            self._kept[name] = (stamp, record)
        return record

    def kept(self, name: str) -> tuple[bytes, Record] | tuple[None, None]:
        """The record that this process keeps, and its stamp: it is good for as long as Redis has that stamp."""
        return self._kept.get(name, NOTHING)

    def used(self, name: str) -> None:
        """Extend the stamp's life, at most once an hour, even if another process has replaced it; creates none."""
        if self._prolong_at.get(name, 0.0) <= time.monotonic():
            self._prolong(name)

    def changed(self, name: str) -> None:
        """Delete the stamp after the change was committed, so that no process uses its cached record any longer."""
        self._redis.connection().unlink(self.stamp_key(name))

    def load_again(self, name: str) -> Record | None:
        """Reload a cached record that turned out to be old although its stamp is still there."""
        self.changed(name)
        return self.read(name)

    def forget_all(self) -> None:
        self._kept.clear()

    def _is_invented(self, name: str) -> bool:
        """Whether nothing has this name; such a name gets no stamp in Redis."""
        return self._load(name) is None

    def _prolong(self, name: str) -> None:
        if len(self._prolong_at) >= 2 * KEPT_AT_MOST:
            self._prolong_at.clear()
        self._prolong_at[name] = time.monotonic() + PROLONGED_EVERY
        self._redis.connection().expire(self.stamp_key(name), STAMP_TTL)

    def _stamp(self, name: str) -> bytes:
        fresh = secrets.token_hex(8).encode()
        there = self._redis.connection().set(self.stamp_key(name), fresh, nx=True, get=True, ex=STAMP_TTL)
        return there or fresh  # type: ignore[return-value]
