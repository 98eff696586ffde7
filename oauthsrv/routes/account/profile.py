"""/account/profile: the name that others see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import accounts, names
from oauthsrv.flows.refusals import Changed, fingerprint
from oauthsrv.pages import render
from oauthsrv.routes.changes import changed
from oauthsrv.routes.conflicts import overtaken
from oauthsrv.routes.forms import Form, form
from oauthsrv.store.database import reading, sql

if TYPE_CHECKING:
    from oauthsrv.routes.visitor import Visitor
    from oauthsrv.server import Server

pages.DONE.update(profile_changed="Your profile was changed.")


def show_profile(server: Server, visitor: Visitor) -> HTTPResponse:
    return show_form(server, visitor, filled(visitor.user.name))


def filled(name: str) -> Form:
    return Form.of(name=name).showing(fingerprint({"name": name}))


def show_form(server: Server, visitor: Visitor, typed: Form, http_status: int = 200) -> HTTPResponse:
    with reading(server.database) as db:
        is_verified = sql.users.has_verified_app(db, user_id=visitor.user.user_id)
    return render("account/profile", visitor, http_status=http_status, form=typed, is_verified=is_verified)


def change_profile(server: Server, visitor: Visitor) -> HTTPResponse:
    typed = form()
    name = names.one_line(typed.get("name"), accounts.NAME_MAX)
    if reason := names.name_problem(name, accounts.NAME_MAX):
        typed.refuse("name", reason)
        return show_form(server, visitor, typed, 422)
    user_id = visitor.user.user_id
    try:
        in_force = accounts.change_name(server, user_id, name, by=visitor.actor, seen=typed.get("shown"))
    except Changed:
        with reading(server.database) as db:
            now = sql.users.find(db, user_id=user_id).name
        return show_form(server, visitor, overtaken(typed, filled(now)), 409)
    return changed("/account/profile", "profile_changed", in_force)
