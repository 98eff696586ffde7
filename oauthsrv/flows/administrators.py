"""Who is an administrator: one at least, always."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oauthsrv.flows import rights
from oauthsrv.flows.endings import Actor, LastAdministrator, audit
from oauthsrv.flows.register import NotDone
from oauthsrv.store.database import reading, sql, transaction

if TYPE_CHECKING:
    from oauthsrv.server import Server


def make_admin(server: Server, user_id: str, *, by: Actor) -> None:
    """Raises NotDone where the account is disabled."""
    with transaction(server.database) as db:
        if rights.administrator(db, by, on=user_id).disabled:
            raise NotDone("A disabled account can't become an administrator. Enable it first.")
        if sql.admin.set_admin(db, user_id=user_id, is_admin=True):
            audit(db, "user.made_admin", by, user_id=user_id)


def remove_admin(server: Server, user_id: str, *, by: Actor) -> None:
    with transaction(server.database) as db:
        _, is_last = rights.administrators(db, by, on=user_id)
        if is_last:
            raise LastAdministrator(user_id)
        if sql.admin.set_admin(db, user_id=user_id, is_admin=False):
            audit(db, "user.admin_removed", by, user_id=user_id)


def is_last(server: Server, user_id: str) -> bool:
    """For a page that would rather not offer it; what decides holds the rows locked."""
    with reading(server.database) as db:
        return not any(row.user_id != user_id for row in sql.admin.administrators(db))
