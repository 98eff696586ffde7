"""/account/report: a person reports an app to the administrators."""

from typing import Any

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows.clients import reports
from oauthsrv.pages import not_found, redirect, render
from oauthsrv.routes.forms import Form
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

pages.DONE.update(
    app_reported="Thank you. The administrators will review the app. If it has access to your account, you can "
    "disconnect it here.",
)


def report_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    return render(
        "account/report", request, http_status=status, form=form, app=reported(request), reasons=reports.OF_PEOPLE
    )


def reported(request: Request) -> Any:
    client_id = request.url["client_id"]
    with reading(request.server.database) as db:
        app = sql.clients.find(db, client_id=client_id)
    if app is None:
        raise not_found("app", ("/account/apps", "Connected apps"))
    return app


def report(request: Request) -> HTTPResponse:
    form, app = request.form, reported(request)
    reports.report(request.server, app.client_id, form.get("reason"), form.get("comment"), by=request.actor)
    return redirect("/account/apps", done="app_reported")
