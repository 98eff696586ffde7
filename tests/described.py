"""Apps with a client ID metadata document at a host: what it says, and that it is fetched again."""

from __future__ import annotations

import itertools
from typing import Any

from webtest import TestResponse

import make
import play
import rows
from browser import Browser
from hosts import Host
from oauthsrv.flows.clients import documents
from oauthsrv.oauth.client_ids import reference_of
from oauthsrv.server import Server
from oauthsrv.store import limits
from oauthsrv.store.documents import key_of

BACK = "https://claude.ai/api/mcp/auth_callback"
numbers = itertools.count(1)


def document_of(app: make.App, **changes: Any) -> dict[str, Any]:
    """A good document; a change to None leaves a member out."""
    members = {
        "client_id": app.client_id,
        "client_name": "Claude",
        "client_uri": "https://claude.ai",
        "logo_uri": "https://claude.ai/logo.png",
        "redirect_uris": [app.redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }
    return {name: value for name, value in (members | changes).items() if value is not None}


def app_at(there: Host, redirect_uri: str = BACK, *headers: str, **changes: Any) -> make.App:
    app = make.App(f"{there.origin}/{next(numbers)}/client.json", None, redirect_uri)
    serve(there, app, *headers, **changes)
    return app


def serve(there: Host, app: make.App, *headers: str, **changes: Any) -> None:
    there.serve(path_of(there, app), document_of(app, **changes), *headers)


def disappear(there: Host, app: make.App) -> None:
    del there.answers[path_of(there, app)]


def path_of(there: Host, app: make.App) -> str:
    return app.client_id.removeprefix(there.origin)


def fetched(there: Host, app: make.App) -> int:
    """How often."""
    return there.count(path_of(there, app))


def a_day_passes(server: Server, app: make.App) -> None:
    """The document is no longer fresh, and may be fetched again."""
    redis = server.redis.connection()
    redis.delete(key_of(server.redis, app.client_id))
    redis.delete(limits.key_of(server.redis, documents.of_url(app.client_id)))


def connected(browser: Browser, app: make.App) -> TestResponse:
    """The tokens of a user who allows it."""
    answer = play.exchange(browser, app, play.code(browser, app))
    assert answer.status_int == 200, answer
    return answer


def failure_of(server: Server, app: make.App) -> str:
    """What was wrong with the document when it was last fetched."""
    query = "SELECT failure FROM client_document WHERE client_id = %(client_id)s"
    [row] = rows.rows(server, query, client_id=reference_of(app.client_id))
    return str(row.failure)


def text_of(page: TestResponse) -> str:
    return " ".join(page.html.find("main").get_text().split())
