"""/developer/apps/<client_id>/team: who develops an app: inviting, joining, leaving, removing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.addresses import counted_address
from oauthsrv.flows import accounts
from oauthsrv.flows.clients import team
from oauthsrv.flows.links import LinkSpent
from oauthsrv.flows.refusals import NotDone
from oauthsrv.oauth.credentials import is_user_id
from oauthsrv.pages import PageError, not_found, redirect, render
from oauthsrv.routes.changes import actor
from oauthsrv.routes.developer.own import managed_app, may_manage, own_app, telling
from oauthsrv.routes.forms import Form, form, query
from oauthsrv.routes.page_guards import put_off, put_off_form
from oauthsrv.routes.visitor import Visitor
from oauthsrv.store.database import reading, sql
from oauthsrv.store.limits import TooMany

if TYPE_CHECKING:
    from oauthsrv.server import Server

pages.DONE.update(
    team_joined="You joined the team.",
    team_declined="The invitation was declined.",
    team_withdrawn="The invitation was withdrawn. Its link no longer works.",
    team_left="You left the team: the app is no longer yours to see.",
    team_removed="They were removed: the app is no longer theirs to see.",
)


class Teammate(NamedTuple):
    user_id: str
    name: str
    email: str
    role: str  # owner or member
    since: datetime | None


def show_team(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    return show(server, visitor, own_app(server, visitor, client_id), Form())


def show(server: Server, visitor: Visitor, app: Any, typed: Form, http_status: int = 200) -> HTTPResponse:
    with reading(server.database) as db:
        members = sql.team.members(db, client_id=app.client_id)
        invitations = sql.one_time_links.invitations(db, client_id=app.client_id)
    return render(
        "developer/team",
        visitor,
        http_status=http_status,
        app=app,
        team=[Teammate(app.owner_id, app.owner_name, app.owner_email, "owner", None), *map(teammate, members)],
        invitations=invitations,
        may_change=may_manage(visitor, app),
        form=typed,
    )


def teammate(member: Any) -> Teammate:
    return Teammate(member.user_id, member.name, member.email, "member", member.accepted_at)


def invite(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    """The page with the link is the answer: it is shown this once."""
    app, typed = managed_app(server, visitor, client_id), form()
    email = typed.text("email")
    if reason := accounts.email_problem(email):
        typed.refuse("email", reason)
        return show(server, visitor, app, typed, 422)
    counted = counted_address(visitor.address)
    with telling("Nobody was invited", client_id, "/team"):
        try:
            address = team.invite(server, client_id, email, owner_id=app.owner_id, by=actor(visitor), counted=counted)
        except NotDone as reason:
            typed.refuse("email", str(reason))
            return show(server, visitor, app, typed, 422)
        except TooMany as too_many:
            return put_off(show(server, visitor, app, put_off_form(typed, too_many)), too_many)
    return render("developer/invited", visitor, no_referrer=True, app=app, email=email, address=address)


def withdraw(server: Server, visitor: Visitor, client_id: str, link_id: str) -> HTTPResponse:
    app = managed_app(server, visitor, client_id)
    if not re.fullmatch("[0-9]{1,18}", link_id):
        raise not_found("invitation", (f"/developer/apps/{client_id}/team", "The team"))
    with telling("Nothing was withdrawn", client_id, "/team"):
        team.withdraw(server, client_id, int(link_id), owner_id=app.owner_id, by=actor(visitor))
    return redirect(f"/developer/apps/{client_id}/team", done="team_withdrawn")


# Who is invited, and holds the link


def show_invitation(server: Server, visitor: Visitor) -> HTTPResponse:
    link = query().get("link")
    with answering():
        app = team.invitation(server, link)
    return render("developer/join", visitor, no_referrer=True, app=app, link=link)


def join(server: Server, visitor: Visitor) -> HTTPResponse:
    with answering():
        client_id = team.join(server, form().get("link"), by=actor(visitor))
    return redirect(f"/developer/apps/{client_id}", done="team_joined")


def decline(server: Server, visitor: Visitor) -> HTTPResponse:
    with answering():
        team.decline(server, form().get("link"), by=actor(visitor))
    return redirect("/developer/apps", done="team_declined")


@contextmanager
def answering() -> Iterator[None]:
    link = ("/developer/apps", "Your apps")
    try:
        yield
    except LinkSpent:
        raise PageError(
            404,
            "This invitation no longer works",
            "An invitation works once, for seven days, until it is withdrawn or the app gets another owner.",
            todo="Ask the owner of the app for a new link.",
            link=link,
        ) from None
    except NotDone as reason:
        raise PageError(409, "You didn’t join the team", str(reason), link=link) from None


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
