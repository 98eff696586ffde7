"""…/own-access: an app's access for itself, its connections without a user, and what administrators open to it."""

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import catalog
from oauthsrv.flows.clients import own_access
from oauthsrv.flows.clients.own_access import Access, chosen_access, opened_access
from oauthsrv.flows.refusals import fingerprint
from oauthsrv.oauth.grant_types import CLIENT_CREDENTIALS
from oauthsrv.pages import render
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import changed
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import load, may_manage, team_app
from oauthsrv.store.database import reading, sql
from oauthsrv.store.rows import AppRow

pages.DONE.update(
    own_access_changed="The app’s access without a user was changed.",
    own_connection_ended="The connection’s tokens were revoked.",
)


def typed(request: Request, within: Access) -> Access:
    return own_access.check_access(request.form.all("scopes"), request.form.all("resources"), within)


def filled(app: AppRow, access: Access) -> Form:
    return Form.of(scopes=access.scopes, resources=access.resources).showing(fingerprint(own_access.shown(app)))


def apis_of(request: Request, access: Access) -> list[tuple[str, str, str]]:
    """The APIs as boxes: their names, with the URIs below."""
    with reading(request.server.database) as db:
        names = {api.resource: api.name for api in sql.apis.records(db)}
    return [(resource, names.get(resource, resource), resource) for resource in access.resources]


# For the app's owner


def current(request: Request) -> Form:
    request.app = team_app(request, request.app.client_id)
    return filled(request.app, chosen_access(request.app))


def access_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    app, opened = request.app, opened_access(request.app)
    return render(
        "developer/own_access",
        request,
        http_status=status,
        app=app,
        form=form,
        scopes=catalog.with_details(request.server, opened.scopes),
        resources=apis_of(request, opened),
        connections=own_access.connections(request.server, app.client_id),
        is_on=CLIENT_CREDENTIALS in app.grant_types,
        may_choose=may_manage(request),
    )


def chooses_more(request: Request) -> bool:
    return own_access.adds(chosen_access(request.app), typed(request, opened_access(request.app)))


def choose(request: Request) -> HTTPResponse:
    new, seen = typed(request, opened_access(request.app)), request.form.get("shown")
    in_force = own_access.choose_access(request.server, request.app.client_id, new, by=request.actor, seen=seen)
    return changed(path_of(request), "own_access_changed", in_force)


def end_connection(request: Request) -> HTTPResponse:
    family_id = request.url["family_id"]
    in_force = own_access.end_connection(request.server, request.app.client_id, family_id, by=request.actor)
    return changed(path_of(request), "own_connection_ended", in_force)


def path_of(request: Request) -> str:
    return f"/developer/apps/{request.app.client_id}/own-access"


# For administrators


def everything(request: Request) -> Access:
    return own_access.everything(request.server, opened_access(request.app))


def current_opened(request: Request) -> Form:
    load(request)
    return filled(request.app, opened_access(request.app))


def open_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    offered = everything(request)
    return render(
        "admin/own_access",
        request,
        http_status=status,
        app=request.app,
        form=form,
        scopes=catalog.with_details(request.server, offered.scopes),
        resources=apis_of(request, offered),
    )


def opens_more(request: Request) -> bool:
    return own_access.adds(opened_access(request.app), typed(request, everything(request)))


def open_access(request: Request) -> HTTPResponse:
    new, seen = typed(request, everything(request)), request.form.get("shown")
    in_force = own_access.open_access(request.server, request.app.client_id, new, by=request.actor, seen=seen)
    return changed(f"/admin/apps/{request.app.client_id}", "own_access_changed", in_force)
