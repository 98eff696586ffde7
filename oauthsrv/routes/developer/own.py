"""Whose an app is: what every page of one app begins with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from oauthsrv.flows.refusals import NotAllowed, NotDone, NotFound
from oauthsrv.oauth.credentials import is_client_id
from oauthsrv.pages import PageError, moment_text, not_found
from oauthsrv.routes.visitor import Visitor
from oauthsrv.store.database import reading, sql

if TYPE_CHECKING:
    from oauthsrv.server import Server


def own_app(server: Server, visitor: Visitor, client_id: str) -> Any:
    """The app, for its owner, the members of its team and administrators; to everybody else it does not exist."""
    if not is_client_id(client_id):
        raise no_such_app()
    user_id = visitor.user.user_id
    with reading(server.database) as db:
        app = sql.apps.find(db, client_id=client_id)
        if app is None:
            deleted = sql.apps.find_deleted(
                db, client_id=client_id, user_id=user_id, is_admin=bool(visitor.user.is_admin)
            )
            raise deleted_app(deleted) if deleted else no_such_app()
        if not may_manage(visitor, app) and not sql.team.is_member(db, client_id=client_id, user_id=user_id):
            raise no_such_app()
    return app


def managed_app(server: Server, visitor: Visitor, client_id: str) -> Any:
    """The app, for what its owner and administrators alone may do: its team, its owner, its end."""
    app = own_app(server, visitor, client_id)
    if not may_manage(visitor, app):
        raise owners_alone(app)
    return app


def may_manage(visitor: Visitor, app: Any) -> bool:
    return bool(visitor.user.is_admin or app.owner_id == visitor.user.user_id)


def owners_alone(app: Any) -> PageError:
    return PageError(
        403,
        "Only the owner of the app can do this",
        f"You are a member of the team of {app.name}. Its team, its owner and its end are for its owner, "
        f"{app.owner_name} ({app.owner_email}), to decide.",
        todo="Everything else is yours to change too.",
        link=(f"/developer/apps/{app.client_id}", "Back to the app"),
    )


def no_such_app() -> PageError:
    return not_found("app", ("/developer/apps", "Your apps"))


def deleted_app(deleted: Any) -> PageError:
    return PageError(
        404,
        "This app was deleted",
        f"{deleted.name} was deleted on {moment_text(deleted.deleted_at)}. Every token of it ended then, and its "
        "client id never works again.",
        todo="Register it again if it should go on; its users then connect it again.",
        link=("/developer/apps", "Your apps"),
    )


@contextmanager
def telling(title: str, client_id: str, below: str = "") -> Iterator[None]:
    """What cannot be done as things are becomes a page with this title that says why.

    Its way back leads to the app's page `below`. Who may not any more is told what `own_app` and `managed_app` tell.
    """
    try:
        yield
    except NotDone as reason:
        link = (f"/developer/apps/{client_id}{below}", "Back to the app")
        raise PageError(409, title, str(reason), link=link) from None
    except NotFound:
        raise no_such_app() from None
    except NotAllowed as refused:
        raise owners_alone(refused.app) from None
