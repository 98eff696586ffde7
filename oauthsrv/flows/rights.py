"""Who may change what, judged once every row that the answer rests on is locked (rule 6, rule 13).

A page looks before that, and while somebody whom it let in waits for a row, they may be disabled, lose the rights of an
administrator, be removed from the team, or the app may get another owner. Users are locked first, then the client.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oauthsrv.flows.audit import Actor
from oauthsrv.flows.refusals import NotAllowed, NotFound
from oauthsrv.store.database import sql

People = Mapping[str, Any]


def locked_people(db: Any, by: Actor, *others: str, administrators: bool = False) -> People:
    """Who acts and `others` by their ids, and every administrator if asked for; nobody else changes them meanwhile."""
    user_ids = [user_id for user_id in (by.actor_id, *others) if user_id is not None]
    rows = sql.rights.lock_people(db, user_ids=user_ids, administrators=administrators)
    return {row.user_id: row for row in rows}


# Administrators


def administrator(db: Any, by: Actor, *, on: str | None = None) -> Any:
    """Every administrative change begins here: who asks is an administrator still, or the command line.

    The answer is the row of the user `on`, locked like that of who asks. Raises NotAllowed; NotFound.
    """
    people = locked_people(db, by, *([on] if on else []))
    check_administrator(people, by)
    return person(people, on) if on else None


def administrators(db: Any, by: Actor, *, on: str) -> tuple[Any, bool]:
    """The same, and whether `on` is the only active administrator: all of them are locked."""
    people = locked_people(db, by, on, administrators=True)
    check_administrator(people, by)
    active = [row.user_id for row in people.values() if row.is_admin and not row.disabled]
    return person(people, on), active == [on]


def check_administrator(people: People, by: Actor) -> None:
    if not is_administrator(people, by):
        raise NotAllowed(by.actor_id)


def is_administrator(people: People, by: Actor) -> bool:
    if by.actor_id is None:
        return True
    actor = people.get(by.actor_id)
    return actor is not None and not actor.disabled and actor.is_admin


def person(people: People, user_id: str) -> Any:
    if user_id not in people:
        raise NotFound(user_id)
    return people[user_id]


# Apps


def locked(db: Any, client_id: str) -> Any:
    """The client's row, which nobody else changes before this transaction ends; users are locked before it."""
    row = sql.register.lock_client(db, client_id=client_id)
    if row is None:
        raise NotFound(client_id)
    return row


def locked_for_team(db: Any, client_id: str, by: Actor) -> Any:
    """The same, for its owner, the members of its team, administrators and the command line."""
    people = locked_people(db, by)
    row = locked(db, client_id)
    if role(db, row, by, people) is None:
        raise NotFound(client_id)
    return row


def locked_for_owner(db: Any, client_id: str, by: Actor) -> Any:
    """The same, for its owner, administrators and the command line."""
    people = locked_people(db, by)
    row = locked(db, client_id)
    check_owner(db, row, by, people)
    return row


def locked_for_administrator(db: Any, client_id: str, by: Actor) -> Any:
    administrator(db, by)
    return locked(db, client_id)


def check_owner(db: Any, row: Any, by: Actor, people: People) -> None:
    """`row` and `people` are locked."""
    found = role(db, row, by, people)
    if found is None:
        raise NotFound(row.client_id)
    if found != "owner":
        raise NotAllowed(row.client_id, sql.apps.find(db, client_id=row.client_id))


def role(db: Any, row: Any, by: Actor, people: People) -> str | None:
    """As what somebody changes the app: "owner", as which administrators and the command line count, or "member".

    A team changes only while its app is locked.
    """
    if by.actor_id is None:
        return "owner"
    actor = people.get(by.actor_id)
    if actor is None or actor.disabled:
        return None
    if actor.is_admin or row.owner_id == by.actor_id:
        return "owner"
    return "member" if sql.team.is_member(db, client_id=row.client_id, user_id=by.actor_id) else None
