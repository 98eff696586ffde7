"""/developer/apps/<client_id>/team and /developer/join: the people who develop an app."""

import re

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import accounts
from oauthsrv.flows.clients import team
from oauthsrv.flows.refusals import FieldsRefused
from oauthsrv.oauth.credentials import is_user_id
from oauthsrv.pages import PageError, not_found, redirect, render
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import SureQuestion, here
from oauthsrv.routes.pending import Pending, sealed_address
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import may_manage, owner_id
from oauthsrv.store.database import reading, sql

pages.DONE.update(
    team_joined="You joined the team.",
    team_declined="The invitation was declined.",
    team_withdrawn="The invitation was withdrawn. Its link no longer works.",
    team_left="You left the team and no longer have access to the app.",
    team_removed="The member was removed and no longer has access to the app.",
)


def team_path(request: Request) -> str:
    return f"/developer/apps/{request.app.client_id}/team"


def team_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    app = request.app
    with reading(request.server.database) as db:
        members = sql.team.members(db, client_id=app.client_id)
        invitations = sql.links.invitations(db, client_id=app.client_id)
        offer = sql.transfers.of_client(db, client_id=app.client_id)
    owner = (app.owner_id, app.owner_name, app.owner_email, "owner", None)
    mates = [(mate.user_id, mate.name, mate.email, "member", mate.accepted_at) for mate in members]
    return render(
        "developer/team",
        request,
        http_status=status,
        app=app,
        team=[owner, *mates] if app.owner_id else mates,
        invitations=invitations,
        offer=offer,
        may_change=may_manage(request),
        form=form,
    )


def invite(request: Request) -> HTTPResponse:
    """Invite someone, and show the link once, in the answer to the form."""
    app, by, email = request.app, request.actor, request.form.text("email")
    if reason := accounts.email_problem(email):
        raise FieldsRefused({"email": [reason]})
    address = team.invite(
        request.server, app.client_id, email, owner_id=owner_id(request), by=by, counted=request.counted_address
    )
    is_open = request.server.settings.signup == "open"
    return render(
        "developer/invited",
        request,
        no_referrer=True,
        app=app,
        email=email,
        address=address,
        signup_is_open=is_open,
    )


def withdraw(request: Request) -> HTTPResponse:
    app, link_id = request.app, request.url["link_id"]
    if not re.fullmatch("[0-9]{1,18}", link_id):
        raise not_found("invitation", (team_path(request), "The team"))
    team.withdraw(request.server, app.client_id, int(link_id), owner_id=owner_id(request), by=request.actor)
    return redirect(team_path(request), done="team_withdrawn")


# The invited person, who holds the link


def show_invitation(request: Request) -> HTTPResponse:
    """Show the invitation, even without an account: whoever holds the link may join, and its email proves nothing.

    Where sign-up is closed the link makes no account, as an app's owner doesn’t decide who gets one.
    """
    text = request.query.get("link")
    invited = team.invitation(request.server, text)
    pending = Pending(here(request), "choose" if request.visitor else "", "" if request.visitor else invited.email)
    return render(
        "developer/join",
        request,
        no_referrer=True,
        app=invited.app,
        expires_at=invited.expires_at,
        link=text,
        r=sealed_address(request, pending, request.pre_session_hash),
        signup_is_open=request.server.settings.signup == "open",
    )


def join(request: Request) -> HTTPResponse:
    client_id = team.join(request.server, request.form.get("link"), by=request.actor)
    return redirect(f"/developer/apps/{client_id}", done="team_joined")


def decline(request: Request) -> HTTPResponse:
    team.decline(request.server, request.form.get("link"), by=request.actor)
    return redirect("/developer/apps", done="team_declined")


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
    team.remove(request.server, app.client_id, user_id, owner_id=owner_id(request), by=request.actor)
    return redirect(team_path(request), done="team_removed")


def member_id(request: Request) -> str:
    if not is_user_id(request.url["user_id"]):
        raise no_member(request)
    return request.url["user_id"]


def no_member(request: Request) -> PageError:
    return not_found("member of this team", (team_path(request), "The team"))
