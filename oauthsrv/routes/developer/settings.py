"""/developer/apps/<client_id>/edit: what an app is called, where it is sent back to, what it may ask for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bottle import HTTPResponse

from oauthsrv import logos, pages
from oauthsrv.flows import catalog
from oauthsrv.flows.clients import changes
from oauthsrv.flows.clients.fields import ClientFields, adds_power, check_client, current, proposed
from oauthsrv.flows.fields import fill, read
from oauthsrv.flows.refusals import fingerprint
from oauthsrv.pages import redirect, render
from oauthsrv.routes.developer.activity import uri_to_add
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import changed
from oauthsrv.routes.proposals import proposed_changes
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import back, may_manage, refusals_as_page, team_app
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql

pages.DONE.update(
    app_changed="The app was changed.",
    app_proposed="Saved. What you added is waiting for approval; the rest is in force.",
    change_withdrawn="The proposed changes were withdrawn.",
    rejection_dismissed="The rejected changes were dismissed.",
)


def edit_app(request: Request) -> HTTPResponse:
    app = request.app
    added = uri_to_add(request, app)
    typed = filled(app, proposal_of(request.server, request.app.client_id), added)
    return show_edit(request, typed, added=added)


def proposal_of(server: Server, client_id: str) -> Any:
    with reading(server.database) as db:
        return sql.proposals.find(db, client_id=client_id)


def filled(app: Any, proposal: Any, added: str = "") -> Form:
    """With the app as it would be, where changes wait for review."""
    waiting = changes.waiting(proposal)
    shown = proposed(app, waiting) if waiting else current(app)
    values = fill(replace(shown, redirect_uris=[*shown.redirect_uris, *filter(None, [added])]))
    values.pop("type")  # never changes
    return Form.of(**values).showing(fingerprint(changes.shown(app, proposal)))


def current_form(request: Request) -> Form:
    request.app = team_app(request, request.app.client_id)
    return filled(request.app, proposal_of(request.server, request.app.client_id))


def show_edit(request: Request, typed: Form, http_status: int = 200, *, added: str = "") -> HTTPResponse:
    """`added` is an address that this person did not type, and has to decide about."""
    app = request.app
    proposal = proposal_of(request.server, app.client_id)
    return render(
        "developer/edit",
        request,
        http_status=http_status,
        app=app,
        form=typed,
        added=added,
        scopes=catalog.offered(request.server, app.scopes),
        pictures=logos.ALLOWED,
        proposal=proposal,
        changes=proposed_changes(app, proposal) if proposal else [],
        may_skip_pkce=app.type == "confidential" and (may_manage(request) or typed.get("skips_pkce") == "yes"),
        reviewed=request.server.settings.app_review and app.approved,
    )


def gives_power(request: Request) -> bool:
    """Whether the app could get more: another address that receives codes, another scope, or less protection."""
    app = request.app
    waiting = changes.waiting(proposal_of(request.server, app.client_id))
    return adds_power(read(ClientFields, request.form), *filter(None, [app, waiting]))


def change_app(request: Request) -> HTTPResponse:
    app = request.app
    typed = request.form
    scopes = [scope.scope for scope in catalog.offered(request.server, app.scopes)]
    values = read(ClientFields, typed) | {"type": app.type}
    checked = check_client(values, scopes, request.server.settings.issuer)
    with refusals_as_page("The app was not changed", back(request, "/edit")):
        in_force = changes.change_client(
            request.server, app.client_id, checked, by=request.actor, seen=typed.get("shown")
        )
    if changes.waiting(proposal_of(request.server, app.client_id)):
        return changed(f"/developer/apps/{app.client_id}/edit", "app_proposed", in_force)
    return changed(f"/developer/apps/{app.client_id}", "app_changed", in_force)


def withdraw_change(request: Request) -> HTTPResponse:
    proposal = proposal_of(request.server, request.app.client_id)
    with refusals_as_page("Nothing was withdrawn", back(request, "/edit")):
        changes.withdraw_change(request.server, request.app.client_id, by=request.actor)
    was_rejected = proposal is not None and proposal.rejected
    done = "rejection_dismissed" if was_rejected else "change_withdrawn"
    return redirect(f"/developer/apps/{request.app.client_id}/edit", done=done)
