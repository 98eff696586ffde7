"""/admin/log.csv: what a filter leaves of the audit log, to take along (RFC 4180)."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC
from typing import Any

from bottle import HTTPResponse

from oauthsrv.pages import redirect
from oauthsrv.routes.admin.log import read_filter
from oauthsrv.routes.events import action_of, details
from oauthsrv.routes.request import Request

ROWS = 10_000
HEADS = (
    *("at", "action", "what", "details", "address"),
    *("actor_id", "actor", "user_id", "user", "client_id", "client"),
)
# Where a spreadsheet may see a cell begin, with a sign that makes it a formula: some take it for a cell's beginning
# after a semicolon, comma or tab too, whatever is quoted, and leave out spaces and quotation marks before it.
FORMULA = re.compile(r"""((?:^|[;,\t\r\n])[\s"']*)(?=[=+@\-＝＋＠－])""")


def download(request: Request) -> HTTPResponse:
    """The newest of them, as many as ROWS; a filter that is wrong is shown on the page of the log."""
    query = request.query
    wanted = read_filter(request.server, query)
    if not query.is_good:
        return redirect(f"/admin/log?{request.query_string}")
    answer = HTTPResponse(as_csv(wanted.events(request.server, rows=ROWS)), 200)
    answer.content_type = "text/csv; charset=utf-8; header=present"
    answer.set_header("Content-Disposition", 'attachment; filename="audit-log.csv"')
    return answer


def as_csv(events: list[Any]) -> bytes:
    text = io.StringIO()
    table = csv.writer(text, quoting=csv.QUOTE_ALL)
    table.writerow(HEADS)
    table.writerows([inert(cell) for cell in cells(event)] for event in events)
    # What a lone surrogate would be in UTF-8 is no text.
    return text.getvalue().encode("utf-8", "replace")


def cells(event: Any) -> tuple[str | None, ...]:
    return (
        event.at.astimezone(UTC).isoformat(timespec="seconds"),
        event.action,
        action_of(event).title,
        details(event),
        event.address,
        event.actor_id,
        event.actor_email,
        event.user_id,
        event.user_email,
        event.client_id,
        event.client_name,
    )


def inert(cell: str | None) -> str:
    """Nothing in it can be taken for a formula: names of apps are anybody's to choose."""
    return FORMULA.sub(r"\1'", cell or "")
