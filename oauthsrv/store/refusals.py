"""Refused requests of apps: noted in the process, grouped, written to PostgreSQL in batches.

Noting one never waits for a database. What anyone can send in an app's name is kept apart from what the app itself
sent: here and in the table each has its own space, so that unknown senders cannot crowd out what counts.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

import orjson

from oauthsrv.oauth.problems import OF_CALLS
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.database import Database, sql, transaction

BATCH = 500
# While PostgreSQL is away: groups of each kind; of these, those of one app or of one of its users; of these, those
# refused in the same place for the same reason.
KEPT_AT_MOST = 10_000
KEPT_OF_APP, KEPT_OF_USER = 200, 20
KEPT_ALIKE = 20
# Of the requests in a group, the latest by their ids.
REQUESTS_KEPT = 10
# In the table, per app: its own rows, and groups of developers' browsers and of unknown senders each; and of these
# those that are alike. A public app's rows come from its users' devices, any of which may never stop.
ROWS_OF_ITS_OWN, GROUPS_OF_OTHERS = 500, 100
OWN_ALIKE, OTHERS_ALIKE = 100, 20


class Group(NamedTuple):
    """What makes refusals count as the same within one flush."""

    client_id: str
    is_authenticated: bool
    endpoint: str
    problem: str
    sent: str = ""
    # The signed-in user; kept only for developers of the app.
    user_id: str | None = None


Share = tuple[str | None, ...]


class Response(NamedTuple):
    """The response that the sender got, as far as it is known; its X-Request-Id contains the id."""

    status: int = 0
    error: str = ""
    request_id: str = ""


UNKNOWN = Response()


@dataclass(slots=True)
class Seen:
    """How often, when (Unix time), from where last, and how the last one was answered.

    `is_whole`: the address is that of the app's own server. `request_ids` are the latest, newest first.
    """

    count: int
    first_at: float
    last_at: float
    address: str
    is_whole: bool
    status: int = 0
    error: str = ""
    request_ids: list[str] = field(default_factory=list)

    def add(self, other: Seen) -> None:
        self.count += other.count
        self.first_at = min(self.first_at, other.first_at)
        newer, older = (other, self) if other.last_at >= self.last_at else (self, other)
        self.request_ids = [*newer.request_ids, *older.request_ids][:REQUESTS_KEPT]
        self.last_at, self.address, self.is_whole = newer.last_at, newer.address, newer.is_whole
        self.status, self.error = newer.status, newer.error


class Buffer:
    """Groups of one kind, limited in number: in all, per sender, and of those that are alike."""

    def __init__(self) -> None:
        self.groups: dict[Group, Seen] = {}
        self.numbers: Counter[Share] = Counter()

    def add(self, group: Group, seen: Seen) -> None:
        """Add to a group. A new group is dropped if there is no space: it will be sent again, or did not matter."""
        known = self.groups.get(group)
        if known is not None:
            known.add(seen)
        elif self.has_space(group):
            self.groups[group] = seen
            self.numbers.update(shares(group))

    def has_space(self, group: Group) -> bool:
        """Whether the group fits. The first of its kind always does, so that no flood hides what else is wrong."""
        of_sender, alike = (self.numbers[share] for share in shares(group))
        most = KEPT_OF_USER if group.user_id else KEPT_OF_APP
        is_within = alike == 0 or (alike < KEPT_ALIKE and of_sender < most)
        return is_within and len(self.groups) < KEPT_AT_MOST

    def take(self) -> dict[Group, Seen]:
        taken = dict(self.groups.popitem() for _ in range(min(BATCH, len(self.groups))))
        for group in taken:
            for share in shares(group):
                self.numbers[share] -= 1
                if not self.numbers[share]:
                    del self.numbers[share]
        return taken


def shares(group: Group) -> tuple[Share, Share]:
    """The shares of the space that a group uses: its sender's, if known, and that of all groups like it."""
    sender = (group.client_id, group.user_id)
    return sender, (*sender, group.endpoint, group.problem)


