"""/admin/apps: every app; suspending, approving and limiting them, ending their tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import app_fields, endings, register
from oauthsrv.flows.app_fields import Problems
from oauthsrv.flows.endings import NothingToEnd
from oauthsrv.flows.register import NoSuchApp
from oauthsrv.oauth.credentials import is_client_id
from oauthsrv.pages import PageError, not_found, render
from oauthsrv.routes.changes import actor, changed
from oauthsrv.routes.events import told_to_admin
from oauthsrv.routes.forms import Form, form, query
from oauthsrv.routes.visitor import Visitor
from oauthsrv.store.database import reading, sql

if TYPE_CHECKING:
    from oauthsrv.server import Server

ROWS = 50
EVENTS = 20
STATUSES = {"active": "Active", "suspended": "Suspended"}
WAITING = {"waiting": "Wait for approval"}

pages.DONE.update(
    client_suspended="The app is suspended: nothing of it works until you reactivate it.",
    client_reactivated="The app is reactivated: all of it works again.",
    client_approved="The app is approved: everybody can connect it.",
    client_limited="The limits were changed.",
    client_tokens_ended="Every token of the app was ended.",
)


def show_apps(server: Server, visitor: Visitor) -> HTTPResponse:
    asked = query()
    words, before = asked.text("q"), asked.get("before") or None
    reviewed = server.settings.app_review
    statuses = STATUSES | WAITING if reviewed else STATUSES
    status = asked.get("status") if asked.get("status") in statuses else None
    with reading(server.database) as db:
        apps = sql.apps.search(db, words=words, status=status, reviewed=reviewed, before=before, rows=ROWS + 1)
    return render(
        "admin/apps",
        visitor,
        apps=apps[:ROWS],
        words=words,
        status=status,
        statuses=statuses,
        reviewed=reviewed,
        newer=address(words, status) if before else None,
        older=address(words, status, before=apps[ROWS - 1].client_id) if len(apps) > ROWS else None,
    )


def address(words: str, status: str | None, **more: str) -> str:
    return "/admin/apps?" + urlencode({"q": words, "status": status or "", **more})


def find(server: Server, client_id: str) -> Any:
    app = None
    if is_client_id(client_id):
        with reading(server.database) as db:
            app = sql.apps.find(db, client_id=client_id)
    if app is None:
        raise no_such_app()
    return app


def no_such_app() -> PageError:
    return not_found("app", ("/admin/apps", "All apps"))


def show_app(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = find(server, client_id)
    limits = Form.of(
        limit=str(app.rate_limit_per_hour),
        share=str(app.grant_share_percent or ""),
        token_limit=str(app.token_limit_per_minute),
    )
    return show(server, visitor, app, limits)


def show(server: Server, visitor: Visitor, app: Any, limits: Form, http_status: int = 200) -> HTTPResponse:
    with reading(server.database) as db:
        events = sql.audit_log.events(
            db, user_id=None, client_ids=[app.client_id], action=None, before=None, rows=EVENTS
        )
    return render(
        "admin/app",
        visitor,
        http_status=http_status,
        app=app,
        form=limits,
        events=told_to_admin(events),
        scopes=[scope for scope in register.catalogue(server) if scope.scope in app.scopes],
        reviewed=server.settings.app_review,
    )


def suspend(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    return change(server, visitor, client_id, endings.suspend_client, "client_suspended")


def reactivate(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    return change(server, visitor, client_id, endings.reactivate_client, "client_reactivated")


def approve(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    return change(server, visitor, client_id, register.approve, "client_approved")


def ask_end_tokens(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    return render("admin/end_tokens", visitor, app=find(server, client_id))


def end_tokens(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    return change(server, visitor, client_id, endings.end_client_tokens, "client_tokens_ended")


def limit(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    typed, app = form(), find(server, client_id)
    limits = app_fields.check_limits(
        typed.text("limit"), typed.text("share"), typed.get("token_limit", str(app.token_limit_per_minute)).strip()
    )
    if isinstance(limits, Problems):
        typed.refuse_all(limits)
        return show(server, visitor, app, typed, 422)

    def set_limits(server: Server, client_id: str, *, by: endings.Actor) -> bool:
        return register.set_limits(server, client_id, limits, by=by)

    return change(server, visitor, client_id, set_limits, "client_limited")


def change(server: Server, visitor: Visitor, client_id: str, perform: Callable[..., bool], done: str) -> HTTPResponse:
    find(server, client_id)
    try:
        in_force = perform(server, client_id, by=actor(visitor))
    except (NoSuchApp, NothingToEnd):
        raise no_such_app() from None
    return changed(f"/admin/apps/{client_id}", done, in_force)
