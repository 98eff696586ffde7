"""/developer/apps/<client_id>/authentication: whether an app sends a secret, or signs with its own key."""

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows.clients import authentication
from oauthsrv.flows.clients.authentication import AuthenticationFields
from oauthsrv.flows.fields import fill, read
from oauthsrv.flows.refusals import fingerprint
from oauthsrv.pages import render
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import changed
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import team_app
from oauthsrv.store.database import reading, sql

pages.DONE.update(
    app_authentication_changed="The way the app authenticates was changed.",
)

CHOICES = [
    ("client_secret_basic", "Client secret, by HTTP Basic", "client_secret_basic: what most libraries do."),
    ("client_secret_post", "Client secret, in the form", "client_secret_post"),
    (
        "private_key_jwt",
        "Signed assertion",
        "private_key_jwt: your app signs each request with a private key that never leaves it.",
    ),
]


def filled(request: Request) -> Form:
    app = request.app
    return Form.of(**fill(authentication.current(app))).showing(fingerprint(authentication.shown(app)))


def current_form(request: Request) -> Form:
    request.app = team_app(request, request.app.client_id)
    return filled(request)


def edit_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    app = request.app
    with reading(request.server.database) as db:
        has_secret = bool(sql.clients.secrets(db, client_id=app.client_id))
    return render(
        "developer/authentication",
        request,
        http_status=status,
        app=app,
        form=form,
        choices=CHOICES,
        has_secret=has_secret,
    )


def change(request: Request) -> HTTPResponse:
    server, client_id, form = request.server, request.app.client_id, request.form
    new = authentication.check(read(AuthenticationFields, form), server.settings.issuer)
    in_force = authentication.change_authentication(
        server, client_id, new, by=request.actor, seen=form.get("shown")
    )  # fmt: skip
    return changed(f"/developer/apps/{client_id}/secrets", "app_authentication_changed", in_force)
