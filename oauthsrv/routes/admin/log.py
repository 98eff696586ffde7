"""/admin/log and /admin/log.csv: the audit log, newest first, with a filter."""

import re
from collections.abc import Iterator
from datetime import date
from ipaddress import ip_address
from typing import Any, NamedTuple

from bottle import HTTPResponse

from oauthsrv.pages import redirect, render
from oauthsrv.pages.events import ACTIONS, EventLine, action_of, administrator_line, details
from oauthsrv.routes import csv_file
from oauthsrv.routes.admin import lists
from oauthsrv.routes.forms import Form
from oauthsrv.routes.pager import address, paged, row_number
from oauthsrv.routes.request import Request
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql

ROWS = 100
FILTERS = ("user", "app", "action", "address", "from", "until")
COLUMNS = csv_file.columns(
    "at action what details address actor_id actor=actor_email user_id user=user_email client_id client=client_name",
    what=lambda event: action_of(event).title,
    details=details,
)


class EventFilter(NamedTuple):
    """The events to show; None means all."""

    user_id: str | None = None
    client_ids: list[str] | None = None
    action: str | None = None
    address: str | None = None
    since: date | None = None
    until: date | None = None

    def events(self, server: Server, *, before: int | None = None, rows: int) -> list[Any]:
        wanted = self._asdict()
        query = sql.audit.events_of_days
        if self.since is None and self.until is None:
            query = sql.audit.events
            del wanted["since"], wanted["until"]
        with reading(server.database) as db:
            found: list[Any] = query(db, **wanted, before=before, rows=rows)
        return found

    def pages(self, server: Server) -> Iterator[list[Any]]:
        return lists.parts(lambda before, rows: self.events(server, before=before, rows=rows), "event_id")


def recent_events(request: Request, rows: int = 8, **wanted: Any) -> list[EventLine]:
    """The latest events; `wanted` are fields of EventFilter."""
    return list(map(administrator_line, EventFilter(**wanted).events(request.server, rows=rows)))


def show_log(request: Request) -> HTTPResponse:
    query = request.query
    wanted = read_filter(request.server, query)
    found = wanted.events(request.server, before=row_number(request), rows=ROWS + 1) if query.is_good else []
    events, more = paged(request, found, ROWS, "event_id")
    return render(
        "admin/log",
        request,
        form=query,
        events=list(map(administrator_line, events)),
        actions=[("", "Anything"), *((action.name, action.title) for action in ACTIONS)],
        filtered=any(query.text(name) for name in FILTERS),
        file=address(request, "/admin/log.csv", without="before"),
        more=more,
    )


def read_filter(server: Server, query: Form) -> EventFilter:
    """Read the filter; report what is invalid beside its field."""
    user_id = client_ids = None
    with reading(server.database) as db:
        if user := query.text("user"):
            user_id = sql.users.find_id(db, text=user)
            if user_id is None:
                query.refuse("user", "No user has this email or ID.")
        if app := query.text("app"):
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
    """The address in the one spelling that the log stores."""
    text = query.text("address")
    try:
        return str(ip_address(text)) if text else None
    except ValueError:
        query.refuse("address", "Enter a whole IP address, for example 192.0.2.1 or 2001:db8::1.")
        return None


# Download


def download(request: Request) -> HTTPResponse:
    """Send the newest events that match the filter; an invalid filter is shown on the log's page."""
    query = request.query
    wanted = read_filter(request.server, query)
    if not query.is_good:
        return redirect(f"/admin/log?{request.query_string}")
    return lists.download(request, "audit-log", COLUMNS, wanted.pages(request.server))
