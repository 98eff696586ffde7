"""The danger zone: what cannot be undone, or only by others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import names, revocations
from oauthsrv.flows.clients import fields, team
from oauthsrv.flows.refusals import Changed, NotDone, fingerprint
from oauthsrv.pages import render
from oauthsrv.routes.changes import actor, changed
from oauthsrv.routes.conflicts import overtaken
from oauthsrv.routes.developer.own import managed_app, may_manage, own_app, telling
from oauthsrv.routes.forms import Form, form, query
from oauthsrv.routes.visitor import Visitor
from oauthsrv.store.database import reading, sql

if TYPE_CHECKING:
    from oauthsrv.server import Server

pages.DONE.update(
    app_deleted="The app was deleted, and every token of it ended.",
    app_transferred="The app has a new owner.",
)


def show_danger(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = own_app(server, visitor, client_id)
    return render("developer/danger", visitor, app=app, may_end=may_manage(visitor, app))


def ask_delete(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    return render("developer/delete", visitor, app=managed_app(server, visitor, client_id), form=Form())


def delete(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app, typed = managed_app(server, visitor, client_id), form()
    if names.one_line(typed.get("name"), fields.NAME_MAX) != app.name:
        typed.refuse("name", f"Type the name of the app exactly: {app.name}")
        return render("developer/delete", visitor, http_status=422, app=app, form=typed)
    with telling("The app was not deleted", client_id, "/danger"):
        in_force = revocations.delete_client(server, client_id, by=actor(visitor))
    return changed("/developer/apps", "app_deleted", in_force)


# Another owner


def ask_transfer(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    """The team's page names whom it would be in the address."""
    app = managed_app(server, visitor, client_id)
    return show_transfer(server, visitor, app, filled(server, app, query().get("member")))


def filled(server: Server, app: Any, member: str = "") -> Form:
    with reading(server.database) as db:
        members = sql.team.members(db, client_id=app.client_id)
    return Form.of(member=member).showing(fingerprint(team.shown(app.owner_id, members)))


def show_transfer(server: Server, visitor: Visitor, app: Any, typed: Form, http_status: int = 200) -> HTTPResponse:
    with reading(server.database) as db:
        members = sql.team.members(db, client_id=app.client_id)
        invitations = sql.one_time_links.invitations(db, client_id=app.client_id)
    choices = [(member.user_id, member.name, member.email) for member in members]
    return render(
        "developer/transfer",
        visitor,
        http_status=http_status,
        app=app,
        choices=choices,
        invited=[invitation.email for invitation in invitations],
        form=typed,
        is_owner=app.owner_id == visitor.user.user_id,
    )


def transfer(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app, typed = managed_app(server, visitor, client_id), form()
    if not typed.get("member"):
        typed.refuse("member", "Choose the new owner.")
        return show_transfer(server, visitor, app, typed, 422)
    with telling("The app keeps its owner", client_id, "/team"):
        try:
            in_force = team.transfer(
                server,
                client_id,
                typed.get("member"),
                owner_id=app.owner_id,
                by=actor(visitor),
                seen=typed.get("shown"),
            )
        except Changed:
            app = managed_app(server, visitor, client_id)
            return show_transfer(server, visitor, app, overtaken(typed, filled(server, app)), 409)
        except NotDone as reason:
            typed.refuse("member", str(reason))
            return show_transfer(server, visitor, app, typed, 422)
    return changed(f"/developer/apps/{client_id}/team", "app_transferred", in_force)
