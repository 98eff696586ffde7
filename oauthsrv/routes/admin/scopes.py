"""/admin/scopes: the catalog of scopes.

A scope may contain slashes, so its name is in the address's query, never in its path.
"""

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import catalog
from oauthsrv.flows.catalog import NewScope, ScopeFields
from oauthsrv.flows.consent import Permission
from oauthsrv.flows.fields import check, fill, read
from oauthsrv.flows.refusals import NotFound, fingerprint
from oauthsrv.pages import number, redirect, render
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import SureQuestion
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

pages.DONE.update(
    scope_added="The scope was added.",
    scope_changed="The scope was changed.",
    scope_deprecated="The scope is deprecated: no other app can get it.",
    scope_restored="The scope is restored: apps can get it again.",
)

LIST = "/admin/scopes"


def show_scopes(request: Request) -> HTTPResponse:
    with reading(request.server.database) as db:
        scopes = sql.scopes.with_holders(db)
    return render("admin/scopes", request, scopes=scopes)


def find(request: Request, form: Form) -> Any:
    """The scope named by the form, or by the query of the address."""
    with reading(request.server.database) as db:
        for scope in sql.scopes.with_holders(db):
            if scope.scope == form.get("scope"):
                return scope
    raise NotFound


# A new scope


def empty_form(request: Request) -> Form:
    last = max((scope.position for scope in catalog.all_scopes(request.server)), default=0)
    return Form.of(position=str(min(last + 1, catalog.POSITION_MAX)))


def new_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    icons, preview = catalog.SCOPE_ICONS, previewed_scope(form)
    return render("admin/new_scope", request, http_status=status, form=form, icons=icons, preview=preview)


def previewed_scope(form: Form) -> Permission:
    """The scope as users will see it."""
    text = form.text("consent_text") or form.text("description")
    return Permission("", text, form.text("detail"), form.get("icon"), form.get("is_sensitive") == "yes")


def add_scope(request: Request) -> HTTPResponse:
    new = check(NewScope, read(NewScope, request.form))
    catalog.add(request.server, new.scope, new, by=request.actor)
    return redirect(LIST, done="scope_added")


# One scope


def current_form(request: Request) -> Form:
    scope = find(request, request.form if request.method == "POST" else request.query)
    current = catalog.current(scope)
    return Form.of(scope=scope.scope, **fill(current)).showing(fingerprint(asdict(current)))


def edit_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    return render(
        "admin/scope",
        request,
        http_status=status,
        scope=find(request, form),
        form=form,
        icons=catalog.SCOPE_ICONS,
        preview=previewed_scope(form),
    )


def gives_power(request: Request) -> bool:
    old = catalog.current(find(request, request.form))
    return catalog.gives_power(old, check(ScopeFields, read(ScopeFields, request.form)))


def change_scope(request: Request) -> HTTPResponse:
    form = request.form
    new = check(ScopeFields, read(ScopeFields, form))
    catalog.change(request.server, form.get("scope"), new, by=request.actor, seen=form.get("shown"))
    return redirect(LIST, done="scope_changed")


def deprecating(request: Request) -> SureQuestion:
    scope = find(request, request.form)
    return SureQuestion(
        f"Deprecate {scope.scope}?",
        [
            f"Apps that have it: {number(scope.clients)}. Users who allowed it: {number(scope.users)}. Nothing changes "
            "for them: these apps can still request it, and their tokens keep it.",
            "No other app can get it. You can restore it later.",
        ],
        button="Deprecate the scope",
        back=f"{LIST}/edit?" + urlencode({"scope": scope.scope}),
    )


def deprecate(request: Request) -> HTTPResponse:
    catalog.deprecate(request.server, request.form.get("scope"), by=request.actor)
    return redirect(LIST, done="scope_deprecated")


def restore(request: Request) -> HTTPResponse:
    catalog.restore(request.server, request.form.get("scope"), by=request.actor)
    return redirect(LIST, done="scope_restored")
