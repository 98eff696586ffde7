"""Guards of pages, from the outside in: page, leads_away, signed_in, csrf, those of routes.rights, sure, confirmed."""

import contextlib
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import sign_in
from oauthsrv.flows.browser_sessions import SessionEnded
from oauthsrv.flows.refusals import Changed, FieldsRefused
from oauthsrv.pages import PageError, render, render_error
from oauthsrv.passwords.queue import Busy
from oauthsrv.routes.browsers import load_browser, load_session, set_cookies
from oauthsrv.routes.conflicts import superseded
from oauthsrv.routes.error_pages import page_error, retry_text, with_retry
from oauthsrv.routes.forms import Form
from oauthsrv.routes.guards import Guard, Handler
from oauthsrv.routes.pending import login_address
from oauthsrv.routes.repeats import first_answer, once, repeated
from oauthsrv.routes.request import Request
from oauthsrv.store import StoreUnavailable, limits
from oauthsrv.store.database import NotCommitted
from oauthsrv.store.limits import Attempt, TooMany

CONFIRMED_FOR = timedelta(minutes=15)
# Characters that stay in an address; all others are percent-encoded.
IN_QUERY = "/~!$&'()*+,;=:@?%-._"
# A local path; // and /\ would lead to another host.
OWN_PATH = re.compile(r"/(?:[A-Za-z0-9_~.-][!-~]{0,1999})?")
SECRET_FIELDS = ("password", "client_secret", "searched")  # field names, or what they end with


def page(request: Request, handler: Handler) -> HTTPResponse:
    """Read the browser's cookies, turn exceptions into pages, add headers and cookies. The outermost guard."""
    load_browser(request)
    try:
        load_session(request)
        answer = handler(request)
    except Exception as error:
        answer = render_error(page_error(request, error), request)
    set_cookies(request, answer)
    if request.holds_secret:
        answer.set_header("Referrer-Policy", "no-referrer")
    return pages.protected(answer)


def with_secret(request: Request, handler: Handler) -> HTTPResponse:
    """Mark a page whose address contains a code, so that the answer leaks it nowhere."""
    request.holds_secret = True
    return handler(request)


def leads_away(request: Request, handler: Handler) -> HTTPResponse:
    """Mark a page on the way to an app, or about an error there, as its forms may be redirected anywhere."""
    request.leads_away = True
    return handler(request)


def signed_in(request: Request, handler: Handler) -> HTTPResponse:
    """Redirect to the sign-in page, which leads back here."""
    if request.visitor is not None:
        try:
            return handler(request)
        except SessionEnded:
            request.sign_out()
            return pages.redirect("/login", done="session_was_ended")
    if request.method in ("GET", "HEAD"):
        return pages.redirect(login_address(request, "/developer" if request.holds_secret else here(request)))
    if again := first_answer(request):  # which changed the cookie, and the browser did not take it
        return again
    raise PageError(
        403,
        "You’re signed out",
        "Your session has ended, so nothing was changed.",
        todo="Sign in, return with your browser’s Back button, and submit again. What you entered is still there.",
        link=("/login", "Sign in"),
    )


def csrf(request: Request, handler: Handler) -> HTTPResponse:
    """Accept a form only from a page of this browser session, and count it against the limit of forms."""
    form = request.form
    if request.has_csrf_token(form):
        limits.take(request.server.redis, sent_by(request))
        return once(request, handler)
    if again := first_answer(request):  # which changed the cookie
        return again
    # What our own page sent is shown for another try. From anywhere else it must not be carried on, or the other site
    # would only need one more click.
    kept = kept_fields(form) if request.is_from_our_page else None
    return render("session/again", request, http_status=403, action=here(request), kept=kept)


def sent_by(request: Request) -> Attempt:
    """The limit that a form counts against: the user's, or the address's.

    A browser with an earlier sign-in counts as that user's, so that others at its address cannot block its forms.
    """
    if request.visitor is not None:
        return Attempt("form_user", request.user.user_id)
    if request.known:
        return Attempt("form_user", next(reversed(request.known)))
    return Attempt("form_address", request.counted_address)


def per_user(limit: str) -> Guard:
    """A guard with a separate limit per user, for a form that is more expensive than others."""

    def guard(request: Request, handler: Handler) -> HTTPResponse:
        limits.take(request.server.redis, Attempt(limit, request.user.user_id))
        return handler(request)

    guard.__name__ = f'per_user("{limit}")'
    return guard


def shows_again(show: Callable[..., HTTPResponse], current: Callable[[Request], Form] | None = None) -> Guard:
    """Show the page of a refused form again, with everything that was typed and the problems of each field.

    `show` is called with the request, the form and the status. `current` fills the form with the present record, for
    forms that were opened before someone else changed it.
    """

    def guard(request: Request, handler: Handler) -> HTTPResponse:
        form = request.form
        try:
            return handler(request)
        except FieldsRefused as refused:
            form.refuse_all(refused.problems)
            return repeated(show(request, form, 422), refused.is_attempt)
        except Changed:
            if current is None:
                raise
            return show(request, superseded(form, current(request)), 409)
        except (Busy, TooMany, StoreUnavailable) as error:
            with contextlib.suppress(StoreUnavailable):  # then it is a page that needs no store
                return with_retry(show(request, form.with_problem(retry_text(error)), 200), error)
            raise

    guard.__name__ = f"shows_again({show.__name__})"
    return guard


