"""/account: a person's name and password, their signed-in browsers, history, administrator rights."""

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import accounts, administrators, browser_sessions, names, sign_in
from oauthsrv.flows.refusals import FieldsRefused, NotFound, fingerprint
from oauthsrv.flows.sign_in import WrongCredentials
from oauthsrv.oauth.credentials import digest
from oauthsrv.pages import redirect, render
from oauthsrv.pages.events import history
from oauthsrv.passwords.rules import why_refused
from oauthsrv.routes.forms import Form
from oauthsrv.routes.page_guards import changed
from oauthsrv.routes.pager import paged, row_number
from oauthsrv.routes.request import Request
from oauthsrv.store import sessions
from oauthsrv.store.database import reading, sql

ROWS = 50

pages.DONE.update(
    profile_changed="Your profile was changed.",
    password_changed="Your password was changed, and every other browser was signed out.",  # noqa: S106
    password_changed_all="Your password was changed, every other browser was signed out, and every app was "  # noqa: S106
    "disconnected.",
    session_ended="That browser is signed out.",
    session_gone="That browser was already signed out.",
    signed_out_elsewhere="Every other browser was signed out.",
    is_administrator="You’re an administrator.",
)


# The name that others see


def filled(request: Request) -> Form:
    with reading(request.server.database) as db:
        name = sql.users.find(db, user_id=request.user.user_id).name
    return Form.of(name=name).showing(fingerprint({"name": name}))


def profile_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    with reading(request.server.database) as db:
        is_verified = sql.clients.has_verified(db, user_id=request.user.user_id)
    return render("account/profile", request, http_status=status, form=form, is_verified=is_verified)


def change_profile(request: Request) -> HTTPResponse:
    form = request.form
    name = names.one_line(form.get("name"), accounts.NAME_MAX)
    if reason := names.name_problem(name, accounts.NAME_MAX):
        raise FieldsRefused({"name": [reason]})
    in_force = accounts.change_name(
        request.server, request.user.user_id, name, by=request.actor, seen=form.get("shown")
    )
    return changed("/account/profile", "profile_changed", in_force)


# The password


def password_page(request: Request, form: Form, status: int = 200) -> HTTPResponse:
    return render("account/password", request, http_status=status, form=form)


def change_password(request: Request) -> HTTPResponse:
    """Change the password, which always needs the current one, and end every other session."""
    form = request.form
    old, new, disconnects = form.get("password"), form.get("new_password"), form.get("disconnects") == "yes"
    if not old:
        form.refuse("password", "Enter your current password.")
    if reason := why_refused(new, product=request.brand.name, email=request.user.email):
        form.refuse("new_password", reason)
    if not form.is_good:
        return password_page(request, form, 422)
    try:
        session, in_force = sign_in.change_password(
            request.server, old, new, request.as_browser, disconnects=disconnects
        )
    except WrongCredentials:
        raise WrongCredentials({"password": ["This isn’t your current password."]}) from None
    request.sign_in(session)
    return changed("/account/password", "password_changed_all" if disconnects else "password_changed", in_force)


# Browsers


def show_sessions(request: Request) -> HTTPResponse:
    own = digest(request.browser)
    others = [
        one
        for one in sessions.of_user(request.server.redis, request.user.user_id)
        if one.key_hash != own and one.session.outlives(request.user.sessions_ended_at)
    ]
    return render("account/sessions", request, this=request.session, others=others)


def end_session(request: Request) -> HTTPResponse:
    try:
        in_force = browser_sessions.end_other(request.server, request.url["session_id"], request.as_browser)
    except NotFound:
        return redirect("/account/sessions", done="session_gone")
    return changed("/account/sessions", "session_ended", in_force)


def sign_out_elsewhere(request: Request) -> HTTPResponse:
    request.sign_in(browser_sessions.sign_out_elsewhere(request.server, request.as_browser))
    return redirect("/account/sessions", done="signed_out_elsewhere")


# What happened to the account, newest first


def show_history(request: Request) -> HTTPResponse:
    user_id = request.user.user_id
    with reading(request.server.database) as db:
        found = sql.audit.of_user(db, user_id=user_id, before=row_number(request), rows=ROWS + 1)
    events, more = paged(request, found, ROWS, "event_id")
    return render("account/history", request, events=history(events, user_id), more=more)


# Becoming an administrator, with a one-time link from an administrator


def show_invitation(request: Request) -> HTTPResponse:
    link = request.query.get("link")
    administrators.check_link(request.server, link, request.user.user_id)
    return render("account/administrator", request, no_referrer=True, link=link)


def accept(request: Request) -> HTTPResponse:
    administrators.accept(request.server, request.form.get("link"), by=request.actor)
    return redirect("/admin", done="is_administrator")
