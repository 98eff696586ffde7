"""An app that registers itself, what it is given and what it is refused."""

from __future__ import annotations

import json
from typing import Any

from webtest import TestResponse

from browser import Browser
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.clients import registration_tokens
from oauthsrv.flows.clients.registration_tokens import NewToken
from oauthsrv.server import Server
from rows import rows

BACK = "https://app.example/callback"
CURSOR = "cursor://anysphere.cursor-mcp/oauth/callback"


def post(browser: Browser, metadata: Any, **headers: str) -> TestResponse:
    body = metadata if isinstance(metadata, bytes) else json.dumps(metadata).encode()
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return browser.post("/oauth/register", body, headers={"Content-Type": "application/json"} | given)


def registered(browser: Browser, **metadata: Any) -> dict[str, Any]:
    answer = post(browser, {"redirect_uris": [BACK], "client_name": "Example"} | metadata)
    assert answer.status_int == 201, answer
    found: dict[str, Any] = answer.json
    return found


def refused(browser: Browser, error: str, **metadata: Any) -> str:
    answer = post(browser, {"redirect_uris": [BACK], "client_name": "Example"} | metadata)
    assert (answer.status_int, answer.json["error"]) == (400, error), answer
    return str(answer.json["error_description"])


def token(server: Server, **fields: Any) -> str:
    return registration_tokens.add(server, NewToken(**{"name": "Example", "days": 1} | fields), by=Actor())


def row(server: Server, client_id: str) -> Any:
    [found] = rows(server, "SELECT * FROM client WHERE client_id = %(client_id)s", client_id=client_id)
    return found
