"""Revocations: commit in PostgreSQL, delete in Redis (which notifies the guards), then answer (rule 6).

Grants are revoked before their families, in separate statements, so that a family inserted in between is either waited
for or refused. Repeating a revocation deletes in Redis again. Each function returns True when the revocation is in
force. False means that it is recorded, but Redis cannot be reached, or the user has more than one request can revoke:
then the sweep and housekeeping complete it.

Everything of one client or user is revoked in batches, by any process. A client's tokens are refused before that, by
its epoch: the batches only mark the rows. A user's are refused when the last batch is done. A batch and its progress
are one transaction, so any process can go on after one that was killed.
"""

import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from oauthsrv.flows import rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.invalidation import (
    access_token_revoked,
    client_changed,
    client_ids_changed,
    clients_changed,
    families_revoked,
)
from oauthsrv.flows.refusals import LastAdministrator, NotFound
from oauthsrv.flows.rights import Role
from oauthsrv.oauth.credentials import digest
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import reading, sql, transaction

log = logging.getLogger(__name__)

BATCH = 500  # rows: few enough that no one waits for the locks
GRANTS_OF_USER = 20  # each may have many families
AT_ONCE = 0.4  # seconds a request waits for the batches
STRAGGLERS = 10  # seconds, longer than any request: for exchanges that began before the epoch was raised
PAGE = 1000


def revoke_grant(
    server: Server, grant_id: str, user_id: str, reason: str, *, by: Actor, needs: Role = Role.NONE
) -> bool:
    """Revoke what one user allowed one client. Raises NotFound if that user has no such grant, NotAllowed."""
    with transaction(server.database) as db:
        if needs:
            rights.lock(db, by, needs)
        revoked = sql.grants.end(db, grant_id=grant_id, user_id=user_id, reason=reason)
        if revoked is not None:
            families = sql.families.end_of_grants(db, grant_ids=[grant_id], reason=reason)
            audit(db, "grant.ended", by, user_id=user_id, client_id=revoked.client_id, reason=reason)
        elif sql.grants.find_of_user(db, grant_id=grant_id, user_id=user_id) is None:
            raise NotFound(grant_id)
        else:
            families = sql.families.of_grant(db, grant_id=grant_id)
        family_ids = [row.family_id for row in families]
    return families_revoked(server, family_ids)


def revoke_family(
    server: Server,
    family_id: str,
    reason: str,
    *,
    by: Actor,
    user_id: str | None,
    client_id: str,
    needs: Role = Role.NONE,
) -> bool:
    """Raises NotAllowed."""
    with transaction(server.database) as db:
        if needs:
            rights.lock(db, by, needs)
        if sql.families.end(db, family_id=family_id, reason=reason):
            audit(db, "family.ended", by, user_id=user_id, client_id=client_id, reason=reason)
    return families_revoked(server, [family_id])


def revoke_access_token(
    server: Server, text: str, *, lifetime: int, client_id: str, by: Actor, is_known: bool = True
) -> bool:
    """Revoke one access token alone; `lifetime` is the most that may remain of its life, in seconds.

    `is_known`: it has a record. Without one it may never have existed, so the audit log does not name it.
    """
    with transaction(server.database) as db:
        is_new = sql.ended_keys.add(db, key_hash=digest(text), kind="access_token", seconds=lifetime)
        if is_new and is_known:
            audit(db, "token.revoked", by, client_id=client_id)
    return access_token_revoked(server, text)


# Users


def disable_user(server: Server, user_id: str, *, by: Actor) -> bool:
    """Revoke everything of a person and lock the account until it is enabled.

    Only the command line can disable the last administrator, as it can also add one.
    """
    with transaction(server.database) as db:
        locked = rights.lock(db, by, Role.ADMINISTRATOR, users=[user_id], administrators=True)
        is_last = locked.user(user_id) and locked.is_last_administrator(user_id)
        if by.actor_id is not None and is_last:
            raise LastAdministrator
        sql.users.end_sessions(db, user_id=user_id)
        if sql.users.disable(db, user_id=user_id):
            audit(db, "user.disabled", by, user_id=user_id)
        started = start_of_user(db, user_id, "user_disabled")
        clients = sql.clients.note_owner_disabled(db, owner_id=user_id, disabled=True)
    return clients_changed(server, clients) and finish_of_user(server, started)


