"""/developer/apps/<client_id>/secrets: two secrets at most, so that one can take the other's place without a break."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows.clients import registration
from oauthsrv.pages import moment_text, render
from oauthsrv.routes.changes import actor, changed
from oauthsrv.routes.developer.own import own_app, telling
from oauthsrv.routes.developer.retirement import whether_to_retire
from oauthsrv.routes.forms import Form, form, query
from oauthsrv.routes.visitor import Visitor
from oauthsrv.store.database import reading, sql

if TYPE_CHECKING:
    from oauthsrv.server import Server

pages.DONE.update(
    app_credential_retired="The secret was retired: it is refused from now on.",
)


def show_secrets(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = own_app(server, visitor, client_id)
    with reading(server.database) as db:
        its_secrets = sql.register.secrets(db, client_id=client_id)
    advice = None
    if len(its_secrets) > 1:
        old, new = its_secrets
        advice = whether_to_retire(old, new, datetime.now(UTC))
    return render("developer/credentials", visitor, app=app, its_secrets=its_secrets, advice=advice)


def add_secret(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app = own_app(server, visitor, client_id)
    with telling("No secret was added", client_id, "/secrets"):
        made = registration.add_secret(server, client_id, by=actor(visitor), seen=form().get("seen").split())
    return render("developer/secret", visitor, no_referrer=True, app=app, made=made)


def ask_retire(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    """The page of the secrets names the one to retire in the address."""
    app = own_app(server, visitor, client_id)
    return show_retire(server, visitor, app, Form.of(secret=query().get("secret")))


def show_retire(server: Server, visitor: Visitor, app: Any, typed: Form, http_status: int = 200) -> HTTPResponse:
    with reading(server.database) as db:
        its_secrets = sql.register.secrets(db, client_id=app.client_id)
    choices = [
        (secret.hint, f"ending in {secret.hint}", f"added {moment_text(secret.created_at)}, {last_used(secret)}")
        for secret in its_secrets
    ]
    return render("developer/retire", visitor, http_status=http_status, app=app, choices=choices, form=typed)


def last_used(secret: Any) -> str:
    if secret.last_used_at is None:
        return "never used"
    return f"last used {moment_text(secret.last_used_at)}" + (
        f" from {secret.last_used_from}" if secret.last_used_from else ""
    )


def retire_secret(server: Server, visitor: Visitor, client_id: str) -> HTTPResponse:
    app, typed = own_app(server, visitor, client_id), form()
    if not typed.get("secret"):
        typed.refuse("secret", "Choose the secret to retire.")
        return show_retire(server, visitor, app, typed, 422)
    with telling("The secret was not retired", client_id, "/secrets"):
        in_force = registration.delete_secret(server, client_id, typed.get("secret"), by=actor(visitor))
    return changed(f"/developer/apps/{client_id}/secrets", "app_credential_retired", in_force)
