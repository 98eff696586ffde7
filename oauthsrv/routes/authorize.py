"""/oauth/authorize: the user signs in and decides, and the response goes to the client (RFC 6749 §3.1; rule 14)."""

import logging
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows.accounts import email_problem
from oauthsrv.flows.clients import documents
from oauthsrv.flows.consent import earlier_consent, record_consent, summary_of
from oauthsrv.flows.refusals import Changed
from oauthsrv.flows.response_types import Approval, respond
from oauthsrv.oauth.authorization_request import (
    AuthorizationRequest,
    after_sign_in,
    check,
    is_silent,
    trusted_redirect,
    with_another_account,
)
from oauthsrv.oauth.authorization_response import Redirect, RedirectError
from oauthsrv.oauth.client_ids import is_document_url
from oauthsrv.oauth.consent import Remembered, allowed, are_usable
from oauthsrv.oauth.credentials import digest, is_user_id
from oauthsrv.oauth.errors import (
    AccessDenied,
    ConsentRequired,
    InvalidRequest,
    InvalidRequestUri,
    LoginRequired,
    OAuthError,
    UnauthorizedClient,
)
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.records import Client
from oauthsrv.oauth.redirect_uris import continue_sources
from oauthsrv.pages import PageError, redirect, render
from oauthsrv.routes.callers import activity_link, attribute, record
from oauthsrv.routes.forms import Form, Unreadable, checked, raw_form
from oauthsrv.routes.guards import Handler
from oauthsrv.routes.page_guards import login_address
from oauthsrv.routes.request import Request
from oauthsrv.routes.responses import send
from oauthsrv.routes.sent_requests import (
    PATH,
    address_of,
    claimed_address,
    known_parameters,
    sent_query,
    supported,
    was_pushed,
)
from oauthsrv.server import Server
from oauthsrv.store import limits
from oauthsrv.store.authorization import (
    Question,
    find_answered,
    forget_pushed,
    note_answered,
    remember_question,
    take_question,
)
from oauthsrv.store.database import reading, sql
from oauthsrv.store.limits import Attempt

log = logging.getLogger(__name__)

# What is wrong with a client that registered itself, and not with its request.
ABOUT_SELF_REGISTERED = frozenset(
    {"document_unusable", "document_not_listed", "host_blocked", "no_scopes_for_self_registered"}
)
OTHERS_COUNTED = 1_000  # beyond that the page says "more than"

pages.DONE.update(
    nothing_allowed="Choose at least one, or choose Deny.",
)


# Guards


def oauth_page(request: Request, handler: Handler) -> HTTPResponse:
    """Send an error to the client if its redirect is trusted; otherwise show it on a page."""
    try:
        return handler(request)
    except RedirectError as refusal:
        log_refusal(request, refusal.error)
        return send_answer(request, refusal.redirect, refusal.error.body().items())
    except Unreadable:
        raise
    except OAuthError as error:
        log_refusal(request, error)
        raise refused_page(request, error) from error


def refused_page(request: Request, error: OAuthError) -> PageError:
    if error.problem == "client_unknown":
        return unknown_client_page()
    title, text = "This app’s request is invalid", error.description
    todo = "Go back to the app and try again. If it happens again, contact the developer of the app."
    if isinstance(error, UnauthorizedClient):  # suspended or not approved: another request is refused too
        title, todo = "You can’t connect this app now", "If you need it, contact the developer of the app."
    elif isinstance(error, InvalidRequestUri):
        title, text = "Start again", "This request was already used, or it has expired."
        todo = "Go back to the app and start again."
    elif error.problem in ABOUT_SELF_REGISTERED or error.status >= 500:
        title, todo = "You can’t connect this app now", "Go back to the app and try again later."
    status = 400 if error.status < 500 else error.status
    later = 5 if status == 503 else None
    return PageError(status, title, text, todo=todo, link=activity_link(request), retry_after=later)


def unknown_client_page() -> PageError:
    """Apps keep the client_id with which they registered themselves, and few register again on their own."""
    return PageError(
        400,
        "This app isn’t registered here",
        "It may have been deleted, for example because nobody used it for a long time.",
        todo="In the app, sign out of this connection or remove it, then connect again: many apps then register again. "
        "If that doesn’t help, contact the developer of the app.",
    )


def log_refusal(request: Request, error: OAuthError) -> None:
    log.info("%s %s: %s", request.method, request.path, error)
    record(request, error, user_id=request.user.user_id if request.user else None)


