"""/admin/review: apps that wait for approval, with all that an administrator needs to decide."""

from __future__ import annotations

from typing import Any, NamedTuple

from bottle import HTTPResponse

from oauthsrv.flows import catalog
from oauthsrv.flows.clients import changes
from oauthsrv.flows.refusals import version
from oauthsrv.oauth.redirect_uris import consent_host
from oauthsrv.pages import render
from oauthsrv.routes.proposals import Proposed, proposed_changes
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

ROWS = 20


class WaitingChange(NamedTuple):
    """What developers added to an approved app."""

    app: Any
    proposal: Any
    proposed_by: Any
    changes: list[Proposed]
    seen: str


class Waiting(NamedTuple):
    app: Any
    hosts: list[str]  # that get the answers of users
    scopes: list[Any]
    seen: str


def show(request: Request) -> HTTPResponse:
    after, after_change = request.query.get("after") or None, request.query.get("after_change") or None
    with reading(request.server.database) as db:
        apps = sql.admin.waiting_clients(db, after=after, rows=ROWS + 1)
        changed = [row.client_id for row in sql.admin.waiting_proposals(db, after=after_change, rows=ROWS + 1)]
        changes = [change for client_id in changed[:ROWS] if (change := find_change(db, client_id))]
    scopes = catalog.all_scopes(request.server)
    waiting = [
        Waiting(
            app=app,
            hosts=list(dict.fromkeys(map(consent_host, app.redirect_uris))),
            scopes=[scope for scope in scopes if scope.scope in app.scopes],
            seen=version(app),
        )
        for app in apps[:ROWS]
    ]
    return render(
        "admin/review",
        request,
        waiting=waiting,
        reviewed=request.server.settings.app_review,
        changes=changes,
        first_changes="/admin/review#changes" if after_change else None,
        further_changes=f"/admin/review?after_change={changed[ROWS - 1]}#changes" if len(changed) > ROWS else None,
        first="/admin/review" if after else None,
        further=f"/admin/review?after={apps[ROWS - 1].client_id}" if len(apps) > ROWS else None,
    )


def find_change(db: Any, client_id: str) -> WaitingChange | None:
    """What waits for this app; None if it was decided meanwhile, or nothing does."""
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
