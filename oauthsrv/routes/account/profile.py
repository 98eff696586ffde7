"""/account/profile: the name that others see."""

from __future__ import annotations

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import accounts, names
from oauthsrv.flows.refusals import Changed, fingerprint
from oauthsrv.pages import render
from oauthsrv.routes.conflicts import overtaken
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import changed
from oauthsrv.routes.request import Request
from oauthsrv.store.database import reading, sql

pages.DONE.update(profile_changed="Your profile was changed.")


def show_profile(request: Request) -> HTTPResponse:
    return show_form(request, filled(request.user.name))


def filled(name: str) -> Form:
    return Form.of(name=name).showing(fingerprint({"name": name}))


def show_form(request: Request, typed: Form, http_status: int = 200) -> HTTPResponse:
    with reading(request.server.database) as db:
        is_verified = sql.clients.has_verified(db, user_id=request.user.user_id)
    return render("account/profile", request, http_status=http_status, form=typed, is_verified=is_verified)


def change_profile(request: Request) -> HTTPResponse:
    typed = request.form
    name = names.one_line(typed.get("name"), accounts.NAME_MAX)
    if reason := names.name_problem(name, accounts.NAME_MAX):
        typed.refuse("name", reason)
        return show_form(request, typed, 422)
    user_id = request.user.user_id
    try:
        in_force = accounts.change_name(request.server, user_id, name, by=request.actor, seen=typed.get("shown"))
    except Changed:
        with reading(request.server.database) as db:
            now = sql.users.find(db, user_id=user_id).name
        return show_form(request, overtaken(typed, filled(now)), 409)
    return changed("/account/profile", "profile_changed", in_force)
