"""The start page; signing up, in and out; the first administrator; a new password by a one-time link."""

import contextlib
from urllib.parse import quote, urlsplit

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import accounts, administrators, browser_sessions, password_reset, sign_in
from oauthsrv.flows.links import LinkSpent
from oauthsrv.flows.refusals import FieldsRefused
from oauthsrv.oauth.client_ids import is_document_url
from oauthsrv.oauth.errors import OAuthError
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.redirect_uris import consent_host
from oauthsrv.pages import PageError, redirect, render
from oauthsrv.passwords.rules import why_refused
from oauthsrv.routes import pending
from oauthsrv.routes.admin.setup import state_of
from oauthsrv.routes.checked_requests import name_of
from oauthsrv.routes.forms import Form
from oauthsrv.routes.guards import Handler
from oauthsrv.routes.page_guards import changed
from oauthsrv.routes.pending import AUTHORIZE, Pending
from oauthsrv.routes.request import Request
from oauthsrv.store import StoreUnavailable

pages.DONE.update(
    signed_out="You’re signed out.",
    signed_out_later=(
        "You’re signed out in this browser. A database isn’t answering, so until it is back "
        "a copy of your session would still work."
    ),
    start_again="You’re signed in. The page you were going to has expired: go back to the app and start again.",
    welcome="Your account was created, and you’re signed in.",
    welcome_admin="You’re an administrator. Here are the first steps; you’ll find them again under Admin.",
    password_reset="Your password was changed, and every browser was signed out. Sign in with the new one.",  # noqa: S106
    password_reset_all="Your password was changed, every browser was signed out, and every app was disconnected. "  # noqa: S106
    "Sign in with the new one.",
)


# The start page


def show_start(request: Request) -> HTTPResponse:
    if request.visitor:
        return redirect("/admin/setup" if request.user.is_admin and state_of(request).is_open else "/account/apps")
    return render("home/start", request, signup_is_open=request.server.settings.signup == "open")


# Signing in


def show_sign_in(request: Request) -> HTTPResponse:
    """Show the sign-in page; `r` says what comes next, and whether a signed-in user must sign in again (pending)."""
    r = request.query.get("r")
    target = pending.check(request, r)
    if request.visitor and not target.ask:
        return redirect(pending.next_address(target, r))
    email = request.visitor.email if request.visitor and target.ask == "login" else target.email
    return sign_in_page(request, Form.of(email=email, r=r))


def already_signed_in(request: Request, handler: Handler) -> HTTPResponse:
    """The sign-in form of a second tab, after the same person signed in in the first one."""
    form = request.form
    is_old = not request.has_csrf_token(form)
    if is_old and request.visitor is not None and form.text("email").lower() == request.user.email.lower():
        return continue_after_sign_in(request, form)
    return handler(request)


def do_sign_in(request: Request) -> HTTPResponse:
    form = request.form
    email, password = form.text("email"), form.get("password")
    if not email:
        form.refuse("email", "Enter your email.")
    if not password:
        form.refuse("password", "Enter your password.")
    if not form.is_good:
        return sign_in_page(request, form, 422)
    request.sign_in(sign_in.sign_in(request.server, email, password, request.as_browser))
    return continue_after_sign_in(request, form)


def sign_in_page(request: Request, typed: Form, status: int = 200) -> HTTPResponse:
    r = typed.get("r")
    target = pending.find(request, r) or Pending("/")
    return render(
        "session/sign_in",
        request,
        http_status=status,
        form=typed,
        r=r,
        waiting=waiting_app(request, target.path),
        continue_address=pending.next_address(target, r) if target.ask == "choose" else None,
        signup_address=address_of("/signup", r) if request.server.settings.signup == "open" else None,
    )


def continue_after_sign_in(request: Request, typed: Form, done: str | None = None) -> HTTPResponse:
    """Redirect a user who signed in to where they were going, or to a page that says how to get there."""
    r = typed.get("r")
    target = pending.find(request, r)
    if target is not None:
        return redirect(pending.next_address(target, r), done=done)
    # Another browser's, or this one's before it lost a cookie; or too old.
    if pending.open_address(request.server, r):
        return redirect(address_of("/login", r))
    return redirect("/", done="start_again")


