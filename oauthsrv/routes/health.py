"""GET /healthz, /readyz: whether this process lives, and whether it can work."""

from __future__ import annotations

from bottle import HTTPResponse

from oauthsrv.routes.guards import json_response
from oauthsrv.routes.request import Request


def alive(request: Request) -> HTTPResponse:
    return json_response({"status": "alive"})


def ready(request: Request) -> HTTPResponse:
    """Both stores are read and written; 503 by the guard in front if one cannot be."""
    request.server.readiness.check()
    return json_response({"status": "ready"})
