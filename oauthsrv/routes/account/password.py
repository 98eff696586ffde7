"""/account/password: another password, for who knows the one of now."""

from __future__ import annotations

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import sign_in
from oauthsrv.flows.sign_in import SessionEnded, WrongCredentials
from oauthsrv.pages import render
from oauthsrv.passwords.queue import Busy
from oauthsrv.passwords.rules import why_refused
from oauthsrv.routes.account.sessions import was_ended
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import changed, later, later_text
from oauthsrv.routes.request import Request
from oauthsrv.store.limits import TooMany

pages.DONE.update(
    password_changed="Your password was changed, and every other browser was signed out.",  # noqa: S106
    password_changed_all="Your password was changed, every other browser was signed out, and every app was "  # noqa: S106
    "disconnected.",
)


def show_password(request: Request) -> HTTPResponse:
    return password_page(request, Form())


def change_password(request: Request) -> HTTPResponse:
    """Asks for the password of now whenever it was given last, and ends every other session."""
    typed = request.form
    old, new, disconnects = typed.get("password"), typed.get("new_password"), typed.get("disconnects") == "yes"
    if not old:
        typed.refuse("password", "Enter your current password.")
    if reason := why_refused(new, email=request.user.email):
        typed.refuse("new_password", reason)
    if not typed.is_good:
        return password_page(request, typed, 422)
    try:
        entered, in_force = sign_in.change_password(
            request.server, old, new, request.as_browser, disconnects=disconnects
        )
    except WrongCredentials:
        typed.refuse("password", "This is not the password of your account.")
        return password_page(request, typed, 422)
    except SessionEnded:
        return was_ended(request)
    except (Busy, TooMany) as error:
        return later(password_page(request, typed.with_problem(later_text(error))), error)
    request.sign_in(entered)
    return changed("/account/password", "password_changed_all" if disconnects else "password_changed", in_force)


def password_page(request: Request, typed: Form, status: int = 200) -> HTTPResponse:
    return render("account/password", request, http_status=status, form=typed)
