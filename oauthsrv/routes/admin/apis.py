"""/admin/apis: the APIs that check tokens here: registering, changing and deleting them, and their secrets."""

import secrets
from datetime import UTC, datetime
from typing import Any

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import apis, catalog, names
from oauthsrv.flows.apis import ApiFields
from oauthsrv.flows.clients import fields
from oauthsrv.flows.fields import read
from oauthsrv.flows.refusals import FieldsRefused, fingerprint, version
from oauthsrv.pages import redirect, render
from oauthsrv.routes.admin.deciding import decide
from oauthsrv.routes.developer.secrets import whether_to_delete
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import SureQuestion
from oauthsrv.routes.pager import paged
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import load
from oauthsrv.store.database import reading, sql
from oauthsrv.store.rows import ApiRow

ROWS = 50

pages.DONE.update(
    api_made_before="You already submitted this form, and the API was registered then. Its secret was shown only once.",
    api_changed="The API was changed.",
    api_deleted="The API was deleted: its secrets and the tokens issued for it no longer work.",
    api_credential_deleted="The secret was deleted and no longer works.",
)


def show_apis(request: Request) -> HTTPResponse:
    with reading(request.server.database) as db:
        found = sql.apis.every(db, before=request.query.get("before") or None, rows=ROWS + 1)
    rows, more = paged(request, found, ROWS, "resource")
    return render("admin/apis", request, apis=rows, more=more)


def show_api(request: Request) -> HTTPResponse:
    api, server = request.api, request.server
    scopes, issuer = catalog.with_details(server, api.scopes), server.settings.issuer
    with reading(server.database) as db:
        found = list(sql.clients.secrets(db, client_id=api.client_id))
    return render(
        "admin/api",
        request,
        api=api,
        scopes=scopes,
        seen=version(api),
        issuer=issuer,
        its_secrets=found,
        advice=whether_to_delete(found[0], found[1], datetime.now(UTC)) if len(found) > 1 else None,
    )


# The form of a new API, and of an existing one


def empty_form(request: Request) -> Form:
    return Form.of(form=secrets.token_urlsafe(16))


def current_form(request: Request) -> Form:
    api = load(request)
    form = Form.of(name=api.name, scopes=api.scopes, demands_audience="yes" if api.demands_audience else "")
    return form.showing(fingerprint(apis.shown(api)))


def form_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    return render(
        "admin/api_form", request, http_status=status, api=edited(request), form=form, scopes=choices(request)
    )


def edited(request: Request) -> ApiRow | None:
    """The API that the form changes; None for a new one."""
    return request.api if "client_id" in request.url else None


def choices(request: Request) -> list[Any]:
    """The scopes that the API can accept."""
    api = edited(request)
    return catalog.offered(request.server, api.scopes if api else ())


def checked(request: Request, **unchanged: str) -> ApiFields:
    return apis.check_api(read(ApiFields, request.form) | unchanged, [row.scope for row in choices(request)])


def add_api(request: Request) -> HTTPResponse:
    server, token = request.server, request.form.get("form")
    api = checked(request)
    made = apis.add(server, api, by=request.actor, form_token=token)
    if made is None:
        there = apis.id_of_form(server, request.user.user_id, token)
        return redirect(f"/admin/apis/{there}", done="api_made_before")
    return render(
        "admin/api_created", request, no_referrer=True, api=api, credentials=made, issuer=server.settings.issuer
    )


def accepts_more(request: Request) -> bool:
    return apis.is_widened(request.api, read(ApiFields, request.form))


def change_api(request: Request) -> HTTPResponse:
    new = checked(request, resource=request.api.resource)
    return decide(request, apis.change, "api_changed", api=new, seen=request.form.get("shown"))


# Its secrets: two at most, so that one can replace the other without interruption


def add_secret(request: Request) -> HTTPResponse:
    api, seen = request.api, request.form.get("seen")
    made = apis.add_secret(request.server, api.client_id, by=request.actor, seen=seen)
    return render("admin/api_secret", request, no_referrer=True, api=api, made=made)


def deleting_secret(request: Request) -> SureQuestion:
    api, hint = request.api, request.form.get("secret")
    return SureQuestion(
        f"Delete {secret_name(hint)} of {api.name}?",
        [
            f"It stops working immediately, and you can’t undo this. If {api.name} still uses it, it can no longer "
            "check tokens and will refuse every call."
        ],
        button="Delete the secret",
        back=page_of(api),
    )


def secret_name(hint: str) -> str:
    return f"the secret ending in {hint}" if hint else "the older secret"


def delete_secret(request: Request) -> HTTPResponse:
    return decide(request, apis.delete_secret, "api_credential_deleted", hint=request.form.get("secret"))


def delete_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    return render("admin/delete_api", request, http_status=status, api=request.api, form=form)


def delete(request: Request) -> HTTPResponse:
    name = request.api.name
    if names.one_line(request.form.get("name"), fields.NAME_MAX) != name:
        raise FieldsRefused({"name": [f"Type the name of the API exactly: {name}"]})
    return decide(request, apis.delete, "api_deleted", after="/admin/apis")


def page_of(api: Any) -> str:
    return f"/admin/apis/{api.client_id}"