def resent_as_get(request: Request, handler: Handler) -> HTTPResponse:
    """A POST without a decision is a client's authorization request (RFC 6749 §3.1): redirect it to the GET.

    Coming from another site, it brought no cookies.
    """
    raw = raw_form(request.environ)
    sent = Parameters.parse(raw, keep_blank=True)
    if any(name == "decision" and value for name, value in sent.pairs):
        request.form = checked(sent.pairs)
        return handler(request)
    return redirect(address_of(request, known_parameters(raw).encoded()))


def question_again(request: Request, handler: Handler) -> HTTPResponse:
    """Show the consent page again if the browser signed out or in since it was shown."""
    ticket = request.form.get("csrf").partition(".")[2]
    if ticket and (request.user is None or not request.has_csrf_token(request.form)):
        question = take_question(request.server.redis, ticket)
        if question is not None:
            request.pushed = question.pushed
            return redirect(address_of(request, question.query))
    return handler(request)


# The request


def show(request: Request) -> HTTPResponse:
    """Sign the user in; then send a code if everything was allowed before, or show the consent page.

    Nobody is sent to a client before signing in, or this would be an open redirector. The only exception is prompt=none
    of a client that every user may connect, unless it registered itself. Documents aren't fetched before that either.
    """
    parameters = known_parameters(sent_query(request))
    if was_pushed(parameters):
        return redirect(claimed_address(request, parameters))
    if request.user is None and is_document_url(parameters.get("client_id") or ""):
        documents.check_permitted(request.server, parameters.require("client_id"))
        return sign_in_first(request, parameters)
    client, trusted = trusted_client(request, parameters)
    silent = is_silent(parameters)
    if request.user is None and not (silent and client.owner_id is not None and is_open(request.server, client)):
        return sign_in_first(request, parameters)
    check_reviewed(request, client)
    authorization = checked_request(request, parameters, client, trusted)
    if request.user is None:
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


def trusted_client(request: Request, parameters: Parameters) -> tuple[Client, Redirect]:
    """The client, and where the response may go; errors raised here are shown on a page."""
    client = find_client(request, parameters.get("client_id") or "")
    attribute(request, client, parameters)
    trusted = trusted_redirect(parameters, client, request.server.settings.issuer)
    assert client is not None
    return client, trusted


def find_client(request: Request, client_id: str) -> Client | None:
    """The reference of a client with a document is not its client_id: it would be found without its document."""
    if is_document_url(client_id):
        return documents.find(request.server, client_id, request.user.user_id)
    found = request.server.clients.find_client(client_id)
    return found if found is None or found.wire_id == client_id else None


def checked_request(
    request: Request, parameters: Parameters, client: Client, trusted: Redirect
) -> AuthorizationRequest:
    return check(parameters, client, trusted, supported(request, parameters))


def is_open(server: Server, client: Client) -> bool:
    """Whether everybody may use the app: if apps are reviewed, only after its approval."""
    return client.approved or not server.settings.app_review


