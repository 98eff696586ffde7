"""/admin/review: apps that wait for approval, with everything that an administrator needs to decide."""

from typing import Any, NamedTuple

from bottle import HTTPResponse

from oauthsrv.flows import catalog
from oauthsrv.flows.clients import changes
from oauthsrv.flows.refusals import version
from oauthsrv.oauth.redirect_uris import consent_host
from oauthsrv.pages import redirect, render
from oauthsrv.routes.pager import paged
from oauthsrv.routes.proposals import Proposed, proposed_changes
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql
from oauthsrv.store.rows import AppRow

QUEUE = "/admin/review"
ROWS = 20


class WaitingChange(NamedTuple):
    """Additions by developers to an approved app."""

    app: AppRow
    proposal: Any
    proposed_by: Any
    changes: list[Proposed]
    seen: str


class Waiting(NamedTuple):
    app: AppRow
    hosts: list[str]  # that users return to
    scopes: list[Any]
    seen: str


def show_review(request: Request) -> HTTPResponse:
    after, after_change = request.query.get("after") or None, request.query.get("after_change") or None
    with reading(request.server.database) as db:
        found = sql.admin.waiting_clients(db, after=after, rows=ROWS + 1)
        apps, more_apps = paged(request, found, ROWS, "client_id", place="after")
        found = sql.admin.waiting_proposals(db, after=after_change, rows=ROWS + 1)
        proposals, more_changes = paged(request, found, ROWS, "client_id", place="after_change", fragment="#changes")
        changes = [change for row in proposals if (change := find_change(db, row.client_id))]
    scopes = catalog.all_scopes(request.server)
    return render(
        "admin/review",
        request,
        waiting=[waiting(app, scopes) for app in apps],
        more_apps=more_apps,
        changes=changes,
        more_changes=more_changes,
    )


def show_next(request: Request) -> HTTPResponse:
    """Show the app that has waited longest after the one in the address: each is looked at before it is approved."""
    with reading(request.server.database) as db:
        found = sql.admin.waiting_clients(db, after=request.query.get("after") or None, rows=1)
    if not found:
        return redirect(QUEUE)
    one = waiting(found[0], catalog.all_scopes(request.server))
    return render("admin/review_next", request, one=one, skip=next_in_queue(request, one.app.client_id))


def next_in_queue(request: Request, client_id: str) -> str:
    """The address of the next app to review."""
    with reading(request.server.database) as db:
        found = sql.admin.waiting_clients(db, after=client_id, rows=1)
    return f"{QUEUE}/next?after={client_id}" if found else QUEUE


def waiting(app: AppRow, scopes: list[Any]) -> Waiting:
    return Waiting(
        app=app,
        hosts=list(dict.fromkeys(map(consent_host, app.redirect_uris))),
        scopes=[scope for scope in scopes if scope.scope in app.scopes],
        seen=version(app),
    )


def find_change(db: Any, client_id: str) -> WaitingChange | None:
    """The proposal that waits for this app; None if there is none, or it was decided in the meantime."""
    app, proposal = sql.clients.overview(db, client_id=client_id), sql.proposals.find(db, client_id=client_id)
    if app is None or changes.waiting(proposal) is None:
        return None
    return WaitingChange(
        app,
        proposal,
        sql.users.find(db, user_id=proposal.proposed_by),
        proposed_changes(app, proposal),
        changes.seen_at_review(app, proposal),
    )
