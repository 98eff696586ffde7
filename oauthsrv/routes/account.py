"""What a person sees and changes of their own account: connected apps, profile, password, sessions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import accounts, endings, names, sign_in
from oauthsrv.flows.sign_in import WrongCredentials
from oauthsrv.pages import not_found, redirect, render
from oauthsrv.passwords import Busy, why_refused
from oauthsrv.routes.changes import changed
from oauthsrv.routes.forms import Form, form
from oauthsrv.routes.page_guards import put_off, put_off_form
from oauthsrv.store.database import reading, sql
from oauthsrv.store.limits import TooMany

if TYPE_CHECKING:
    from oauthsrv.routes.visitor import Visitor
    from oauthsrv.server import Server

GRANT_ID = re.compile(r"gra_[0-9a-f]{32}\Z")
LIVING_SHOWN = 500
ENDED_SHOWN = 50

pages.DONE.update(
    app_ended="The app has no access to your account any more.",
    app_ended_later=(
        "The end of this app's access is recorded, but not yet in force: a database does not answer just now. "
        "It takes effect as soon as it does."
    ),
    profile_changed="Your profile was changed.",
    password_changed="Your password was changed, and every other browser was signed out.",  # noqa: S106
    signed_out_elsewhere="Every other browser was signed out.",
)

# Why a grant ended, as its user is told.
END_REASONS = {
    "user": "You ended it.",
    "client": "The app gave its access back.",
    "client_deleted": "The app was deleted.",
    "client_tokens_ended": "All access of this app was ended by its developer or an administrator.",
    "user_disabled": "Your account was disabled.",
    "user_revoked": "An administrator ended all access to your account.",
}


def show(server: Server, visitor: Visitor) -> HTTPResponse:
    return redirect("/account/apps")


# Connected apps


def show_apps(server: Server, visitor: Visitor) -> HTTPResponse:
    user_id = visitor.user.user_id
    with reading(server.database) as db:
        living = sql.connected_apps.living(db, user_id=user_id, rows=LIVING_SHOWN)
        ended = sql.connected_apps.ended(db, user_id=user_id, rows=ENDED_SHOWN)
    return render("account/apps", visitor, living=living, ended=ended, reasons=END_REASONS)


def end_app(server: Server, visitor: Visitor, grant_id: str) -> HTTPResponse:
    """One click ends one app's access, at once, and nothing else."""
    if not GRANT_ID.match(grant_id):
        raise no_such_app()
    try:
        in_force = endings.end_grant(server, grant_id, visitor.user.user_id, "user", by=visitor.actor)
    except endings.NothingToEnd:
        raise no_such_app() from None
    return redirect("/account/apps", done="app_ended" if in_force else "app_ended_later")


def no_such_app() -> pages.PageError:
    return not_found("connected app", link=("/account/apps", "Connected apps"))


# Profile


def show_profile(server: Server, visitor: Visitor) -> HTTPResponse:
    return render("account/profile", visitor, form=Form.of(name=visitor.user.name))


def change_profile(server: Server, visitor: Visitor) -> HTTPResponse:
    typed = form()
    name = names.one_line(typed.get("name"), accounts.NAME_MAX)
    if reason := names.why_refused(name, accounts.NAME_MAX):
        typed.refuse("name", reason)
        return render("account/profile", visitor, http_status=422, form=typed)
    in_force = accounts.change_name(server, visitor.user.user_id, name, by=visitor.actor)
    return changed("/account/profile", "profile_changed", in_force)


# Password


def show_password(server: Server, visitor: Visitor) -> HTTPResponse:
    return render("account/password", visitor, form=Form())


def change_password(server: Server, visitor: Visitor) -> HTTPResponse:
    """Asks for the password of now whenever it was given last, and ends every other session."""
    typed = form()
    old, new = typed.get("password"), typed.get("new_password")
    if not old:
        typed.refuse("password", "Enter the password that you have now.")
    if reason := why_refused(new):
        typed.refuse("new_password", reason)
    if not typed.is_good:
        return password_page(visitor, typed, 422)
    try:
        entered = sign_in.change_password(server, old, new, visitor.as_browser)
    except WrongCredentials:
        typed.refuse("password", "This is not the password of your account.")
        return password_page(visitor, typed, 422)
    except (Busy, TooMany) as error:
        return put_off(password_page(visitor, put_off_form(typed, error)), error)
    visitor.enter(entered)
    return redirect("/account/password", done="password_changed")


def password_page(visitor: Visitor, typed: Form, status: int = 200) -> HTTPResponse:
    return render("account/password", visitor, http_status=status, form=typed)


# Sessions


def show_sessions(server: Server, visitor: Visitor) -> HTTPResponse:
    return render("account/sessions", visitor)


def sign_out_elsewhere(server: Server, visitor: Visitor) -> HTTPResponse:
    entered = sign_in.sign_out_elsewhere(server, visitor.as_browser)
    if entered is None:
        visitor.leave()
        return redirect("/login", done="signed_out")
    visitor.enter(entered)
    return redirect("/account/sessions", done="signed_out_elsewhere")