def enable_user(server: Server, user_id: str, *, by: Actor) -> bool:
    """Unlock the account. What was revoked stays revoked; the person's apps can be connected again."""
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR, users=[user_id]).user(user_id)
        if sql.users.enable(db, user_id=user_id):
            audit(db, "user.enabled", by, user_id=user_id)
        clients = sql.clients.note_owner_disabled(db, owner_id=user_id, disabled=False)
    return clients_changed(server, clients)


def revoke_user(server: Server, user_id: str, *, by: Actor) -> bool:
    """Revoke every session, code, grant and token of a person, and leave the account open."""
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR, users=[user_id]).user(user_id)
        sql.users.end_sessions(db, user_id=user_id)
        audit(db, "user.revoked", by, user_id=user_id)
        started = start_of_user(db, user_id, "user_revoked")
    return finish_of_user(server, started)


class UserRevocation(NamedTuple):
    """A revocation of everything a user has, and the families of its first batch (usually all)."""

    revocation_id: int
    user_id: str
    families: list[str]


def start_of_user(db: Connection, user_id: str, reason: str) -> UserRevocation:
    """Record the revocation and run its first batch, in the transaction that ends the user's sessions."""
    revocation_id: int = sql.revocations.begin_of_user(db, user_id=user_id, reason=reason)
    _, families = _revoke_of_user(db, sql.revocations.find(db, revocation_id=revocation_id))
    return UserRevocation(revocation_id, user_id, families)


def finish_of_user(server: Server, started: UserRevocation) -> bool:
    """Run batches after the commit; what this request has no time for is left to housekeeping."""
    try:
        server.invalidator.invalidate(families=started.families)
        is_done = proceed(server, started.revocation_id, AT_ONCE).is_done
        _delete_recent_again(server, started.user_id)
    except StoreUnavailable as error:
        log.warning("a revocation is recorded but not yet in force: %s", error)
        return False
    return is_done


def _delete_recent_again(server: Server, user_id: str) -> None:
    """Delete again the markers of a user's families that ended less than an access token's lifetime ago."""
    after, seconds = "", server.installation.longest_access_ttl
    while True:
        with reading(server.database) as db:
            rows = sql.families.recent_of_user(db, user_id=user_id, seconds=seconds, after=after, at_most=PAGE)
        if not rows:
            return
        server.invalidator.invalidate(families=[row.family_id for row in rows], again=True)
        after = rows[-1].family_id


# Clients


def revoke_client_tokens(server: Server, client_id: str, *, by: Actor, waits: bool = True) -> bool:
    """Revoke every user's access for one client, however many they are; users are asked again.

    Tokens with an older epoch are refused as soon as the stamp is deleted. `waits`: mark their rows now, as far as
    there is time, instead of leaving all to housekeeping. Raises NotFound, NotAllowed.
    """
    with transaction(server.database) as db:
        rights.lock(db, by, Role.OWNER, client_id=client_id)
        revocation_id = start_of_client(db, client_id, by)
    in_force = client_changed(server, client_id)
    if waits:
        finish_of_client(server, revocation_id)
    return in_force


def start_of_client(db: Connection, client_id: str, by: Actor) -> int:
    """Record it while the client is locked; after the commit call `client_changed`, then `finish_of_client`."""
    sql.clients.raise_epoch(db, client_id=client_id)
    audit(db, "client.tokens_ended", by, client_id=client_id)
    return int(sql.revocations.begin_of_client(db, client_id=client_id, reason="client_tokens_ended"))


def delete_client(server: Server, client_id: str, *, by: Actor) -> bool:
    """Delete a client; repeating it brings an earlier deletion into force. Raises NotFound, NotAllowed."""
    with transaction(server.database) as db:
        locked = rights.lock(db, by)
        client = sql.clients.lock(db, client_id=client_id)
        if client is not None:
            replace(locked, client=client).check(by, Role.OWNER)
            sql.clients.delete(db, client_id=client_id)
            sql.clients.delete_secrets(db, client_id=client_id)
            audit(db, "client.deleted", by, client_id=client_id)
            revocation_id = sql.revocations.begin_of_client(db, client_id=client_id, reason="client_deleted")
    client_ids_changed(server)
    in_force = client_changed(server, client_id)
    if client is not None:
        finish_of_client(server, revocation_id)
    return in_force


