"""Answers that a guard keeps: bounded, never beyond a token's life, and only while endings are heard of.

An answer counts only while the subscription is *fresh*: it answered a heartbeat within the last second. Whoever
asks the server takes a ticket first; if anything ended, or the subscription was lost, before the answer is kept,
it is not kept, as it may be older than the ending.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import NamedTuple

from oauthsrv.guard.questions import Answer
from oauthsrv.guard.refusals import TooManyRequests
from oauthsrv.guard.tokens import Token, reference

FRESH = 1.0  # seconds that a heartbeat is good for
REPORT_AFTER = 3.0  # seconds: uses are gathered that long, and reported within five
OVERDUE = 15.0  # seconds after which uses that could not be reported stop more of them
OWED_AT_MOST = 10_000


class Key(NamedTuple):
    token_hash: bytes
    resource: str | None

    @classmethod
    def of(cls, text: str, resource: str | None) -> Key:
        return cls(sha256(text.encode()).digest(), resource)


@dataclass(slots=True)
class Uses:
    """Calls that were answered from here and not reported yet; only they keep the text of a token."""

    key: Key
    text: str = field(repr=False)
    number: int
    since: float


@dataclass(slots=True)
class Kept:
    client_id: str
    family_id: str
    good_until: float
    token: Token | None  # none: over its limit until then
    uses: Uses | None = None


class Memory:
    """Thread-safe. Times are of the monotonic clock, in seconds."""

    def __init__(self, size: int, api_id: str = "") -> None:
        self._size = size
        self._api_id = api_id
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._owed: deque[Uses] = deque(maxlen=OWED_AT_MOST)
        self._fresh_until = 0.0
        self._turn = 0  # grows whenever an answer under way may have become old

    def __len__(self) -> int:
        return len(self._kept)

    # What ended

    def heard(self, at: float) -> None:
        """Everything that had ended by `at` was heard of."""
        with self._lock:
            self._fresh_until = at + FRESH

    def drop(
        self, *, families: Collection[str] = (), clients: Collection[str] = (), tokens: Collection[str] = ()
    ) -> None:
        families, clients = set(families), set(clients)
        hashes = {bytes.fromhex(token) for token in tokens}
        # The API itself was changed: what it may see of a token, and whether it takes it, may be another thing now.
        is_changed = self._api_id in clients
        with self._lock:
            self._turn += 1
            for key, kept in list(self._kept.items()):
                if is_changed or kept.family_id in families or kept.client_id in clients or key.token_hash in hashes:
                    self._forget(key)

    def drop_all(self, *, deaf: bool) -> None:
        """`deaf`: nothing is heard any more, so nothing counts before the next heartbeat."""
        with self._lock:
            self._turn += 1
            for key in list(self._kept):
                self._forget(key)
            if deaf:
                self._fresh_until = 0.0

    def is_fresh(self) -> bool:
        return time.monotonic() < self._fresh_until

    # Answers

    def find(self, key: Key, text: str, scopes: Collection[str]) -> Token | None:
        """The token if it is known to be good for `scopes`, counted as one use; None means that the server is asked.

        Raises TooManyRequests while the server's word stands that it is over its limit.
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
            if not set(scopes) <= set(kept.token.scopes):
                return None  # the server refuses it, and counts the refusal
            if kept.uses is None:
                kept.uses = Uses(key, text, 0, now)
            elif now - kept.uses.since > OVERDUE:
                return None
            kept.uses.number += 1
            self._kept.move_to_end(key)
            return kept.token

    def ticket(self) -> int | None:
        """Taken before the server is asked."""
        with self._lock:
            return self._turn if self.is_fresh() else None

    def keep(self, ticket: int | None, key: Key, text: str, answer: Answer) -> None:
        token = replace(answer.token, limits=())
        self._put(ticket, key, text, token, time.monotonic() + answer.lifetime)

    def keep_limit(self, ticket: int | None, key: Key, text: str, retry_after: int) -> None:
        self._put(ticket, key, text, None, time.monotonic() + retry_after)

    def forget(self, key: Key) -> None:
        with self._lock:
            self._forget(key)

    # Uses

    def due(self, after: float = REPORT_AFTER) -> list[Uses]:
        """What is to be reported now; each is handed out once."""
        before = time.monotonic() - after
        with self._lock:
            waiting = list(self._owed)
            self._owed.clear()
            for kept in self._kept.values():
                if kept.uses is not None and kept.uses.since <= before:
                    waiting.append(kept.uses)
                    kept.uses = None
        return waiting

    def give_back(self, uses: Uses) -> None:
        """They could not be reported."""
        with self._lock:
            kept = self._kept.get(uses.key)
            if kept is None or kept.token is None:
                self._owed.append(uses)
            elif kept.uses is None:
                kept.uses = uses
            else:
                kept.uses.number += uses.number
                kept.uses.since = min(kept.uses.since, uses.since)

    # With the lock held

    def _put(self, ticket: int | None, key: Key, text: str, token: Token | None, good_until: float) -> None:
        with self._lock:
            if ticket is None or ticket != self._turn or not self.is_fresh():
                return
            self._forget(key)
            self._kept[key] = Kept(*reference(text), good_until, token)
            while len(self._kept) > self._size:
                self._forget(next(iter(self._kept)))

    def _forget(self, key: Key) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None and kept.uses is not None:
            self._owed.append(kept.uses)
