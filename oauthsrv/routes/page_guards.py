"""What stands before the doors of pages, from the outside in: page, with_secret, signed_in, admin, csrf, confirmed.

`page` meets the visitor and hands it on: a door behind it is called with (server, visitor, **what the path names).
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from bottle import HTTPError, HTTPResponse, request

from oauthsrv import pages
from oauthsrv.flows import sign_in
from oauthsrv.flows.refusals import NotAllowed
from oauthsrv.pages import PageError, render, render_error
from oauthsrv.passwords.queue import Busy
from oauthsrv.routes.forms import Form, form
from oauthsrv.routes.guards import Door, Guard
from oauthsrv.routes.pending import Pending, sealed_address
from oauthsrv.routes.repeats import once
from oauthsrv.routes.visitor import Visitor, meet, set_cookies, stranger
from oauthsrv.store import StoreUnavailable, limits
from oauthsrv.store.limits import Attempt, TooMany

if TYPE_CHECKING:
    from oauthsrv.server import Server

log = logging.getLogger(__name__)

CONFIRMED_FOR = timedelta(minutes=15)
# What stands in an address as it is; anything else is percent-encoded.
IN_QUERY = "/~!$&'()*+,;=:@?%-._"


def page(server: Server, door: Door) -> Door:
    """Outermost: builds the visitor, turns what was raised into a page, adds headers and cookies."""

    def guarded(server: Server, **url: str) -> HTTPResponse:
        visitor = stranger(server)
        try:
            visitor = meet(server)
            answer = door(server, visitor, **url)
        except HTTPError as error:
            answer = render_error(known_error(error.status_code), visitor)
        except HTTPResponse as answered:
            answer = answered
        except PageError as error:
            answer = render_error(error, visitor)
        except Busy as busy:
            answer = render_error(busy_page(busy), visitor)
        except TooMany as too_many:
            answer = render_error(too_many_page(too_many), visitor)
        except StoreUnavailable as error:
            log.warning("%s: %s", request.path, error)
            answer = render_error(unavailable(), visitor)
        except Exception:
            log.exception("%s %s", request.method, request.path)
            answer = render_error(known_error(500), visitor)
        if isinstance(answer, str):
            answer = HTTPResponse(answer, content_type="text/html; charset=utf-8")
        set_cookies(server, visitor, answer)
        return pages.protected(answer)

    return guarded


def signed_in(server: Server, door: Door) -> Door:
    """Sends a stranger to sign in, and from there back to where they were going."""

    def guarded(server: Server, visitor: Visitor, **url: str) -> HTTPResponse | str:
        if visitor.user is not None:
            return door(server, visitor, **url)
        if request.method in ("GET", "HEAD"):
            return pages.redirect(login_address(server, visitor, here()))
        raise PageError(
            403,
            "You are signed out",
            "Your session has ended, so this was not done.",
            todo="Sign in, come back with your browser’s Back button, and send it again: what you typed is there.",
            link=("/login", "Sign in"),
        )

    return guarded


def with_secret(server: Server, door: Door) -> Door:
    """In front of `signed_in` where the address holds a code: nothing that is answered carries it any further."""

    def guarded(server: Server, visitor: Visitor, **url: str) -> HTTPResponse:
        if visitor.user is None:
            answer = pages.redirect(login_address(server, visitor, "/developer"))
        else:
            try:
                answer = door(server, visitor, **url)
            except PageError as error:
                answer = render_error(error, visitor)
        answer.set_header("Referrer-Policy", "no-referrer")
        return answer

    return guarded


def admin(server: Server, door: Door) -> Door:
    def guarded(server: Server, visitor: Visitor, **url: str) -> HTTPResponse | str:
        if visitor.user is None or not visitor.user.is_admin:
            raise PageError(
                403,
                "For administrators only",
                "Your account is not an administrator’s.",
                todo="Ask an administrator for the right, or sign in with another account.",
            )
        try:
            answer: HTTPResponse | str = door(server, visitor, **url)
            return answer
        except NotAllowed:
            raise PageError(
                403,
                "You’re no longer an administrator",
                "Someone took away your administrator rights before this was saved, so nothing was changed.",
                todo="If you still need them, ask another administrator.",
            ) from None

    return guarded


def csrf(server: Server, door: Door) -> Door:
    """A form is obeyed only if it came from a page that this very browser session was shown, and not without limit."""

    def guarded(server: Server, visitor: Visitor, **url: str) -> HTTPResponse | str:
        if has_token(form(), visitor):
            limits.take(server.redis, sent_by(visitor))
            return once(server, door, visitor, form(), **url)
        # What our own page sent is shown for another try. From anywhere else it must not be carried on, or the
        # other site would only need one more click.
        secret = ("password", "client_secret")
        kept = [(name, value) for name, value in form().without("csrf") if not name.endswith(secret)]
        ours = is_from_our_page()
        return render("session/again", visitor, http_status=403, action=here(), kept=kept if ours else None)

    return guarded


def sent_by(visitor: Visitor) -> Attempt:
    """Every form is limited by whoever sends it; what costs more has a limit of its own besides.

    A browser that somebody signed in with before counts as theirs: nobody else at its address keeps it from signing in.
    """
    if visitor.user is not None:
        return Attempt("form_user", visitor.user.user_id)
    if visitor.known:
        return Attempt("form_user", next(reversed(visitor.known)))
    return Attempt("form_address", visitor.as_browser.counted)


def per_user(limit: str) -> Guard:
    """Of a form that costs more than others, one person may send fewer."""

    def guard(server: Server, door: Door) -> Door:
        def guarded(server: Server, visitor: Visitor, **url: str) -> HTTPResponse | str:
            limits.take(server.redis, Attempt(limit, visitor.user.user_id))
            return door(server, visitor, **url)

        return guarded

    guard.__name__ = f'per_user("{limit}")'
    return guard


def has_token(typed: Form, visitor: Visitor) -> bool:
    sent = typed.get("csrf").partition(".")[0]  # after a dot comes the ticket of a consent page
    return hmac.compare_digest(sent.encode(), visitor.csrf.encode())


def is_from_our_page() -> bool:
    """A browser says so itself, and no page can make it say so of another's form."""
    return bool(request.environ.get("HTTP_SEC_FETCH_SITE") == "same-origin")


