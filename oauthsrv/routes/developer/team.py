"""/developer/apps/<client_id>/team: who develops an app: inviting, joining, leaving, removing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.addresses import counted_address
from oauthsrv.flows import accounts
from oauthsrv.flows.clients import team
from oauthsrv.flows.links import LinkSpent
from oauthsrv.flows.refusals import NotDone
from oauthsrv.oauth.credentials import is_user_id
from oauthsrv.pages import PageError, not_found, redirect, render
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import later, later_text
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import back, may_manage, refusals_as_page
from oauthsrv.store.database import reading, sql
from oauthsrv.store.limits import TooMany

pages.DONE.update(
    team_joined="You joined the team.",
    team_declined="The invitation was declined.",
    team_withdrawn="The invitation was withdrawn. Its link no longer works.",
    team_left="You left the team and no longer have access to the app.",
    team_removed="The member was removed and no longer has access to the app.",
)


class Teammate(NamedTuple):
    user_id: str
    name: str
    email: str
    role: str  # owner or member
    since: datetime | None


def show_team(request: Request) -> HTTPResponse:
    return show(request, request.app, Form())


def show(request: Request, app: Any, typed: Form, http_status: int = 200) -> HTTPResponse:
    with reading(request.server.database) as db:
        members = sql.team.members(db, client_id=app.client_id)
        invitations = sql.links.invitations(db, client_id=app.client_id)
    return render(
        "developer/team",
        request,
        http_status=http_status,
        app=app,
        team=[Teammate(app.owner_id, app.owner_name, app.owner_email, "owner", None), *map(teammate, members)],
        invitations=invitations,
        may_change=may_manage(request),
        form=typed,
    )


def teammate(member: Any) -> Teammate:
    return Teammate(member.user_id, member.name, member.email, "member", member.accepted_at)


def invite(request: Request) -> HTTPResponse:
    """The page with the link is the answer: it is shown this once."""
    app, typed = request.app, request.form
    email = typed.text("email")
    if reason := accounts.email_problem(email):
        typed.refuse("email", reason)
        return show(request, app, typed, 422)
    counted = counted_address(request.address)
    with refusals_as_page("Nobody was invited", back(request, "/team")):
        try:
            address = team.invite(
                request.server, request.app.client_id, email, owner_id=app.owner_id, by=request.actor, counted=counted
            )
        except NotDone as reason:
            typed.refuse("email", str(reason))
            return show(request, app, typed, 422)
        except TooMany as too_many:
            return later(show(request, app, typed.with_problem(later_text(too_many))), too_many)
    return render("developer/invited", request, no_referrer=True, app=app, email=email, address=address)


def withdraw(request: Request) -> HTTPResponse:
    app = request.app
    if not re.fullmatch("[0-9]{1,18}", request.url["link_id"]):
        raise not_found("invitation", (f"/developer/apps/{request.app.client_id}/team", "The team"))
    with refusals_as_page("Nothing was withdrawn", back(request, "/team")):
        team.withdraw(
            request.server, request.app.client_id, int(request.url["link_id"]), owner_id=app.owner_id, by=request.actor
        )
    return redirect(f"/developer/apps/{request.app.client_id}/team", done="team_withdrawn")


# Who is invited, and holds the link


def show_invitation(request: Request) -> HTTPResponse:
    link = request.query.get("link")
    with answering():
        app = team.invitation(request.server, link)
    return render("developer/join", request, no_referrer=True, app=app, link=link)


def join(request: Request) -> HTTPResponse:
    with answering():
        client_id = team.join(request.server, request.form.get("link"), by=request.actor)
    return redirect(f"/developer/apps/{client_id}", done="team_joined")


def decline(request: Request) -> HTTPResponse:
    with answering():
        team.decline(request.server, request.form.get("link"), by=request.actor)
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


def ask_leave(request: Request) -> HTTPResponse:
    app = request.app
    with reading(request.server.database) as db:
        is_member = sql.team.is_member(db, client_id=request.app.client_id, user_id=request.user.user_id)
    return render("developer/leave", request, app=app, is_member=is_member)


def leave(request: Request) -> HTTPResponse:
    with refusals_as_page("You did not leave", back(request, "/team")):
        team.leave(request.server, request.app.client_id, by=request.actor)
    return redirect("/developer/apps", done="team_left")


def ask_remove(request: Request) -> HTTPResponse:
    app, member = request.app, None
    if is_user_id(request.url["user_id"]):
        with reading(request.server.database) as db:
            member = sql.team.find(db, client_id=request.app.client_id, user_id=request.url["user_id"])
    if member is None:
        raise no_member(request.app.client_id)
    return render("developer/remove_member", request, app=app, member=member)


def remove(request: Request) -> HTTPResponse:
    app = request.app
    if not is_user_id(request.url["user_id"]):
        raise no_member(request.app.client_id)
    with refusals_as_page("Nobody was removed", back(request, "/team")):
        team.remove(
            request.server, request.app.client_id, request.url["user_id"], owner_id=app.owner_id, by=request.actor
        )
    return redirect(f"/developer/apps/{request.app.client_id}/team", done="team_removed")


def no_member(client_id: str) -> PageError:
    return not_found("member of this team", (f"/developer/apps/{client_id}/team", "The team"))
