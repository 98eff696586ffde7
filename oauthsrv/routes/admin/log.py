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


class EventFilter(NamedTuple):
    """Which events to show; None means all."""

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


def recent_events(request: Request, wanted: EventFilter, rows: int = 20) -> list[EventLine]:
    return list(map(administrator_line, wanted.events(request.server, rows=rows)))


def show(request: Request) -> HTTPResponse:
    query = request.query
    before = int(query.get("before")) if EVENT_ID.fullmatch(query.get("before")) else None
    wanted = read_filter(request.server, query)
    events = wanted.events(request.server, before=before, rows=ROWS + 1) if query.is_good else []
    last = str(events[ROWS - 1].event_id) if len(events) > ROWS else None
    return render(
        "admin/log",
        request,
        form=query,
        events=list(map(administrator_line, events[:ROWS])),
        actions=[("", "Anything"), *((action.name, action.title) for action in ACTIONS)],
        filtered=any(query.text(name) for name in FILTERS),
        file=address("/admin/log.csv", query, FILTERS),
        newer=address("/admin/log", query, FILTERS) if before is not None else None,
        older=address("/admin/log", query, FILTERS, before=last) if last else None,
    )


def read_filter(server: Server, query: Form) -> EventFilter:
    """Read the filter; report what is invalid beside its field."""
    with reading(server.database) as db:
        user_id, person = None, query.text("user")
        if person:
            user_id = sql.users.find_id(db, text=person)
            if user_id is None:
                query.refuse("user", "No user has this email or ID.")
        client_ids, app = None, query.text("app")
        if app:
            client_ids = [row.client_id for row in sql.audit.clients_called(db, text=app)]
            if not client_ids:
                query.refuse("app", "No app or API has, or had, this name or ID.")
    since, until = read_day(query, "from"), read_day(query, "until")
    if since and until and since > until:
        query.refuse("until", "This day is before the first day.")
    return EventFilter(user_id, client_ids, query.text("action") or None, read_address(query), since, until)


def read_day(query: Form, name: str) -> date | None:
    text = query.text(name)
    if not text:
        return None
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    query.refuse(name, "Enter a day as year-month-day, for example 2026-01-31.")
    return None


def read_address(query: Form) -> str | None:
    """In the one spelling that addresses are kept in."""
    text = query.text("address")
    if not text:
        return None
    try:
        return str(ip_address(text))
    except ValueError:
        query.refuse("address", "Enter a whole IP address, for example 192.0.2.1 or 2001:db8::1.")
        return None
