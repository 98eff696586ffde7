"""/account/administrator: becoming an administrator, with the one-time link that an administrator handed over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import administrators
from oauthsrv.flows.administrators import AnotherAccount
from oauthsrv.flows.links import LinkSpent
from oauthsrv.pages import PageError, redirect, render
from oauthsrv.routes.changes import actor
from oauthsrv.routes.forms import form, query

if TYPE_CHECKING:
    from oauthsrv.routes.visitor import Visitor
    from oauthsrv.server import Server

pages.DONE.update(
    is_administrator="You’re an administrator.",
)


def show_invitation(server: Server, visitor: Visitor) -> HTTPResponse:
    link = query().get("link")
    with answering():
        administrators.check_link(server, link, visitor.user.user_id)
    return render("account/administrator", visitor, no_referrer=True, link=link)


def accept(server: Server, visitor: Visitor) -> HTTPResponse:
    with answering():
        administrators.accept(server, form().get("link"), by=actor(visitor))
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
