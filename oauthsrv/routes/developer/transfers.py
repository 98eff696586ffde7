"""/developer/apps/<client_id>/transfer: offering an app to another owner; /developer/transfers: their answer."""

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows.clients import team, transfers
from oauthsrv.flows.refusals import FieldsRefused, fingerprint
from oauthsrv.pages import redirect, render
from oauthsrv.routes.developer.people import team_path
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import changed
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import may_manage, owner_id, owners_alone, team_app
from oauthsrv.store.database import reading, sql

SOMEONE_ELSE = "someone-else"  # no member of the team: only administrators can choose this

pages.DONE.update(
    transfer_offered="The app was offered. Nothing changes until they accept.",
    transfer_withdrawn="The offer was withdrawn. The app keeps its owner.",
    transfer_declined="You declined. The app keeps its owner.",
    app_transferred="You own this app now.",
)


def current_transfer(request: Request) -> Form:
    """The form, for the new owner that the team page passes in the address."""
    app = request.app = team_app(request, request.app.client_id)
    if not may_manage(request):
        raise owners_alone(app)
    with reading(request.server.database) as db:
        members = sql.team.members(db, client_id=app.client_id)
    return Form.of(member=request.query.get("member")).showing(fingerprint(team.shown(owner_id(request), members)))


def transfer_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    app = request.app
    with reading(request.server.database) as db:
        members = sql.team.members(db, client_id=app.client_id)
        invitations = sql.links.invitations(db, client_id=app.client_id)
        offer = sql.transfers.of_client(db, client_id=app.client_id)
    choices = [(member.user_id, member.name, member.email) for member in members]
    if request.user.is_admin:
        choices.append((SOMEONE_ELSE, "Someone else who has an account", ""))
    return render(
        "developer/transfer",
        request,
        http_status=status,
        app=app,
        choices=choices,
        invited=[invitation.email for invitation in invitations],
        offer=offer,
        form=form,
    )


def transfer(request: Request) -> HTTPResponse:
    app, form = request.app, request.form
    transfers.offer(
        request.server,
        app.client_id,
        chosen(request),
        owner_id=owner_id(request),
        by=request.actor,
        seen=form.get("shown"),
    )
    return redirect(team_path(request), done="transfer_offered")


def chosen(request: Request) -> str:
    """The id of the user that the form names. Raises FieldsRefused."""
    user_id, email = request.form.get("member"), request.form.text("email")
    if not user_id:
        raise FieldsRefused({"member": ["Choose the new owner."]})
    if user_id != SOMEONE_ELSE or not request.user.is_admin:
        return user_id
    with reading(request.server.database) as db:
        person = sql.users.find_by_email(db, email=email)
    if person is None:
        raise FieldsRefused({"email": ["There is no account with this email." if email else "Enter their email."]})
    return str(person.user_id)


def withdraw(request: Request) -> HTTPResponse:
    transfers.withdraw(request.server, request.app.client_id, owner_id=owner_id(request), by=request.actor)
    return redirect(team_path(request), done="transfer_withdrawn")


# The new owner


def show_offer(request: Request) -> HTTPResponse:
    offer = transfers.find(request.server, request.url["client_id"], request.user.user_id)
    return render("developer/offer", request, offer=offer)


def accept(request: Request) -> HTTPResponse:
    client_id = request.url["client_id"]
    in_force = transfers.accept(request.server, client_id, by=request.actor)
    return changed(f"/developer/apps/{client_id}", "app_transferred", in_force)


def decline(request: Request) -> HTTPResponse:
    transfers.decline(request.server, request.url["client_id"], by=request.actor)
    return redirect("/developer/apps", done="transfer_declined")