def do_sign_out(request: Request) -> HTTPResponse:
    in_force = browser_sessions.sign_out(request.server, request.as_browser)
    request.sign_out()
    return changed("/login", "signed_out", in_force, "signed_out_later")


# Signing up


def show_sign_up(request: Request) -> HTTPResponse:
    r = request.query.get("r")
    target = pending.check(request, r)
    if request.visitor and not target.ask:
        return redirect(pending.next_address(target, r))
    check_open(request)
    return sign_up_page(request, Form.of(email=target.email, r=r))


def do_sign_up(request: Request) -> HTTPResponse:
    check_open(request)
    request.sign_in(sign_in.sign_up_and_in(request.server, typed_account(request), request.as_browser))
    if not request.form.get("r"):  # users come through an app; people who come directly want to build one
        return redirect("/developer/apps", done="welcome")
    return continue_after_sign_in(request, request.form, done="welcome")


def typed_account(request: Request) -> accounts.Account:
    typed = (request.form.get(name) for name in ("email", "name", "password"))
    return accounts.check_account(*typed, product=request.brand.name)


def check_open(request: Request) -> None:
    if request.server.settings.signup != "open":
        raise PageError(
            403,
            "Sign-up is closed",
            "Only administrators can create accounts.",
            todo="Ask an administrator for an account. If you have one, sign in.",
            link=("/login", "Sign in"),
        )


def sign_up_page(request: Request, typed: Form, status: int = 200) -> HTTPResponse:
    r = typed.get("r")
    target = pending.find(request, r) or Pending("/")
    return render(
        "session/sign_up",
        request,
        http_status=status,
        form=typed,
        r=r,
        waiting=waiting_app(request, target.path),
        sign_in_address=address_of("/login", r),
    )


# The first administrator


def show_welcome(request: Request) -> HTTPResponse:
    """Show the welcome page. Opening the link doesn't spend it, as mail scanners and previews open links too."""
    return welcome_page(request, Form.of(link=request.query.get("link")))


def become_first_administrator(request: Request) -> HTTPResponse:
    link = request.form.get("link")
    check_first_link(request, link)
    request.sign_in(administrators.accept_first(request.server, link, typed_account(request), request.as_browser))
    return redirect("/admin/setup", done="welcome_admin")


def welcome_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    check_first_link(request, form.get("link"))
    return render("session/welcome", request, http_status=status, no_referrer=True, form=form)


def check_first_link(request: Request, link: str) -> None:
    if not administrators.is_first_link_valid(request.server, link):
        raise LinkSpent


# A new password, by a one-time link


def show_reset(request: Request) -> HTTPResponse:
    return reset_page(request, Form.of(link=request.query.get("link")))


def reset_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    email = password_reset.user_of_link(request.server, form.get("link")).email
    return render("session/reset", request, http_status=status, no_referrer=True, form=form, email=email)


def reset(request: Request) -> HTTPResponse:
    form = request.form
    link, password, disconnects = form.get("link"), form.get("new_password"), form.get("disconnects") == "yes"
    email = password_reset.user_of_link(request.server, link).email
    if reason := why_refused(password, product=request.brand.name, email=email):
        raise FieldsRefused({"new_password": [reason]})
    in_force = password_reset.reset(request.server, link, password, request.as_browser, disconnects=disconnects)
    return changed("/login", "password_reset_all" if disconnects else "password_reset", in_force)


# What they share


def waiting_app(request: Request, path: str) -> str:
    """The name of the app that waits for the sign-in, or empty."""
    address = urlsplit(path)
    if address.path != AUTHORIZE:
        return ""
    try:
        client_id = Parameters.parse(address.query).get("client_id") or ""
    except OAuthError:
        return ""
    if is_document_url(client_id):
        return consent_host(client_id)
    with contextlib.suppress(StoreUnavailable):
        return name_of(request, request.server.clients.find_client(client_id))
    return ""


def address_of(path: str, r: str) -> str:
    return f"{path}?r={quote(r)}" if r else path
