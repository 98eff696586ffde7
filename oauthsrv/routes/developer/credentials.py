"""/developer/apps/<client_id>/secrets: two secrets at most, so that one can take the other's place without a break."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import register
from oauthsrv.flows.register import NoSuchApp, NotDone
from oauthsrv.pages import moment_text, render
from oauthsrv.routes.changes import actor, changed
from oauthsrv.routes.developer.own import no_such_app, not_done, own_app
from oauthsrv.routes.forms import Form, form
from oauthsrv.routes.visitor import Visitor
from oauthsrv.store.database import reading, sql

if TYPE_CHECKING:
    from oauthsrv.server import Server

pages.DONE.update(
    app_credential_retired="The secret was retired: it is refused from now on.",
)


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
