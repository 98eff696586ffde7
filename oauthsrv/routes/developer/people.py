"""/developer/apps/<client_id>/team and …/transfer: who develops an app, and who owns it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import accounts
from oauthsrv.flows.clients import team
from oauthsrv.flows.links import LinkSpent
from oauthsrv.flows.refusals import FieldsRefused, fingerprint
from oauthsrv.oauth.credentials import is_user_id
from oauthsrv.pages import PageError, not_found, redirect, render
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import SureQuestion, changed
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import may_manage, owners_alone, team_app
from oauthsrv.store.database import reading, sql

pages.DONE.update(
    team_joined="You joined the team.",
    team_declined="The invitation was declined.",
    team_withdrawn="The invitation was withdrawn. Its link no longer works.",
    team_left="You left the team and no longer have access to the app.",
    team_removed="The member was removed and no longer has access to the app.",
    app_transferred="The app has a new owner.",
)


def team_path(request: Request) -> str:
    return f"/developer/apps/{request.app.client_id}/team"


def team_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    app = request.app
    with reading(request.server.database) as db:
        members = sql.team.members(db, client_id=app.client_id)
        invitations = sql.links.invitations(db, client_id=app.client_id)
    owner = (app.owner_id, app.owner_name, app.owner_email, "owner", None)
    mates = [(mate.user_id, mate.name, mate.email, "member", mate.accepted_at) for mate in members]
    return render(
        "developer/team",
        request,
        http_status=status,
        app=app,
        team=[owner, *mates] if app.owner_id else mates,
        invitations=invitations,
        may_change=may_manage(request),
        form=form,
    )


def invite(request: Request) -> HTTPResponse:
    """The page with the link is the answer: it is shown this once."""
    app, by, email = request.app, request.actor, request.form.text("email")
    if reason := accounts.email_problem(email):
        raise FieldsRefused({"email": [reason]})
    address = team.invite(
        request.server, app.client_id, email, owner_id=app.owner_id, by=by, counted=request.counted_address
    )
    return render("developer/invited", request, no_referrer=True, app=app, email=email, address=address)


def withdraw(request: Request) -> HTTPResponse:
    app, link_id = request.app, request.url["link_id"]
    if not re.fullmatch("[0-9]{1,18}", link_id):
        raise not_found("invitation", (team_path(request), "The team"))
    team.withdraw(request.server, app.client_id, int(link_id), owner_id=app.owner_id, by=request.actor)
    return redirect(team_path(request), done="team_withdrawn")


# Who is invited, and holds the link


def show_invitation(request: Request) -> HTTPResponse:
    link = request.query.get("link")
    with invitation_links():
        app = team.invitation(request.server, link)
    return render("developer/join", request, no_referrer=True, app=app, link=link)


def join(request: Request) -> HTTPResponse:
    with invitation_links():
        client_id = team.join(request.server, request.form.get("link"), by=request.actor)
    return redirect(f"/developer/apps/{client_id}", done="team_joined")


def decline(request: Request) -> HTTPResponse:
    with invitation_links():
        team.decline(request.server, request.form.get("link"), by=request.actor)
    return redirect("/developer/apps", done="team_declined")


@contextmanager
def invitation_links() -> Iterator[None]:
    try:
        yield
    except LinkSpent:
        raise PageError(
            404,
            "This invitation no longer works",
            "An invitation works once, for seven days, until it is withdrawn or the app gets another owner.",
            todo="Ask the owner of the app for a new link.",
            link=("/developer/apps", "Your apps"),
        ) from None


# Leaving and removing


def leaving(request: Request) -> SureQuestion:
    app = request.app
    return SureQuestion(
        f"Leave the team of {app.name}?",
        [
            "You lose access to the app immediately. "
            f"To come back, its owner, {app.owner_name}, has to invite you again."
        ],
        button="Leave the team",
        back=team_path(request),
    )


def leave(request: Request) -> HTTPResponse:
    team.leave(request.server, request.app.client_id, by=request.actor)
    return redirect("/developer/apps", done="team_left")


def removing(request: Request) -> SureQuestion:
    with reading(request.server.database) as db:
        member = sql.team.find(db, client_id=request.app.client_id, user_id=member_id(request))
    if member is None:
        raise no_member(request)
    text = f"{member.name} loses access to {request.app.name} immediately. If they know the client secret, change it."
    return SureQuestion(f"Remove {member.name} from the team?", [text], button="Remove", back=team_path(request))


def remove(request: Request) -> HTTPResponse:
    app, user_id = request.app, member_id(request)
    team.remove(request.server, app.client_id, user_id, owner_id=app.owner_id, by=request.actor)
    return redirect(team_path(request), done="team_removed")


def member_id(request: Request) -> str:
    if not is_user_id(request.url["user_id"]):
        raise no_member(request)
    return request.url["user_id"]


def no_member(request: Request) -> PageError:
    return not_found("member of this team", (team_path(request), "The team"))


# Another owner


def current_transfer(request: Request) -> Form:
    """The team page passes the new owner in the address."""
    app = request.app = team_app(request, request.app.client_id)
    if not may_manage(request):
        raise owners_alone(app)
    with reading(request.server.database) as db:
        members = sql.team.members(db, client_id=app.client_id)
    return Form.of(member=request.query.get("member")).showing(fingerprint(team.shown(app.owner_id, members)))


def transfer_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    app = request.app
    with reading(request.server.database) as db:
        members = sql.team.members(db, client_id=app.client_id)
        invitations = sql.links.invitations(db, client_id=app.client_id)
    return render(
        "developer/transfer",
        request,
        http_status=status,
        app=app,
        choices=[(member.user_id, member.name, member.email) for member in members],
        invited=[invitation.email for invitation in invitations],
        form=form,
    )


def transfer(request: Request) -> HTTPResponse:
    app, form = request.app, request.form
    if not form.get("member"):
        raise FieldsRefused({"member": ["Choose the new owner."]})
    in_force = team.transfer(
        request.server,
        app.client_id,
        form.get("member"),
        owner_id=app.owner_id,
        by=request.actor,
        seen=form.get("shown"),
    )
    return changed(team_path(request), "app_transferred", in_force)
