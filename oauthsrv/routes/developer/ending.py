"""The danger zone: what cannot be undone, or only by others."""

from __future__ import annotations

from typing import Any

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import names, revocations
from oauthsrv.flows.clients import fields, team
from oauthsrv.flows.refusals import Changed, NotDone, fingerprint
from oauthsrv.pages import render
from oauthsrv.routes.conflicts import superseded
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import changed
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import back, may_manage, owners_alone, refusals_as_page, team_app
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql

pages.DONE.update(
    app_deleted="The app was deleted, and all its tokens were revoked.",
    app_transferred="The app has a new owner.",
)


def show_danger(request: Request) -> HTTPResponse:
    app = request.app
    return render("developer/danger", request, app=app, may_end=may_manage(request))


def ask_delete(request: Request) -> HTTPResponse:
    return render("developer/delete", request, app=request.app, form=Form())


def delete(request: Request) -> HTTPResponse:
    app, typed = request.app, request.form
    if names.one_line(typed.get("name"), fields.NAME_MAX) != app.name:
        typed.refuse("name", f"Type the name of the app exactly: {app.name}")
        return render("developer/delete", request, http_status=422, app=app, form=typed)
    with refusals_as_page("The app was not deleted", back(request, "/danger")):
        in_force = revocations.delete_client(request.server, request.app.client_id, by=request.actor)
    return changed("/developer/apps", "app_deleted", in_force)


# Another owner


def ask_transfer(request: Request) -> HTTPResponse:
    """The team page passes the new owner in the address."""
    app = request.app
    return show_transfer(request, app, filled(request.server, app, request.query.get("member")))


def filled(server: Server, app: Any, member: str = "") -> Form:
    with reading(server.database) as db:
        members = sql.team.members(db, client_id=app.client_id)
    return Form.of(member=member).showing(fingerprint(team.shown(app.owner_id, members)))


def show_transfer(request: Request, app: Any, typed: Form, http_status: int = 200) -> HTTPResponse:
    with reading(request.server.database) as db:
        members = sql.team.members(db, client_id=app.client_id)
        invitations = sql.links.invitations(db, client_id=app.client_id)
    choices = [(member.user_id, member.name, member.email) for member in members]
    return render(
        "developer/transfer",
        request,
        http_status=http_status,
        app=app,
        choices=choices,
        invited=[invitation.email for invitation in invitations],
        form=typed,
        is_owner=app.owner_id == request.user.user_id,
    )


def transfer(request: Request) -> HTTPResponse:
    app, typed = request.app, request.form
    if not typed.get("member"):
        typed.refuse("member", "Choose the new owner.")
        return show_transfer(request, app, typed, 422)
    with refusals_as_page("The app keeps its owner", back(request, "/team")):
        try:
            in_force = team.transfer(
                request.server,
                request.app.client_id,
                typed.get("member"),
                owner_id=app.owner_id,
                by=request.actor,
                seen=typed.get("shown"),
            )
        except Changed:
            app = request.app = team_app(request, request.app.client_id)
            if not may_manage(request):
                raise owners_alone(app) from None
            return show_transfer(request, app, superseded(typed, filled(request.server, app)), 409)
        except NotDone as reason:
            typed.refuse("member", str(reason))
            return show_transfer(request, app, typed, 422)
    return changed(f"/developer/apps/{request.app.client_id}/team", "app_transferred", in_force)
