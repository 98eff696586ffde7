"""/admin/log: the audit log, newest first; all of it, or what a filter leaves."""

from __future__ import annotations

import re
from datetime import date
from ipaddress import ip_address
from typing import Any, NamedTuple

from bottle import HTTPResponse

from oauthsrv.pages import render
from oauthsrv.routes.admin.lists import address
from oauthsrv.routes.events import ACTIONS, EventLine, administrator_line
from oauthsrv.routes.forms import Form
from oauthsrv.routes.request import Request
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql

ROWS = 100
EVENT_ID = re.compile(r"[0-9]{1,18}")
FILTERS = ("user", "app", "action", "address", "from", "until")


class Filter(NamedTuple):
    """What of the log is asked for; nothing means all."""

    user_id: str | None = None
    client_ids: list[str] | None = None
    action: str | None = None
    address: str | None = None
    since: date | None = None
    until: date | None = None

    def events(self, server: Server, *, before: int | None = None, rows: int) -> list[Any]:
        with reading(server.database) as db:
            found: list[Any] = sql.audit.events(db, **self._asdict(), before=before, rows=rows)
        return found


def recent_events(request: Request, wanted: Filter, rows: int = 20) -> list[EventLine]:
    return list(map(administrator_line, wanted.events(request.server, rows=rows)))


def show(request: Request) -> HTTPResponse:
    asked = request.query
    before = int(asked.get("before")) if EVENT_ID.fullmatch(asked.get("before")) else None
    wanted = read_filter(request.server, asked)
    events = wanted.events(request.server, before=before, rows=ROWS + 1) if asked.is_good else []
    last = str(events[ROWS - 1].event_id) if len(events) > ROWS else None
    return render(
        "admin/log",
        request,
        form=asked,
        events=list(map(administrator_line, events[:ROWS])),
        actions=[("", "Anything"), *((action.name, action.title) for action in ACTIONS)],
        filtered=any(asked.text(name) for name in FILTERS),
        file=address("/admin/log.csv", asked, FILTERS),
        newer=address("/admin/log", asked, FILTERS) if before is not None else None,
        older=address("/admin/log", asked, FILTERS, before=last) if last else None,
    )


def read_filter(server: Server, asked: Form) -> Filter:
    """What was asked for; what cannot be is said at its field."""
    with reading(server.database) as db:
        user_id, person = None, asked.text("user")
        if person:
            user_id = sql.users.find_id(db, text=person)
            if user_id is None:
                asked.refuse("user", "There is no user with this e-mail or id.")
        client_ids, app = None, asked.text("app")
        if app:
            client_ids = [row.client_id for row in sql.audit.clients_called(db, text=app)]
            if not client_ids:
                asked.refuse("app", "There is no app or API with this name or id, and never was.")
    since, until = read_day(asked, "from"), read_day(asked, "until")
    if since and until and since > until:
        asked.refuse("until", "This day is before the one it begins with.")
    return Filter(user_id, client_ids, asked.text("action") or None, read_address(asked), since, until)


def read_day(asked: Form, name: str) -> date | None:
    text = asked.text(name)
    if not text:
        return None
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    asked.refuse(name, "Give a day as year-month-day, for example 2026-01-31.")
    return None


def read_address(asked: Form) -> str | None:
    """In the one spelling that addresses are kept in."""
    text = asked.text("address")
    if not text:
        return None
    try:
        return str(ip_address(text))
    except ValueError:
        asked.refuse("address", "Give a whole IP address, for example 192.0.2.1 or 2001:db8::1.")
        return None
