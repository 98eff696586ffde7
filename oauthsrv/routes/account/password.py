"""/account/password: another password, for who knows the one of now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import sign_in
from oauthsrv.flows.sign_in import SessionEnded, WrongCredentials
from oauthsrv.pages import render
from oauthsrv.passwords.queue import Busy
from oauthsrv.passwords.rules import why_refused
from oauthsrv.routes.account.sessions import was_ended
from oauthsrv.routes.changes import changed
from oauthsrv.routes.forms import Form, form
from oauthsrv.routes.page_guards import put_off, put_off_form
from oauthsrv.store.limits import TooMany

if TYPE_CHECKING:
    from oauthsrv.routes.visitor import Visitor
    from oauthsrv.server import Server

pages.DONE.update(
    password_changed="Your password was changed, and every other browser was signed out.",  # noqa: S106
    password_changed_all="Your password was changed, every other browser was signed out, and every app was "  # noqa: S106
    "disconnected.",
)


def show_password(server: Server, visitor: Visitor) -> HTTPResponse:
    return password_page(visitor, Form())


def change_password(server: Server, visitor: Visitor) -> HTTPResponse:
    """Asks for the password of now whenever it was given last, and ends every other session."""
    typed = form()
    old, new, disconnects = typed.get("password"), typed.get("new_password"), typed.get("disconnects") == "yes"
    if not old:
        typed.refuse("password", "Enter your current password.")
    if reason := why_refused(new, email=visitor.user.email):
        typed.refuse("new_password", reason)
    if not typed.is_good:
        return password_page(visitor, typed, 422)
    try:
        entered, in_force = sign_in.change_password(server, old, new, visitor.as_browser, disconnects=disconnects)
    except WrongCredentials:
        typed.refuse("password", "This is not the password of your account.")
        return password_page(visitor, typed, 422)
    except SessionEnded:
        return was_ended(visitor)
    except (Busy, TooMany) as error:
        return put_off(password_page(visitor, put_off_form(typed, error)), error)
    visitor.enter(entered)
    return changed("/account/password", "password_changed_all" if disconnects else "password_changed", in_force)


def password_page(visitor: Visitor, typed: Form, status: int = 200) -> HTTPResponse:
    return render("account/password", visitor, http_status=status, form=typed)
