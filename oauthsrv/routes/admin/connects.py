"""/admin/connects: the well-known clients that could connect with the present setup, and what others need."""

from bottle import HTTPResponse

from oauthsrv.flows.clients import known
from oauthsrv.pages import render
from oauthsrv.routes.request import Request


def show_connects(request: Request) -> HTTPResponse:
    setup = known.setup_of(request.server)
    return render("admin/connects", request, setup=setup, outlooks=known.outlooks(setup))
