"""/admin/names: protected names, which no other app may have."""

from dataclasses import asdict

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows.clients import protected_names
from oauthsrv.flows.clients.protected_names import ProtectedNames
from oauthsrv.flows.fields import check, fill, read
from oauthsrv.flows.refusals import fingerprint
from oauthsrv.pages import redirect, render
from oauthsrv.routes.forms import Form
from oauthsrv.routes.request import Request

PATH = "/admin/names"

pages.DONE.update(names_changed="The protected names were changed.")


def current(request: Request) -> Form:
    known = protected_names.current(request.server)
    return Form.of(**fill(known)).showing(fingerprint(asdict(known)))


def names_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    return render("admin/names", request, http_status=status, form=form)


def change(request: Request) -> HTTPResponse:
    new = check(ProtectedNames, read(ProtectedNames, request.form))
    protected_names.change(request.server, new, by=request.actor, seen=request.form.get("shown"))
    return redirect(PATH, done="names_changed")
