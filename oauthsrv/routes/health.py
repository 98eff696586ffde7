"""GET /healthz, /readyz: whether this process lives, and whether it can work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bottle import HTTPResponse

from oauthsrv.routes.guards import json_response
from oauthsrv.store.database import reading, sql

if TYPE_CHECKING:
    from oauthsrv.server import Server


def alive(server: Server) -> HTTPResponse:
    return json_response({"status": "alive"})


def ready(server: Server) -> HTTPResponse:
    """Both databases are asked; 503 by the guard in front if one does not answer."""
    with reading(server.database) as db:
        sql.installation.get(db)
    server.redis.connection().ping()
    return json_response({"status": "ready"})
