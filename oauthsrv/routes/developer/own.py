"""Whose an app is: what every page of one app begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oauthsrv.flows.register import NotDone
from oauthsrv.oauth.credentials import is_client_id
from oauthsrv.pages import PageError, not_found
from oauthsrv.routes.visitor import Visitor
from oauthsrv.store.database import reading, sql

if TYPE_CHECKING:
    from oauthsrv.server import Server


def own_app(server: Server, visitor: Visitor, client_id: str) -> Any:
    """The app, for its owner and for administrators; to everybody else it does not exist."""
    app = None
    if is_client_id(client_id):
        with reading(server.database) as db:
            app = sql.apps.find(db, client_id=client_id)
    if app is None or not (visitor.user.is_admin or app.owner_id == visitor.user.user_id):
        raise no_such_app()
    return app


def no_such_app() -> PageError:
    return not_found("app", ("/developer/apps", "Your apps"))


def not_done(title: str, reason: NotDone, client_id: str) -> PageError:
    return PageError(409, title, str(reason), link=(f"/developer/apps/{client_id}", "Back to the app"))
