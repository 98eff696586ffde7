"""/account/history: what happened to this account, newest first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bottle import HTTPResponse

from oauthsrv.pages import render
from oauthsrv.routes.events import history
from oauthsrv.routes.forms import query
from oauthsrv.store.database import reading, sql

if TYPE_CHECKING:
    from oauthsrv.routes.visitor import Visitor
    from oauthsrv.server import Server

ROWS = 50
EVENT_ID = re.compile(r"[0-9]{1,18}\Z")


def show_history(server: Server, visitor: Visitor) -> HTTPResponse:
    asked = query().get("before")
    before = int(asked) if EVENT_ID.match(asked) else None
    with reading(server.database) as db:
        events = sql.history.of_user(db, user_id=visitor.user.user_id, before=before, rows=ROWS + 1)
    return render(
        "account/history",
        visitor,
        events=history(events[:ROWS], visitor.user.user_id),
        newer="/account/history" if before is not None else None,
        older=f"/account/history?before={events[ROWS - 1].event_id}" if len(events) > ROWS else None,
    )
