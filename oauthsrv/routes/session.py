"""Signing up, in and out, and the first administrator's welcome."""

from __future__ import annotations

from hmac import compare_digest
from urllib.parse import quote

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import accounts, administrators, sign_in
from oauthsrv.flows.accounts import Account, EmailTaken
from oauthsrv.flows.consent import continue_sources_of
from oauthsrv.flows.links import LinkSpent
from oauthsrv.flows.sign_in import WrongCredentials
from oauthsrv.pages import PageError, redirect, render
from oauthsrv.passwords.queue import Busy
from oauthsrv.routes import pending
from oauthsrv.routes.forms import Form
from oauthsrv.routes.guards import Handler
from oauthsrv.routes.page_guards import later, later_text
from oauthsrv.routes.pending import Pending
from oauthsrv.routes.request import Request
from oauthsrv.server import Server
from oauthsrv.store.limits import TooMany

pages.DONE.update(
    signed_out="You are signed out.",
    signed_out_later=(
        "You are signed out in this browser. A database does not answer just now: "
        "should somebody have copied your session, it ends as soon as it does."
    ),
    start_again="You’re signed in. The page you were going to has expired: go back to the app and start again there.",
    welcome="Your account is made, and you are signed in.",
    welcome_admin="You are the administrator now. Other accounts and apps are under Admin.",
)


# Signing in


def show_sign_in(request: Request) -> HTTPResponse:
    """`r` says where somebody was going, and whether whoever is signed in is asked again (routes.pending)."""
    r = request.query.get("r")
    asked = pending.check(request, r)
    if request.user and not asked.ask:
        return redirect(pending.onward(asked, r))
    email = request.user.email if request.user and asked.ask == "login" else asked.email
    return sign_in_page(request, Form.of(email=email, r=r))


def signed_in_meanwhile(request: Request, handler: Handler) -> HTTPResponse:
    """The form of a second tab, after the same person signed in in the first one: there is nothing left to ask."""
    form = request.form
    is_old = not compare_digest(form.get("csrf").encode(), request.csrf.encode())
    if is_old and request.user is not None and form.text("email").lower() == request.user.email.lower():
        return gone_on(request, form)
    return handler(request)


def do_sign_in(request: Request) -> HTTPResponse:
    typed = request.form
    email, password = typed.text("email"), typed.get("password")
    if not email:
        typed.refuse("email", "Enter your e-mail.")
    if not password:
        typed.refuse("password", "Enter your password.")
    if not typed.is_good:
        return sign_in_page(request, typed, 422)
    try:
        entered = sign_in.sign_in(request.server, email, password, request.as_browser)
    except WrongCredentials:
        typed.problem = (
            "This e-mail and password do not fit together, or the account is disabled. Check both and try again."
        )
        return sign_in_page(request, typed, 422)
    except (Busy, TooMany) as error:
        return later(sign_in_page(request, typed.with_problem(later_text(error))), error)
    request.sign_in(entered)
    return gone_on(request, typed)


def sign_in_page(request: Request, typed: Form, status: int = 200) -> HTTPResponse:
    r = typed.get("r")
    asked = pending.find(request, r) or Pending("/")
    return render(
        "session/sign_in",
        request,
        http_status=status,
        form_action=continue_sources_of(request.server, asked.path),
        form=typed,
        r=r,
        continue_address=pending.onward(asked, r) if asked.ask == "choose" else None,
        signup_address=address_of("/signup", r) if request.server.settings.signup == "open" else None,
    )


def gone_on(request: Request, typed: Form, done: str | None = None) -> HTTPResponse:
    """Somebody is signed in: to where they were going, or to a page that says how to get there."""
    r = typed.get("r")
    asked = pending.find(request, r)
    if asked is not None:
        return redirect(pending.onward(asked, r), done=done)
    if pending.open_address(
        request.server, r
    ):  # of another browser, or of this one before it lost a cookie; or too old
        return redirect(address_of("/login", r))
    return redirect("/", done="start_again")


