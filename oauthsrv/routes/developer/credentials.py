"""/developer/apps/<client_id>/secrets: two secrets at most, so that one can take the other's place without a break."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows.clients import registration
from oauthsrv.pages import moment_text, render
from oauthsrv.routes.developer.retirement import whether_to_retire
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import changed
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import back, refusals_as_page
from oauthsrv.store.database import reading, sql

pages.DONE.update(
    app_credential_retired="The secret was deleted and no longer works.",
)


def show_secrets(request: Request) -> HTTPResponse:
    app = request.app
    with reading(request.server.database) as db:
        its_secrets = sql.clients.secrets(db, client_id=request.app.client_id)
    advice = None
    if len(its_secrets) > 1:
        old, new = its_secrets
        advice = whether_to_retire(old, new, datetime.now(UTC))
    return render("developer/credentials", request, app=app, its_secrets=its_secrets, advice=advice)


def add_secret(request: Request) -> HTTPResponse:
    app = request.app
    with refusals_as_page("No secret was added", back(request, "/secrets")):
        made = registration.add_secret(
            request.server, request.app.client_id, by=request.actor, seen=request.form.get("seen").split()
        )
    return render("developer/secret", request, no_referrer=True, app=app, made=made)


def ask_retire(request: Request) -> HTTPResponse:
    """The page of the secrets names the one to retire in the address."""
    app = request.app
    return show_retire(request, app, Form.of(secret=request.query.get("secret")))


def show_retire(request: Request, app: Any, typed: Form, http_status: int = 200) -> HTTPResponse:
    with reading(request.server.database) as db:
        its_secrets = sql.clients.secrets(db, client_id=app.client_id)
    choices = [
        (secret.hint, f"ending in {secret.hint}", f"added {moment_text(secret.created_at)}, {last_used(secret)}")
        for secret in its_secrets
    ]
    return render("developer/retire", request, http_status=http_status, app=app, choices=choices, form=typed)


def last_used(secret: Any) -> str:
    if secret.last_used_at is None:
        return "never used"
    return f"last used {moment_text(secret.last_used_at)}" + (
        f" from {secret.last_used_from}" if secret.last_used_from else ""
    )


def retire_secret(request: Request) -> HTTPResponse:
    app, typed = request.app, request.form
    if not typed.get("secret"):
        typed.refuse("secret", "Choose the secret to delete.")
        return show_retire(request, app, typed, 422)
    with refusals_as_page("The secret was not deleted", back(request, "/secrets")):
        in_force = registration.delete_secret(
            request.server, request.app.client_id, typed.get("secret"), by=request.actor
        )
    return changed(f"/developer/apps/{request.app.client_id}/secrets", "app_credential_retired", in_force)