def check_reviewed(request: Request, client: Client) -> None:
    """Checked before any redirect: anybody can register a client, and this host must not redirect people to it.

    An unapproved client works for its developers alone; everybody else gets a page.
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
    """The app of a disabled developer keeps its users and gets no new ones, as nobody maintains it."""
    if authorization.client.owner_disabled:
        error = UnauthorizedClient(
            "its owner is disabled",
            description="New users cannot connect this app: the account of its developer is disabled.",
            problem="developer_disabled",
        )
        raise RedirectError(error, authorization.redirect)


# Signing in


def sign_in_first(request: Request, parameters: Parameters, ask: str = "") -> HTTPResponse:
    path = f"{PATH}?{after_sign_in(parameters).encoded()}"
    hints = parameters.all("login_hint")
    email = hints[0] if len(hints) == 1 and email_problem(hints[0]) is None else ""
    return redirect(login_address(request, path, ask=ask, email=email))


def why_sign_in(request: Request, authorization: AuthorizationRequest) -> tuple[str, str]:
    """What the sign-in page must ask for ("" if nothing), and the reason given to a client that sent prompt=none."""
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


# The consent page


def consent_page(
    request: Request, parameters: Parameters, authorization: AuthorizationRequest, earlier: Remembered
) -> HTTPResponse:
    """The CSRF field also contains a ticket, which allows one decision.

    What was declined before is not ticked again, and what the app can already do is not asked for.
    """
    summary = summary_of(request.server, authorization, authorization.redirect.redirect_uri, earlier.already)
    ticket = secrets.token_urlsafe(32)
    user_id = request.user.user_id
    limits.take(request.server.redis, Attempt("consent_user", user_id))
    browser_hash = digest(request.browser).hex()
    question = Question(browser_hash, user_id, parameters.encoded(), summary.digest(), request.pushed)
    remember_question(request.server.redis, ticket, question)
    with reading(request.server.database) as db:
        known = sql.clients.reputation(db, client_id=summary.client_id, user_id=user_id, at_most=OTHERS_COUNTED + 1)
    return render(
        "authorize/consent",
        request,
        form_action=continue_sources(summary.redirect_uri),
        no_referrer=True,
        summary=summary,
        form=Form.of(scope=[one.scope for one in summary.optional if one.scope not in earlier.declined]),
        left_out_before=bool(earlier.declined),
        first_seen=known.created_at if known else None,
        others=others_text(known.others if known else 0),
        csrf=f"{request.csrf}.{ticket}",
        other_account=other_account(request, parameters),
    )


def other_account(request: Request, parameters: Parameters) -> str:
    query = with_another_account(parameters).encoded()
    return address_of(request, query) if request.pushed else f"{PATH}?{query}"


def others_text(others: int) -> str:
    """How many other people use an app, as text."""
    if not others:
        return "Nobody else uses it yet."
    if others == 1:
        return "One other person uses it."
    if others > OTHERS_COUNTED:
        return f"More than {pages.number(OTHERS_COUNTED)} other people use it."
    return f"{pages.number(others)} other people use it."


# The decision


def decide(request: Request) -> HTTPResponse:
    """A decision counts once, for the session, user and request that the page showed."""
    ticket = request.form.get("csrf").partition(".")[2]
    question = take_question(request.server.redis, ticket) if ticket else None
    if question is None or not is_for(request, question):
        raise already_answered(request, find_answered(request.server.redis, ticket) if ticket else None)
    note_answered(request.server.redis, ticket, question)
    request.pushed = question.pushed
    parameters = Parameters.parse(question.query)
    client, trusted = trusted_client(request, parameters)
    check_reviewed(request, client)
    authorization = checked_request(request, parameters, client, trusted)
    decision = request.form.get("decision")
    if decision == "deny":
        raise RedirectError(AccessDenied(), trusted)
    if decision != "allow":
        raise InvalidRequest(description="decision must be allow or deny.")
    _, earlier = earlier_consent(request.server, authorization, request.user.user_id)
    summary = summary_of(request.server, authorization, trusted.redirect_uri, earlier.already)
    if summary.digest() != question.shown:  # the app was changed meanwhile, or its access revoked
        return redirect(address_of(request, question.query))
    check_developer_enabled(authorization)
    scopes = allowed(authorization, {*request.form.all("scope"), *earlier.already})
    if not are_usable(scopes):
        return redirect(address_of(request, question.query), done="nothing_allowed")
    assert request.session is not None
    try:
        grant_id = record_consent(
            request.server, authorization, scopes, request.session, by=request.actor, already=earlier.already
        )
    except Changed:
        return redirect(address_of(request, question.query))
    return answer(request, authorization, scopes, grant_id)


def answer(
    request: Request, authorization: AuthorizationRequest, scopes: tuple[str, ...], grant_id: str
) -> HTTPResponse:
    server, subject, browser = request.server, request.user.subject, request.browser_name
    assert request.session is not None
    approval = Approval(server, authorization, scopes, grant_id, subject, browser, request.session)
    return send_answer(request, authorization.redirect, respond(approval))


def send_answer(request: Request, to: Redirect, pairs: Iterable[tuple[str, str]]) -> HTTPResponse:
    """Send a code or an error to the client; a pushed request is then used up."""
    if request.pushed:
        forget_pushed(request.server.redis, request.pushed)
    return send(to, pairs)


def is_for(request: Request, question: Question) -> bool:
    return (question.browser_hash, question.user_id) == (digest(request.browser).hex(), request.user.user_id)


def already_answered(request: Request, answered: Question | None) -> PageError:
    """After Back, reload or a second click: no second code, but how to continue if the app did not open."""
    if answered is not None and is_for(request, answered) and not answered.pushed:
        todo, link = "If the app didn’t open, start again.", (f"{PATH}?{answered.query}", "Ask again")
    else:
        todo, link = "Go back to the app and start again.", ("/account/apps", "See your connected apps")
    text = "You already answered this request, or it has expired."
    return PageError(409, "Already answered", text, todo=todo, link=link)
