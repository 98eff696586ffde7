"""Checked tokens that a guard caches: bounded, never beyond a token's life, and only while it hears of revocations.

Calls that are answered from here are reported to the server, which charges the app. Unreported calls never exceed an
eighth of what the app had left of its limit; then the server checks again, and says what is left.

A cached token counts only while the subscription is *fresh*: it answered a heartbeat within the last second. A check at
the server takes a ticket first. If anything is revoked, or the subscription is lost, before the result is stored, the
result is dropped, as it may be older than the revocation.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import NamedTuple

from oauthsrv.guard.checks import MOST_USES, CheckedToken
from oauthsrv.guard.refusals import TooManyRequests
from oauthsrv.guard.tokens import Token, reference

FRESH = 1.0  # seconds after a heartbeat
REPORT_AFTER = 3.0  # seconds for which uses are collected; they are reported within five
OVERDUE = 15.0  # seconds until unreported uses allow no more
UNREPORTED_AT_MOST = 10_000  # tokens with uses; above that the server checks
PART = 8  # one process may answer an eighth of what an app has left before it reports


class Key(NamedTuple):
    token_hash: bytes
    resource: str | None

    @classmethod
    def of(cls, text: str, resource: str | None) -> Key:
        return cls(sha256(text.encode()).digest(), resource)


@dataclass(slots=True)
class Uses:
    """Calls that were answered from here and not reported yet. Nothing else holds the text of a token."""

    key: Key
    text: str = field(repr=False)
    client_id: str
    number: int
    since: float


@dataclass(slots=True)
class AppUsage:
    """What an app had left of its limit at the last check, and its calls since then."""

    left: int
    unreported: int = 0
    is_due: bool = False

    @property
    def is_used_up(self) -> bool:
        return self.unreported >= min(self.left // PART, MOST_USES)


@dataclass(slots=True)
class Kept:
    client_id: str
    family_id: str
    good_until: float
    token: Token | None  # None: over its limit until that time
    left: int = 0  # calls its user has left


class Memory:
    """Thread-safe. Times are seconds of the monotonic clock."""

    def __init__(self, size: int, api_id: str = "") -> None:
        self._size = size
        self._api_id = api_id
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._unreported: dict[Key, Uses] = {}
        self._usage: dict[str, AppUsage] = {}
        self.is_due = threading.Event()  # something must be reported without waiting
        self._fresh_until = 0.0
        self._turn = 0  # grows whenever the results of running checks may be outdated

    def __len__(self) -> int:
        return len(self._kept)

    # Revocations

    def mark_fresh(self, at: float) -> None:
        """Note that everything revoked by `at` is known."""
        with self._lock:
            self._fresh_until = at + FRESH

    def drop(
        self, *, families: Collection[str] = (), clients: Collection[str] = (), tokens: Collection[str] = ()
    ) -> None:
        families, clients = set(families), set(clients)
        hashes = {bytes.fromhex(token) for token in tokens}
        # The API itself was changed: the tokens it accepts, and what it may see of them, may have changed.
        is_changed = self._api_id in clients
        with self._lock:
            self._turn += 1
            for key, kept in list(self._kept.items()):
                if is_changed or kept.family_id in families or kept.client_id in clients or key.token_hash in hashes:
                    self._forget(key)

    def drop_all(self, *, disconnected: bool) -> None:
        """`disconnected`: nothing stored from now on counts before the next heartbeat."""
        with self._lock:
            self._turn += 1
            for key in list(self._kept):
                self._forget(key)
            if disconnected:
                self._fresh_until = 0.0

    def is_fresh(self) -> bool:
        return time.monotonic() < self._fresh_until

    # Checked tokens

    def find(self, key: Key, text: str, scopes: Collection[str], *, apps: bool = False) -> Token | None:
        """The token if it is known to be good for `scopes`, counted as one use; None means that the server must check.

        Raises TooManyRequests while it is known to be over its limit.
        """
        now = time.monotonic()
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or now >= self._fresh_until:
                return None
            if now >= kept.good_until or (kept.token and time.time() >= kept.token.expires_at):
                self._forget(key)
                return None
            if kept.token is None:
                raise TooManyRequests(math.ceil(kept.good_until - now))
            if not set(scopes) <= set(kept.token.scopes) or (kept.token.is_of_app and not apps):
                return None  # the server refuses it, and counts the refusal
            if not self._count_use(key, text, kept, now):
                return None
            self._kept.move_to_end(key)
            return kept.token

    def ticket(self) -> int | None:
        """A ticket, to be taken before a check at the server."""
        with self._lock:
            return self._turn if self.is_fresh() else None

    def keep(self, ticket: int | None, key: Key, text: str, checked: CheckedToken) -> None:
        token = replace(checked.token, limits=())
        kept = Kept(*reference(text), time.monotonic() + checked.lifetime, token, checked.left)
        with self._lock:
            usage = self._usage.setdefault(kept.client_id, AppUsage(0))
            usage.left = checked.left
            self._store(ticket, key, kept)

    def keep_limit(self, ticket: int | None, key: Key, text: str, retry_after: int) -> None:
        with self._lock:
            self._store(ticket, key, Kept(*reference(text), time.monotonic() + retry_after, None))

    def forget(self, key: Key) -> None:
        with self._lock:
            self._forget(key)

    # Uses

    def due(self, after: float = REPORT_AFTER) -> list[Uses]:
        """Take what must be reported now; each is returned once, and is then `reported` or given back.

        Revoked tokens do not wait, nor does an app that has used up its part.
        """
        before = time.monotonic() - after
        with self._lock:
            self.is_due.clear()
            waiting = [uses for uses in self._unreported.values() if uses.since <= before or self._is_due(uses)]
            for uses in waiting:
                del self._unreported[uses.key]
                self._usage[uses.client_id].is_due = False
        return waiting

    def take(self, key: Key) -> Uses | None:
        """The uses of one token, which its check reports too."""
        with self._lock:
            return self._unreported.pop(key, None)

    def give_back(self, uses: Uses) -> None:
        """Put back uses that could not be reported."""
        with self._lock:
            later = self._unreported.setdefault(uses.key, uses)
            if later is not uses:
                later.number += uses.number
                later.since = min(later.since, uses.since)

    def reported(self, uses: Uses) -> None:
        with self._lock:
            self._usage[uses.client_id].unreported -= uses.number
            if len(self._usage) > self._size:
                for client_id in [one for one, usage in self._usage.items() if not usage.unreported]:
                    del self._usage[client_id]

    # Only with the lock held

    def _count_use(self, key: Key, text: str, kept: Kept, now: float) -> bool:
        """Count one more call, if it may be answered without the server; else False."""
        usage, uses = self._usage.get(kept.client_id), self._unreported.get(key)
        if usage is None or (uses is None and len(self._unreported) >= UNREPORTED_AT_MOST):
            return False
        if usage.is_used_up:
            usage.is_due = usage.unreported > 0
            if usage.is_due:
                self.is_due.set()
            return False
        if uses is None:
            uses = self._unreported[key] = Uses(key, text, kept.client_id, 0, now)
        if now - uses.since > OVERDUE or uses.number >= kept.left // PART:
            return False
        uses.number += 1
        usage.unreported += 1
        return True

    def _is_due(self, uses: Uses) -> bool:
        kept = self._kept.get(uses.key)
        return kept is None or kept.token is None or self._usage[uses.client_id].is_due

    def _store(self, ticket: int | None, key: Key, kept: Kept) -> None:
        if ticket is None or ticket != self._turn or not self.is_fresh():
            return
        self._kept.pop(key, None)
        self._kept[key] = kept
        while len(self._kept) > self._size:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: Key) -> None:
        if self._kept.pop(key, None) is not None and key in self._unreported:
            self.is_due.set()
