"""Every ending: commit in PostgreSQL, strike in Redis, which tells the guards, then answer (rule 6).

An ending is written top down, each level a statement of its own, so that what is inserted
meanwhile is either waited for or refused. Repeating one strikes again. Each function answers
True when the ending is in force, and False when it is recorded but Redis cannot be reached, or
there is more of one user than can be done at once: sweep and housekeeping then finish it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from oauthsrv.flows import revocations, rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.oauth.credentials import digest
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import sql, transaction

log = logging.getLogger(__name__)


class LastAdministrator(Exception):
    """Nobody else could make another one."""


class NothingToEnd(LookupError):
    """There is no such thing, or it is not theirs who ask."""


def end_grant(server: Server, grant_id: str, user_id: str, reason: str, *, by: Actor) -> bool:
    """End what one user allowed one client; NothingToEnd if that user has no such grant."""
    with transaction(server.database) as db:
        ended = sql.grants.end(db, grant_id=grant_id, user_id=user_id, reason=reason)
        if ended is not None:
            families = _ids(sql.families.end_of_grants(db, grant_ids=[grant_id], reason=reason))
            audit(db, "grant.ended", by, user_id=user_id, client_id=ended.client_id, reason=reason)
        elif sql.grants.find_of_user(db, grant_id=grant_id, user_id=user_id) is None:
            raise NothingToEnd(grant_id)
        else:
            families = _ids(sql.families.of_grant(db, grant_id=grant_id))
    return _strike(server, families=families)


def end_family(server: Server, family_id: str, reason: str, *, by: Actor, user_id: str | None, client_id: str) -> bool:
    with transaction(server.database) as db:
        if sql.families.end(db, family_id=family_id, reason=reason):
            audit(db, "family.ended", by, user_id=user_id, client_id=client_id, reason=reason)
    return _strike(server, families=[family_id])


def end_access_token(
    server: Server, text: str, *, lifetime: int, client_id: str, by: Actor, is_known: bool = True
) -> bool:
    """End one access token alone; `lifetime` is what may remain of its life at most, in seconds.

    `is_known`: there is a record of it; without one nobody can say that it ever existed, and the audit log does not.
    """
    with transaction(server.database) as db:
        is_new = sql.ended_keys.add(db, key_hash=digest(text), kind="access_token", seconds=lifetime)
        if is_new and is_known:
            audit(db, "token.revoked", by, client_id=client_id)
    return _strike(server, token=text)


def disable_user(server: Server, user_id: str, *, by: Actor) -> bool:
    """Nothing of this person works any more, and the account is closed until it is enabled.

    The last administrator can be disabled by the command line alone, which can make another one.
    """
    with transaction(server.database) as db:
        _, is_last = rights.administrators(db, by, on=user_id)
        if by.actor_id is not None and is_last:
            raise LastAdministrator(user_id)
        sql.users.end_sessions(db, user_id=user_id)
        if sql.offboarding.disable_user(db, user_id=user_id):
            audit(db, "user.disabled", by, user_id=user_id)
        begun = revocations.begin_of_user(db, user_id, "user_disabled")
        apps = sql.users.note_owner_disabled(db, owner_id=user_id, disabled=True)
    return _changed_all(server, apps) and is_carried_out(server, begun)


def enable_user(server: Server, user_id: str, *, by: Actor) -> bool:
    """The account opens again; nothing that was ended comes back, and its apps can be connected again."""
    with transaction(server.database) as db:
        rights.administrator(db, by, on=user_id)
        if sql.offboarding.enable_user(db, user_id=user_id):
            audit(db, "user.enabled", by, user_id=user_id)
        apps = sql.users.note_owner_disabled(db, owner_id=user_id, disabled=False)
    return _changed_all(server, apps)


def revoke_user(server: Server, user_id: str, *, by: Actor) -> bool:
    """End every session, code, grant and token of a person, and leave the account."""
    with transaction(server.database) as db:
        rights.administrator(db, by, on=user_id)
        sql.users.end_sessions(db, user_id=user_id)
        audit(db, "user.revoked", by, user_id=user_id)
        begun = revocations.begin_of_user(db, user_id, "user_revoked")
    return is_carried_out(server, begun)


def suspend_client(server: Server, client_id: str, *, by: Actor, reason: str = "") -> bool:
    """`reason` is told to the developers of the app until it is reactivated."""
    with transaction(server.database) as db:
        rights.administrator(db, by)
        if sql.clients.suspend(db, client_id=client_id, reason=reason):
            audit(db, "client.suspended", by, client_id=client_id, told=reason)
    return client_changed(server, client_id)


def reactivate_client(server: Server, client_id: str, *, by: Actor) -> bool:
    with transaction(server.database) as db:
        rights.administrator(db, by)
        if sql.clients.reactivate(db, client_id=client_id):
            audit(db, "client.reactivated", by, client_id=client_id)
    return client_changed(server, client_id)


def end_client_tokens(server: Server, client_id: str, *, by: Actor) -> bool:
    """Revoke everybody's access for one client, however many they are; users are asked again.

    Whatever has an older epoch is refused as soon as the stamp is deleted. Raises NoSuchApp, or OwnersAlone.
    """
    with transaction(server.database) as db:
        rights.locked_for_owner(db, client_id, by)
        sql.clients.raise_epoch(db, client_id=client_id)
        revocation = sql.revocations.begin_of_client(db, client_id=client_id, reason="client_tokens_ended")
        audit(db, "client.tokens_ended", by, client_id=client_id)
    in_force = client_changed(server, client_id)
    _carry_out_of_client(server, revocation)
    return in_force


def delete_client(server: Server, client_id: str, *, by: Actor) -> bool:
    """Raises NoSuchApp for who has nothing to do with it, or OwnersAlone; an app that is deleted is struck again."""
    with transaction(server.database) as db:
        people = rights.locked_people(db, by)
        app = sql.register.lock_client(db, client_id=client_id)
        if app is not None:
            rights.check_owner(db, app, by, people)
            sql.clients.delete(db, client_id=client_id)
            sql.clients.drop_secrets(db, client_id=client_id)
            audit(db, "client.deleted", by, client_id=client_id)
            revocation = sql.revocations.begin_of_client(db, client_id=client_id, reason="client_deleted")
    client_ids_changed(server)
    in_force = client_changed(server, client_id)
    if app is not None:
        _carry_out_of_client(server, revocation)
    return in_force


def client_changed(server: Server, client_id: str) -> bool:
    """After a committed change of a client: no process goes on with what it kept of it."""
    return _strike(server, client_id=client_id)


def _changed_all(server: Server, apps: Iterable[Any]) -> bool:
    in_force = [client_changed(server, app.client_id) for app in apps]
    return all(in_force)


def client_ids_changed(server: Server) -> bool:
    """After a client or an API was added or deleted: no process goes on with the list of ids that it has."""
    try:
        server.clients.ids.changed(server.clients.ids.NAME)
    except StoreUnavailable as error:
        log.warning("the new list of clients is recorded and not yet in force: %s", error)
        return False
    return True


def apis_changed(server: Server) -> bool:
    """After a committed change of an API, or a new one."""
    try:
        server.apis.changed(server.apis.NAME)
    except StoreUnavailable as error:
        log.warning("a change of an API is recorded and not yet in force: %s", error)
        return False
    return True


def strike_families(server: Server, family_ids: Iterable[str]) -> bool:
    """After a commit that ended them elsewhere."""
    return _strike(server, families=family_ids)


def end_apps_of_user(db: Connection, user_id: str) -> revocations.OfUser:
    """Disconnect every app of a person who asked for it, in the transaction that ends their sessions."""
    return revocations.begin_of_user(db, user_id, "user")


def is_carried_out(server: Server, begun: revocations.OfUser) -> bool:
    """After the commit: whether it is in force; what there is not time for, housekeeping does.

    Repeated, it strikes again.
    """
    try:
        server.invalidator.invalidate(families=begun.families)
        is_done = revocations.carry_out(server, begun.revocation_id, revocations.AT_ONCE).is_done
        revocations.strike_again(server, begun.user_id)
    except StoreUnavailable as error:
        log.warning("a revocation is recorded and not yet in force: %s", error)
        return False
    return is_done


def _carry_out_of_client(server: Server, revocation_id: int) -> None:
    """It is in force already, whatever becomes of this: a small one is done at once, a large one by housekeeping."""
    try:
        revocations.carry_out(server, revocation_id, revocations.AT_ONCE)
    except StoreUnavailable as error:
        log.warning("a revocation is in force and will be carried out later: %s", error)


def _ids(rows: Iterable[Any]) -> list[str]:
    return [row.family_id for row in rows]


def _strike(
    server: Server, *, families: Iterable[str] = (), client_id: str | None = None, token: str | None = None
) -> bool:
    try:
        server.invalidator.invalidate(
            families=families,
            clients=[client_id] if client_id else (),
            tokens=[digest(token)] if token else (),
        )
    except StoreUnavailable as error:
        log.warning("an ending is recorded and not yet in force: %s", error)
        return False
    return True
