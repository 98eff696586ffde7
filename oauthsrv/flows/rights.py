"""Who may change what, decided once all rows that the decision depends on are locked (rules 6 and 13).

A guard on the map decides before that. While the request then waits for a lock, the person may be disabled, lose
administrator rights or leave the team, or the app may get a new owner. Users are locked first, by id, then the client.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from oauthsrv.flows.audit import Actor
from oauthsrv.flows.refusals import NotAllowed, NotFound
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import sql


class Role(IntEnum):
    """The role in which a person makes a change; each may do everything that the roles before it may."""

    NONE = 0
    MEMBER = 1  # of the client's team
    OWNER = 2
    ADMINISTRATOR = 3  # also the command line


@dataclass(frozen=True)
class Locked:
    """Rows that no one else can change before this transaction ends. A locked client's team can't change either."""

    db: Connection
    users: Mapping[str, Any]
    client: Any

    def user(self, user_id: str) -> Any:
        """Raises NotFound."""
        user = self.users.get(user_id)
        if user is None or user.deleted:
            raise NotFound(user_id)
        return user

    def role(self, by: Actor) -> Role:
        if by.actor_id is None:
            return Role.ADMINISTRATOR
        user = self.users.get(by.actor_id)
        if user is None or user.disabled:
            return Role.NONE
        if user.is_admin:
            return Role.ADMINISTRATOR
        if self.client is None:
            return Role.NONE
        if self.client.owner_id == by.actor_id:
            return Role.OWNER
        is_member = sql.team.is_member(self.db, client_id=self.client.client_id, user_id=by.actor_id)
        return Role.MEMBER if is_member else Role.NONE

    def check(self, by: Actor, needs: Role) -> None:
        """Raises NotAllowed; for people outside the team NotFound, as they may not learn that the client exists."""
        role = self.role(by)
        if role < needs:
            raise NotFound if role is Role.NONE and needs is not Role.ADMINISTRATOR else NotAllowed

    def is_last_administrator(self, user_id: str) -> bool:
        """Whether no other administrator is left; valid only if all administrators are locked."""
        active = [user.user_id for user in self.users.values() if user.is_admin and not user.disabled]
        return active == [user_id]


def lock(
    db: Connection,
    by: Actor,
    needs: Role = Role.NONE,
    *,
    client_id: str | None = None,
    users: Iterable[str | None] = (),
    administrators: bool = False,
) -> Locked:
    """Begin every change here: lock everyone it depends on and the client, then check that the actor's role suffices.

    Locked are the actor, `users`, and all administrators if wanted. Raises NotAllowed, NotFound.
    """
    user_ids = [user_id for user_id in (by.actor_id, *users) if user_id is not None]
    rows = sql.users.lock_people(db, user_ids=user_ids, administrators=administrators)
    client = sql.clients.lock(db, client_id=client_id) if client_id else None
    locked = Locked(db, {row.user_id: row for row in rows}, client)
    locked.check(by, needs)
    if client_id and client is None:
        raise NotFound(client_id)
    return locked
