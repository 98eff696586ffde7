"""/developer/apps/<client_id>/activity: what was refused, what was wrong with it, how to fix it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import urlencode

from bottle import HTTPResponse

from oauthsrv.oauth.authentication_problems import Problem
from oauthsrv.oauth.problems import PROBLEMS
from oauthsrv.oauth.redirect_uris import check_redirect_uri, matches
from oauthsrv.oauth.uris import UriRefused
from oauthsrv.pages import render
from oauthsrv.routes.pager import Pages, paged, row_number
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

ROWS = 25
DAYS = 30  # as long as refusals are kept
MISMATCH = "redirect_uri_mismatch"

SHORT = {"uri": "URI", "pkce": "PKCE", "api": "API"}

# What pages call each endpoint.
ENDPOINTS = {
    "/oauth/authorize": "Authorization",
    "/oauth/par": "Pushed authorization",
    "/oauth/token": "Token",
    "/oauth/device_authorization": "Device authorization",
    "/device": "Device page",
    "/oauth/revoke": "Revocation",
    "/oauth/introspect": "Introspection",
    "/oauth/verify": "API call",
}


class RefusalLine(NamedTuple):
    row: Any
    endpoint: str
    developer: str  # who of the team sent it, if that is known
    problem: Problem
    difference: UriDifference | None
    add: str  # address of the form that adds the URI, where that is offered


class Part(NamedTuple):
    """What the app itself sent, or what anybody can have sent."""

    lines: list[RefusalLine]
    pages: Pages


def show_activity(request: Request) -> HTTPResponse:
    app, problem = request.app, request.query.get("problem")
    problem = problem if problem in PROBLEMS else ""
    with reading(request.server.database) as db:
        counted = sql.refusals.problems(db, client_id=app.client_id, days=DAYS)
        own = part(request, db, problem, "before", is_authenticated=True)
        others = part(request, db, problem, "before_others", is_authenticated=False)
    path = f"/developer/apps/{app.client_id}/activity"
    return render(
        "developer/activity",
        request,
        app=app,
        problem=problem,
        filters=filters(path, counted),
        here=filtered(path, problem),
        own=own,
        others=others,
    )


def part(request: Request, db: Any, problem: str, place: str, *, is_authenticated: bool) -> Part:
    """One page of one of the two parts; `place` is the parameter that says where it begins."""
    found = sql.refusals.of_client(
        db,
        client_id=request.app.client_id,
        is_authenticated=is_authenticated,
        problem=problem or None,
        before=row_number(request, place),
        rows=ROWS + 1,
    )
    rows, more = paged(request, found, ROWS, "refusal_id", place=place)
    return Part([refusal_line(request, row) for row in rows], more)


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
    """Only what this person's own browser sent while signed in: anybody can send any address in an app's name."""
    app = request.app
    if row.problem != MISMATCH or row.user_id != request.user.user_id or matches(app.redirect_uris, row.sent):
        return False
    try:
        check_redirect_uri(row.sent, app.type)
    except UriRefused:
        return False
    return True


def uri_to_add(request: Request) -> str:
    """The redirect URI, if any, that the link "Add this URI" brought this person to the settings for.

    The link counts on our page alone: another site can have a developer's browser send a wrong redirect URI, and then
    bring them here. Browsers older than 2023 don’t send Sec-Fetch-Site.
    """
    refusal_id = row_number(request, "add")
    if refusal_id is None or request.environ.get("HTTP_SEC_FETCH_SITE", "same-origin") != "same-origin":
        return ""
    with reading(request.server.database) as db:
        row = sql.refusals.find(db, client_id=request.app.client_id, refusal_id=refusal_id)
    return str(row.sent) if row is not None and may_add(request, row) else ""


def filters(path: str, counted: list[Any]) -> list[tuple[str, str]]:
    """Links to everything, then to each problem there is, most often first."""
    totals: Counter[str] = Counter()
    for row in counted:
        totals[row.problem] += row.count
    links = [(filtered(path, name), f"{label(name)} ({count:,})") for name, count in totals.most_common()]
    return [(path, "All"), *links]


def filtered(path: str, problem: str) -> str:
    return f"{path}?{urlencode({'problem': problem})}" if problem else path


def label(problem: str) -> str:
    """Short enough for a row of links."""
    return " ".join(SHORT.get(part, part) for part in problem.split("_"))


# How a redirect URI that was sent differs from the registered one that it was most likely meant to be

# Scheme, host with its port, path, and the rest: nobody means one of them by another.
URI_PARTS = re.compile(r"([^:/?#]*:)?(//[^/?#]*)?([^?#]*)(.*)", re.DOTALL)
# Words and single marks: a person sees a word that differs, not the three letters of it that happen to be alike.
TOKEN = re.compile(r"[^\W_]+|.", re.DOTALL)


class Piece(NamedTuple):
    text: str
    differs: bool


class UriDifference(NamedTuple):
    sent: list[Piece]
    registered: list[Piece]


def difference(sent: str, registered: Iterable[str]) -> UriDifference:
    return max((compared(sent, uri) for uri in registered), key=likeness)


def compared(sent: str, registered: str) -> UriDifference:
    """Of each part the middle differs, between what both begin and end with.

    It reads each character once, because anyone can choose what is compared.
    """
    found = UriDifference([], [])
    for theirs, ours in zip(uri_parts(sent), uri_parts(registered), strict=True):
        start = shared(theirs, ours)
        end = shared(theirs[start:][::-1], ours[start:][::-1])
        for pieces, tokens in ((found.sent, theirs), (found.registered, ours)):
            middle = len(tokens) - end
            add(pieces, tokens[:start], False)
            add(pieces, tokens[start:middle], True)
            add(pieces, tokens[middle:], False)
    return found


def uri_parts(uri: str) -> list[list[str]]:
    found = URI_PARTS.fullmatch(uri)
    assert found is not None
    return [TOKEN.findall(part or "") for part in found.groups()]


def shared(one: list[str], other: list[str]) -> int:
    """How many tokens both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))


def add(pieces: list[Piece], tokens: list[str], differs: bool) -> None:
    text = "".join(tokens)
    if not text:
        return
    if pieces and pieces[-1].differs == differs:
        text = pieces.pop().text + text
    pieces.append(Piece(text, differs))


def likeness(found: UriDifference) -> float:
    """How much of both is the same."""
    pieces = [*found.sent, *found.registered]
    same = sum(len(piece.text) for piece in pieces if not piece.differs)
    return same / max(1, sum(len(piece.text) for piece in pieces))
