"""/admin/review: apps that wait for approval, with all that an administrator needs to decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from bottle import HTTPResponse

from oauthsrv.flows import catalogue, register
from oauthsrv.oauth.redirect_uris import consent_host
from oauthsrv.pages import render
from oauthsrv.routes.forms import query
from oauthsrv.routes.visitor import Visitor
from oauthsrv.store.database import reading, sql

if TYPE_CHECKING:
    from oauthsrv.server import Server

ROWS = 20


class Waiting(NamedTuple):
    app: Any
    hosts: list[str]  # that get the answers of users
    scopes: list[Any]
    seen: str


def show(server: Server, visitor: Visitor) -> HTTPResponse:
    after = query().get("after") or None
    with reading(server.database) as db:
        apps = sql.review.waiting(db, after=after, rows=ROWS + 1)
    scopes = catalogue.every(server)
    waiting = [
        Waiting(
            app=app,
            hosts=list(dict.fromkeys(map(consent_host, app.redirect_uris))),
            scopes=[scope for scope in scopes if scope.scope in app.scopes],
            seen=register.version(app),
        )
        for app in apps[:ROWS]
    ]
    return render(
        "admin/review",
        visitor,
        waiting=waiting,
        reviewed=server.settings.app_review,
        first="/admin/review" if after else None,
        further=f"/admin/review?after={apps[ROWS - 1].client_id}" if len(apps) > ROWS else None,
    )
