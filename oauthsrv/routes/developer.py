"""/developer: a developer's own apps, their settings and their secrets."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import app_fields, endings, names, register
from oauthsrv.flows.app_fields import Problems, TypedApp
from oauthsrv.flows.register import NoSuchApp, NotDone
from oauthsrv.oauth.credentials import is_client_id
from oauthsrv.pages import PageError, moment_text, not_found, redirect, render
from oauthsrv.routes.changes import actor, changed
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
    app_changed="The app was changed.",
    app_deleted="The app was deleted, and every token of it ended.",
    app_credential_retired="The secret was retired: it is refused from now on.",
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


def own_app(server: Server, visitor: Visitor, client_id: str) -> Any:
    """The app, for its owner and for administrators; to everybody else it does not exist."""
    app = None
    if is_client_id(client_id):
        with reading(server.database) as db:
            app = sql.apps.find(db, client_id=client_id)
    if app is None or not (visitor.user.is_admin or app.owner_id == visitor.user.user_id):
        raise no_such_app()
    return app


def no_such_app() -> PageError:
    return not_found("app", ("/developer/apps", "Your apps"))


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


def edit_app(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = own_app(server, visitor, client_id)
    filled = Form.of(
        name=app.name,
        description=app.description,
        home_page=app.home_page,
        redirect_uris="\n".join(app.redirect_uris),
        scopes=app.scopes,
        skips_pkce="yes" if app.skips_pkce else "",
    )
    return show_edit(server, visitor, app, filled)


def show_edit(server: Server, visitor: Visitor, app: Any, typed: Form, http_status: int = 200) -> HTTPResponse:
    return render(
        "developer/edit", visitor, http_status=http_status, app=app, form=typed, scopes=register.catalogue(server)
    )


def change_app(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = own_app(server, visitor, client_id)
    typed = form()
    checked = app_fields.check_app(typed_app(typed, app.type), known_scopes(server))
    if isinstance(checked, Problems):
        typed.refuse_all(checked)
        return show_edit(server, visitor, app, typed, 422)
    try:
        in_force = register.change_app(server, client_id, checked, by=actor(visitor))
    except NoSuchApp:
        raise no_such_app() from None
    return changed(f"/developer/apps/{client_id}", "app_changed", in_force)


# Its secrets


def add_secret(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = own_app(server, visitor, client_id)
    try:
        made = register.add_secret(server, client_id, by=actor(visitor), seen=form().get("seen").split())
    except NotDone as reason:
        raise not_done("No secret was added", reason, client_id) from None
    except NoSuchApp:
        raise no_such_app() from None
    return render("developer/secret", visitor, no_referrer=True, app=app, made=made)


def ask_retire(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    return show_retire(server, visitor, own_app(server, visitor, client_id), Form())


def show_retire(server: Server, visitor: Visitor, app: Any, typed: Form, http_status: int = 200) -> HTTPResponse:
    with reading(server.database) as db:
        its_secrets = sql.register.secrets(db, client_id=app.client_id)
    choices = [
        (secret.hint, f"ending in {secret.hint}", f"added {moment_text(secret.created_at)}, {last_used(secret)}")
        for secret in its_secrets
    ]
    return render("developer/retire", visitor, http_status=http_status, app=app, choices=choices, form=typed)


def last_used(secret: Any) -> str:
    return f"last used {moment_text(secret.last_used_at)}" if secret.last_used_at else "never used"


def retire_secret(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = own_app(server, visitor, client_id)
    typed = form()
    if not typed.get("secret"):
        typed.refuse("secret", "Choose the secret to retire.")
        return show_retire(server, visitor, app, typed, 422)
    try:
        in_force = register.retire_secret(server, client_id, typed.get("secret"), by=actor(visitor))
    except NotDone as reason:
        raise not_done("The secret was not retired", reason, client_id) from None
    except NoSuchApp:
        raise no_such_app() from None
    return changed(f"/developer/apps/{client_id}", "app_credential_retired", in_force)


def not_done(title: str, reason: NotDone, client_id: str) -> PageError:
    return PageError(409, title, str(reason), link=(f"/developer/apps/{client_id}", "Back to the app"))


# Its end


def ask_delete(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    return render("developer/delete", visitor, app=own_app(server, visitor, client_id), form=Form())


def delete(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = own_app(server, visitor, client_id)
    typed = form()
    if names.one_line(typed.get("name"), app_fields.NAME_MAX) != app.name:
        typed.refuse("name", f"Type the name of the app exactly: {app.name}")
        return render("developer/delete", visitor, http_status=422, app=app, form=typed)
    in_force = endings.delete_client(server, client_id, by=actor(visitor))
    return changed("/developer/apps", "app_deleted", in_force)
