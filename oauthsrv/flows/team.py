"""The team of an app: inviting, joining, leaving, removing, and giving the app to another owner.

Every change holds the lock of the app's row, so the rules below are judged on what nobody else changes meanwhile.
What its owner alone may change is asked for with the owner that the page showed, and is for no other owner to bear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oauthsrv.flows import endings, register
from oauthsrv.flows.endings import Actor, audit
from oauthsrv.flows.register import NotDone
from oauthsrv.flows.rights import NoSuchApp, People, check_owner, locked, locked_people
from oauthsrv.store import limits
from oauthsrv.store.database import sql, transaction
from oauthsrv.store.limits import Attempt

if TYPE_CHECKING:
    from oauthsrv.server import Server

MEMBERS_MAX = 50  # of one app, with those who are invited


class NoInvitation(LookupError):
    """It was withdrawn or declined, or there never was one."""


def invite(server: Server, client_id: str, email: str, *, owner_id: str, by: Actor, counted: str) -> None:
    """Raises NotDone with what to say at the field; TooMany, as the answer tells who has an account."""
    limits.take(server.redis, Attempt("invite_user", by.actor_id or ""), Attempt("invite_address", counted))
    with transaction(server.database) as db:
        owned_by(db, client_id, owner_id, by)
        person = sql.team.find_person(db, email=email)
        if person is None:
            raise NotDone("Nobody has an account with this e-mail here. Ask them to sign up first, then invite them.")
        if person.user_id == owner_id:
            raise NotDone("The app belongs to this person already.")
        if sql.team.count(db, client_id=client_id) >= MEMBERS_MAX:
            raise NotDone(f"A team has at most {MEMBERS_MAX} members and invitations. Remove one first.")
        if sql.team.invite(db, client_id=client_id, user_id=person.user_id, invited_by=by.actor_id) is None:
            raise NotDone("This person is a member already, or has an invitation that is not answered yet.")
        audit(db, "client.member_invited", by, user_id=person.user_id, client_id=client_id, to=person.email)


def join(server: Server, client_id: str, *, by: Actor) -> None:
    """Raises NoInvitation. Said again by somebody who has joined, it changes nothing."""
    with transaction(server.database) as db:
        locked_for(db, client_id, by)
        member = found(db, client_id, by.actor_id)
        if sql.team.join(db, client_id=client_id, user_id=by.actor_id):
            audit(db, "client.member_joined", by, user_id=by.actor_id, client_id=client_id, member=member.name)


def decline(server: Server, client_id: str, *, by: Actor) -> None:
    """Raises NoInvitation; NotDone where it was accepted before."""
    with transaction(server.database) as db:
        locked_for(db, client_id, by)
        member = found(db, client_id, by.actor_id)
        if member.accepted_at is not None:
            raise NotDone("You have accepted this invitation before. To go, leave the team.")
        sql.team.remove(db, client_id=client_id, user_id=by.actor_id)
        audit(db, "client.member_declined", by, user_id=by.actor_id, client_id=client_id, to=member.email)


def leave(server: Server, client_id: str, *, by: Actor) -> None:
    """Raises NotDone when there is nothing to leave."""
    with transaction(server.database) as db:
        app = locked_for(db, client_id, by)
        member = sql.team.find(db, client_id=client_id, user_id=by.actor_id)
        if member is None or member.accepted_at is None:
            owns = app.owner_id == by.actor_id
            raise NotDone("You own this app: transfer it first." if owns else "You are no member of this team.")
        sql.team.remove(db, client_id=client_id, user_id=by.actor_id)
        audit(db, "client.member_left", by, user_id=by.actor_id, client_id=client_id, member=member.name)


def remove(server: Server, client_id: str, member_id: str, *, owner_id: str, by: Actor) -> None:
    """A member, or an invitation that was not answered. Who is gone before is gone."""
    with transaction(server.database) as db:
        owned_by(db, client_id, owner_id, by)
        member = sql.team.find(db, client_id=client_id, user_id=member_id)
        if member is not None:
            sql.team.remove(db, client_id=client_id, user_id=member_id)
            if member.accepted_at:
                audit(db, "client.member_removed", by, user_id=member_id, client_id=client_id, member=member.name)
            else:
                audit(db, "client.invitation_withdrawn", by, user_id=member_id, client_id=client_id, to=member.email)


def transfer(server: Server, client_id: str, member_id: str, *, owner_id: str, by: Actor) -> bool:
    """A member owns the app from now on, and its owner becomes a member; whether that is in force already.

    Whom the old owner invited and who has not answered is for the new one to invite. Raises NotDone.
    """
    with transaction(server.database) as db:
        people = owned_by(db, client_id, owner_id, by, member_id, owner_id)
        person = people.get(member_id)
        if person is None or person.disabled or not sql.team.is_member(db, client_id=client_id, user_id=member_id):
            raise NotDone(
                "This person is no member of the team any more. Invite them, and transfer once they accepted."
            )
        if sql.register.count_of_owner(db, owner_id=member_id) >= register.APPS_MAX:
            raise NotDone(f"{person.name} has {register.APPS_MAX} apps already, as many as one person may have.")
        sql.team.remove(db, client_id=client_id, user_id=member_id)
        if not people[owner_id].disabled:
            sql.team.keep_as_member(db, client_id=client_id, user_id=owner_id)
        withdrawn = sql.team.drop_invitations(db, client_id=client_id)
        sql.team.transfer(db, client_id=client_id, owner_id=member_id)
        more = {"invitations_withdrawn": withdrawn} if withdrawn else {}
        audit(db, "client.transferred", by, user_id=member_id, client_id=client_id, member=person.name, **more)
    return endings.client_changed(server, client_id)


def owned_by(db: Any, client_id: str, owner_id: str, by: Actor, *others: str) -> People:
    """Locks who acts, `others` and the app; NotDone if it has another owner than it had when this was asked for."""
    people = locked_people(db, by, *others)
    app = locked(db, client_id)
    if app.owner_id != owner_id:
        raise NotDone("This app got another owner a moment ago. Look at its team again.")
    check_owner(db, app, by, people)
    return people


def locked_for(db: Any, client_id: str, by: Actor) -> Any:
    """The app's row, for a change of one's own place in its team: who was disabled meanwhile has none."""
    people = locked_people(db, by)
    app = locked(db, client_id)
    if by.actor_id is None or people[by.actor_id].disabled:
        raise NoSuchApp(client_id)
    return app


def found(db: Any, client_id: str, user_id: str | None) -> Any:
    member = sql.team.find(db, client_id=client_id, user_id=user_id)
    if member is None:
        raise NoInvitation(client_id)
    return member
