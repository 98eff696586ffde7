"""What is going to be written, by table, as the story is told; its times are in days ago."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

HISTORY = 90.0  # days that the story covers
FAMILY_ENDS = ("reused", "client_revoked", "expired", "user", "code_replayed", "too_many_families")


class Records:
    """Rows by table. Chance is the same each time, so that every demo tells the same story; ids and hashes are not."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.chance = random.Random(2121)
        self.family_ends = itertools.cycle(
            FAMILY_ENDS
        )  # here, as a second demo of one process is the same as the first
        self.tables: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self.user_ids: dict[str, str] = {}  # by first name
        self.client_ids: dict[str, str] = {}  # by the name of the app
        self.grouped: set[tuple[str | None, ...]] = set()  # refusals of strangers, which are one row if they are alike

    def ago(self, days: float | None) -> datetime | None:
        return None if days is None else self.now - timedelta(days=days)

    def add(self, table: str, **columns: Any) -> None:
        self.tables[table].append(columns)

    def event(
        self,
        days: float,
        action: str,
        *,
        actor: str | None = None,
        user: str | None = None,
        app: str | None = None,
        address: str | None = None,
        **details: Any,
    ) -> None:
        """A line of the audit log: `actor` and `user` are first names, `app` is an app's name."""
        self.add(
            "events",
            at=self.ago(days),
            action=action,
            actor_id=self.user_ids[actor] if actor else None,
            user_id=self.user_ids[user] if user else None,
            client_id=self.client_ids[app] if app else None,
            address=address,
            details=details,
        )
