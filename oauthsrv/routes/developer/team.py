"""/developer/apps/<client_id>/team: who develops an app: inviting, joining, leaving, removing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import accounts, team
from oauthsrv.flows.register import NotDone
from oauthsrv.flows.team import NoInvitation
from oauthsrv.oauth.credentials import is_client_id, is_user_id
from oauthsrv.pages import PageError, not_found, redirect, render
from oauthsrv.routes.changes import actor
from oauthsrv.routes.developer.own import managed_app, may_manage, own_app, telling
from oauthsrv.routes.forms import Form, form
from oauthsrv.routes.page_guards import put_off, put_off_form
from oauthsrv.routes.visitor import Visitor
from oauthsrv.store.database import reading, sql
from oauthsrv.store.limits import TooMany

if TYPE_CHECKING:
    from oauthsrv.server import Server

pages.DONE.update(
    team_invited="The invitation is made. They find it under “Your apps” when they sign in.",
    team_joined="You are a member of the team now.",
    team_declined="The invitation was declined.",
    team_left="You left the team: the app is no longer yours to see.",
    team_removed="They were removed: the app is no longer theirs to see.",
)


class Teammate(NamedTuple):
    """Who is invited tells their name by joining: an e-mail alone is no way to learn it."""

    user_id: str
    name: str
    email: str
    role: str  # owner, member or invited
    since: datetime | None


def show_team(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    return show(server, visitor, own_app(server, visitor, client_id), Form())


def show(server: Server, visitor: Visitor, app: Any, typed: Form, http_status: int = 200) -> HTTPResponse:
    with reading(server.database) as db:
        members = sql.team.members(db, client_id=app.client_id)
    return render(
        "developer/team",
        visitor,
        http_status=http_status,
        app=app,
        team=[Teammate(app.owner_id, app.owner_name, app.owner_email, "owner", None), *map(teammate, members)],
        may_change=may_manage(visitor, app),
        form=typed,
    )


def teammate(member: Any) -> Teammate:
    if member.accepted_at:
        return Teammate(member.user_id, member.name, member.email, "member", member.accepted_at)
    return Teammate(member.user_id, "–", member.email, "invited", member.invited_at)


def invite(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app, typed = managed_app(server, visitor, client_id), form()
    if reason := accounts.why_no_email(typed.text("email")):
        typed.refuse("email", reason)
        return show(server, visitor, app, typed, 422)
    with telling("Nobody was invited", client_id, "/team"):
        try:
            team.invite(
                server,
                client_id,
                typed.text("email"),
                owner_id=app.owner_id,
                by=actor(visitor),
                counted=visitor.as_browser.counted,
            )
        except NotDone as reason:
            typed.refuse("email", str(reason))
            return show(server, visitor, app, typed, 422)
        except TooMany as too_many:
            return put_off(show(server, visitor, app, put_off_form(typed, too_many)), too_many)
    return redirect(f"/developer/apps/{client_id}/team", done="team_invited")


# Who is invited


def join(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    if not is_client_id(client_id):
        raise no_invitation()
    try:
        with telling("You have not joined", client_id):
            team.join(server, client_id, by=actor(visitor))
    except NoInvitation:
        raise no_invitation() from None
    return redirect(f"/developer/apps/{client_id}", done="team_joined")


def decline(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    if not is_client_id(client_id):
        raise no_invitation()
    try:
        with telling("Nothing was declined", client_id, "/team"):
            team.decline(server, client_id, by=actor(visitor))
    except NoInvitation:
        raise no_invitation() from None
    return redirect("/developer/apps", done="team_declined")


def no_invitation() -> PageError:
    return PageError(
        404,
        "No invitation",
        "This invitation was answered before, or withdrawn.",
        todo="If you still want to join, ask the owner of the app to invite you again.",
        link=("/developer/apps", "Your apps"),
    )


# Who goes


def ask_leave(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = own_app(server, visitor, client_id)
    with reading(server.database) as db:
        is_member = sql.team.is_member(db, client_id=client_id, user_id=visitor.user.user_id)
    return render("developer/leave", visitor, app=app, is_member=is_member)


def leave(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    own_app(server, visitor, client_id)
    with telling("You did not leave", client_id, "/team"):
        team.leave(server, client_id, by=actor(visitor))
    return redirect("/developer/apps", done="team_left")


def ask_remove(server: Server, visitor: Visitor, client_id: str, user_id: str) -> HTTPResponse:
    app, member = managed_app(server, visitor, client_id), None
    if is_user_id(user_id):
        with reading(server.database) as db:
            member = sql.team.find(db, client_id=client_id, user_id=user_id)
    if member is None:
        raise no_member(client_id)
    return render("developer/remove_member", visitor, app=app, member=member)


def remove(server: Server, visitor: Visitor, client_id: str, user_id: str) -> HTTPResponse:
    app = managed_app(server, visitor, client_id)
    if not is_user_id(user_id):
        raise no_member(client_id)
    with telling("Nobody was removed", client_id, "/team"):
        team.remove(server, client_id, user_id, owner_id=app.owner_id, by=actor(visitor))
    return redirect(f"/developer/apps/{client_id}/team", done="team_removed")


def no_member(client_id: str) -> PageError:
    return not_found("member of this team", (f"/developer/apps/{client_id}/team", "The team"))
