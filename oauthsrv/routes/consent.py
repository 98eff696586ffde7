"""The consent page and the user's decision, which counts once (rule 14)."""

import secrets
from collections.abc import Collection
from dataclasses import replace

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows.consent import (
    OTHERS_COUNTED,
    ConsentSummary,
    Permission,
    Reputation,
    earlier_consent,
    needs_warning,
    record_consent,
    reputation_of,
    summary_of,
)
from oauthsrv.flows.refusals import Changed
from oauthsrv.oauth.authorization_request import (
    AuthorizationRequest,
    with_another_account,
)
from oauthsrv.oauth.authorization_response import RedirectError
from oauthsrv.oauth.consent import Remembered, allowed, are_usable
from oauthsrv.oauth.credentials import digest
from oauthsrv.oauth.errors import (
    AccessDenied,
    InvalidRequest,
)
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.pages import PageError, redirect, render
from oauthsrv.routes.checked_requests import (
    answer,
    check_developer_enabled,
    check_reviewed,
    checked_request,
    send_refusal,
    trusted_client,
)
from oauthsrv.routes.forms import Form
from oauthsrv.routes.guards import Handler
from oauthsrv.routes.request import Request
from oauthsrv.routes.sent_requests import (
    PATH,
    address_of,
)
from oauthsrv.store import limits
from oauthsrv.store.authorization import (
    Question,
    find_answered,
    forget_warned,
    note_answered,
    note_warned,
    remember_question,
    take_question,
    was_warned,
)
from oauthsrv.store.limits import Attempt

pages.DONE.update(
    nothing_allowed="Choose at least one, or choose Deny.",
)


def question_again(request: Request, handler: Handler) -> HTTPResponse:
    """Show the consent page again if the browser signed out or in since the page was shown."""
    ticket = request.form.get("csrf").partition(".")[2]
    if ticket and (request.visitor is None or not request.has_csrf_token(request.form)):
        question = take_question(request.server.redis, ticket)
        if question is not None:
            request.pushed = question.pushed
            return redirect(address_of(request, question.query))
    return handler(request)


def consent_page(
    request: Request, parameters: Parameters, authorization: AuthorizationRequest, earlier: Remembered
) -> HTTPResponse:
    """Ask for what the app can't already do. Scopes that were declined before are not preselected, sensitive ones only
    if they were allowed before."""
    server, user_id = request.server, request.user.user_id
    summary = summary_of(server, authorization, authorization.redirect.redirect_uri, earlier.already)
    reputation = reputation_of(server, authorization.client, user_id)
    browser_hash = digest(request.browser).hex()
    question = Question(browser_hash, user_id, parameters.encoded(), summary.digest(), request.pushed)
    new = [one for one in summary.sensitive if one.scope not in earlier.allowed]
    if needs_warning(server, authorization.client, reputation, new) and not was_warned(server.redis, question):
        return warning_page(request, question, summary, reputation)
    return render(
        "authorize/consent",
        request,
        no_referrer=True,
        summary=summary,
        form=Form.of(scope=[one.scope for one in summary.optional if is_ticked(one, earlier)]),
        left_out_before=bool(earlier.declined),
        reputation=reputation,
        others=others_text(reputation.others),
        csrf=field_with_ticket(request, question),
        other_account=other_account(request, parameters),
    )


def is_ticked(optional: Permission, earlier: Remembered) -> bool:
    if optional.is_sensitive:
        return optional.scope in earlier.allowed
    return optional.scope not in earlier.declined


def warning_page(request: Request, question: Question, summary: ConsentSummary, reputation: Reputation) -> HTTPResponse:
    """Show the warning before the consent page of a little-known app; only its form leads on, so no one skips it."""
    csrf = field_with_ticket(request, replace(question, is_warning=True))
    return render(
        "authorize/warning",
        request,
        no_referrer=True,
        summary=summary,
        reputation=reputation,
        others=others_text(reputation.others),
        csrf=csrf,
    )


def field_with_ticket(request: Request, question: Question) -> str:
    """The CSRF field, which also contains a ticket that allows one answer."""
    limits.take(request.server.redis, Attempt("consent_user", question.user_id))
    ticket = secrets.token_urlsafe(32)
    remember_question(request.server.redis, ticket, question)
    return f"{request.csrf}.{ticket}"


def other_account(request: Request, parameters: Parameters) -> str:
    query = with_another_account(parameters).encoded()
    return address_of(request, query) if request.pushed else f"{PATH}?{query}"


def others_text(others: int) -> str:
    """The number of other people who use an app, as text."""
    if not others:
        return "Nobody else here uses it yet."
    if others == 1:
        return "One other person here uses it."
    if others > OTHERS_COUNTED:
        return f"More than {pages.number(OTHERS_COUNTED)} other people here use it."
    return f"{pages.number(others)} other people here use it."


# The decision


def refusal_sent(request: Request, handler: Handler) -> HTTPResponse:
    """Send an error to the client as the form's answer, so that a second click gets it again."""
    try:
        return handler(request)
    except RedirectError as refusal:
        return send_refusal(request, refusal)


def decide(request: Request) -> HTTPResponse:
    """Record a decision once, for the session, user and request that the page showed."""
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
    if is_denied(request, question):
        forget_warned(request.server.redis, question)
        raise RedirectError(AccessDenied(), trusted)
    if question.is_warning:
        note_warned(request.server.redis, question)
        return redirect(address_of(request, question.query))
    assert request.session is not None
    try:
        already = already_allowed(request, question, authorization)
        check_developer_enabled(authorization)
        scopes = allowed(authorization, {*request.form.all("scope"), *already})
        if not are_usable(scopes):
            return redirect(address_of(request, question.query), done="nothing_allowed")
        grant_id = record_consent(
            request.server, authorization, scopes, request.session, by=request.actor, already=already
        )
    except Changed:
        return redirect(address_of(request, question.query))
    forget_warned(request.server.redis, question)
    return answer(request, authorization, scopes, grant_id)


def is_denied(request: Request, question: Question) -> bool:
    decision, expected = request.form.get("decision"), "continue" if question.is_warning else "allow"
    if decision not in (expected, "deny"):
        raise InvalidRequest(description=f"decision must be {expected} or deny.")
    return decision == "deny"


def already_allowed(request: Request, question: Question, authorization: AuthorizationRequest) -> Collection[str]:
    """The scopes that the page did not ask for. Raises Changed if the app was changed since, or its access revoked."""
    _, earlier = earlier_consent(request.server, authorization, request.user.user_id)
    summary = summary_of(request.server, authorization, authorization.redirect.redirect_uri, earlier.already)
    if summary.digest() != question.shown:
        raise Changed
    return earlier.already


def is_for(request: Request, question: Question) -> bool:
    return (question.browser_hash, question.user_id) == (digest(request.browser).hex(), request.user.user_id)


def already_answered(request: Request, answered: Question | None) -> PageError:
    """The page after Back, reload or a second click: no second code, but how to continue if the app did not open."""
    if answered is not None and is_for(request, answered) and not answered.pushed:
        todo, link = "If the app didn’t open, start again.", (f"{PATH}?{answered.query}", "Start again")
    else:
        todo, link = "Go back to the app and start again.", ("/account/apps", "See your connected apps")
    text = "You already answered this request, or it has expired."
    return PageError(409, "Already answered", text, todo=todo, link=link)
