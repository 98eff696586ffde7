"""Who is an administrator: one at least, always."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oauthsrv.flows.endings import Actor, LastAdministrator, audit
from oauthsrv.store.database import reading, sql, transaction

if TYPE_CHECKING:
    from oauthsrv.server import Server


def make_admin(server: Server, user_id: str, *, by: Actor) -> None:
    with transaction(server.database) as db:
        if sql.admin.set_admin(db, user_id=user_id, is_admin=True):
            audit(db, "user.made_admin", by, user_id=user_id)


def remove_admin(server: Server, user_id: str, *, by: Actor) -> None:
    with transaction(server.database) as db:
        others = [row for row in sql.admin.lock_administrators(db) if row.user_id != user_id]
        if not others:
            raise LastAdministrator
        if sql.admin.set_admin(db, user_id=user_id, is_admin=False):
            audit(db, "user.admin_removed", by, user_id=user_id)


def is_last(server: Server, user_id: str) -> bool:
    """For a page that would rather not offer it; what decides holds the rows locked."""
    with reading(server.database) as db:
        return not any(row.user_id != user_id for row in sql.admin.administrators(db))
