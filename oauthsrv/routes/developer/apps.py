"""/developer/apps: a developer's own apps, and registering one."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import app_fields, register
from oauthsrv.flows.app_fields import Problems, TypedApp
from oauthsrv.flows.register import NotDone
from oauthsrv.pages import redirect, render
from oauthsrv.routes.changes import actor
from oauthsrv.routes.developer.own import own_app
from oauthsrv.routes.events import told_to_developer
from oauthsrv.routes.forms import Form, form, query
from oauthsrv.routes.visitor import Visitor
from oauthsrv.store.database import reading, sql

if TYPE_CHECKING:
    from oauthsrv.server import Server

ROWS = 50
EVENTS = 30

pages.DONE.update(
    app_made_before="This form was sent before, and the app was registered then. Its secret was shown at that moment "
    "only; if you do not have it, add a second one below and retire the first.",
)


def start(server: Server, visitor: Visitor) -> HTTPResponse:
    return redirect("/developer/apps")


def show_apps(server: Server, visitor: Visitor) -> HTTPResponse:
    before = query().get("before") or None
    with reading(server.database) as db:
        apps = sql.apps.of_owner(db, owner_id=visitor.user.user_id, before=before, rows=ROWS + 1)
    return render(
        "developer/apps",
        visitor,
        apps=apps[:ROWS],
        reviewed=server.settings.app_review,
        newer="/developer/apps" if before else None,
        older=f"/developer/apps?before={apps[ROWS - 1].client_id}" if len(apps) > ROWS else None,
    )


# A new app


def new_app(server: Server, visitor: Visitor) -> HTTPResponse:
    return show_new(server, visitor, Form.of(form=secrets.token_urlsafe(16)))


def show_new(server: Server, visitor: Visitor, typed: Form, http_status: int = 200) -> HTTPResponse:
    return render(
        "developer/new", visitor, http_status=http_status, form=typed, scopes=register.catalogue(server),
        reviewed=server.settings.app_review,
    )  # fmt: skip


def add_app(server: Server, visitor: Visitor) -> HTTPResponse:
    typed = form()
    app = app_fields.check_app(typed_app(typed, typed.get("type")), known_scopes(server))
    if isinstance(app, Problems):
        typed.refuse_all(app)
        return show_new(server, visitor, typed, 422)
    user_id, token = visitor.user.user_id, typed.get("form")
    try:
        made = register.add_app(
            server, app, user_id, by=actor(visitor), approved=not server.settings.app_review, form_token=token
        )
    except NotDone as reason:
        typed.problem = str(reason)
        return show_new(server, visitor, typed, 422)
    if made is None:
        return redirect(f"/developer/apps/{register.made_by(server, user_id, token)}", done="app_made_before")
    return render(
        "developer/created", visitor, no_referrer=True, app=app, credentials=made, issuer=server.settings.issuer
    )


def typed_app(typed: Form, client_type: str) -> TypedApp:
    return TypedApp(
        name=typed.get("name"),
        description=typed.get("description"),
        home_page=typed.get("home_page"),
        type=client_type,
        redirect_uris=app_fields.lines(typed.get("redirect_uris")),
        scopes=typed.all("scopes"),
        skips_pkce=typed.get("skips_pkce") == "yes",
    )


def known_scopes(server: Server) -> list[str]:
    return [row.scope for row in register.catalogue(server)]


# One app


def show_app(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = own_app(server, visitor, client_id)
    with reading(server.database) as db:
        its_secrets = sql.register.secrets(db, client_id=client_id)
        usage = sql.usage.of_last_day(db, client_id=client_id)
        events = sql.audit_log.of_app(db, client_id=client_id, rows=EVENTS)
    return render(
        "developer/app",
        visitor,
        app=app,
        its_secrets=its_secrets,
        usage=usage,
        events=told_to_developer(events, visitor.user.user_id, app),
        scopes=[scope for scope in register.catalogue(server) if scope.scope in app.scopes],
        reviewed=server.settings.app_review,
        issuer=server.settings.issuer,
    )
