"""The authorization endpoint's response to the client, by response_type: one row each (RFC 6749 §3.1.1)."""

import time
from collections.abc import Callable
from typing import NamedTuple

from oauthsrv.oauth.authorization_request import AuthorizationRequest
from oauthsrv.oauth.credentials import new_code
from oauthsrv.oauth.records import AuthorizationCode
from oauthsrv.server import Server
from oauthsrv.store import limits
from oauthsrv.store.authorization import remember_code
from oauthsrv.store.limits import Attempt
from oauthsrv.store.sessions import Session

Pairs = list[tuple[str, str]]


class Approval(NamedTuple):
    """A request that its user allowed; `browser` is the name of the user's browser, as their pages show it."""

    server: Server
    request: AuthorizationRequest
    scopes: tuple[str, ...]
    grant_id: str
    subject: str
    browser: str
    session: Session


def respond(approval: Approval) -> Pairs:
    """The parameters of the response. Raises TooMany."""
    return RESPONSE_TYPES[approval.request.response_type](approval)


def with_code(approval: Approval) -> Pairs:
    return [("code", issue_code(approval))]


def issue_code(approval: Approval) -> str:
    """Issue a code for the allowed scopes. It stops working when its grant or the user's sessions are ended."""
    server, request = approval.server, approval.request
    # The app's limit first, so that an app that redirects its user in a loop doesn't block other apps.
    user_of_app = f"{request.client.client_id} {approval.subject}"
    limits.take(server.redis, Attempt("code_app", user_of_app), Attempt("code_user", approval.subject))
    code = new_code(time.time())
    remember_code(
        server.redis,
        code,
        AuthorizationCode(
            client_id=request.client.client_id,
            grant_id=approval.grant_id,
            subject=approval.subject,
            scopes=approval.scopes,
            resources=request.resources,
            redirect_uri=request.redirect.redirect_uri,
            code_challenge=request.code_challenge,
            browser=approval.browser,
            session_began_at=approval.session.began_at.isoformat(),
        ),
        server.settings.code_ttl,
    )
    return code


RESPONSE_TYPES: dict[str, Callable[[Approval], Pairs]] = {"code": with_code}
