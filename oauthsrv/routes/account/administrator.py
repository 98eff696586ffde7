"""/account/administrator: becoming an administrator, with the one-time link that an administrator handed over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import administrators
from oauthsrv.flows.administrators import AnotherAccount
from oauthsrv.flows.links import LinkSpent
from oauthsrv.pages import PageError, redirect, render
from oauthsrv.routes.request import Request

pages.DONE.update(
    is_administrator="You’re an administrator.",
)


def show_invitation(request: Request) -> HTTPResponse:
    link = request.query.get("link")
    with answering():
        administrators.check_link(request.server, link, request.user.user_id)
    return render("account/administrator", request, no_referrer=True, link=link)


def accept(request: Request) -> HTTPResponse:
    with answering():
        administrators.accept(request.server, request.form.get("link"), by=request.actor)
    return redirect("/admin", done="is_administrator")


@contextmanager
def answering() -> Iterator[None]:
    try:
        yield
    except LinkSpent:
        raise PageError(
            404,
            "This link no longer works",
            "It works once, for 24 hours, and only while the person who made it is an administrator.",
            todo="Ask an administrator for a new link.",
            link=("/account", "Your account"),
        ) from None
    except AnotherAccount:
        raise PageError(
            403,
            "This link is for another account",
            "An administrator made this link for one account, and you’re signed in with a different one.",
            todo="Sign out, sign in to the other account, and open the link again.",
            link=("/account", "Your account"),
        ) from None
