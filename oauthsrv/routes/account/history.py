"""/account/history: what happened to this account, newest first."""

from __future__ import annotations

import re

from bottle import HTTPResponse

from oauthsrv.pages import render
from oauthsrv.routes.events import history
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

ROWS = 50
EVENT_ID = re.compile(r"[0-9]{1,18}\Z")


def show_history(request: Request) -> HTTPResponse:
    asked = request.query.get("before")
    before = int(asked) if EVENT_ID.match(asked) else None
    with reading(request.server.database) as db:
        events = sql.audit.of_user(db, user_id=request.user.user_id, before=before, rows=ROWS + 1)
    return render(
        "account/history",
        request,
        events=history(events[:ROWS], request.user.user_id),
        newer="/account/history" if before is not None else None,
        older=f"/account/history?before={events[ROWS - 1].event_id}" if len(events) > ROWS else None,
    )
