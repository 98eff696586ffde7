"""/developer/apps/<client_id>/activity: refused requests, what was wrong, how to fix it; also as a CSV file.

Failed OAuth requests and refused API calls are two lists with separate totals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from bottle import HTTPResponse

from oauthsrv.oauth.authentication_problems import Problem
from oauthsrv.oauth.problems import OF_CALLS, PROBLEMS
from oauthsrv.oauth.redirect_uris import check_redirect_uri, matches
from oauthsrv.oauth.uris import UriRefused
from oauthsrv.pages import redirect, render
from oauthsrv.routes import csv_file
from oauthsrv.routes.developer.refusal_filter import ENDPOINTS, ERRORS, RefusalFilter, read_filter
from oauthsrv.routes.developer.uri_differences import UriDifference, difference
from oauthsrv.routes.pager import Pages, address, paged, row_number
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql
from oauthsrv.store.refusals import GROUPS_OF_OTHERS, ROWS_OF_ITS_OWN

MOST_OF_OTHERS = 2 * GROUPS_OF_OTHERS  # of developers' browsers, and of unknown senders

ROWS = 25
DAYS = 30  # as long as refusals are kept
MISMATCH = "redirect_uri_mismatch"
PLACES = "before before_others"  # parameters for where the pages of the two parts begin
FILTERS = ("endpoint", "error", "from", "until", "request_id")

SHORT = {"uri": "URI", "pkce": "PKCE", "api": "API"}
VIEWS = (("", "Failed OAuth requests"), ("yes", "Refused API calls"))


class RefusalLine(NamedTuple):
    row: Any
    endpoint: str
    developer: str  # who of the team sent it, if known
    problem: Problem
    difference: UriDifference | None
    add: str  # the address of the form that adds the URI, if that is offered


class Part(NamedTuple):
    """One of two parts: what the app itself sent, or what anyone can have sent."""

    lines: list[RefusalLine]
    pages: Pages


def show_activity(request: Request) -> HTTPResponse:
    app, query = request.app, request.query
    wanted = read_filter(query)
    with reading(request.server.database) as db:
        counted = sql.refusals.problems(db, client_id=app.client_id, days=DAYS)
        own = part(request, db, wanted, "before", is_authenticated=True)
        others = part(request, db, wanted, "before_others", is_authenticated=False)
    path = f"/developer/apps/{app.client_id}/activity"
    return render(
        "developer/activity",
        request,
        app=app,
        form=query,
        views=[(f"{path}?calls={value}" if value else path, label) for value, label in VIEWS],
        view=f"{path}?calls=yes" if wanted.is_call else path,
        of_calls=wanted.is_call,
        problems=problem_links(request, counted, wanted),
        here=filtered(request, wanted.problem or ""),
        is_filtered=any(query.text(name) for name in (*FILTERS, "problem")),
        is_open=any(query.text(name) for name in FILTERS),
        endpoints=[("", "All"), *ENDPOINTS.items()],
        errors=[("", "All"), *((code, code) for code in ERRORS)],
        file=address(request, f"{path}.csv", without=PLACES),
        own=own,
        others=others,
    )


def part(request: Request, db: Any, wanted: RefusalFilter, place: str, *, is_authenticated: bool) -> Part:
    """One page of one of the two parts; `place` is the parameter that says where it begins."""
    found = []
    if request.query.is_good:
        found = rows_of(request, db, wanted, row_number(request, place), ROWS + 1, is_authenticated=is_authenticated)
    rows, more = paged(request, found, ROWS, "refusal_id", place=place)
    return Part([refusal_line(request, row) for row in rows], more)


def rows_of(
    request: Request, db: Any, wanted: RefusalFilter, before: int | None, rows: int, *, is_authenticated: bool
) -> list[Any]:
    found: list[Any] = sql.refusals.of_client(
        db,
        client_id=request.app.client_id,
        is_authenticated=is_authenticated,
        of_calls=sorted(OF_CALLS),
        before=before,
        rows=rows,
        **wanted._asdict(),
    )
    return found


def refusal_line(request: Request, row: Any) -> RefusalLine:
    app, is_wrong_uri = request.app, row.problem == MISMATCH and row.sent
    return RefusalLine(
        row,
        endpoint=ENDPOINTS.get(row.endpoint, row.endpoint),
        developer="you" if row.user_id == request.user.user_id else row.developer or "",
        problem=PROBLEMS.get(row.problem, PROBLEMS["invalid_request"]),
        difference=difference(row.sent, app.redirect_uris) if is_wrong_uri else None,
        add=f"/developer/apps/{app.client_id}/edit?add={row.refusal_id}" if may_add(request, row) else "",
    )


def may_add(request: Request, row: Any) -> bool:
    """Whether to offer adding the URI: only if this person's own signed-in browser sent it, as anyone can send any."""
    app = request.app
    if row.problem != MISMATCH or row.user_id != request.user.user_id or matches(app.redirect_uris, row.sent):
        return False
    try:
        check_redirect_uri(row.sent, app.type)
    except UriRefused:
        return False
    return True


