"""Error pages: one per exception, and for errors outside all handlers."""

import logging

from bottle import HTTPError, HTTPResponse

from oauthsrv.flows.administrators import AnotherAccount
from oauthsrv.flows.clients.transfers import OfferGone
from oauthsrv.flows.links import LinkSpent
from oauthsrv.flows.refusals import NotDone, NotFound
from oauthsrv.oauth.errors import InvalidRequest
from oauthsrv.pages import PageError, render_error
from oauthsrv.passwords.queue import Busy
from oauthsrv.routes.browsers import load_browser, load_session
from oauthsrv.routes.request import Request
from oauthsrv.store import StoreUnavailable, TooLate
from oauthsrv.store.limits import TooMany

log = logging.getLogger(__name__)


def page_error(request: Request, error: Exception) -> PageError:
    """Turn an exception from any handler into a page."""
    match error:
        case PageError():
            return error
        case InvalidRequest():
            return unreadable(error)
        case Busy():
            return busy_page(error)
        case TooMany():
            return too_many_page(error)
        case LinkSpent():
            return link_spent(request.path)
        case AnotherAccount():
            return another_account()
        case OfferGone():
            return offer_gone()
        case NotDone():
            return PageError(409, "Nothing was changed", str(error))
        case StoreUnavailable():
            log.warning("%s: %s", request.path, error)
            return unavailable(error)
        case HTTPError():
            return known_error(error.status_code)
        case NotFound():  # the record, or the user's account, was just deleted
            return known_error(404)
    log.error("%s %s", request.method, request.path, exc_info=error)
    return known_error(500)


def unreadable(error: InvalidRequest) -> PageError:
    title = {413: "Too large", 415: "Not a form"}.get(error.status, "This couldn’t be read")
    todo = "Go back, shorten what you entered or choose a smaller file, and submit again."
    if error.status != 413:
        todo = "Go back, reload the page, and try again."
    return PageError(error.status, title, error.description, todo=todo)


def busy_page(busy: Busy) -> PageError:
    return PageError(
        503,
        "Too busy right now",
        "The server can’t check passwords fast enough right now.",
        todo="Wait a few seconds and try again.",
        retry_after=busy.retry_after,
    )


def too_many_page(too_many: TooMany) -> PageError:
    minutes = -(-too_many.retry_after // 60)
    return PageError(
        429,
        "Too many attempts",
        "You tried too many times in a short time.",
        todo=f"Try again in {minutes} minute{'s' if minutes != 1 else ''}.",
        retry_after=too_many.retry_after,
    )


def unavailable(error: StoreUnavailable) -> PageError:
    why = "The server is too busy" if isinstance(error, TooLate) else "A database isn’t answering"
    return PageError(
        503,
        "Temporarily unavailable",
        f"{why}, so nothing was changed. Nothing that was saved is lost.",
        todo="Wait a few seconds and try again.",
        retry_after=5,
    )


# One-time links, by the pages that they lead to (flows.links): why one may not work, and what to do.
SPENT = {
    "/welcome": (
        "This link no longer works",
        "It works once, for 24 hours, until a newer one is printed or an administrator exists.",
        "If there is no administrator yet, restart the server to print a new link, "
        "or run: oauthsrv users add EMAIL --admin",
        ("/login", "Sign in"),
    ),
    "/reset": (
        "This link no longer works",
        "A password reset link works once, for an hour, until a newer one is created or the password changes.",
        "Ask for a new link.",
        ("/login", "Sign in"),
    ),
    "/developer/join": (
        "This invitation no longer works",
        "An invitation works once, for seven days, until it is withdrawn or the app gets another owner.",
        "Ask the owner of the app for a new link.",
        ("/developer/apps", "Your apps"),
    ),
    "/account/administrator": (
        "This link no longer works",
        "It works once, for 24 hours, and only while the person who made it is an administrator.",
        "Ask an administrator for a new link.",
        ("/account", "Your account"),
    ),
}


def link_spent(path: str) -> PageError:
    title, text, todo, link = next(SPENT[page] for page in SPENT if path.startswith(page))
    return PageError(404, title, text, todo=todo, link=link)


def another_account() -> PageError:
    return PageError(
        403,
        "This link is for another account",
        "An administrator made this link for one account, and you’re signed in with a different one.",
        todo="Sign out, sign in to the other account, and open the link again.",
        link=("/account", "Your account"),
    )


def offer_gone() -> PageError:
    return PageError(
        404,
        "This offer is no longer available",
        "An offer can be accepted once, within seven days, unless it is withdrawn or you leave the team.",
        todo="Ask the app’s owner to offer it again.",
        link=("/developer/apps", "Your apps"),
    )


KNOWN_ERRORS = {
    404: ("Not found", "There is no page at this address.", "Check the address, or go to the start page."),
    405: ("This page can’t be opened this way", "It takes a different kind of request.", "Use the links on our pages."),
    400: ("Bad request", "The address can’t be read.", "Check the address, or go back and try again."),
    413: (
        "Too large",
        "What you sent is too large. The limit is 1 MiB.",
        "Go back, shorten what you entered or choose a smaller file, and submit again.",
    ),
}
UNFORESEEN = (
    "Something went wrong",
    "This is our fault. The error has been logged.",
    "Try again. If it happens again, contact an administrator.",
)


def known_error(status: int) -> PageError:
    title, text, todo = KNOWN_ERRORS.get(status, UNFORESEEN)
    return PageError(status, title, text, todo=todo)


def error_page(request: Request, status: int) -> HTTPResponse:
    """The page for an error outside all handlers: unknown address, wrong method, unexpected exception."""
    load_browser(request)
    try:
        load_session(request)
    except Exception as error:  # then the page shows no one as signed in
        log.warning("%s: %r", request.path, error)
    return render_error(known_error(status), request)


# Forms to send again later


def with_retry(answer: HTTPResponse, error: Busy | TooMany | StoreUnavailable) -> HTTPResponse:
    """Make `answer`, a form with everything that was typed, say when to send it again."""
    answer.status = 429 if isinstance(error, TooMany) else 503
    answer.set_header("Retry-After", str(retry_page(error).retry_after))
    return answer


def retry_text(error: Busy | TooMany | StoreUnavailable) -> str:
    return "{0.text} {0.todo}".format(retry_page(error))


def retry_page(error: Busy | TooMany | StoreUnavailable) -> PageError:
    if isinstance(error, StoreUnavailable):
        return unavailable(error)
    return busy_page(error) if isinstance(error, Busy) else too_many_page(error)