def confirmed(server: Server, door: Door) -> Door:
    """Asks for the password again when it was given more than 15 minutes ago; nothing typed is lost."""

    def guarded(server: Server, visitor: Visitor, **url: str) -> HTTPResponse | str:
        session = visitor.session
        if session is None or request.method != "POST" or datetime.now(UTC) - session.confirmed_at < CONFIRMED_FOR:
            return door(server, visitor, **url)
        typed = form()
        if not any(name == "confirm_password" for name, _ in typed.pairs):
            return confirm_page(visitor, typed)
        try:
            is_right = sign_in.confirm(server, typed.get("confirm_password"), visitor.as_browser)
        except (Busy, TooMany) as error:
            return put_off(confirm_page(visitor, put_off_form(typed, error)), error)
        if not is_right:
            typed.refuse("confirm_password", "This is not the password of your account.")
            return confirm_page(visitor, typed, 422)
        return door(server, visitor, **url)

    return guarded


def confirmed_if(gives_power: Callable[..., bool]) -> Guard:
    """`confirmed` for what gives power, judged on the difference between what is saved and what was sent.

    What only takes away (a redirect URI, a scope, a lower limit) is done at once: it may be urgent.
    """

    def guard(server: Server, door: Door) -> Door:
        with_password = confirmed(server, door)

        def guarded(server: Server, visitor: Visitor, **url: str) -> HTTPResponse | str:
            handler = with_password if gives_power(server, visitor, form(), **url) else door
            answer: HTTPResponse | str = handler(server, visitor, **url)
            return answer

        return guarded

    guard.__name__ = f"confirmed_if({gives_power.__name__})"
    return guard


def confirm_page(visitor: Visitor, typed: Form, status: int = 200) -> HTTPResponse:
    kept = list(typed.without("csrf", "confirm_password", "shown"))  # `shown` comes with the form itself
    return render("session/confirm", visitor, http_status=status, form=typed, action=here(), kept=kept)


def put_off_form(typed: Form, error: Busy | TooMany) -> Form:
    told = busy_page(error) if isinstance(error, Busy) else too_many_page(error)
    typed.problem = f"{told.text} {told.todo}"
    return typed


def put_off(answer: HTTPResponse, error: Busy | TooMany) -> HTTPResponse:
    """The same page with all that was typed, and when to try again."""
    answer.status = 503 if isinstance(error, Busy) else 429
    answer.set_header("Retry-After", str(error.retry_after))
    return answer


def headers_alone(server: Server, visitor: Visitor) -> HTTPResponse:
    """The door for HEAD where a GET does something: mail scanners and link previews must not (RFC 9110 §9.2.1)."""
    return HTTPResponse("", content_type="text/html; charset=utf-8")


def here() -> str:
    """Path and query of this request."""
    path = quote(request.path, safe="/~!$&'()*+,;=:@")
    query = quote(request.query_string.encode("latin-1"), safe=IN_QUERY)
    return f"{path}?{query}" if query else path


def login_address(server: Server, visitor: Visitor, path: str, *, ask: str = "", email: str = "") -> str:
    """The sign-in page, and from there back to `path`, which is ours."""
    return f"/login?r={sealed_address(server, visitor, Pending(path, ask, email), visitor.pre_session_hash)}"


# Error pages


def busy_page(busy: Busy) -> PageError:
    return PageError(
        503,
        "Very busy just now",
        "Many people are signing in at this moment.",
        todo="Wait a few seconds and try again.",
        retry_after=busy.retry_after,
    )


def too_many_page(too_many: TooMany) -> PageError:
    minutes = -(-too_many.retry_after // 60)
    return PageError(
        429,
        "Too many attempts",
        "There were too many attempts in a short time.",
        todo=f"Try again in {minutes} minute{'s' if minutes != 1 else ''}.",
        retry_after=too_many.retry_after,
    )


def unavailable() -> PageError:
    return PageError(
        503,
        "Away for a moment",
        "A database does not answer, so this could not be done. Nothing that was saved is lost.",
        todo="Wait a few seconds and try again.",
        retry_after=5,
    )


KNOWN_ERRORS = {
    404: ("Not found", "There is no page at this address.", "Check the address, or go on from the start page."),
    405: ("This page can’t be opened this way", "It answers other kinds of requests.", "Use the links on our pages."),
    400: ("Bad request", "The address can’t be read.", "Check the address, or go back and try again."),
    413: ("Too much", "What was sent is too large.", "Go back, shorten what you typed, and send it again."),
}
UNFORESEEN = (
    "Something went wrong",
    "This is our fault, not yours. It has been noted in the log.",
    "Try again; if it happens again, tell the people who run this server.",
)


def known_error(status: int) -> PageError:
    title, text, todo = KNOWN_ERRORS.get(status, UNFORESEEN)
    return PageError(status, title, text, todo=todo)


def error_answer(server: Server, status: int) -> HTTPResponse:
    """The page for an error before or behind all doors: unknown address, wrong method, an exception of ours."""
    try:
        visitor = meet(server)
    except StoreUnavailable:
        visitor = stranger(server)
    return render_error(known_error(status), visitor)
