"""/admin/users/new, …/edit, …/delete, …/sign-out: administrators' actions on accounts."""

from typing import Any

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import administrators, managed_accounts
from oauthsrv.flows.fields import check, fill, read
from oauthsrv.flows.managed_accounts import PersonFields
from oauthsrv.flows.refusals import FieldsRefused, fingerprint
from oauthsrv.pages import render
from oauthsrv.routes.admin.deciding import decide, decides
from oauthsrv.routes.forms import Form
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import load
from oauthsrv.store.database import reading, sql

APPS = 100  # of a user about to be deleted: as many as one person can have

pages.DONE.update(
    user_edited="The account was changed.",
    user_signed_out="The user is signed out everywhere. Their apps stay connected.",
    user_deleted="The user was deleted, and all their access was revoked.",
)


# A new account


def new_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    return render("admin/new_user", request, http_status=status, form=form)


def add(request: Request) -> HTTPResponse:
    """Add an account, and show the link once, in the answer to the form."""
    person = check(PersonFields, read(PersonFields, request.form))
    made = managed_accounts.add(request.server, person, by=request.actor)
    with reading(request.server.database) as db:
        user = sql.users.find(db, user_id=made.user_id)
    return render("admin/link", request, no_referrer=True, user=user, address=made.address, purpose="first")


# Its email and name


def current(request: Request) -> Form:
    user = load(request)
    return Form.of(**fill(PersonFields(user.email, user.name))).showing(fingerprint(managed_accounts.shown(user)))


def edit_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    return render("admin/edit_user", request, http_status=status, user=request.person, form=form)


def gives_another_email(request: Request) -> bool:
    """Whether the form changes the email, with which the user signs in."""
    return bool(request.form.text("email") != request.person.email)


def edit(request: Request) -> HTTPResponse:
    new, seen = check(PersonFields, read(PersonFields, request.form)), request.form.get("shown")
    return decide(request, managed_accounts.edit, "user_edited", new=new, seen=seen)


sign_out = decides(managed_accounts.end_sessions, "user_signed_out")


# Deleting it


def owned(request: Request) -> list[Any]:
    with reading(request.server.database) as db:
        apps = sql.admin.clients_of_user(db, user_id=request.person.user_id, rows=APPS)
    return [app for app in apps if app.is_owner]


def delete_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    user = request.person
    administrators.check_not_last(request.server, user)
    return render("admin/delete_user", request, http_status=status, user=user, apps=owned(request), form=form)


def delete(request: Request) -> HTTPResponse:
    choice = request.form.get("apps")
    if owned(request) and choice not in ("keep", "delete"):
        raise FieldsRefused({"apps": ["Choose what happens to the apps."]})
    with_apps = choice == "delete"
    return decide(request, managed_accounts.delete, "user_deleted", after="/admin/users", with_apps=with_apps)
