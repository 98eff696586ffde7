"""/developer/apps/new: registering an app."""

from __future__ import annotations

import secrets

from bottle import HTTPResponse

from oauthsrv import logos, pages
from oauthsrv.flows import catalog
from oauthsrv.flows.clients import registration
from oauthsrv.flows.clients.fields import ClientFields, check_client
from oauthsrv.flows.fields import read
from oauthsrv.flows.refusals import FieldsRefused, NotDone
from oauthsrv.pages import redirect, render
from oauthsrv.routes.developer.quickstart import LANGUAGES, quickstart_of
from oauthsrv.routes.forms import Form
from oauthsrv.routes.request import Request

pages.DONE.update(
    app_made_before="You already submitted this form, and the app was registered then. Its secret was shown only "
    "once; if you don’t have it, add a second one below and delete the first.",
)


def new_app(request: Request) -> HTTPResponse:
    return show_new(request, Form.of(form=secrets.token_urlsafe(16)))


def show_new(request: Request, typed: Form, http_status: int = 200) -> HTTPResponse:
    return render(
        "developer/new", request, http_status=http_status, form=typed, scopes=catalog.offered(request.server),
        pictures=logos.ALLOWED, reviewed=request.server.settings.app_review,
    )  # fmt: skip


def add_app(request: Request) -> HTTPResponse:
    typed = request.form
    # What is being built may follow the type after a point: the same type, distinguished only on the page.
    client_type = typed.get("type").partition(".")[0]
    scopes = [scope.scope for scope in catalog.offered(request.server)]
    values = read(ClientFields, typed) | {"type": client_type}
    app = check_client(values, scopes, request.server.settings.issuer)
    user_id, token = request.user.user_id, typed.get("form")
    try:
        made = registration.add_client(
            request.server,
            app,
            user_id,
            by=request.actor,
            approved=not request.server.settings.app_review,
            form_token=token,
        )
    except NotDone as reason:
        raise FieldsRefused({"": [str(reason)]}) from None
    if made is None:
        return redirect(
            f"/developer/apps/{registration.client_id_of_form(request.server, user_id, token)}", done="app_made_before"
        )
    return render(
        "developer/created",
        request,
        no_referrer=True,
        app=app,
        credentials=made,
        quickstart=quickstart_of(
            request.server.settings.issuer, made.client_id, made.client_secret, app.redirect_uris, app.scopes
        ),
        languages=LANGUAGES,
    )
