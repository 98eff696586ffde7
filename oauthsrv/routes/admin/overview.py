"""/admin and /admin/overview: how many there are of what, what waits, what happened last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bottle import HTTPResponse

from oauthsrv.pages import redirect, render
from oauthsrv.routes.events import told_to_admin
from oauthsrv.routes.visitor import Visitor
from oauthsrv.store.database import reading, sql

if TYPE_CHECKING:
    from oauthsrv.server import Server

EVENTS = 10


def start(server: Server, visitor: Visitor) -> HTTPResponse:
    return redirect("/admin/overview")


def show(server: Server, visitor: Visitor) -> HTTPResponse:
    with reading(server.database) as db:
        figures = sql.admin.overview(db)
        events = sql.audit_log.events(db, user_id=None, client_ids=None, action=None, before=None, rows=EVENTS)
    return render(
        "admin/overview",
        visitor,
        figures=figures,
        events=told_to_admin(events),
        reviewed=server.settings.app_review,
    )
