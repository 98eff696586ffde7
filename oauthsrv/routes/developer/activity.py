"""/developer/apps/<client_id>/activity: what was refused, what was wrong with it, how to fix it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from bottle import HTTPResponse

from oauthsrv.oauth.problems import PROBLEMS, Problem
from oauthsrv.oauth.redirect_uris import RedirectUriRefused, check_redirect_uri, matches
from oauthsrv.pages import render
from oauthsrv.routes.differences import Difference, difference
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

ROWS = 25
DAYS = 30  # as long as refusals are kept
NUMBER = re.compile(r"[1-9][0-9]{0,17}")
MISMATCH = "redirect_uri_mismatch"

SHORT = {"uri": "URI", "pkce": "PKCE", "api": "API"}

# What pages call each endpoint.
ENDPOINTS = {
    "/oauth/authorize": "Authorization",
    "/oauth/token": "Token",
    "/oauth/revoke": "Revocation",
    "/oauth/introspect": "Introspection",
    "/oauth/verify": "API call",
}


class RefusalLine(NamedTuple):
    """One row as the page shows it."""

    first_at: datetime
    last_at: datetime
    times: int
    endpoint: str
    endpoint_label: str
    address: str
    developer: str  # who of the team sent it, if that is known
    problem: Problem
    sent: str
    difference: Difference | None
    add: str  # address of the form that adds the URI, where that is offered


class Part(NamedTuple):
    """What the app itself sent, or what anybody can have sent."""

    rows: list[RefusalLine]
    newer: str | None
    older: str | None


class ProblemFilter(NamedTuple):
    href: str
    label: str


def show_activity(request: Request) -> HTTPResponse:
    app = request.app
    problem = request.query.get("problem")
    problem = problem if problem in PROBLEMS else ""
    with reading(request.server.database) as db:
        counted = sql.refusals.problems(db, client_id=request.app.client_id, days=DAYS)
        own = part(request, db, app, problem, "before", is_authenticated=True)
        others = part(request, db, app, problem, "before_others", is_authenticated=False)
    return render(
        "developer/activity",
        request,
        app=app,
        problem=problem,
        filters=filters(request.app.client_id, counted),
        here=address(request.app.client_id, problem=problem),
        own=own,
        others=others,
    )


def part(request: Request, db: Any, app: Any, problem: str, place: str, *, is_authenticated: bool) -> Part:
    """One page of one of the two parts; `place` is the parameter that says where it begins."""
    before = number(request.query.get(place))
    found = sql.refusals.of_client(
        db,
        client_id=app.client_id,
        is_authenticated=is_authenticated,
        problem=problem or None,
        before=before,
        rows=ROWS + 1,
    )
    older = (
        address(app.client_id, problem=problem, **{place: found[ROWS - 1].refusal_id}) if len(found) > ROWS else None
    )
    return Part(
        [refusal_line(request, row, app) for row in found[:ROWS]],
        address(app.client_id, problem=problem) if before else None,
        older,
    )


def refusal_line(request: Request, row: Any, app: Any) -> RefusalLine:
    return RefusalLine(
        first_at=row.first_at,
        last_at=row.last_at,
        times=row.count,
        endpoint=row.endpoint,
        endpoint_label=ENDPOINTS.get(row.endpoint, row.endpoint),
        address=row.address or "",
        developer="you" if row.user_id == request.user.user_id else row.developer or "",
        problem=PROBLEMS.get(row.problem, PROBLEMS["invalid_request"]),
        sent=row.sent,
        difference=difference(row.sent, app.redirect_uris) if row.problem == MISMATCH and row.sent else None,
        add=f"/developer/apps/{app.client_id}/edit?add={row.refusal_id}" if may_add(request, row, app) else "",
    )


def may_add(request: Request, row: Any, app: Any) -> bool:
    """Only what this person's own browser sent while signed in: anybody can send any address in an app's name."""
    if row.problem != MISMATCH or row.user_id != request.user.user_id or matches(app.redirect_uris, row.sent):
        return False
    try:
        check_redirect_uri(row.sent, app.type)
    except RedirectUriRefused:
        return False
    return True


def uri_to_add(request: Request) -> str:
    """The redirect URI, if any, that the link "Add this URI" brought this person to the settings for.

    The link counts on our page alone: another site can have a developer's browser send a wrong redirect URI, and then
    bring them here. Browsers of before 2023 do not tell whose link it was.
    """
    refusal_id = number(request.query.get("add"))
    if refusal_id is None or request.environ.get("HTTP_SEC_FETCH_SITE", "same-origin") != "same-origin":
        return ""
    with reading(request.server.database) as db:
        row = sql.refusals.find(db, client_id=request.app.client_id, refusal_id=refusal_id)
    return str(row.sent) if row is not None and may_add(request, row, request.app) else ""


def filters(client_id: str, counted: list[Any]) -> list[ProblemFilter]:
    """Everything, then each problem there is, most often first."""
    totals: dict[str, int] = {}
    for row in counted:
        totals[row.problem] = totals.get(row.problem, 0) + row.count
    ordered = sorted(totals, key=lambda name: -totals[name])
    return [
        ProblemFilter(address(client_id, problem=""), "All"),
        *(ProblemFilter(address(client_id, problem=name), f"{spoken(name)} ({totals[name]:,})") for name in ordered),
    ]


def spoken(problem: str) -> str:
    """Its name as words, short enough for a row of links."""
    return " ".join(SHORT.get(word, word) for word in problem.split("_"))


def address(client_id: str, **parameters: object) -> str:
    sent = {name: value for name, value in parameters.items() if value}
    return f"/developer/apps/{client_id}/activity" + (f"?{urlencode(sent)}" if sent else "")


def number(text: str) -> int | None:
    return int(text) if NUMBER.fullmatch(text) else None
