"""Administrators' actions on accounts: adding, editing, signing out everywhere, deleting."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from oauthsrv.flows import accounts, links, names, revocations, rights
from oauthsrv.flows.accounts import Account, email_problem
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.clients import removal
from oauthsrv.flows.fields import TEXT, Checking, row
from oauthsrv.flows.invalidation import client_ids_changed, clients_changed
from oauthsrv.flows.refusals import FieldsRefused, LastAdministrator, check_unchanged
from oauthsrv.flows.rights import Role
from oauthsrv.server import Server
from oauthsrv.store import ValueTaken
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import sql, transaction

FIRST_LINK_DAYS = 7  # for a new user to choose a password
TAKEN = "An account with this email already exists."


def check_email(text: str, checking: Checking) -> str:
    email = text.strip()
    if problem := email_problem(email):
        checking.problems.add("email", problem)
    return email


def check_person_name(text: str, checking: Checking) -> str:
    """The name; if none was typed, the part of the email before the @."""
    name = names.one_line(text, accounts.NAME_MAX) or str(checking.good["email"]).partition("@")[0]
    if problem := names.name_problem(name, accounts.NAME_MAX) if name else None:
        checking.problems.add("name", problem)
    return name


@dataclass(frozen=True)
class PersonFields:
    email: str = row("Email", TEXT, check_email)
    name: str = row("Name", TEXT, check_person_name)


class NewAccount(NamedTuple):
    user_id: str
    address: str  # of the one-time link for choosing a password

    def __repr__(self) -> str:
        return f"NewAccount({self.user_id})"


def add(server: Server, person: PersonFields, *, by: Actor) -> NewAccount:
    """Add an account without a password, and a link to choose one. Raises FieldsRefused."""
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        try:
            user_id = accounts.add(db, Account(person.email, person.name, ""), None, by=by, is_admin=False)
        except accounts.EmailTaken:
            raise FieldsRefused({"email": [TAKEN]}) from None
        seconds = FIRST_LINK_DAYS * links.DAY
        address = links.make(server, db, "password", made_by=by.actor_id, user_id=user_id, seconds=seconds)
        audit(db, "user.reset_link_made", by, user_id=user_id)
    return NewAccount(user_id, address)


def shown(user: Any) -> dict[str, Any]:
    """The form's initial values."""
    return {"email": user.email, "name": user.name}


def edit(server: Server, user_id: str, new: PersonFields, *, by: Actor, seen: str | None = None) -> bool:
    """Edit an account; True if it is in force already (owners' names are cached).

    Raises FieldsRefused, Changed, NotFound.
    """
    clients: list[Any] = []
    try:
        with transaction(server.database) as db:
            user = rights.lock(db, by, Role.ADMINISTRATOR, users=[user_id]).user(user_id)
            check_unchanged(seen, shown(user))
            changed = [name for name in ("email", "name") if getattr(new, name) != getattr(user, name)]
            if "email" in changed:
                sql.users.change_email(db, user_id=user_id, email=new.email)
            if sql.users.change_name(db, user_id=user_id, name=new.name):
                clients = accounts.note_new_name(db, user_id, by)
            if changed:
                before = {"email_before": user.email} if "email" in changed else {}
                audit(db, "user.changed", by, user_id=user_id, changed=changed, **before)
    except ValueTaken:
        raise FieldsRefused({"email": [TAKEN]}) from None
    return clients_changed(server, clients)


def end_sessions(server: Server, user_id: str, *, by: Actor) -> None:
    """Sign the user out in every browser. Their apps stay connected."""
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR, users=[user_id]).user(user_id)
        sql.users.end_sessions(db, user_id=user_id)
        audit(db, "user.sessions_ended", by, user_id=user_id)


def delete(server: Server, user_id: str, *, by: Actor, with_apps: bool = False) -> bool:
    """Revoke everything of a user and erase their personal data; True if that is in force already.

    Their apps go on like those of a disabled owner, for present users only, until an administrator transfers or deletes
    them; `with_apps` deletes them too. The audit log keeps the user's id.
    Raises LastAdministrator, NotFound, NotAllowed.
    """
    with transaction(server.database) as db:
        locked = rights.lock(db, by, Role.ADMINISTRATOR, users=[user_id], administrators=True)
        if locked.user(user_id) and locked.is_last_administrator(user_id):
            raise LastAdministrator
        clients = sql.clients.lock_of_person(db, user_id=user_id)
        sql.users.end_sessions(db, user_id=user_id)
        started = revocations.start_of_user(db, user_id, "user_deleted")
        sql.clients.note_owner_disabled(db, owner_id=user_id, disabled=True)
        sql.team.leave_all(db, user_id=user_id)
        sql.links.delete_all_of_user(db, user_id=user_id)
        sql.users.erase(db, user_id=user_id)
        audit(db, "user.deleted", by, user_id=user_id)
        deleted = delete_owned(db, clients, by) if with_apps else []
    results = [clients_changed(server, clients), client_ids_changed(server) if deleted else True]
    for revocation_id in filter(None, deleted):
        revocations.finish_of_client(server, revocation_id)
    return revocations.finish_of_user(server, started) and all(results)


def delete_owned(db: Connection, clients: list[Any], by: Actor) -> list[int | None]:
    """Delete the clients, and return the ids of their revocations; None for one that no user had allowed."""
    return [removal.delete(db, client.client_id, "client.deleted", by) for client in clients if client.is_owned]
