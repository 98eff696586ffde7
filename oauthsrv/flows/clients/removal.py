"""Deleting self-registered clients: unused ones, and all of a host at once.

Each is locked, judged again and deleted in its own transaction, so a client that a user allows first is kept. A deleted
app that is used again registers again.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from oauthsrv.flows import rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.invalidation import client_changed, client_ids_changed
from oauthsrv.flows.refusals import NotFound
from oauthsrv.flows.revocations import finish_of_client
from oauthsrv.flows.rights import Role
from oauthsrv.server import Server
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import reading, sql, transaction

UNAUTHORIZED_HOURS = 24
UNUSED_DAYS = 90
BATCH = 50
AT_ONCE = 0.4  # seconds that a request waits
ROWS = 100


def reap(server: Server) -> Iterator[None]:
    """Housekeeping: delete clients that no user allowed within a day, or that got no token for 90 days."""

    def is_unused(db: Connection, client_id: str) -> bool:
        return bool(unused(db, client_id))

    found = BATCH
    while found == BATCH:
        with reading(server.database) as db:
            client_ids = unused(db)
        delete_each(server, client_ids, "client.reaped", Actor(), is_unused)
        found = len(client_ids)
        yield


def unused(db: Connection, client_id: str | None = None) -> list[str]:
    rows = sql.clients.unused(db, client_id=client_id, hours=UNAUTHORIZED_HOURS, days=UNUSED_DAYS, at_most=BATCH)
    return [row.client_id for row in rows]


def remove_host(server: Server, host: str, *, by: Actor) -> bool:
    """Delete every self-registered client of a host; False if this request has no time for all of them."""
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        sql.host_removals.begin(db, host=host, asked_by=by.actor_id)
        audit(db, "registration.host_removed", by, host=host)
    until = time.monotonic() + AT_ONCE
    while not (is_done := proceed_with(server, host, by)) and time.monotonic() < until:
        pass
    return is_done


def proceed_with_hosts(server: Server) -> Iterator[None]:
    """Housekeeping: a batch of each host that is being removed, in turn."""
    is_done = False
    while not is_done:
        with reading(server.database) as db:
            rows = sql.host_removals.under_way(db, rows=ROWS)
        done = [proceed_with(server, row.host, Actor(row.asked_by)) for row in rows]
        is_done = all(done)
        yield


def proceed_with(server: Server, host: str, by: Actor) -> bool:
    """Delete the next batch of a host's clients. True when none is left."""
    with reading(server.database) as db:
        client_ids = [row.client_id for row in sql.host_removals.clients(db, host=host, at_most=BATCH)]
    in_force = delete_each(server, client_ids, "client.deleted", by)
    if len(client_ids) == BATCH:
        return False
    with reading(server.database) as db:
        sql.host_removals.finish(db, host=host)
    return in_force


def delete_each(
    server: Server,
    client_ids: list[str],
    action: str,
    by: Actor,
    is_right: Callable[[Connection, str], bool] = lambda *_: True,
) -> bool:
    """Delete each client; True if all of it is in force already."""
    revocations = []
    for client_id in client_ids:
        with suppress(NotFound), transaction(server.database) as db:
            rights.lock(db, Actor(), client_id=client_id)  # as the server itself; who requested it was judged before
            if is_right(db, client_id):
                revocations.append(delete(db, client_id, action, by))
    results = [client_changed(server, client_id) for client_id in client_ids]
    if client_ids:
        results.append(client_ids_changed(server))
    for revocation_id in filter(None, revocations):
        finish_of_client(server, revocation_id)
    return all(results)


def delete(db: Connection, client_id: str, action: str, by: Actor) -> int | None:
    """Delete a locked client; the id of the revocation of its grants, if any user allowed it."""
    sql.clients.delete(db, client_id=client_id)
    sql.clients.delete_secrets(db, client_id=client_id)
    audit(db, action, by, client_id=client_id)
    if not sql.developer.was_ever_allowed(db, client_id=client_id):
        return None
    return int(sql.revocations.begin_of_client(db, client_id=client_id, reason="client_deleted"))