def uri_to_add(request: Request) -> str:
    """The redirect URI, if any, that the link "Add this URI" brought to the settings.

    Only the link on our page counts: another site can make a developer's browser send a wrong redirect URI, and then
    bring it here. Browsers from before 2023 don’t send Sec-Fetch-Site.
    """
    refusal_id = row_number(request, "add")
    if refusal_id is None or request.environ.get("HTTP_SEC_FETCH_SITE", "same-origin") != "same-origin":
        return ""
    with reading(request.server.database) as db:
        row = sql.refusals.find(db, client_id=request.app.client_id, refusal_id=refusal_id)
    return str(row.sent) if row is not None and may_add(request, row) else ""


def problem_links(request: Request, counted: list[Any], wanted: RefusalFilter) -> list[tuple[str, str]]:
    """Links to everything, then to each problem in this list, most frequent first; the other filters stay."""
    totals: Counter[str] = Counter()
    for row in counted:
        if (row.problem in OF_CALLS) == wanted.is_call:
            totals[row.problem] += row.count
    links = [(filtered(request, name), f"{label(name)} ({count:,})") for name, count in totals.most_common()]
    return [(filtered(request, ""), "All"), *links]


def filtered(request: Request, problem: str) -> str:
    more = {"problem": problem} if problem else {}
    return address(request, request.path, without=f"{PLACES} problem", **more)


def label(problem: str) -> str:
    """A problem's text, short enough for a row of links."""
    return " ".join(SHORT.get(part, part) for part in problem.split("_"))


# Download


def sent_by(row: Any) -> str:
    if row.is_authenticated:
        return "app"
    return "developer" if row.user_id else "unknown"


COLUMNS = csv_file.columns(
    "last_at first_at count endpoint status error problem what sent sent_by developer address request_ids",
    what=lambda row: PROBLEMS[row.problem].what if row.problem in PROBLEMS else "",
    sent_by=sent_by,
)


def download(request: Request) -> HTTPResponse:
    """Send everything that matches the filter; an invalid filter is shown on the page."""
    wanted = read_filter(request.query)
    if not request.query.is_good:
        return redirect(f"{request.path.removesuffix('.csv')}?{request.query_string}")
    return csv_file.download("activity", COLUMNS, parts_of_file(request, wanted))


def parts_of_file(request: Request, wanted: RefusalFilter) -> Iterator[list[Any]]:
    """The rows that the app itself sent, then those that anyone could have sent."""

    def read(before: int | None, rows: int, *, is_authenticated: bool) -> list[Any]:
        with reading(request.server.database) as db:
            return rows_of(request, db, wanted, before, rows, is_authenticated=is_authenticated)

    for is_authenticated, most in ((True, ROWS_OF_ITS_OWN), (False, MOST_OF_OTHERS)):
        yield from csv_file.pages(partial(read, is_authenticated=is_authenticated), "refusal_id", most)
