"""/developer/apps/new and …/<client_id>/edit: an app's name, where users return, what it can request."""

import secrets
from dataclasses import replace
from typing import Any

from bottle import HTTPResponse

from oauthsrv import logos, pages
from oauthsrv.flows import catalog
from oauthsrv.flows.clients import changes, listed_uris, registration
from oauthsrv.flows.clients.fields import ClientFields, adds_power, check_client, current, proposed
from oauthsrv.flows.fields import fill, read
from oauthsrv.flows.refusals import fingerprint
from oauthsrv.oauth.grant_types import DEFAULT, GRANTS
from oauthsrv.pages import redirect, render
from oauthsrv.routes.developer import app_types
from oauthsrv.routes.developer.activity import uri_to_add
from oauthsrv.routes.developer.app_types import APP_TYPES
from oauthsrv.routes.developer.quickstart import apis_of, quickstart_of
from oauthsrv.routes.developer.starts import BROWSER
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import changed
from oauthsrv.routes.proposals import proposed_changes
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import may_manage, team_app
from oauthsrv.store.database import reading, sql

pages.DONE.update(
    app_made_before="You already submitted this form, and the app was registered then. Its secret was shown only "
    "once; if you don’t have it, add a second one below and delete the first.",
    app_changed="The app was changed.",
    app_proposed="Saved. What you added is waiting for approval; the rest is in force.",
    change_withdrawn="The proposed changes were withdrawn.",
    rejection_dismissed="The rejected changes were dismissed.",
)


# A new app


def empty(request: Request) -> Form:
    """The form with its own token, so that submitting it twice registers one app; `type` in the address is chosen."""
    chosen = app_types.find(request.query.get("type"))
    return Form.of(form=secrets.token_urlsafe(16), grant_types=DEFAULT, type=chosen.value if chosen else None)


def new_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    return render(
        "developer/new",
        request,
        http_status=status,
        form=form,
        types=APP_TYPES,
        grants=GRANTS,
        scopes=catalog.offered(request.server),
        pictures=logos.ALLOWED,
    )


def check_new_app(request: Request) -> ClientFields:
    """Check the form of a new app. Raises FieldsRefused."""
    server, values = request.server, read(ClientFields, request.form)
    chosen = {
        "type": values["type"].partition(".")[0],
        "grant_types": app_types.chosen_grants(values["type"], values["grant_types"]),
    }
    known, listed = names_of(catalog.offered(server)), listed_uris.all_of(server)
    return check_client(values | chosen, known, server.settings.issuer, listed_uris=listed)


def add_app(request: Request) -> HTTPResponse:
    server, form, user_id = request.server, request.form, request.user.user_id
    app = check_new_app(request)
    made = registration.add_client(
        server,
        app,
        user_id,
        by=request.actor,
        approved=not server.settings.app_review,
        form_token=form.get("form"),
    )
    if made is None:
        client_id = registration.client_id_of_form(server, user_id, form.get("form"))
        return redirect(f"/developer/apps/{client_id}", done="app_made_before")
    quickstart = quickstart_of(
        server.settings.issuer,
        made.client_id,
        made.client_secret,
        app.redirect_uris,
        app.scopes,
        app.grant_types,
        kind=BROWSER if form.get("type") == "public" else None,
        apis=apis_of(server, app.scopes),
    )
    return render("developer/created", request, no_referrer=True, app=app, credentials=made, quickstart=quickstart)


def names_of(scopes: list[Any]) -> list[str]:
    return [scope.scope for scope in scopes]


# Its settings


def show_edit(request: Request) -> HTTPResponse:
    added = uri_to_add(request)
    return edit_page(request, filled(request, added), added=added)


def proposal_of(request: Request) -> Any:
    with reading(request.server.database) as db:
        return sql.proposals.find(db, client_id=request.app.client_id)


def filled(request: Request, added: str = "") -> Form:
    """The form of the app, including changes that wait for review."""
    app, proposal = request.app, proposal_of(request)
    shown = proposed(app, changes.waiting(proposal))
    values = fill(replace(shown, redirect_uris=[*shown.redirect_uris, *filter(None, [added])]))
    values.pop("type")  # never changes
    return Form.of(**values).showing(fingerprint(changes.shown(app, proposal)))


def current_form(request: Request) -> Form:
    request.app = team_app(request, request.app.client_id)
    return filled(request)


def edit_page(request: Request, form: Form, status: int = 200, *, added: str = "") -> HTTPResponse:
    """`added` is an address that this person did not type, and has to decide about."""
    app, proposal = request.app, proposal_of(request)
    return render(
        "developer/edit",
        request,
        http_status=status,
        app=app,
        form=form,
        added=added,
        grants=GRANTS,
        scopes=catalog.offered(request.server, app.scopes),
        pictures=logos.ALLOWED,
        proposal=proposal,
        changes=proposed_changes(app, proposal) if proposal else [],
        may_skip_pkce=app.type == "confidential" and (may_manage(request) or form.get("skips_pkce") == "yes"),
        reviewed=request.server.settings.app_review and app.approved,
    )


def gives_power(request: Request) -> bool:
    """Whether the app could get more: another address that receives codes, another scope, or less protection."""
    app, waiting = request.app, changes.waiting(proposal_of(request))
    return adds_power(read(ClientFields, request.form), current(app), proposed(app, waiting))


def change_app(request: Request) -> HTTPResponse:
    app, server, form = request.app, request.server, request.form
    values = read(ClientFields, form) | {"type": app.type}
    known, listed = names_of(catalog.offered(server, app.scopes)), listed_uris.all_of(server)
    new = check_client(values, known, server.settings.issuer, listed_uris=listed)
    in_force = changes.change_client(server, app.client_id, new, by=request.actor, seen=form.get("shown"))
    path = f"/developer/apps/{app.client_id}"
    if changes.waiting(proposal_of(request)):
        return changed(f"{path}/edit", "app_proposed", in_force)
    return changed(path, "app_changed", in_force)


def withdraw_change(request: Request) -> HTTPResponse:
    proposal, client_id = proposal_of(request), request.app.client_id
    changes.withdraw_change(request.server, client_id, by=request.actor)
    is_rejected = proposal is not None and proposal.rejected
    done = "rejection_dismissed" if is_rejected else "change_withdrawn"
    return redirect(f"/developer/apps/{client_id}/edit", done=done)
