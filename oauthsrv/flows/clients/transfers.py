"""Transferring a client: an offer, which changes nothing, and its acceptance by the new owner.

An offer ends when its client changes hands, when the person leaves the team, and after a week. Its conditions are
judged again under the lock on acceptance: whoever made it must still be the owner or an administrator.
"""

from typing import Any

from oauthsrv.flows import rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.clients import registration, team
from oauthsrv.flows.invalidation import client_changed
from oauthsrv.flows.refusals import FieldsRefused, NotDone, NotFound, check_unchanged
from oauthsrv.flows.rights import Locked, Role
from oauthsrv.server import Server
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import reading, sql, transaction

SECONDS = 7 * 24 * 3600


class OfferGone(Exception):
    """The offer was answered, withdrawn or replaced, it expired, or its maker may no longer make one."""


def offer(server: Server, client_id: str, user_id: str, *, owner_id: str, by: Actor, seen: str | None = None) -> None:
    """Offer the client to a member of its team; an administrator may offer it to anyone with an account.

    It replaces an earlier offer. Raises FieldsRefused, NotDone, Changed.
    """
    with transaction(server.database) as db:
        locked = team.owned_by(db, client_id, owner_id, by, user_id, owner_id)
        check_unchanged(seen, team.shown(owner_id, sql.team.members(db, client_id=client_id)))
        if reason := why_not(locked, user_id, locked.role(by) == Role.ADMINISTRATOR):
            raise FieldsRefused({"member": [reason]})
        sql.transfers.offer(
            db, client_id=client_id, owner_id=owner_id, user_id=user_id, offered_by=by.actor_id, seconds=SECONDS
        )
        name = locked.user(user_id).name
        audit(db, "client.transfer_offered", by, user_id=user_id, client_id=client_id, member=name)


def why_not(locked: Locked, user_id: str, by_administrator: bool) -> str | None:
    """Why this person can't become the owner of the locked client; None if they can."""
    person, client = locked.users.get(user_id), locked.client
    is_member = sql.team.is_member(locked.db, client_id=client.client_id, user_id=user_id)
    if person is None or not (is_member or by_administrator):
        return "This person is no longer a member of the team. Invite them, and offer the app once they have joined."
    if person.disabled:
        return f"The account of {person.name} is disabled. Choose someone else."
    if user_id == client.owner_id:
        return f"{person.name} already owns this app. Choose someone else."
    if sql.clients.count_of_owner(locked.db, owner_id=user_id) >= registration.APPS_MAX:
        return f"{person.name} has {registration.APPS_MAX} apps already, the most one person can have."
    return None


def withdraw(server: Server, client_id: str, *, owner_id: str, by: Actor) -> None:
    """Withdraw an offer; does nothing if it was answered before."""
    with transaction(server.database) as db:
        team.owned_by(db, client_id, owner_id, by)
        user_id = sql.transfers.withdraw(db, client_id=client_id, user_id=None)
        if user_id is not None:
            audit(db, "client.transfer_withdrawn", by, user_id=user_id, client_id=client_id)


# The new owner


def find(server: Server, client_id: str, user_id: str) -> Any:
    """The offer waiting for this person. Raises OfferGone."""
    with reading(server.database) as db:
        found = sql.transfers.find(db, client_id=client_id, user_id=user_id)
    if found is None:
        raise OfferGone
    return found


def accept(server: Server, client_id: str, *, by: Actor) -> bool:
    """Make this person the owner and the previous owner a member; True if that is in force already.

    Pending invitations are withdrawn, as inviting is up to the new owner. Raises OfferGone, NotDone.
    """
    user_id = str(by.actor_id)
    found = find(server, client_id, user_id)
    with transaction(server.database) as db:
        locked = take_offer(db, found, by)
        role = locked.role(Actor(found.offered_by))
        if role < Role.OWNER or locked.client.owner_id != found.owner_id:
            raise OfferGone
        if reason := why_not(locked, user_id, role is Role.ADMINISTRATOR):
            raise NotDone(reason)
        change_owner(locked, user_id, by)
    return client_changed(server, client_id)


def change_owner(locked: Locked, user_id: str, by: Actor) -> None:
    db, client_id, owner_id = locked.db, locked.client.client_id, locked.client.owner_id
    sql.team.remove(db, client_id=client_id, user_id=user_id)
    if not locked.users[owner_id].disabled:  # a deleted user is disabled too
        sql.team.add(db, client_id=client_id, user_id=owner_id, invited_by=user_id)
    withdrawn = sql.links.delete_of_client(db, client_id=client_id)
    sql.clients.transfer(db, client_id=client_id, owner_id=user_id)
    more = {"invitations_withdrawn": withdrawn} if withdrawn else {}
    member = locked.user(user_id).name
    audit(db, "client.transferred", by, user_id=user_id, client_id=client_id, member=member, **more)


def decline(server: Server, client_id: str, *, by: Actor) -> None:
    """Decline the offer. Raises OfferGone."""
    found = find(server, client_id, str(by.actor_id))
    with transaction(server.database) as db:
        name = take_offer(db, found, by).user(str(by.actor_id)).name
        audit(db, "client.transfer_declined", by, user_id=by.actor_id, client_id=client_id, member=name)


def take_offer(db: Connection, found: Any, by: Actor) -> Locked:
    """Lock everyone involved and the client, then delete the offer. Raises OfferGone."""
    try:
        locked = rights.lock(db, by, client_id=found.client_id, users=[found.owner_id, found.offered_by])
    except NotFound:
        raise OfferGone from None
    if locked.user(str(by.actor_id)).disabled or sql.transfers.take(db, offer_id=found.offer_id) is None:
        raise OfferGone
    return locked
