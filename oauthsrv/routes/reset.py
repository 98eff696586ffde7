"""/reset: a new password, for whoever holds a one-time link to choose one."""

from __future__ import annotations

from typing import Any

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import password_reset
from oauthsrv.flows.links import LinkSpent
from oauthsrv.pages import PageError, render
from oauthsrv.passwords.queue import Busy
from oauthsrv.passwords.rules import why_refused
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import changed, later, later_text
from oauthsrv.routes.request import Request
from oauthsrv.server import Server

pages.DONE.update(
    password_reset="Your password was changed, and every browser was signed out. Sign in with the new one.",  # noqa: S106
    password_reset_all="Your password was changed, every browser was signed out, and every app was disconnected. "  # noqa: S106
    "Sign in with the new one.",
)


def show_reset(request: Request) -> HTTPResponse:
    link = request.query.get("link")
    return reset_page(request, user_of(request.server, link), Form.of(link=link))


def reset_page(request: Request, user: Any, typed: Form, http_status: int = 200) -> HTTPResponse:
    return render("session/reset", request, http_status=http_status, no_referrer=True, form=typed, email=user.email)


def user_of(server: Server, link: str) -> Any:
    try:
        return password_reset.user_of_link(server, link)
    except LinkSpent:
        raise spent() from None


def reset(request: Request) -> HTTPResponse:
    typed = request.form
    link, password, disconnects = typed.get("link"), typed.get("new_password"), typed.get("disconnects") == "yes"
    user = user_of(request.server, link)
    if reason := why_refused(password, email=user.email):
        typed.refuse("new_password", reason)
        return reset_page(request, user, typed, 422)
    try:
        in_force = password_reset.reset(request.server, link, password, request.as_browser, disconnects=disconnects)
    except LinkSpent:
        raise spent() from None
    except Busy as error:
        return later(reset_page(request, user, typed.with_problem(later_text(error))), error)
    return changed("/login", "password_reset_all" if disconnects else "password_reset", in_force)


def spent() -> PageError:
    return PageError(
        404,
        "This link no longer works",
        "A password reset link works once, for an hour, until a newer one is made or the password changes.",
        todo="Ask for a new link.",
        link=("/login", "Sign in"),
    )