class Refusals:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._proved, self._signed_in, self._unknown, self._claimed = Buffer(), Buffer(), Buffer(), Buffer()

    def note(
        self,
        group: Group,
        response: Response = UNKNOWN,
        *,
        address: str,
        is_whole: bool = False,
        is_claimed: bool = False,
    ) -> None:
        """Note a refused request; `is_claimed`: the client ID may be made up.

        Made-up ids are dropped when they are written, but pile up until then, so they have a space of their own.
        """
        now = time.time()
        request_ids = [response.request_id] if response.request_id else []
        seen = Seen(1, now, now, address, is_whole, response.status, response.error, request_ids)
        with self._lock:
            kept = self._claimed if is_claimed else self._kept(group)
            kept.add(group, seen)

    def flush(self) -> None:
        """Write what was noted; what cannot be written is kept for the next time."""
        for kept in (self._proved, self._signed_in, self._unknown, self._claimed):
            while batch := self._take(kept):
                try:
                    self.write(batch)
                except StoreUnavailable:
                    with self._lock:
                        for group, seen in batch.items():
                            kept.add(group, seen)
                    raise

    def _kept(self, group: Group) -> Buffer:
        if group.is_authenticated:
            return self._proved
        return self._signed_in if group.user_id else self._unknown

    def _take(self, kept: Buffer) -> dict[Group, Seen]:
        with self._lock:
            return kept.take()

    def write(self, batch: dict[Group, Seen]) -> None:
        with transaction(self._database) as db:
            groups = _redacted(batch, _developers(db, batch))
            clients = sorted({group.client_id for group in groups})
            records = orjson.dumps([_record(group, seen) for group, seen in groups.items()]).decode()
            sql.refusals.add(db, client_ids=clients, records=records, most_requests=REQUESTS_KEPT)
            sql.usage.add_failures(db, records=records, of_calls=sorted(OF_CALLS))
            sql.refusals.trim(
                db,
                client_ids=clients,
                own=ROWS_OF_ITS_OWN,
                own_alike=OWN_ALIKE,
                others=GROUPS_OF_OTHERS,
                others_alike=OTHERS_ALIKE,
            )


def _developers(db: Any, batch: dict[Group, Seen]) -> set[tuple[str, str]]:
    """The signed-in senders who develop the app; all others are treated as unknown."""
    pairs = {(group.client_id, group.user_id) for group in batch if group.user_id}
    if not pairs:
        return set()
    clients, users = zip(*sorted(pairs), strict=True)
    found = sql.refusals.developers(db, client_ids=list(clients), user_ids=list(users), at_most=len(pairs))
    return {(row.client_id, row.user_id) for row in found}


def _redacted(batch: dict[Group, Seen], developers: set[tuple[str, str]]) -> dict[Group, Seen]:
    """The batch as stored: only developers are named, and only their and their servers' addresses are whole."""
    redacted: dict[Group, Seen] = {}
    for group, seen in batch.items():
        is_developers = (group.client_id, group.user_id) in developers
        address = seen.address if seen.is_whole or is_developers else network_of(seen.address)
        named = group if is_developers else group._replace(user_id=None)
        merged = replace(seen, address=address)
        if named in redacted:
            redacted[named].add(merged)
        else:
            redacted[named] = merged
    return redacted


def network_of(address: str) -> str:
    """The network of an address: /24, or /48 for IPv6."""
    try:
        length = 24 if ip_address(address).version == 4 else 48
    except ValueError:
        return ""
    return str(ip_network(f"{address}/{length}", strict=False))


def _record(group: Group, seen: Seen) -> dict[str, Any]:
    return group._asdict() | {
        "count": seen.count,
        "first_at": seen.first_at,
        "last_at": seen.last_at,
        "address": seen.address or None,
        "status": seen.status or None,
        "error": seen.error or None,
        "request_ids": seen.request_ids,
    }
