"""/oauth/authorize: who signs in there is asked, and the answer goes to the client (RFC 6749 §3.1)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import TYPE_CHECKING

from bottle import HTTPResponse, request

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
from oauthsrv.routes.consent_page import consent_page, told
from oauthsrv.routes.forms import checked, form, keep, raw_form
from oauthsrv.routes.guards import Door
from oauthsrv.routes.page_guards import login_address
from oauthsrv.routes.pending import Pending, sealed_address
from oauthsrv.routes.recording import activity_link, concerns, note
from oauthsrv.store.authorization import Question, find_answered, note_answered, take_question
from oauthsrv.store.database import reading, sql

if TYPE_CHECKING:
    from oauthsrv.routes.visitor import Visitor
    from oauthsrv.server import Server

log = logging.getLogger(__name__)

PATH = pending.AUTHORIZE
LONGEST_REQUEST = pending.LONGEST - len(f"{PATH}?")


def oauth_page(server: Server, door: Door) -> Door:
    """An error goes to the client where its redirect is trusted, and onto a page where it is not."""

    def guarded(server: Server, visitor: Visitor) -> HTTPResponse | str:
        try:
            answer: HTTPResponse | str = door(server, visitor)
            return answer
        except RedirectError as refusal:
            log_refusal(server, visitor, refusal.error)
            return onward(refusal.location)
        except OAuthError as error:
            log_refusal(server, visitor, error)
            raise PageError(
                400 if error.status < 500 else error.status,
                "This app’s request cannot be answered",
                error.description,
                todo="Go back to the app and try again. If it happens again, tell the people who make the app.",
                link=activity_link(server, visitor),
            ) from error

    return guarded


def log_refusal(server: Server, visitor: Visitor, error: OAuthError) -> None:
    log.info("%s %s: %s", request.method, request.path, error)
    note(server, error, user_id=visitor.user.user_id if visitor.user else None)


def resent_as_get(server: Server, door: Door) -> Door:
    """A POST that decides nothing is an authorization request of a client (RFC 6749 §3.1): it goes on as a GET.

    Coming from another site, it brought no cookies.
    """

    def guarded(server: Server, visitor: Visitor) -> HTTPResponse | str:
        raw = raw_form()
        sent = Parameters.parse(raw, keep_blank=True)
        if any(name == "decision" and value for name, value in sent.pairs):
            keep(checked(sent.pairs, "form"))
            answer: HTTPResponse | str = door(server, visitor)
            return answer
        return redirect(address_of(server, visitor, understood(raw).encoded()))

    return guarded


def show(server: Server, visitor: Visitor) -> HTTPResponse:
    """Sign in first; then answer at once where all was allowed before; ask otherwise.

    Nobody is sent to a client before signing in, or this would be an open redirector: prompt=none alone excepts.
    """
    parameters = understood(sent_query(server))
    client, redirect_to = trusted(server, parameters)
    silent = is_silent(parameters)
    if visitor.user is None and not (silent and is_open(server, client)):
        return sign_in_first(server, visitor, parameters)
    check_reviewed(server, client, visitor)
    asked = check_request(server, parameters, client, redirect_to)
    if visitor.user is None:
        raise RedirectError(LoginRequired(), redirect_to)
    ask, reason = why_sign_in(asked, visitor)
    if ask and silent:
        raise RedirectError(LoginRequired(description=reason), redirect_to)
    if ask:
        return sign_in_first(server, visitor, parameters, ask)
    grant_id, answered = earlier_consent(server, asked, visitor.user.user_id)
    if grant_id is not None and answered.is_enough and "consent" not in asked.prompt:
        return answered_with_code(server, visitor, asked, answered.allowed, grant_id)
    if silent:
        raise RedirectError(ConsentRequired(), redirect_to)
    check_developer_enabled(asked)
    other_account = f"{PATH}?{with_another_account(parameters).encoded()}"
    return consent_page(server, visitor, parameters, asked, answered.declined, other_account)


def sign_in_first(server: Server, visitor: Visitor, parameters: Parameters, ask: str = "") -> HTTPResponse:
    path = f"{PATH}?{after_sign_in(parameters).encoded()}"
    hints = parameters.all("login_hint")
    email = hints[0] if len(hints) == 1 and email_problem(hints[0]) is None else ""
    return redirect(login_address(server, visitor, path, ask=ask, email=email))


def sent_query(server: Server) -> str:
    """The request of this address, or the one that its `r` stands for: long ones come back from a sign-in so."""
    query = str(request.query_string)
    sent = Parameters.parse(query)
    if sent.names() != ("r",):
        return query
    opened = pending.open_address(server, sent.require("r"))
    if opened is None or not (opened.is_in_time and opened.pending.path.startswith(f"{PATH}?")):
        raise pending.start_again(None)
    return opened.pending.path.removeprefix(f"{PATH}?")


def address_of(server: Server, visitor: Visitor, query: str) -> str:
    """Where this request is shown again; short, so that it fits into a header."""
    request = Pending(f"{PATH}?{query}")
    is_short = pending.is_short(request.path)
    return request.path if is_short else pending.onward(request, sealed_address(server, visitor, request))


def asked_anew(server: Server, door: Door) -> Door:
    """An answer after signing out, or in anew: the question is shown again, to whoever is there now."""

    def guarded(server: Server, visitor: Visitor) -> HTTPResponse | str:
        token, _, ticket = form().get("csrf").partition(".")
        if ticket and (visitor.user is None or not compare_digest(token.encode(), visitor.csrf.encode())):
            question = take_question(server.redis, ticket)
            if question is not None:
                return redirect(address_of(server, visitor, question.query))
        answer: HTTPResponse | str = door(server, visitor)
        return answer

    return guarded


def decide(server: Server, visitor: Visitor) -> HTTPResponse:
    """The answer to a consent page: it counts once, for the session, the user and the request it was shown for."""
    ticket = form().get("csrf").partition(".")[2]
    question = take_question(server.redis, ticket) if ticket else None
    if question is None or not is_for(question, visitor):
        raise already_answered(find_answered(server.redis, ticket) if ticket else None, visitor)
    note_answered(server.redis, ticket, question)
    parameters = Parameters.parse(question.query)
    client, redirect_to = trusted(server, parameters)
    check_reviewed(server, client, visitor)
    asked = check_request(server, parameters, client, redirect_to)
    decision = form().get("decision")
    if decision == "deny":
        raise RedirectError(AccessDenied(), asked.redirect)
    if decision != "allow":
        raise InvalidRequest(description="decision must be allow or deny.")
    if told(server, asked).digest() != question.shown:  # the app was changed while the page was open
        return redirect(address_of(server, visitor, question.query))
    check_developer_enabled(asked)
    scopes = allowed(asked, form().all("scope"))
    if not is_something(scopes):
        return redirect(address_of(server, visitor, question.query), done="nothing_allowed")
    assert visitor.session is not None
    grant_id = record_consent(server, asked, scopes, visitor.session, by=Actor(visitor.user.user_id, visitor.address))
    return answered_with_code(server, visitor, asked, scopes, grant_id)


def answered_with_code(
    server: Server, visitor: Visitor, asked: AuthorizationRequest, scopes: Sequence[str], grant_id: str
) -> HTTPResponse:
    assert visitor.session is not None
    code = issue_code(server, asked, scopes, grant_id, visitor.user.subject, visitor.browser_name, visitor.session)
    return onward(asked.redirect.answer(code))


def is_for(question: Question, visitor: Visitor) -> bool:
    return (question.browser_hash, question.user_id) == (digest(visitor.browser).hex(), visitor.user.user_id)


def already_answered(answered: Question | None, visitor: Visitor) -> PageError:
    """Back, reload or a second click: never the code again, but a way on where the app did not open."""
    if answered is not None and is_for(answered, visitor):
        todo, link = "If the app did not open, ask again.", (f"{PATH}?{answered.query}", "Ask again")
    else:
        todo, link = "Go back to the app and start there again.", ("/account/apps", "See the apps that have access")
    text = "This question was answered before, or it was open for too long."
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
            todo="Tell the people who make the app: its state, for example, should be short.",
        )
    return parameters


def trusted(server: Server, parameters: Parameters) -> tuple[Client, Redirect]:
    """Whoever asks, and where the answer may go; until here an error is shown on a page."""
    client = server.clients.find_client(parameters.get("client_id") or "")
    concerns(client, parameters)
    redirect_to = trusted_redirect(parameters, client, server.settings.issuer)
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


def check_reviewed(server: Server, client: Client, visitor: Visitor) -> None:
    """Before anything may be redirected: anybody can register a client, and this host must not lead people to it.

    An unapproved client works for its developers alone; everybody else gets a page.
    """
    if is_open(server, client):
        return
    assert visitor.user is not None
    with reading(server.database) as db:
        is_member = sql.team.is_member(db, client_id=client.client_id, user_id=visitor.user.user_id)
    if visitor.user.user_id != client.owner_id and not is_member:
        raise UnauthorizedClient(
            "not approved",
            description="This app is not approved yet. Until it is, only its developers can use it.",
            problem="not_approved",
        )


def check_developer_enabled(asked: AuthorizationRequest) -> None:
    """Nobody looks after the app of a disabled developer: what users allowed before works, and nothing is added."""
    if asked.client.owner_disabled:
        error = UnauthorizedClient(
            "its owner is disabled",
            description="New users cannot connect this app: the account of its developer is disabled.",
            problem="developer_disabled",
        )
        raise RedirectError(error, asked.redirect)


def why_sign_in(asked: AuthorizationRequest, visitor: Visitor) -> tuple[str, str]:
    """What the sign-in page has to ask ("" if nothing), and what a client that sent prompt=none reads about it."""
    assert visitor.session is not None
    age = datetime.now(UTC) - visitor.session.auth_time
    is_old = asked.max_age is not None and (asked.max_age == 0 or age > timedelta(seconds=asked.max_age))
    if is_old or "login" in asked.prompt:
        return "login", "The user signed in longer ago than max_age allows."
    if "select_account" in asked.prompt or names_another(asked.login_hint, visitor):
        return "choose", "login_hint names a user other than the one who is signed in."
    return "", ""


def names_another(hint: str | None, visitor: Visitor) -> bool:
    """A hint that is neither an email nor a subject of ours says nothing."""
    if hint is None or hint.lower() == visitor.user.email.lower() or hint == visitor.user.subject:
        return False
    return email_problem(hint) is None or is_user_id(hint)


def onward(address: str) -> HTTPResponse:
    """To the client. The address holds a code or an error: no cache keeps it, no referrer tells it."""
    answer = HTTPResponse("", 303, Location=address)
    answer.set_header("Referrer-Policy", "no-referrer")
    return protected(answer)
