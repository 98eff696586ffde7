"""Signing up, in and out, and the first administrator's welcome."""

from __future__ import annotations

from hmac import compare_digest
from typing import TYPE_CHECKING
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
from oauthsrv.routes.forms import Form, form, query
from oauthsrv.routes.guards import Door
from oauthsrv.routes.page_guards import put_off, put_off_form
from oauthsrv.routes.pending import Pending
from oauthsrv.store.limits import TooMany

if TYPE_CHECKING:
    from oauthsrv.routes.visitor import Visitor
    from oauthsrv.server import Server

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


def show_sign_in(server: Server, visitor: Visitor) -> HTTPResponse:
    """`r` says where somebody was going, and whether whoever is signed in is asked again (routes.pending)."""
    r = query().get("r")
    asked = pending.check(server, visitor, r)
    if visitor.user and not asked.ask:
        return redirect(pending.onward(asked, r))
    email = visitor.user.email if visitor.user and asked.ask == "login" else asked.email
    return sign_in_page(server, visitor, Form.of(email=email, r=r))


def signed_in_meanwhile(server: Server, door: Door) -> Door:
    """The form of a second tab, after the same person signed in in the first one: there is nothing left to ask."""

    def guarded(server: Server, visitor: Visitor) -> HTTPResponse | str:
        typed = form()
        is_old = not compare_digest(typed.get("csrf").encode(), visitor.csrf.encode())
        if is_old and visitor.user is not None and typed.text("email").lower() == visitor.user.email.lower():
            return gone_on(server, visitor, typed)
        return door(server, visitor)

    return guarded


def do_sign_in(server: Server, visitor: Visitor) -> HTTPResponse:
    typed = form()
    email, password = typed.text("email"), typed.get("password")
    if not email:
        typed.refuse("email", "Enter your e-mail.")
    if not password:
        typed.refuse("password", "Enter your password.")
    if not typed.is_good:
        return sign_in_page(server, visitor, typed, 422)
    try:
        entered = sign_in.sign_in(server, email, password, visitor.as_browser)
    except WrongCredentials:
        typed.problem = (
            "This e-mail and password do not fit together, or the account is disabled. Check both and try again."
        )
        return sign_in_page(server, visitor, typed, 422)
    except (Busy, TooMany) as error:
        return put_off(sign_in_page(server, visitor, put_off_form(typed, error)), error)
    visitor.enter(entered)
    return gone_on(server, visitor, typed)


def sign_in_page(server: Server, visitor: Visitor, typed: Form, status: int = 200) -> HTTPResponse:
    r = typed.get("r")
    asked = pending.find(server, visitor, r) or Pending("/")
    return render(
        "session/sign_in",
        visitor,
        http_status=status,
        form_action=continue_sources_of(server, asked.path),
        form=typed,
        r=r,
        continue_address=pending.onward(asked, r) if asked.ask == "choose" else None,
        signup_address=address_of("/signup", r) if server.settings.signup == "open" else None,
    )


def gone_on(server: Server, visitor: Visitor, typed: Form, done: str | None = None) -> HTTPResponse:
    """Somebody is signed in: to where they were going, or to a page that says how to get there."""
    r = typed.get("r")
    asked = pending.find(server, visitor, r)
    if asked is not None:
        return redirect(pending.onward(asked, r), done=done)
    if pending.open_address(server, r):  # of another browser, or of this one before it lost a cookie; or too old
        return redirect(address_of("/login", r))
    return redirect("/", done="start_again")


def do_sign_out(server: Server, visitor: Visitor) -> HTTPResponse:
    in_force = sign_in.sign_out(server, visitor.as_browser)
    visitor.leave()
    return redirect("/login", done="signed_out" if in_force else "signed_out_later")


# Signing up


def show_sign_up(server: Server, visitor: Visitor) -> HTTPResponse:
    r = query().get("r")
    asked = pending.check(server, visitor, r)
    if visitor.user and not asked.ask:
        return redirect(pending.onward(asked, r))
    check_open(server)
    return sign_up_page(server, visitor, Form.of(email=asked.email, r=r))


def do_sign_up(server: Server, visitor: Visitor) -> HTTPResponse:
    check_open(server)
    typed = form()
    account = accounts.check_account(typed.get("email"), typed.get("name"), typed.get("password"))
    if not isinstance(account, Account):
        typed.refuse_all(account)
        return sign_up_page(server, visitor, typed, 422)
    try:
        entered = sign_in.sign_up_and_in(server, account, visitor.as_browser)
    except EmailTaken:
        # It tells that there is an account: nobody could sign up without learning this, as no mail is sent here.
        # How often an address may learn it is limited.
        typed.refuse("email", "There is an account with this e-mail already. Sign in instead, or use another e-mail.")
        return sign_up_page(server, visitor, typed, 422)
    except (Busy, TooMany) as error:
        return put_off(sign_up_page(server, visitor, put_off_form(typed, error)), error)
    visitor.enter(entered)
    return gone_on(server, visitor, typed, done="welcome")


def check_open(server: Server) -> None:
    if server.settings.signup != "open":
        raise PageError(
            403,
            "Sign-up is closed",
            "Accounts are made by the administrators here.",
            todo="Ask one of them for an account. If you have one, sign in.",
            link=("/login", "Sign in"),
        )


def sign_up_page(server: Server, visitor: Visitor, typed: Form, status: int = 200) -> HTTPResponse:
    r = typed.get("r")
    asked = pending.find(server, visitor, r) or Pending("/")
    return render(
        "session/sign_up",
        visitor,
        http_status=status,
        form_action=continue_sources_of(server, asked.path),
        form=typed,
        r=r,
        sign_in_address=address_of("/login", r),
    )


# The first administrator


def show_welcome(server: Server, visitor: Visitor) -> HTTPResponse:
    """Opening the link spends nothing: mail scanners and previews open links too."""
    link = query().get("link")
    if not administrators.is_first_link_valid(server, link):
        raise link_spent()
    return welcome_page(visitor, Form.of(link=link))


def take_welcome(server: Server, visitor: Visitor) -> HTTPResponse:
    typed = form()
    if not administrators.is_first_link_valid(server, typed.get("link")):
        raise link_spent()
    account = accounts.check_account(typed.get("email"), typed.get("name"), typed.get("password"))
    if not isinstance(account, Account):
        typed.refuse_all(account)
        return welcome_page(visitor, typed, 422)
    try:
        entered = administrators.accept_first(server, typed.get("link"), account, visitor.as_browser)
    except LinkSpent:
        raise link_spent() from None
    except EmailTaken:
        typed.refuse("email", "There is an account with this e-mail already. Use another e-mail for the administrator.")
        return welcome_page(visitor, typed, 422)
    except Busy as error:
        return put_off(welcome_page(visitor, put_off_form(typed, error)), error)
    visitor.enter(entered)
    return redirect("/", done="welcome_admin")


def welcome_page(visitor: Visitor, typed: Form, status: int = 200) -> HTTPResponse:
    return render("session/welcome", visitor, http_status=status, no_referrer=True, form=typed)


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
