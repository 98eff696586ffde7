"""/oauth/authorize: the user decides, and the client gets the answer (RFC 6749 §3.1)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bottle import HTTPResponse

from oauthsrv.flows.accounts import email_problem
from oauthsrv.flows.audit import Actor
from oauthsrv.flows.consent import earlier_consent, issue_code, record_consent
from oauthsrv.oauth.authorization_request import (
    PARAMETERS,
    AuthorizationRequest,
    after_sign_in,
    check,
    is_silent,
    trusted_redirect,
    with_another_account,
)
from oauthsrv.oauth.authorization_response import Redirect, RedirectError
from oauthsrv.oauth.consent import allowed, is_something
from oauthsrv.oauth.credentials import digest, is_user_id
from oauthsrv.oauth.errors import (
    AccessDenied,
    ConsentRequired,
    InvalidRequest,
    LoginRequired,
    OAuthError,
    UnauthorizedClient,
)
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import Client
from oauthsrv.pages import PageError, protected, redirect
from oauthsrv.routes import pending
from oauthsrv.routes.consent_page import consent_page, consent_summary
from oauthsrv.routes.forms import Unreadable, checked, raw_form
from oauthsrv.routes.guards import Handler
from oauthsrv.routes.page_guards import login_address
from oauthsrv.routes.pending import Pending, sealed_address
from oauthsrv.routes.recording import activity_link, attribute, record
from oauthsrv.routes.request import Request
from oauthsrv.server import Server
from oauthsrv.store.authorization import Question, find_answered, note_answered, take_question
from oauthsrv.store.database import reading, sql

log = logging.getLogger(__name__)

PATH = pending.AUTHORIZE
LONGEST_REQUEST = pending.LONGEST - len(f"{PATH}?")


def oauth_page(request: Request, handler: Handler) -> HTTPResponse:
    """An error goes to the client where its redirect is trusted, and onto a page where it is not."""
    try:
        return handler(request)
    except RedirectError as refusal:
        log_refusal(request, refusal.error)
        return redirect_to_client(refusal.location)
    except Unreadable:
        raise
    except OAuthError as error:
        log_refusal(request, error)
        raise PageError(
            400 if error.status < 500 else error.status,
            "This app’s request is invalid",
            error.description,
            todo="Go back to the app and try again. If it happens again, contact the developer of the app.",
            link=activity_link(request),
        ) from error


def log_refusal(request: Request, error: OAuthError) -> None:
    log.info("%s %s: %s", request.method, request.path, error)
    record(request, error, user_id=request.user.user_id if request.user else None)


def resent_as_get(request: Request, handler: Handler) -> HTTPResponse:
    """A POST that decides nothing is an authorization request of a client (RFC 6749 §3.1): it goes on as a GET.

    Coming from another site, it brought no cookies.
    """
    raw = raw_form(request.environ)
    sent = Parameters.parse(raw, keep_blank=True)
    if any(name == "decision" and value for name, value in sent.pairs):
        request.form = checked(sent.pairs)
        return handler(request)
    return redirect(address_of(request, understood(raw).encoded()))


def show(request: Request) -> HTTPResponse:
    """Sign in first; then answer at once where all was allowed before; ask otherwise.

    Nobody is sent to a client before signing in, or this would be an open redirector: prompt=none alone excepts.
    """
    parameters = understood(sent_query(request))
    client, redirect_to = trusted(request, parameters)
    silent = is_silent(parameters)
    if request.user is None and not (silent and is_open(request.server, client)):
        return sign_in_first(request, parameters)
    check_reviewed(request, client)
    authorization = check_request(request.server, parameters, client, redirect_to)
    if request.user is None:
        raise RedirectError(LoginRequired(), redirect_to)
    ask, reason = why_sign_in(request, authorization)
    if ask and silent:
        raise RedirectError(LoginRequired(description=reason), redirect_to)
    if ask:
        return sign_in_first(request, parameters, ask)
    grant_id, answered = earlier_consent(request.server, authorization, request.user.user_id)
    if grant_id is not None and answered.is_enough and "consent" not in authorization.prompt:
        return answered_with_code(request, authorization, answered.allowed, grant_id)
    if silent:
        raise RedirectError(ConsentRequired(), redirect_to)
    check_developer_enabled(authorization)
    other_account = f"{PATH}?{with_another_account(parameters).encoded()}"
    return consent_page(request, parameters, authorization, answered.declined, other_account)


def sign_in_first(request: Request, parameters: Parameters, ask: str = "") -> HTTPResponse:
    path = f"{PATH}?{after_sign_in(parameters).encoded()}"
    hints = parameters.all("login_hint")
    email = hints[0] if len(hints) == 1 and email_problem(hints[0]) is None else ""
    return redirect(login_address(request, path, ask=ask, email=email))


def sent_query(request: Request) -> str:
    """The request of this address, or the one that its `r` stands for: long ones come back from a sign-in so."""
    query = request.query_string
    sent = Parameters.parse(query)
    if sent.names() != ("r",):
        return query
    opened = pending.open_address(request.server, sent.require("r"))
    if opened is None or not (opened.is_in_time and opened.pending.path.startswith(f"{PATH}?")):
        raise pending.start_again(None)
    return opened.pending.path.removeprefix(f"{PATH}?")


def address_of(request: Request, query: str) -> str:
    """Where this request is shown again; short, so that it fits into a header."""
    going_to = Pending(f"{PATH}?{query}")
    if pending.is_short(going_to.path):
        return going_to.path
    return pending.next_address(going_to, sealed_address(request, going_to))


def question_again(request: Request, handler: Handler) -> HTTPResponse:
    """A decision sent after signing out or in again: the question is shown again, to who is signed in now."""
    ticket = request.form.get("csrf").partition(".")[2]
    if ticket and (request.user is None or not request.has_csrf_token(request.form)):
        question = take_question(request.server.redis, ticket)
        if question is not None:
            return redirect(address_of(request, question.query))
    return handler(request)


def decide(request: Request) -> HTTPResponse:
    """The answer to a consent page: it counts once, for the session, the user and the request it was shown for."""
    ticket = request.form.get("csrf").partition(".")[2]
    question = take_question(request.server.redis, ticket) if ticket else None
    if question is None or not is_for(request, question):
        raise already_answered(request, find_answered(request.server.redis, ticket) if ticket else None)
    note_answered(request.server.redis, ticket, question)
    parameters = Parameters.parse(question.query)
    client, redirect_to = trusted(request, parameters)
    check_reviewed(request, client)
    authorization = check_request(request.server, parameters, client, redirect_to)
    decision = request.form.get("decision")
    if decision == "deny":
        raise RedirectError(AccessDenied(), authorization.redirect)
    if decision != "allow":
        raise InvalidRequest(description="decision must be allow or deny.")
    # The app was changed while the page was open.
    if consent_summary(request.server, authorization).digest() != question.shown:
        return redirect(address_of(request, question.query))
    check_developer_enabled(authorization)
    scopes = allowed(authorization, request.form.all("scope"))
    if not is_something(scopes):
        return redirect(address_of(request, question.query), done="nothing_allowed")
    assert request.session is not None
    grant_id = record_consent(
        request.server, authorization, scopes, request.session, by=Actor(request.user.user_id, request.address)
    )
    return answered_with_code(request, authorization, scopes, grant_id)


def answered_with_code(
    request: Request, authorization: AuthorizationRequest, scopes: Sequence[str], grant_id: str
) -> HTTPResponse:
    assert request.session is not None
    code = issue_code(
        request.server, authorization, scopes, grant_id, request.user.subject, request.browser_name, request.session
    )
    return redirect_to_client(authorization.redirect.with_code(code))


def is_for(request: Request, question: Question) -> bool:
    return (question.browser_hash, question.user_id) == (digest(request.browser).hex(), request.user.user_id)


def already_answered(request: Request, answered: Question | None) -> PageError:
    """Back, reload or a second click: never the code again, but a way on where the app did not open."""
    if answered is not None and is_for(request, answered):
        todo, link = "If the app didn’t open, start again.", (f"{PATH}?{answered.query}", "Ask again")
    else:
        todo, link = "Go back to the app and start again.", ("/account/apps", "See your connected apps")
    text = "You already answered this request, or it has expired."
    return PageError(409, "Already answered", text, todo=todo, link=link)


def understood(query: str) -> Parameters:
    """What of a request means something here; bounded, as it is carried along and kept while a person thinks."""
    sent = Parameters.parse(query)
    parameters = Parameters(tuple(pair for pair in sent.pairs if pair[0] in PARAMETERS))
    if len(parameters.encoded()) > LONGEST_REQUEST:
        raise PageError(
            414,
            "This app’s request is too long",
            f"It has more than {LONGEST_REQUEST:,} characters.",
            todo="Contact the developer of the app. Its state parameter, for example, should be short.",
        )
    return parameters


def trusted(request: Request, parameters: Parameters) -> tuple[Client, Redirect]:
    """Whoever asks, and where the answer may go; until here an error is shown on a page."""
    client = request.server.clients.find_client(parameters.get("client_id") or "")
    attribute(request, client, parameters)
    redirect_to = trusted_redirect(parameters, client, request.server.settings.issuer)
    assert client is not None
    return client, redirect_to


def check_request(
    server: Server, parameters: Parameters, client: Client, redirect_to: Redirect
) -> AuthorizationRequest:
    known = server.apis.all() if parameters.all("resource") else {}
    return check(parameters, client, redirect_to, known)


def is_open(server: Server, client: Client) -> bool:
    """Whether everybody may use it: where apps are reviewed, it was approved."""
    return client.approved or not server.settings.app_review


def check_reviewed(request: Request, client: Client) -> None:
    """Before anything may be redirected: anybody can register a client, and this host must not lead people to it.

    An unapproved client works for its developers alone; everybody else gets a page.
    """
    if is_open(request.server, client):
        return
    assert request.user is not None
    with reading(request.server.database) as db:
        is_member = sql.team.is_member(db, client_id=client.client_id, user_id=request.user.user_id)
    if request.user.user_id != client.owner_id and not is_member:
        raise UnauthorizedClient(
            "not approved",
            description="This app is not approved yet. Until then, only its developers can connect it.",
            problem="not_approved",
        )


def check_developer_enabled(authorization: AuthorizationRequest) -> None:
    """Nobody looks after the app of a disabled developer: what users allowed before works, and nothing is added."""
    if authorization.client.owner_disabled:
        error = UnauthorizedClient(
            "its owner is disabled",
            description="New users cannot connect this app because the account of its developer is disabled.",
            problem="developer_disabled",
        )
        raise RedirectError(error, authorization.redirect)


def why_sign_in(request: Request, authorization: AuthorizationRequest) -> tuple[str, str]:
    """What the sign-in page has to ask ("" if nothing), and what a client that sent prompt=none reads about it."""
    assert request.session is not None
    age = datetime.now(UTC) - request.session.auth_time
    max_age = authorization.max_age
    is_old = max_age is not None and (max_age == 0 or age > timedelta(seconds=max_age))
    if is_old or "login" in authorization.prompt:
        return "login", "The user signed in longer ago than max_age allows."
    if "select_account" in authorization.prompt or names_another(request, authorization.login_hint):
        return "choose", "login_hint names a user other than the one who is signed in."
    return "", ""


def names_another(request: Request, hint: str | None) -> bool:
    """A hint that is neither an email nor a subject of ours says nothing."""
    if hint is None or hint.lower() == request.user.email.lower() or hint == request.user.subject:
        return False
    return email_problem(hint) is None or is_user_id(hint)


def redirect_to_client(address: str) -> HTTPResponse:
    """To the client. The address holds a code or an error: no cache keeps it, no referrer tells it."""
    answer = HTTPResponse("", 303, Location=address)
    answer.set_header("Referrer-Policy", "no-referrer")
    return protected(answer)
