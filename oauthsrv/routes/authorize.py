"""/oauth/authorize: sign the user in; then send a code or show the consent page (RFC 6749 §3.1; rule 14)."""

from datetime import UTC, datetime, timedelta

from bottle import HTTPResponse

from oauthsrv.flows.accounts import email_problem
from oauthsrv.flows.clients import documents
from oauthsrv.flows.consent import earlier_consent
from oauthsrv.oauth.authorization_request import (
    AuthorizationRequest,
    after_sign_in,
    is_silent,
)
from oauthsrv.oauth.authorization_response import RedirectError
from oauthsrv.oauth.client_ids import is_document_url
from oauthsrv.oauth.credentials import is_user_id
from oauthsrv.oauth.errors import (
    ConsentRequired,
    LoginRequired,
    OAuthError,
)
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.pages import redirect
from oauthsrv.routes.checked_requests import (
    answer,
    check_developer_enabled,
    check_reviewed,
    checked_request,
    is_open,
    log_refusal,
    send_refusal,
    trusted_client,
)
from oauthsrv.routes.consent import consent_page
from oauthsrv.routes.forms import Unreadable, checked, raw_form
from oauthsrv.routes.guards import Handler
from oauthsrv.routes.pending import login_address
from oauthsrv.routes.refused_requests import refused_page
from oauthsrv.routes.request import Request
from oauthsrv.routes.sent_requests import (
    PATH,
    address_of,
    claimed_address,
    known_parameters,
    sent_query,
    was_pushed,
)

# Guards


def oauth_page(request: Request, handler: Handler) -> HTTPResponse:
    """Send an error to the client if its redirect is trusted; otherwise show it on a page."""
    try:
        return handler(request)
    except RedirectError as refusal:
        return send_refusal(request, refusal)
    except Unreadable:
        raise
    except OAuthError as error:
        log_refusal(request, error)
        raise refused_page(request, error) from error


def resent_as_get(request: Request, handler: Handler) -> HTTPResponse:
    """Redirect a POST without a decision to the GET, as it is a client's authorization request (RFC 6749 §3.1).

    It came from another site, and so without cookies.
    """
    raw = raw_form(request.environ)
    sent = Parameters.parse(raw, keep_blank=True)
    if any(name == "decision" and value for name, value in sent.pairs):
        request.form = checked(sent.pairs)
        return handler(request)
    return redirect(address_of(request, known_parameters(raw).encoded()))


# The request


def begin(request: Request) -> HTTPResponse:
    """Sign the user in; then send a code if everything was allowed before, or show the consent page.

    Nobody is sent to a client before signing in, or this would be an open redirector. The only exception is prompt=none
    for a client that every user may connect, unless it registered itself. Documents aren't fetched before that either.
    """
    parameters = known_parameters(sent_query(request))
    if was_pushed(parameters):
        return redirect(claimed_address(request, parameters))
    if request.visitor is None and is_document_url(parameters.get("client_id") or ""):
        documents.check_permitted(request.server, parameters.require("client_id"))
        return sign_in_first(request, parameters)
    client, trusted = trusted_client(request, parameters)
    silent = is_silent(parameters)
    if request.visitor is None and not (silent and client.owner_id is not None and is_open(request.server, client)):
        return sign_in_first(request, parameters)
    check_reviewed(request, client)
    authorization = checked_request(request, parameters, client, trusted)
    if request.visitor is None:
        raise RedirectError(LoginRequired(), trusted)
    ask, reason = why_sign_in(request, authorization)
    if ask and silent:
        raise RedirectError(LoginRequired(description=reason), trusted)
    if ask:
        return sign_in_first(request, parameters, ask)
    grant_id, earlier = earlier_consent(request.server, authorization, request.user.user_id)
    if grant_id is not None and earlier.is_enough and "consent" not in authorization.prompt:
        return answer(request, authorization, earlier.allowed, grant_id)
    if silent:
        raise RedirectError(ConsentRequired(), trusted)
    check_developer_enabled(authorization)
    return consent_page(request, parameters, authorization, earlier)


# Signing in


def sign_in_first(request: Request, parameters: Parameters, ask: str = "") -> HTTPResponse:
    path = f"{PATH}?{after_sign_in(parameters).encoded()}"
    hints = parameters.all("login_hint")
    email = hints[0] if len(hints) == 1 and email_problem(hints[0]) is None else ""
    return redirect(login_address(request, path, ask=ask, email=email))


def why_sign_in(request: Request, authorization: AuthorizationRequest) -> tuple[str, str]:
    """What the sign-in page must ask for ("" if nothing), and the reason for a client that sent prompt=none."""
    assert request.session is not None
    age, max_age = datetime.now(UTC) - request.session.auth_time, authorization.max_age
    is_old = max_age is not None and (max_age == 0 or age > timedelta(seconds=max_age))
    if is_old or "login" in authorization.prompt:
        return "login", "The user signed in longer ago than max_age allows."
    if "select_account" in authorization.prompt or names_another(request, authorization.login_hint):
        return "choose", "login_hint names a user other than the one who is signed in."
    return "", ""


def names_another(request: Request, hint: str | None) -> bool:
    """Whether the hint names another account. One that is neither an email nor a subject is ignored."""
    if hint is None or hint.lower() == request.user.email.lower() or hint == request.user.subject:
        return False
    return email_problem(hint) is None or is_user_id(hint)
