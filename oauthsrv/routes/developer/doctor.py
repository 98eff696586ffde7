"""/developer/apps/<client_id>/doctor: whether an app is set up well."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bottle import HTTPResponse

from oauthsrv.pages import render
from oauthsrv.routes.developer.checks import ORDER, Facts, Secret, findings, top_problem
from oauthsrv.routes.request import Request
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql

DAYS = 7


def show_doctor(request: Request) -> HTTPResponse:
    app = request.app
    found = findings(facts_of(request.server, app))
    bad, warn, good = ([finding for finding in found if finding.verdict == verdict] for verdict in ORDER)
    return render("developer/doctor", request, app=app, bad=bad, warn=warn, good=good)


def facts_of(server: Server, app: Any) -> Facts:
    with reading(server.database) as db:
        row = sql.developer.facts(db, client_id=app.client_id)
        was_allowed = sql.developer.was_ever_allowed(db, client_id=app.client_id)
        secrets = sql.clients.secrets(db, client_id=app.client_id)
        counted = sql.refusals.problems(db, client_id=app.client_id, days=DAYS)
    return Facts(
        type=app.type,
        redirect_uris=tuple(app.redirect_uris),
        home_page=app.home_page,
        skips_pkce=app.skips_pkce,
        suspended=app.suspended,
        suspend_reason=app.suspend_reason,
        approved=app.approved,
        reviewed=server.settings.app_review,
        verified=app.verified,
        has_logo=app.logo_version is not None,
        members=row.members,
        was_allowed=was_allowed,
        has_exchanged=row.has_exchanged,
        reuses=row.reuses,
        busiest_hour=row.busiest_hour,
        calls_per_hour=app.calls_per_hour,
        unused_scopes=tuple(row.unused_scopes),
        secrets=tuple(Secret(secret.hint, secret.last_used_at, secret.last_used_from) for secret in secrets),
        top_problem=top_problem(counted, app.type),
        now=datetime.now(UTC),
    )