def finish_of_client(server: Server, revocation_id: int) -> None:
    """Mark the rows of a revocation that is in force already: now if they are few, else by housekeeping."""
    try:
        proceed(server, revocation_id, AT_ONCE)
    except StoreUnavailable as error:
        log.warning("a revocation is in force, but its rows will be marked later: %s", error)


# In batches


class Progress(NamedTuple):
    """The state of a revocation; `connections` is None until they are counted."""

    revoked: int
    connections: int | None
    is_done: bool


def proceed(server: Server, revocation_id: int, seconds: float) -> Progress:
    """Run batches for at most `seconds`, but at least one."""
    until = time.monotonic() + seconds
    row, is_done = _find(server, revocation_id), False
    while not row.is_finished and not is_done:
        if row.connections is None:
            _count(server, row)
        else:
            is_done = not _batch(server, row)
        row = _find(server, revocation_id)
        if time.monotonic() >= until:
            break
    if is_done:
        _finish(server, row)
    return Progress(row.carried_out, row.connections, is_done or row.is_finished)


def proceed_with_all(server: Server) -> Iterator[None]:
    """Housekeeping, in steps: a batch of each revocation under way, in turn."""
    under_way = True
    while under_way:
        with reading(server.database) as db:
            rows = sql.revocations.under_way(db, rows=PAGE)
        done = [proceed(server, row.revocation_id, 0.0).is_done for row in rows]
        under_way = not all(done)
        yield


def _find(server: Server, revocation_id: int) -> Any:
    with reading(server.database) as db:
        return sql.revocations.find(db, revocation_id=revocation_id)


def _count(server: Server, row: Any) -> None:
    with reading(server.database) as db:
        if row.client_id:
            number = sql.families.count_of_client(db, client_id=row.client_id, epoch=row.epoch)
        else:
            number = sql.families.count_of_user(db, user_id=row.user_id, began_at=row.began_at)
        sql.revocations.note_count(db, revocation_id=row.revocation_id, connections=number)


def _batch(server: Server, row: Any) -> bool:
    """Run a batch; False if there was nothing to do."""
    return _batch_of_client(server, row) if row.client_id else _batch_of_user(server, row)


def _batch_of_client(server: Server, row: Any) -> bool:
    """Mark grants first, then families. Guards need no message: the epoch already makes them refuse these tokens."""
    of = {"client_id": row.client_id, "epoch": row.epoch, "reason": row.reason, "at_most": BATCH}
    with transaction(server.database) as db:
        if sql.grants.end_of_client(db, **of):
            return True
        families = [family.family_id for family in sql.families.end_of_client(db, **of)]
        sql.revocations.note_carried_out(db, revocation_id=row.revocation_id, families=len(families))
    server.invalidator.forget_families(families)
    return bool(families)


def _batch_of_user(server: Server, row: Any) -> bool:
    with transaction(server.database) as db:
        grants, families = _revoke_of_user(db, row)
    server.invalidator.invalidate(families=families)
    return grants > 0


def _revoke_of_user(db: Connection, row: Any) -> tuple[int, list[str]]:
    revoked = sql.grants.end_of_user(
        db, user_id=row.user_id, began_at=row.began_at, reason=row.reason, at_most=GRANTS_OF_USER
    )
    grant_ids = [grant.grant_id for grant in revoked]
    families = [one.family_id for one in sql.families.end_of_grants(db, grant_ids=grant_ids, reason=row.reason)]
    sql.revocations.note_carried_out(db, revocation_id=row.revocation_id, families=len(families))
    return len(revoked), families


def _finish(server: Server, row: Any) -> None:
    """Mark the revocation finished, unless grants or families are left: locked, or inserted by a late exchange."""
    with reading(server.database) as db:
        sql.revocations.finish(db, revocation_id=row.revocation_id, began_at=row.began_at, stragglers=STRAGGLERS)