def do_sign_out(request: Request) -> HTTPResponse:
    in_force = sign_in.sign_out(request.server, request.as_browser)
    request.sign_out()
    return redirect("/login", done="signed_out" if in_force else "signed_out_later")


# Signing up


def show_sign_up(request: Request) -> HTTPResponse:
    r = request.query.get("r")
    asked = pending.check(request, r)
    if request.user and not asked.ask:
        return redirect(pending.onward(asked, r))
    check_open(request.server)
    return sign_up_page(request, Form.of(email=asked.email, r=r))


def do_sign_up(request: Request) -> HTTPResponse:
    check_open(request.server)
    typed = request.form
    account = accounts.check_account(typed.get("email"), typed.get("name"), typed.get("password"))
    if not isinstance(account, Account):
        typed.refuse_all(account)
        return sign_up_page(request, typed, 422)
    try:
        entered = sign_in.sign_up_and_in(request.server, account, request.as_browser)
    except EmailTaken:
        # It tells that there is an account: nobody could sign up without learning this, as no mail is sent here.
        # How often an address may learn it is limited.
        typed.refuse("email", "There is an account with this e-mail already. Sign in instead, or use another e-mail.")
        return sign_up_page(request, typed, 422)
    except (Busy, TooMany) as error:
        return later(sign_up_page(request, typed.with_problem(later_text(error))), error)
    request.sign_in(entered)
    return gone_on(request, typed, done="welcome")


def check_open(server: Server) -> None:
    if server.settings.signup != "open":
        raise PageError(
            403,
            "Sign-up is closed",
            "Accounts are made by the administrators here.",
            todo="Ask one of them for an account. If you have one, sign in.",
            link=("/login", "Sign in"),
        )


def sign_up_page(request: Request, typed: Form, status: int = 200) -> HTTPResponse:
    r = typed.get("r")
    asked = pending.find(request, r) or Pending("/")
    return render(
        "session/sign_up",
        request,
        http_status=status,
        form_action=continue_sources_of(request.server, asked.path),
        form=typed,
        r=r,
        sign_in_address=address_of("/login", r),
    )


# The first administrator


def show_welcome(request: Request) -> HTTPResponse:
    """Opening the link spends nothing: mail scanners and previews open links too."""
    link = request.query.get("link")
    if not administrators.is_first_link_valid(request.server, link):
        raise link_spent()
    return welcome_page(request, Form.of(link=link))


def take_welcome(request: Request) -> HTTPResponse:
    typed = request.form
    if not administrators.is_first_link_valid(request.server, typed.get("link")):
        raise link_spent()
    account = accounts.check_account(typed.get("email"), typed.get("name"), typed.get("password"))
    if not isinstance(account, Account):
        typed.refuse_all(account)
        return welcome_page(request, typed, 422)
    try:
        entered = administrators.accept_first(request.server, typed.get("link"), account, request.as_browser)
    except LinkSpent:
        raise link_spent() from None
    except EmailTaken:
        typed.refuse("email", "There is an account with this e-mail already. Use another e-mail for the administrator.")
        return welcome_page(request, typed, 422)
    except Busy as error:
        return later(welcome_page(request, typed.with_problem(later_text(error))), error)
    request.sign_in(entered)
    return redirect("/", done="welcome_admin")


def welcome_page(request: Request, typed: Form, status: int = 200) -> HTTPResponse:
    return render("session/welcome", request, http_status=status, no_referrer=True, form=typed)


def link_spent() -> PageError:
    return PageError(
        404,
        "This link does not work any more",
        "It works once, for 24 hours, until a newer one is printed or there is an administrator.",
        todo="If there is no administrator yet, start the server again: it prints a new link. "
        "Or make one on the command line: run.py users add EMAIL --admin",
        link=("/login", "Sign in"),
    )


# What they share


def address_of(path: str, r: str) -> str:
    return f"{path}?r={quote(r)}" if r else path
