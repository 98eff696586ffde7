"""The team of a client: inviting, joining, leaving, removing.

Every change locks the client's row, so the facts checked below can't change before the commit. A change reserved to the
owner is refused if the client has another owner than the page showed.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from oauthsrv.flows import links, rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.links import LinkSpent
from oauthsrv.flows.refusals import FieldsRefused, NotDone, NotFound
from oauthsrv.flows.rights import Locked, Role
from oauthsrv.server import Server
from oauthsrv.store import limits
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import reading, sql, transaction
from oauthsrv.store.limits import Attempt
from oauthsrv.store.rows import AppRow

MEMBERS_MAX = 50  # per app, including invitations


def invite(server: Server, client_id: str, email: str, *, owner_id: str, by: Actor, counted: str) -> str:
    """Make a one-time link, and return its address: whoever holds it may join. It replaces that email's older one.

    `email` only names the intended person: an account with it proves nothing, as no address was verified.
    Raises FieldsRefused, NotDone, TooMany.
    """
    count = limits.check if server.database.rehearses else limits.take  # nothing is made before the password is given
    count(server.redis, Attempt("invite_user", by.actor_id or ""), Attempt("invite_address", counted))
    with transaction(server.database) as db:
        owned_by(db, client_id, owner_id, by)
        sql.links.delete_of_email(db, client_id=client_id, email=email)
        if sql.team.count(db, client_id=client_id) >= MEMBERS_MAX:
            raise FieldsRefused(
                {"email": [f"A team has at most {MEMBERS_MAX} members and invitations. Remove one first."]}
            )
        address = links.make(server, db, "team", made_by=by.actor_id, client_id=client_id, email=email)
        audit(db, "client.member_invited", by, client_id=client_id, to=email)
    return address


class Invitation(NamedTuple):
    app: AppRow
    email: str  # as its inviter typed it
    expires_at: datetime


def invitation(server: Server, text: str) -> Invitation:
    """The invitation behind a link. Raises LinkSpent."""
    link = links.get(server, text, "team")
    with reading(server.database) as db:
        client = sql.clients.overview(db, client_id=link.client_id)
    if client is None:
        raise LinkSpent
    return Invitation(client, link.email, link.expires_at)


def join(server: Server, text: str, *, by: Actor) -> str:
    """Join the team, and return the client's id. Raises NotDone; LinkSpent, also if the inviter has lost the right."""
    link = links.get(server, text, "team")
    with transaction(server.database) as db:
        locked = invited_to(db, link, by)
        client, user_id = locked.client, str(by.actor_id)
        links.take(db, text, "team")
        if client.owner_id == by.actor_id:
            raise NotDone("You own this app. Send the link to the person you invited.")
        if sql.team.add(db, client_id=client.client_id, user_id=user_id, invited_by=link.made_by):
            name = locked.user(user_id).name
            audit(db, "client.member_joined", by, user_id=user_id, client_id=client.client_id, member=name)
    return str(client.client_id)


def invited_to(db: Connection, link: Any, by: Actor) -> Locked:
    """Lock both people and the client. Raises LinkSpent unless the inviter may still decide about the team."""
    try:
        locked = rights.lock(db, by, users=[link.made_by], client_id=link.client_id)
    except NotFound:
        raise LinkSpent from None
    if locked.role(Actor(link.made_by)) < Role.OWNER or locked.user(str(by.actor_id)).disabled:
        raise LinkSpent
    return locked


def decline(server: Server, text: str, *, by: Actor) -> None:
    """Decline an invitation, which spends its link. Raises LinkSpent."""
    link = links.get(server, text, "team")
    with transaction(server.database) as db:
        invited_to(db, link, by)
        links.take(db, text, "team")
        audit(db, "client.member_declined", by, user_id=by.actor_id, client_id=link.client_id, to=link.email)


def withdraw(server: Server, client_id: str, link_id: int, *, owner_id: str, by: Actor) -> None:
    """Withdraw an invitation; does nothing if it was used or withdrawn before."""
    with transaction(server.database) as db:
        owned_by(db, client_id, owner_id, by)
        email = sql.links.delete_invitation(db, client_id=client_id, link_id=link_id)
        if email is not None:
            audit(db, "client.invitation_withdrawn", by, client_id=client_id, to=email)


def leave(server: Server, client_id: str, *, by: Actor) -> None:
    """Leave the team. Raises NotDone for its owner, and for an administrator who isn't in it; NotFound for others."""
    with transaction(server.database) as db:
        client = rights.lock(db, by, Role.MEMBER, client_id=client_id).client
        member = sql.team.find(db, client_id=client_id, user_id=by.actor_id)
        if member is None:
            owns = client.owner_id == by.actor_id
            raise NotDone("You own this app: transfer it first." if owns else "You aren’t a member of this team.")
        sql.team.remove(db, client_id=client_id, user_id=by.actor_id)
        sql.transfers.withdraw(db, client_id=client_id, user_id=by.actor_id)
        audit(db, "client.member_left", by, user_id=by.actor_id, client_id=client_id, member=member.name)


def remove(server: Server, client_id: str, member_id: str, *, owner_id: str, by: Actor) -> None:
    """Remove a member; does nothing if the person isn't one."""
    with transaction(server.database) as db:
        owned_by(db, client_id, owner_id, by)
        member = sql.team.find(db, client_id=client_id, user_id=member_id)
        if member is not None:
            sql.team.remove(db, client_id=client_id, user_id=member_id)
            sql.transfers.withdraw(db, client_id=client_id, user_id=member_id)
            audit(db, "client.member_removed", by, user_id=member_id, client_id=client_id, member=member.name)


def owned_by(db: Connection, client_id: str, owner_id: str, by: Actor, *others: str) -> Locked:
    """Lock the actor, `others` and the client. Raises NotDone if it has another owner than the page showed."""
    locked = rights.lock(db, by, client_id=client_id, users=others)
    if locked.client.owner_id is None:
        raise NotDone("This app registered itself, so it has no owner and no team.")
    if locked.client.owner_id != owner_id:
        raise NotDone("This app has a new owner. Look at its team again.")
    locked.check(by, Role.OWNER)
    return locked


def shown(owner_id: str, members: Iterable[Any]) -> dict[str, Any]:
    """The initial values of the form of a transfer."""
    return {"owner_id": owner_id, "members": sorted(member.user_id for member in members)}
