"""Who may change an app, judged once its row is locked.

A door looks before that, and while somebody whom it let in waits for the row, they may be removed from the team, or
the app get another owner (rule 6). Nobody's team or owner changes while the row is locked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oauthsrv.store.database import sql

if TYPE_CHECKING:
    from oauthsrv.flows.endings import Actor


class NoSuchApp(LookupError):
    """There is no such app, or there is none any more, or none for who asks."""


class OwnersAlone(Exception):
    """A member of the team asked for what only the owner decides; `app` is a row of sql.apps.find."""

    def __init__(self, app: Any) -> None:
        super().__init__(app.client_id)
        self.app = app


def locked(db: Any, client_id: str) -> Any:
    """The client's row, which nobody else changes before this transaction ends."""
    row = sql.register.lock_client(db, client_id=client_id)
    if row is None:
        raise NoSuchApp(client_id)
    return row


def locked_for_team(db: Any, client_id: str, by: Actor) -> Any:
    """The same, for its owner, the members of its team, administrators and the command line."""
    row = locked(db, client_id)
    if role(db, row, by) is None:
        raise NoSuchApp(client_id)
    return row


def locked_for_owner(db: Any, client_id: str, by: Actor) -> Any:
    """The same, for its owner, administrators and the command line."""
    row = locked(db, client_id)
    check_owner(db, row, by)
    return row


def check_owner(db: Any, row: Any, by: Actor) -> None:
    """`row` is locked."""
    found = role(db, row, by)
    if found is None:
        raise NoSuchApp(row.client_id)
    if found != "owner":
        raise OwnersAlone(sql.apps.find(db, client_id=row.client_id))


def role(db: Any, row: Any, by: Actor) -> str | None:
    """As what somebody changes the app: "owner", as which administrators and the command line count, or "member"."""
    if by.actor_id is None:
        return "owner"
    found: str | None = sql.team.role(db, client_id=row.client_id, user_id=by.actor_id)
    return found
