"""/account/sessions: the browsers in which this person is signed in, and signing out of them."""

from __future__ import annotations

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import sign_in
from oauthsrv.flows.refusals import NotFound
from oauthsrv.flows.sign_in import SessionEnded
from oauthsrv.oauth.credentials import digest
from oauthsrv.pages import redirect, render
from oauthsrv.routes.page_guards import changed
from oauthsrv.routes.request import Request
from oauthsrv.store import sessions

pages.DONE.update(
    session_ended="That browser is signed out.",
    session_gone="That session had ended already.",
    session_was_ended="This browser was signed out meanwhile, so nothing was done. Sign in to go on.",
    signed_out_elsewhere="Every other browser was signed out.",
)


def show_sessions(request: Request) -> HTTPResponse:
    assert request.session is not None
    own = digest(request.browser)
    others = [
        one
        for one in sessions.of_user(request.server.redis, request.user.user_id)
        if one.key_hash != own and one.session.outlives(request.user.sessions_ended_at)
    ]
    return render("account/sessions", request, this=request.session, others=others)


def end_session(request: Request) -> HTTPResponse:
    try:
        in_force = sign_in.end_other(request.server, request.url["session_id"], request.as_browser)
    except NotFound:
        return redirect("/account/sessions", done="session_gone")
    return changed("/account/sessions", "session_ended", in_force)


def sign_out_elsewhere(request: Request) -> HTTPResponse:
    try:
        entered = sign_in.sign_out_elsewhere(request.server, request.as_browser)
    except SessionEnded:
        return was_ended(request)
    request.sign_in(entered)
    return redirect("/account/sessions", done="signed_out_elsewhere")


def was_ended(request: Request) -> HTTPResponse:
    request.sign_out()
    return redirect("/login", done="session_was_ended")