def previewed(show: Callable[..., HTTPResponse]) -> Guard:
    """Show the form again, with what was typed as others will see it, if its button "Preview" was pressed."""

    def guard(request: Request, handler: Handler) -> HTTPResponse:
        return show(request, request.form) if request.form.get("preview") == "yes" else handler(request)

    guard.__name__ = f"previewed({show.__name__})"
    return guard


def empty_form(_request: Request) -> Form:
    return Form()


def opens(show: Callable[..., HTTPResponse], current: Callable[[Request], Form] = empty_form) -> Handler:
    """The handler that shows a form for the first time, empty or filled by `current`; see shows_again."""

    def handler(request: Request) -> HTTPResponse:
        return show(request, current(request))

    handler.__name__ = handler.__qualname__ = f"opens({show.__name__})"
    return handler


def kept_fields(form: Form, *without: str) -> list[tuple[str, str]]:
    """The posted fields without secrets, for the hidden fields of a page that posts them again."""
    return [(name, value) for name, value in form.without("csrf", *without) if not name.endswith(SECRET_FIELDS)]


class SureQuestion(NamedTuple):
    """The texts of the page “Are you sure?”, which lists the consequences."""

    title: str
    consequences: Sequence[str]  # a paragraph each
    button: str
    back: str  # where "Cancel" leads if the browser doesn't say which page the form was on
    kind: str = "danger"  # of the button
    items: Sequence[str] = ()  # what is affected, one by one


def sure(question: Callable[[Request], SureQuestion]) -> Guard:
    """Show the question first; its button posts the same form again, with `sure=yes`."""

    def guard(request: Request, handler: Handler) -> HTTPResponse:
        if request.form.get("sure") == "yes":
            return handler(request)
        about, kept = question(request), kept_fields(request.form, "sure", "back")
        back = way_back(request, about.back)
        return render("session/sure", request, question=about, back=back, action=here(request), kept=kept)

    guard.__name__ = f"sure({question.__name__})"
    return guard


def confirmed(request: Request, handler: Handler) -> HTTPResponse:
    """Ask for the password if it was last given more than 15 minutes ago; nothing typed is lost.

    A request that is refused anyway is refused first: the handler also runs without the password, but writes nothing.
    """
    session = request.session
    if session is None or request.method != "POST" or datetime.now(UTC) - session.confirmed_at < CONFIRMED_FOR:
        return handler(request)
    form = request.form
    if not any(name == "confirm_password" for name, _ in form.pairs):
        return rehearsed(request, handler) or confirm_page(request, form)
    try:
        is_right = sign_in.confirm(request.server, form.get("confirm_password"), request.as_browser)
    except (Busy, TooMany) as error:
        return with_retry(confirm_page(request, form.with_problem(retry_text(error))), error)
    if not is_right:
        form.refuse("confirm_password", "Wrong password.")
        return repeated(confirm_page(request, form, 422))
    return handler(request)


def rehearsed(request: Request, handler: Handler) -> HTTPResponse | None:
    """The page with which the handler refuses; any other answer has to wait for the password."""
    with contextlib.suppress(NotCommitted), request.server.database.rehearsal():
        answer = handler(request)
        return answer if answer.status_code >= 400 else None
    return None


def confirmed_if(gives_power: Callable[[Request], bool]) -> Guard:
    """A `confirmed` for what gives power, judged by the difference between what is saved and what was sent.

    What only takes away (a removed redirect URI or scope, a lower limit) takes effect immediately, as it may be urgent.
    """

    def guard(request: Request, handler: Handler) -> HTTPResponse:
        try:
            is_needed = gives_power(request)
        except FieldsRefused:
            is_needed = True  # and the handler refuses it
        return confirmed(request, handler) if is_needed else handler(request)

    guard.__name__ = f"confirmed_if({gives_power.__name__})"
    return guard


def confirm_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    kept = kept_fields(form, "shown", "back")  # the form itself has `shown`
    request.leads_away = True
    back, action = way_back(request, "/"), here(request)
    return render("session/confirm", request, http_status=status, form=form, back=back, action=action, kept=kept)


def way_back(request: Request, otherwise: str) -> str:
    """The target of "Cancel": the page of the form, which the questions on the way keep in the field `back`."""
    issuer = request.server.settings.issuer
    came_from = str(request.environ.get("HTTP_REFERER", ""))
    back = request.form.get("back") or (came_from[len(issuer) :] if came_from.startswith(f"{issuer}/") else "")
    return back if OWN_PATH.fullmatch(back) else otherwise


def headers_alone(request: Request) -> HTTPResponse:
    """Answer HEAD if GET has an effect, which mail scanners and link previews must not cause (RFC 9110 §9.2.1)."""
    return HTTPResponse("", content_type="text/html; charset=utf-8")


def here(request: Request) -> str:
    """The path and query of this request."""
    path = quote(request.path, safe="/~!$&'()*+,;=:@")
    query = quote(request.query_string.encode("latin-1"), safe=IN_QUERY)
    return f"{path}?{query}" if query else path


pages.DONE.update(
    session_was_ended="This browser was signed out in the meantime, so nothing was changed. Sign in to continue.",
    recorded_only="Recorded, but not yet in force: a database isn’t answering, or there is too much to revoke in one "
    "go. It will take effect on its own; repeat the action to check.",
)


def changed(path: str, done: str, in_force: bool, otherwise: str = "recorded_only") -> pages.PageResponse:
    """Back to a page that says what was done, or that it is only recorded (rule 8)."""
    answer = pages.redirect(path, done=done if in_force else otherwise)
    answer.in_force = in_force
    return answer
