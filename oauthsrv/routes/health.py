"""GET /healthz, /readyz: whether this process lives, and whether it can work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bottle import HTTPResponse

from oauthsrv.routes.guards import json_response

if TYPE_CHECKING:
    from oauthsrv.server import Server


def alive(server: Server) -> HTTPResponse:
    return json_response({"status": "alive"})


def ready(server: Server) -> HTTPResponse:
    """Both stores are read and written; 503 by the guard in front if one cannot be."""
    server.readiness.check()
    return json_response({"status": "ready"})
