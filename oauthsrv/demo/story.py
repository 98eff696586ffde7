"""The whole story, told and written in one transaction; or a new password for the people of an earlier one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from oauthsrv.demo import calls, connections, people, refusals, registering
from oauthsrv.demo.records import Records
from oauthsrv.flows.invalidation import apis_changed, client_ids_changed
from oauthsrv.store.database import sql, transaction

if TYPE_CHECKING:
    from oauthsrv.server import Server

# In the order in which they refer to each other.
TABLES: tuple[tuple[str, Callable[..., int]], ...] = (
    ("users", sql.demo.add_users),
    ("scopes", sql.demo.add_scopes),
    ("clients", sql.demo.add_clients),
    ("logos", sql.demo.add_logos),
    ("members", sql.demo.add_members),
    ("links", sql.demo.add_links),
    ("proposals", sql.demo.add_proposals),
    ("secrets", sql.demo.add_secrets),
    ("apis", sql.demo.add_apis),
    ("grants", sql.demo.add_grants),
    ("consents", sql.demo.add_consents),
    ("families", sql.demo.add_families),
    ("usage", sql.demo.add_usage),
    ("refusals", sql.demo.add_refusals),
    ("events", sql.demo.add_events),
)


class NotAlone(Exception):
    """There are users that are not of the demo."""


def fill(server: Server, password: str) -> bool:
    """Whether the story was told now; if it was before, its people get the new password and nothing else."""
    password_hash = server.passwords.hash(password)
    with transaction(server.database) as db:
        sql.demo.lock_users(db)
        if sql.demo.somebody_else(db, emails=people.EMAILS):
            raise NotAlone
        if sql.demo.set_password(db, password_hash=password_hash, emails=people.EMAILS):
            return False
        records = told(datetime.now(UTC), password_hash)
        for table, add in TABLES:
            add(db, records=json.dumps(records.tables[table], default=datetime.isoformat))
    client_ids_changed(server)
    apis_changed(server)
    return True


def told(now: datetime, password_hash: str) -> Records:
    records = Records(now)
    people.sign_up(records, password_hash)
    registering.register(records)
    connections.connect(records)
    calls.call(records)
    refusals.refuse(records)
    return records
