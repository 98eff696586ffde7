"""/admin/scopes: the catalogue of scopes.

A scope may hold any sign of ASCII but three, slashes too, so it stands in the query of an address, never in its path.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import catalog
from oauthsrv.flows.catalog import NewScope, ScopeFields
from oauthsrv.flows.fields import check, fill, read
from oauthsrv.flows.refusals import FieldsRefused, fingerprint
from oauthsrv.pages import not_found, number, redirect, render
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import SureQuestion
from oauthsrv.routes.request import Request
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql

pages.DONE.update(
    scope_added="The scope was added.",
    scope_changed="The scope was changed.",
    scope_retired="The scope is deprecated: no other app can get it.",
    scope_restored="The scope is restored: apps can get it again.",
)

LIST = "/admin/scopes"
NO_HOLDERS = (0, 0)


def show_scopes(request: Request) -> HTTPResponse:
    scopes = catalog.all_scopes(request.server)
    return render(
        "admin/scopes",
        request,
        scopes=[scope for scope in scopes if not scope.deprecated],
        retired=[scope for scope in scopes if scope.deprecated],
        holders=holders(request.server),
        addresses={scope.scope: urlencode({"scope": scope.scope}) for scope in scopes},
        no_holders=NO_HOLDERS,
    )


def holders(server: Server) -> dict[str, tuple[int, int]]:
    """Scope → how many apps hold it, and how many users allowed it; NO_HOLDERS's are left out."""
    with reading(server.database) as db:
        return {row.scope: (row.clients, row.users) for row in sql.scopes.holders(db)}


def find(server: Server, name: str) -> Any:
    for scope in catalog.all_scopes(server):
        if scope.scope == name:
            return scope
    raise not_found("scope", (LIST, "All scopes"))


# A new scope


def new_scope(request: Request) -> HTTPResponse:
    last = max((scope.position for scope in catalog.all_scopes(request.server)), default=0)
    return show_new(request, Form.of(position=str(min(last + 1, catalog.POSITION_MAX))))


def show_new(request: Request, typed: Form, http_status: int = 200) -> HTTPResponse:
    return render("admin/new_scope", request, http_status=http_status, form=typed)


def add_scope(request: Request) -> HTTPResponse:
    new = check(NewScope, read(NewScope, request.form))
    catalog.add(request.server, new.scope, new, by=request.actor)
    return redirect(LIST, done="scope_added")


# One scope


def edit_scope(request: Request) -> HTTPResponse:
    scope = find(request.server, request.query.get("scope"))
    return show_edit(request, filled(scope))


def filled(scope: Any) -> Form:
    shown = catalog.current(scope)
    return Form.of(scope=scope.scope, **fill(shown)).showing(fingerprint(asdict(shown)))


def changes_what_users_read(request: Request) -> bool:
    old = catalog.current(find(request.server, request.form.get("scope")))
    try:
        return catalog.misleads(old, check(ScopeFields, read(ScopeFields, request.form)))
    except FieldsRefused:
        return False  # the form is shown again


def current_form(request: Request) -> Form:
    return filled(find(request.server, request.form.get("scope")))


def show_edit(request: Request, typed: Form, http_status: int = 200) -> HTTPResponse:
    scope = find(request.server, typed.get("scope"))
    apps, users = holders(request.server).get(scope.scope, NO_HOLDERS)
    return render(
        "admin/scope", request, http_status=http_status, scope=scope, form=typed, apps=apps, users=users,
    )  # fmt: skip


def change_scope(request: Request) -> HTTPResponse:
    typed = request.form
    scope = find(request.server, typed.get("scope"))
    new = check(ScopeFields, read(ScopeFields, typed))
    catalog.change(request.server, scope.scope, new, by=request.actor, seen=typed.get("shown"))
    return redirect(LIST, done="scope_changed")


def deprecating(request: Request) -> SureQuestion:
    scope = find(request.server, request.form.get("scope"))
    apps, users = holders(request.server).get(scope.scope, NO_HOLDERS)
    return SureQuestion(
        f"Deprecate {scope.scope}?",
        [
            f"Apps that have it: {number(apps)}. Users who allowed it: {number(users)}. Nothing changes for them: "
            "these apps can still request it, and their tokens keep it.",
            "No other app can get it. You can restore it later.",
        ],
        button="Deprecate the scope",
        back=f"{LIST}/edit?" + urlencode({"scope": scope.scope}),
    )


def retire(request: Request) -> HTTPResponse:
    catalog.deprecate(request.server, find(request.server, request.form.get("scope")).scope, by=request.actor)
    return redirect(LIST, done="scope_retired")


def restore(request: Request) -> HTTPResponse:
    catalog.restore(request.server, find(request.server, request.form.get("scope")).scope, by=request.actor)
    return redirect(LIST, done="scope_restored")
