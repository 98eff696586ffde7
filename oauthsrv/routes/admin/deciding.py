"""What administrators decide about the user, the app or the API that the path names."""

from collections.abc import Callable
from typing import Any

from bottle import HTTPResponse

from oauthsrv.routes.guards import Handler
from oauthsrv.routes.page_guards import changed
from oauthsrv.routes.request import Request
from oauthsrv.routes.rights import section_of


def decide(
    request: Request, perform: Callable[..., bool | None], done: str, *, after: str = "", **given: Any
) -> HTTPResponse:
    """Apply a decision, and go to the page of what the path names, or to the page `after`."""
    section = section_of(request)
    named = request.url[section.key]
    in_force = perform(request.server, named, by=request.actor, **given)
    return changed(after or f"{section.path}/{named}", done, in_force is not False)


def decides(perform: Callable[..., bool | None], done: str, *, after: str = "", sees: bool = False) -> Handler:
    """The handler of a button. `sees`: it is about what the page showed, whose version the form carries."""

    def handler(request: Request) -> HTTPResponse:
        given = {"seen": request.form.get("seen")} if sees else {}
        return decide(request, perform, done, after=after, **given)

    handler.__name__ = handler.__qualname__ = perform.__name__
    return handler
