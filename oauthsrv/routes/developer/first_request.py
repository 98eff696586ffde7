"""/developer/apps/<client_id>/first-request: the progress of a new app, and exactly what failed last."""

from typing import Any

from bottle import HTTPResponse

from oauthsrv.oauth.grant_types import has_users
from oauthsrv.pages import render
from oauthsrv.routes.developer.activity import RefusalLine, refusal_line
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

SECONDS = 8  # until the page reloads by itself
TRIES = 200  # half an hour, as a forgotten tab must not keep its session alive


def show_first_request(request: Request) -> HTTPResponse:
    app = request.app
    with reading(request.server.database) as db:
        has_token = sql.developer.has_had_token(db, client_id=app.client_id)
        was_allowed = sql.developer.was_ever_allowed(db, client_id=app.client_id)
        failure = None if has_token else latest_refusal(request, db)
    tries = tries_of(request)
    refreshes = not has_token and tries < TRIES
    answer = render(
        "developer/first_request",
        request,
        app=app,
        has_users=has_users(app.grant_types),
        has_token=has_token,
        was_allowed=was_allowed,
        failure=failure,
        refreshes=refreshes,
    )
    if refreshes:
        # A header works without the script, and a link lets the reader stop it.
        answer.set_header("Refresh", f"{SECONDS}; url={request.path}?tries={tries + 1}")
    return answer


def tries_of(request: Request) -> int:
    text = request.query.get("tries")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0


def latest_refusal(request: Request, db: Any) -> RefusalLine | None:
    row = sql.refusals.latest(db, client_id=request.app.client_id)
    return refusal_line(request, row) if row else None
