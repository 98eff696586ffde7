"""Revocations of everything of one client or one user: carried out in batches, by whoever comes first (rule 6).

What is a client's was in force before, by its epoch: the batches only write it into every row. What is a user's is in
force when the last batch is done. A batch is one transaction with the progress it makes, so that whoever is killed
leaves nothing half done, and anybody goes on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql, transaction

BATCH = 500  # rows: short enough that nobody waits for the locks
GRANTS_OF_USER = 20  # each may have many families
AT_ONCE = 0.4  # seconds that who asked for it waits for the batches
STRAGGLERS = 10  # seconds, longer than any request: exchanges that had begun when the epoch was raised
PAGE = 1000


class Progress(NamedTuple):
    """`connections` is None until they are counted. What is done may be looked at once more by housekeeping."""

    carried_out: int
    connections: int | None
    is_done: bool


class OfUser(NamedTuple):
    """A revocation of everything of a user, and what of it the transaction that began it has done: mostly all."""

    revocation_id: int
    user_id: str
    families: list[str]


def begin_of_user(db: Any, user_id: str, reason: str) -> OfUser:
    """In the transaction that ended the user's sessions."""
    revocation_id: int = sql.revocations.begin_of_user(db, user_id=user_id, reason=reason)
    _, families = _end_of_user(db, sql.revocations.find(db, revocation_id=revocation_id))
    return OfUser(revocation_id, user_id, families)


def carry_out(server: Server, revocation_id: int, seconds: float) -> Progress:
    """Batch after batch, for so long at most; one of them at least."""
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


def carry_out_under_way(server: Server) -> Iterator[None]:
    """A task of housekeeping, in steps: a batch of each revocation under way, in turn."""
    under_way = True
    while under_way:
        with reading(server.database) as db:
            rows = sql.revocations.under_way(db, rows=PAGE)
        done = [carry_out(server, row.revocation_id, 0.0).is_done for row in rows]
        under_way = not all(done)
        yield


def strike_again(server: Server, user_id: str) -> None:
    """Markers of what was revoked of a user within the life of an access token."""
    after, seconds = "", server.installation.longest_access_ttl
    while True:
        with reading(server.database) as db:
            rows = sql.revocations.recent_families_of_user(
                db, user_id=user_id, seconds=seconds, after=after, at_most=PAGE
            )
        if not rows:
            return
        server.invalidator.invalidate(families=[row.family_id for row in rows], again=True)
        after = rows[-1].family_id


def _find(server: Server, revocation_id: int) -> Any:
    with reading(server.database) as db:
        return sql.revocations.find(db, revocation_id=revocation_id)


def _count(server: Server, row: Any) -> None:
    with reading(server.database) as db:
        if row.client_id:
            number = sql.revocations.count_of_client(db, client_id=row.client_id, epoch=row.epoch)
        else:
            number = sql.revocations.count_of_user(db, user_id=row.user_id, began_at=row.began_at)
        sql.revocations.note_count(db, revocation_id=row.revocation_id, connections=number)


def _batch(server: Server, row: Any) -> bool:
    """Whether there was anything to do."""
    return _batch_of_client(server, row) if row.client_id else _batch_of_user(server, row)


def _batch_of_client(server: Server, row: Any) -> bool:
    """Grants first, then families. Nobody needs to hear of it: their epoch refused them before, at guards too."""
    of = {"client_id": row.client_id, "epoch": row.epoch, "reason": row.reason, "at_most": BATCH}
    with transaction(server.database) as db:
        if sql.revocations.end_grants_of_client(db, **of):
            return True
        families = [family.family_id for family in sql.revocations.end_families_of_client(db, **of)]
        sql.revocations.note_carried_out(db, revocation_id=row.revocation_id, families=len(families))
    server.invalidator.forget_families(families)
    return bool(families)


def _batch_of_user(server: Server, row: Any) -> bool:
    with transaction(server.database) as db:
        grants, families = _end_of_user(db, row)
    server.invalidator.invalidate(families=families)
    return grants > 0


def _end_of_user(db: Any, row: Any) -> tuple[int, list[str]]:
    ended = sql.revocations.end_grants_of_user(
        db, user_id=row.user_id, began_at=row.began_at, reason=row.reason, at_most=GRANTS_OF_USER
    )
    grant_ids = [grant.grant_id for grant in ended]
    families = [one.family_id for one in sql.families.end_of_grants(db, grant_ids=grant_ids, reason=row.reason)]
    sql.revocations.note_carried_out(db, revocation_id=row.revocation_id, families=len(families))
    return len(ended), families


def _finish(server: Server, row: Any) -> None:
    """Unless something is left that somebody held just now, or may still come: a family or grant of the old epoch."""
    with reading(server.database) as db:
        sql.revocations.finish(db, revocation_id=row.revocation_id, began_at=row.began_at, stragglers=STRAGGLERS)
