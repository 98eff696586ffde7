"""An authorization request of a known client: whether it may ask this user, and the response to it."""

import logging
from collections.abc import Iterable

from bottle import HTTPResponse

from oauthsrv.flows.clients import documents
from oauthsrv.flows.response_types import Approval, respond
from oauthsrv.oauth.authorization_request import AuthorizationRequest, check, trusted_redirect
from oauthsrv.oauth.authorization_response import Redirect, RedirectError
from oauthsrv.oauth.client_ids import is_document_url
from oauthsrv.oauth.errors import OAuthError, UnauthorizedClient
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import Client
from oauthsrv.oauth.redirect_uris import consent_host
from oauthsrv.routes.callers import attribute, record
from oauthsrv.routes.guards import about
from oauthsrv.routes.request import Request
from oauthsrv.routes.responses import send
from oauthsrv.routes.sent_requests import supported
from oauthsrv.server import Server
from oauthsrv.store.authorization import forget_pushed
from oauthsrv.store.database import reading, sql

log = logging.getLogger(__name__)


def trusted_client(request: Request, parameters: Parameters) -> tuple[Client, Redirect]:
    """The client, and where the response may go. Errors raised here are shown on a page."""
    client = find_client(request, parameters.get("client_id") or "")
    attribute(request, client, parameters)
    trusted = trusted_redirect(parameters, client, request.server.settings.issuer)
    assert client is not None
    return client, trusted


def find_client(request: Request, client_id: str) -> Client | None:
    """Find by client_id; by the reference, a client with a document would be found without its document."""
    if is_document_url(client_id):
        return documents.find(request.server, client_id, request.user.user_id)
    found = request.server.clients.find_client(client_id)
    return found if found is None or found.wire_id == client_id else None


def checked_request(
    request: Request, parameters: Parameters, client: Client, trusted: Redirect
) -> AuthorizationRequest:
    return check(parameters, client, trusted, supported(request, parameters))


def is_open(server: Server, client: Client) -> bool:
    """Whether everyone may use the app; where apps are reviewed, only after its approval."""
    return client.approved or not server.settings.app_review


def name_of(request: Request, client: Client | None) -> str:
    """The name a page may show for the client, or empty: only signed-in users see a name that no one reviewed, and a
    client that registered itself is known only by its host."""
    if client is None or (client.owner_id is None and not client.document_url):
        return ""
    if client.document_url:
        return consent_host(client.document_url)
    return client.name if is_open(request.server, client) or request.visitor is not None else ""


def name_of_refused_client(request: Request) -> str:
    """The name a page may show for the client of a refused request, or empty."""
    attribution = request.attribution
    return name_of(request, request.server.clients.find_client(attribution.client_id)) if attribution else ""


def check_reviewed(request: Request, client: Client) -> None:
    """Check before any redirect: anyone can register a client, and this host must not redirect people to it.

    An unapproved client works only for its developers; everyone else gets a page.
    """
    if is_open(request.server, client):
        return
    with reading(request.server.database) as db:
        is_member = sql.team.is_member(db, client_id=client.client_id, user_id=request.user.user_id)
    if request.user.user_id != client.owner_id and not is_member:
        raise UnauthorizedClient(
            "not approved",
            description="This app is not approved yet. Until it is, only its developers can use it.",
            problem="not_approved",
        )


def check_developer_enabled(authorization: AuthorizationRequest) -> None:
    """Refuse new users for a disabled developer's app, as no one maintains it; its present users keep it."""
    if authorization.client.owner_disabled:
        raise RedirectError(UnauthorizedClient(problem="developer_disabled"), authorization.redirect)


# The response


def answer(
    request: Request, authorization: AuthorizationRequest, scopes: tuple[str, ...], grant_id: str
) -> HTTPResponse:
    server, subject, browser = request.server, request.user.subject, request.browser_name
    assert request.session is not None
    approval = Approval(server, authorization, scopes, grant_id, subject, browser, request.session)
    response = respond(approval)
    request.issued_code = dict(response).get("code", "")
    return send_answer(request, authorization.redirect, response)


def send_refusal(request: Request, refusal: RedirectError) -> HTTPResponse:
    log_refusal(request, refusal.error)
    return send_answer(request, refusal.redirect, refusal.error.body(about(request, refusal.error.error)).items())


def log_refusal(request: Request, error: OAuthError) -> None:
    log.info("%s %s: %s", request.method, request.path, error)
    record(request, error, user_id=request.visitor.user_id if request.visitor else None)


def send_answer(request: Request, to: Redirect, pairs: Iterable[tuple[str, str]]) -> HTTPResponse:
    """Send a code or an error to the client, which uses up a pushed request."""
    if request.pushed:
        forget_pushed(request.server.redis, request.pushed)
    return send(to, pairs)
