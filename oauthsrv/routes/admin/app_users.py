"""/admin/apps/<client_id>/users: the users who connected an app."""

from typing import Any

from bottle import HTTPResponse

from oauthsrv.pages import render
from oauthsrv.routes import csv_file
from oauthsrv.routes.admin import lists
from oauthsrv.routes.pager import address, paged
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

ROWS = 50
COLUMNS = csv_file.columns("user_id email name scopes since=created_at last_used=last_used_at")


def find(request: Request, before: str | None, rows: int) -> list[Any]:
    """A page of users; a filter finds one page at most."""
    client_id, text = request.url["client_id"], request.query.text("q")
    with reading(request.server.database) as db:
        if text:
            found = [] if before else sql.admin.search_users_of_client(db, client_id=client_id, text=text, rows=rows)
        else:
            found = sql.admin.users_of_client(db, client_id=client_id, before=before, rows=rows)
    return list(found)


def show_users_of_app(request: Request) -> HTTPResponse:
    app = request.app
    grants, more = paged(request, find(request, request.query.get("before") or None, ROWS + 1), ROWS, "grant_id")
    file = address(request, f"/admin/apps/{app.client_id}/users.csv", without="before")
    return render("admin/app_users", request, app=app, form=request.query, grants=grants, more=more, file=file)


def download(request: Request) -> HTTPResponse:
    return lists.download(request, "app-users", COLUMNS, lists.parts(lambda *at: find(request, *at), "grant_id"))
