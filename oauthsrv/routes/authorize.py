"""/oauth/authorize: who signs in there is asked, and the answer goes to the client (RFC 6749 §3.1)."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bottle import HTTPResponse, request

from oauthsrv.flows.consent import allow, issue_code, remembered_grant
from oauthsrv.flows.endings import Actor
from oauthsrv.oauth.authorization_request import AuthorizationRequest, Redirect, check, check_open_to, trusted_redirect
from oauthsrv.oauth.credentials import digest
from oauthsrv.oauth.errors import AccessDenied, ConsentRequired, InvalidRequest, LoginRequired, OAuthError
from oauthsrv.oauth.parameters import Parameters, encode
from oauthsrv.oauth.redirect_uris import consent_host, continue_sources, is_native
from oauthsrv.oauth.scopes import OFFLINE_ACCESS
from oauthsrv.pages import PageError, protected, redirect, render
from oauthsrv.routes.forms import form
from oauthsrv.routes.guards import Door
from oauthsrv.routes.page_guards import here, login_address
from oauthsrv.store.codes import Question, remember_question, take_question
from oauthsrv.store.database import reading, sql

if TYPE_CHECKING:
    from oauthsrv.routes.visitor import Visitor
    from oauthsrv.server import Server

PATH = "/oauth/authorize"
# What a new sign-in answers, so that it is not asked for again afterwards.
SIGN_IN_PROMPTS = frozenset({"login", "select_account"})


def oauth_page(server: Server, door: Door) -> Door:
    """An error goes to the client where its redirect is trusted, and onto a page where it is not."""

    def guarded(server: Server, visitor: Visitor) -> HTTPResponse | str:
        try:
            answer: HTTPResponse | str = door(server, visitor)
            return answer
        except OAuthError as error:
            if error.redirect is not None:
                return onward(error.redirect.error(error))
            raise PageError(
                400 if error.status < 500 else error.status,
                "This app's request cannot be answered",
                error.description,
                todo="Go back to the app and try again. If it happens again, tell the people who make the app.",
                detail=str(error),
            ) from error

    return guarded


def resent_as_get(server: Server, door: Door) -> Door:
    """A POST that decides nothing is an authorization request of a client (RFC 6749 §3.1): it goes on as a GET."""

    def guarded(server: Server, visitor: Visitor) -> HTTPResponse | str:
        sent = form()
        if sent.get("decision"):
            answer: HTTPResponse | str = door(server, visitor)
            return answer
        return redirect(f"{PATH}?{encode([pair for pair in sent.pairs if pair[1]])}")

    return guarded


def show(server: Server, visitor: Visitor) -> HTTPResponse:
    """Sign in first; then answer at once where all was allowed before; ask otherwise.

    Nobody is sent to a client before signing in, or this would be an open redirector: prompt=none alone excepts.
    """
    parameters = Parameters.parse(request.query_string)
    redirect_to = trusted(server, parameters)
    silent = parameters.get("prompt") == "none"
    if visitor.user is None and not silent:
        return redirect(login_address(here()))
    asked = checked(server, parameters, redirect_to)
    if visitor.user is None:
        raise going_to(redirect_to, LoginRequired())
    check_reviewed(server, asked, visitor)
    if must_sign_in_again(asked, visitor):
        if silent:
            raise going_to(redirect_to, LoginRequired(description="The user signed in longer ago than max_age allows."))
        return redirect(login_address(f"{PATH}?{after_sign_in(parameters, asked)}") + "&prompt=login")
    grant_id = None if "consent" in asked.prompt else remembered_grant(server, asked, visitor.user.user_id)
    if grant_id is not None:
        return onward(redirect_to.answer(issue_code(server, asked, grant_id, visitor.user.subject)))
    if silent:
        raise going_to(redirect_to, ConsentRequired())
    return consent_page(server, visitor, parameters, asked)


def decide(server: Server, visitor: Visitor) -> HTTPResponse:
    """The answer to a consent page: it counts once, for the session, the user and the request it was shown for."""
    ticket = form().get("csrf").partition(".")[2]
    question = take_question(server.redis, ticket) if ticket else None
    if (
        question is None
        or question.browser_hash != digest(visitor.browser).hex()
        or question.user_id != visitor.user.user_id
    ):
        raise PageError(
            409,
            "Already answered",
            "This question was answered before, or it was open for too long.",
            todo="Go back to the app and start there again.",
            link=("/account/apps", "See the apps that have access"),
        )
    parameters = Parameters.parse(question.query)
    asked = checked(server, parameters, trusted(server, parameters))
    check_reviewed(server, asked, visitor)
    decision = form().get("decision")
    if decision == "deny":
        raise going_to(asked.redirect, AccessDenied())
    if decision != "allow":
        raise InvalidRequest(description="decision must be allow or deny.")
    if asked.scopes != question.scopes:  # the app was changed while the page was open
        return redirect(f"{PATH}?{question.query}")
    assert visitor.session is not None
    grant_id = allow(server, asked, visitor.session, by=Actor(visitor.user.user_id, visitor.address))
    return onward(asked.redirect.answer(issue_code(server, asked, grant_id, visitor.user.subject)))


def consent_page(server: Server, visitor: Visitor, parameters: Parameters, asked: AuthorizationRequest) -> HTTPResponse:
    """Its CSRF field carries a ticket too: the one answer that this page may give."""
    ticket = secrets.token_urlsafe(32)
    question = Question(digest(visitor.browser).hex(), visitor.user.user_id, parameters.encoded(), asked.scopes)
    remember_question(server.redis, ticket, question)
    with reading(server.database) as db:
        words = {row.scope: row.description for row in sql.clients.catalogue(db)}
    return render(
        "authorize/consent",
        visitor,
        form_action=continue_sources(asked.redirect.redirect_uri),
        no_referrer=True,
        client=asked.client,
        host=consent_host(asked.redirect.redirect_uri),
        on_this_device=is_native(asked.redirect.redirect_uri),
        scopes=[(scope, words[scope]) for scope in asked.scopes if scope != OFFLINE_ACCESS],
        resources=asked.resources,
        stays=OFFLINE_ACCESS in asked.scopes,
        csrf=f"{visitor.csrf}.{ticket}",
        other_account=login_address(f"{PATH}?{parameters.encoded()}") + "&prompt=login",
    )


def trusted(server: Server, parameters: Parameters) -> Redirect:
    client = server.clients.find_client(parameters.get("client_id") or "")
    return trusted_redirect(parameters, client, server.settings.issuer)


def checked(server: Server, parameters: Parameters, redirect_to: Redirect) -> AuthorizationRequest:
    client = server.clients.find_client(parameters.require("client_id"))
    if client is None:
        raise InvalidRequest("ended meanwhile", description="client_id is not that of an app registered here.")
    known = server.apis.all() if parameters.all("resource") else {}
    return check(parameters, client, redirect_to, known)


def check_reviewed(server: Server, asked: AuthorizationRequest, visitor: Visitor) -> None:
    if server.settings.app_review:
        check_open_to(asked.client, visitor.user.user_id)


def must_sign_in_again(asked: AuthorizationRequest, visitor: Visitor) -> bool:
    assert visitor.session is not None
    if asked.prompt & SIGN_IN_PROMPTS or asked.max_age == 0:
        return True
    age = datetime.now(UTC) - visitor.session.auth_time
    return asked.max_age is not None and age > timedelta(seconds=asked.max_age)


def after_sign_in(parameters: Parameters, asked: AuthorizationRequest) -> str:
    """The same request without what the sign-in answers, or it would be asked for again for ever."""
    prompt = " ".join(sorted(asked.prompt - SIGN_IN_PROMPTS))
    answered = {"prompt", "max_age"} if asked.max_age == 0 else {"prompt"}
    kept = [(name, value) for name, value in parameters.pairs if name not in answered]
    return encode([*kept, ("prompt", prompt)] if prompt else kept)


def going_to(redirect_to: Redirect, error: OAuthError) -> OAuthError:
    error.redirect = redirect_to
    return error


def onward(address: str) -> HTTPResponse:
    """To the client. The address holds a code or an error: no cache keeps it, no referrer tells it."""
    answer = HTTPResponse("", 303, Location=address)
    answer.set_header("Referrer-Policy", "no-referrer")
    return protected(answer)
