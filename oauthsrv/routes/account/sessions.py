"""/account/sessions: the browsers in which this person is signed in, and signing out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import sign_in
from oauthsrv.flows.refusals import NotFound
from oauthsrv.flows.sign_in import SessionEnded
from oauthsrv.oauth.credentials import digest
from oauthsrv.pages import redirect, render
from oauthsrv.routes.changes import changed
from oauthsrv.store import sessions

if TYPE_CHECKING:
    from oauthsrv.routes.visitor import Visitor
    from oauthsrv.server import Server

pages.DONE.update(
    session_ended="That browser is signed out.",
    session_gone="That session had ended already.",
    session_was_ended="This browser was signed out meanwhile, so nothing was done. Sign in to go on.",
    signed_out_elsewhere="Every other browser was signed out.",
)


def show_sessions(server: Server, visitor: Visitor) -> HTTPResponse:
    assert visitor.session is not None
    own = digest(visitor.browser)
    others = [
        one
        for one in sessions.of_user(server.redis, visitor.user.user_id)
        if one.key_hash != own and one.session.outlives(visitor.user.sessions_ended_at)
    ]
    return render("account/sessions", visitor, this=visitor.session, others=others)


def end_session(server: Server, visitor: Visitor, session_id: str) -> HTTPResponse:
    try:
        in_force = sign_in.end_other(server, session_id, visitor.as_browser)
    except NotFound:
        return redirect("/account/sessions", done="session_gone")
    return changed("/account/sessions", "session_ended", in_force)


def sign_out_elsewhere(server: Server, visitor: Visitor) -> HTTPResponse:
    try:
        entered = sign_in.sign_out_elsewhere(server, visitor.as_browser)
    except SessionEnded:
        return was_ended(visitor)
    visitor.enter(entered)
    return redirect("/account/sessions", done="signed_out_elsewhere")


def was_ended(visitor: Visitor) -> HTTPResponse:
    visitor.leave()
    return redirect("/login", done="session_was_ended")
