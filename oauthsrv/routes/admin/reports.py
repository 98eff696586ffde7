"""/admin/reports: reports about apps, by people or by the server itself."""

import re

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows.clients import reports
from oauthsrv.pages import redirect, render
from oauthsrv.routes.pager import paged, row_number
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

PATH = "/admin/reports"
ROWS = 50

pages.DONE.update(reports_closed="The reports about that app were closed.")


def show_reports(request: Request) -> HTTPResponse:
    before = row_number(request)
    with reading(request.server.database) as db:
        found = sql.reports.page(db, before=before, rows=ROWS + 1)
    shown, more = paged(request, found, ROWS, "report_id")
    return render("admin/reports", request, reports=shown, reasons=reports.REASONS, more=more)


def close(request: Request) -> HTTPResponse:
    last = request.form.get("last")
    if re.fullmatch("[0-9]{1,18}", last):
        reports.close(request.server, request.app.client_id, int(last), by=request.actor)
    return redirect(PATH, done="reports_closed")
