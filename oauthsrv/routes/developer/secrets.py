"""/developer/apps/<client_id>/secrets: two at most, so that one can replace the other without interruption."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows.clients import registration
from oauthsrv.flows.clients.authentication import uses_secrets
from oauthsrv.flows.refusals import FieldsRefused
from oauthsrv.pages import ago, moment_text, render
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import changed
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

UNUSED_FOR = timedelta(hours=24)  # after that, whatever used a secret has moved to the other one

pages.DONE.update(
    app_credential_deleted="The secret was deleted and no longer works.",
)


class SecretRow(Protocol):
    """A row of the query clients.secrets."""

    hint: str
    created_at: datetime
    last_used_at: datetime | None
    last_used_from: str | None


class Advice(NamedTuple):
    """Advice about two secrets."""

    is_safe: bool  # to delete the older one
    text: str


def whether_to_delete(old: SecretRow, new: SecretRow, now: datetime) -> Advice:
    """The doctor gives the same advice."""
    if new.last_used_at is None:
        return Advice(False, f"The new one (ending in {new.hint}) hasn’t been used yet. Switch to it first.")
    if old.last_used_at is None:
        return Advice(True, f"{the_old(old)} was never used: safe to delete.")
    sender = f" from {old.last_used_from}" if old.last_used_from else ""
    last = f"{the_old(old)} was used {ago(old.last_used_at, now)}{sender}"
    if now - old.last_used_at < UNUSED_FOR:
        return Advice(False, f"{last}. Switch whatever uses it to the new one before you delete it.")
    if new.last_used_at < old.last_used_at:
        return Advice(False, f"{last}, and the new one hasn’t been used since. Wait until the new one is used.")
    return Advice(True, f"{the_old(old)} hasn’t been used for 24 hours: safe to delete.")


def the_old(secret: SecretRow) -> str:
    return f"The old one (ending in {secret.hint})" if secret.hint else "The old one"


def of_app(request: Request) -> list[SecretRow]:
    """The oldest first."""
    with reading(request.server.database) as db:
        return list(sql.clients.secrets(db, client_id=request.app.client_id))


def show_secrets(request: Request) -> HTTPResponse:
    found = of_app(request)
    advice = whether_to_delete(found[0], found[1], datetime.now(UTC)) if len(found) > 1 else None
    return render(
        "developer/secrets",
        request,
        app=request.app,
        its_secrets=found,
        advice=advice,
        uses_secrets=uses_secrets(request.app),
    )


def add_secret(request: Request) -> HTTPResponse:
    app, seen = request.app, request.form.get("seen").split()
    made = registration.add_secret(request.server, app.client_id, by=request.actor, seen=seen)
    return render("developer/secret", request, no_referrer=True, app=app, made=made)


def filled(request: Request) -> Form:
    """The form, for the secret that the address names."""
    return Form.of(secret=request.query.get("secret"))


def delete_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    choices = [
        (secret.hint, f"ending in {secret.hint}", f"added {moment_text(secret.created_at)}, {last_used(secret)}")
        for secret in of_app(request)
    ]
    return render(
        "developer/delete_secret",
        request,
        http_status=status,
        app=request.app,
        choices=choices,
        form=form,
        uses_secrets=uses_secrets(request.app),
    )


def last_used(secret: SecretRow) -> str:
    if secret.last_used_at is None:
        return "never used"
    sender = f" from {secret.last_used_from}" if secret.last_used_from else ""
    return f"last used {moment_text(secret.last_used_at)}{sender}"


def delete(request: Request) -> HTTPResponse:
    client_id, hint = request.app.client_id, request.form.get("secret")
    if not hint:
        raise FieldsRefused({"secret": ["Choose the secret to delete."]})
    in_force = registration.delete_secret(request.server, client_id, hint, by=request.actor)
    return changed(f"/developer/apps/{client_id}/secrets", "app_credential_deleted", in_force)
