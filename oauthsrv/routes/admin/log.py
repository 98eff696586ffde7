"""/admin/log: the audit log, newest first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from bottle import HTTPResponse

from oauthsrv.pages import render
from oauthsrv.routes.events import WORDS, told_to_admin
from oauthsrv.routes.forms import query
from oauthsrv.routes.visitor import Visitor
from oauthsrv.store.database import reading, sql

if TYPE_CHECKING:
    from oauthsrv.server import Server

ROWS = 100
EVENT_ID = re.compile(r"[0-9]{1,18}")


def show(server: Server, visitor: Visitor) -> HTTPResponse:
    asked = query()
    person, app, action = asked.text("user"), asked.text("app"), asked.get("action")
    before = int(asked.get("before")) if EVENT_ID.fullmatch(asked.get("before")) else None
    with reading(server.database) as db:
        user_id = sql.admin.user_id_of(db, words=person) if person else None
        if person and user_id is None:
            asked.refuse("user", "There is no user with this e-mail or id.")
        client_ids = [row.client_id for row in sql.audit_log.clients_called(db, words=app)] if app else None
        if app and not client_ids:
            asked.refuse("app", "There is no app or API with this name or id, and never was.")
        events = (
            sql.audit_log.events(
                db, user_id=user_id, client_ids=client_ids, action=action or None, before=before, rows=ROWS + 1
            )
            if asked.is_good
            else []
        )
    filters = {"user": person, "app": app, "action": action}
    return render(
        "admin/log",
        visitor,
        form=asked,
        events=told_to_admin(events[:ROWS]),
        actions=WORDS,
        filtered=any(filters.values()),
        newer=address(filters) if before is not None else None,
        older=address(filters, before=str(events[ROWS - 1].event_id)) if len(events) > ROWS else None,
    )


def address(filters: dict[str, str], **more: str) -> str:
    return "/admin/log?" + urlencode({**{name: value for name, value in filters.items() if value}, **more})
