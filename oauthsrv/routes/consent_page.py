"""The consent page: who asks for what, where the answer goes, and whose account this is (rule 14)."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import NamedTuple

from bottle import HTTPResponse

from oauthsrv import pages
from oauthsrv.flows import catalog
from oauthsrv.oauth.authorization_request import AuthorizationRequest
from oauthsrv.oauth.credentials import digest
from oauthsrv.oauth.parameters import Parameters
from oauthsrv.oauth.redirect_uris import consent_host, continue_sources, is_native
from oauthsrv.oauth.scopes import OFFLINE_ACCESS
from oauthsrv.pages import render
from oauthsrv.routes.forms import Form
from oauthsrv.routes.request import Request
from oauthsrv.server import Server
from oauthsrv.store import limits
from oauthsrv.store.authorization import Question, remember_question
from oauthsrv.store.database import reading, sql
from oauthsrv.store.limits import Attempt

OTHERS_COUNTED = 1_000  # more are said to be more

pages.DONE.update(
    nothing_allowed="Choose at least one, or choose Deny.",
)


class Permission(NamedTuple):
    scope: str
    words: str
    is_sensitive: bool


class ConsentSummary(NamedTuple):
    """What the page shows and the answer is about. Figures that change by themselves are not part of it."""

    client_id: str
    name: str
    developer: str
    is_verified: bool
    waits: bool  # for approval, where new apps are reviewed: only their owners see a page then
    logo_version: str | None
    redirect_uri: str
    required: tuple[Permission, ...]
    optional: tuple[Permission, ...]
    stays: bool
    resources: tuple[str, ...]

    def digest(self) -> str:
        return digest(repr(self)).hex()


def consent_summary(server: Server, authorization: AuthorizationRequest) -> ConsentSummary:
    client = authorization.client
    permissions = [
        Permission(row.scope, row.description, row.is_sensitive)
        for row in catalog.all_scopes(server)
        if row.scope in authorization.scopes
    ]
    return ConsentSummary(
        client_id=client.client_id,
        name=client.name,
        developer=client.owner_name or "",
        is_verified=client.verified,
        waits=server.settings.app_review and not client.approved,
        logo_version=client.logo_version,
        redirect_uri=authorization.redirect.redirect_uri,
        required=tuple(one for one in permissions if one.scope not in client.optional_scopes),
        optional=tuple(one for one in permissions if one.scope in client.optional_scopes),
        stays=OFFLINE_ACCESS in authorization.scopes,
        resources=authorization.resources,
    )


def consent_page(
    request: Request,
    parameters: Parameters,
    authorization: AuthorizationRequest,
    declined: Collection[str],
    other_account: str,
) -> HTTPResponse:
    """Its CSRF field carries a ticket too: the one answer that this page may give.

    What was `declined` before is not ticked again.
    """
    its = consent_summary(request.server, authorization)
    ticket = secrets.token_urlsafe(32)
    question = Question(digest(request.browser).hex(), request.user.user_id, parameters.encoded(), its.digest())
    limits.take(request.server.redis, Attempt("consent_user", request.user.user_id))
    remember_question(request.server.redis, ticket, question)
    with reading(request.server.database) as db:
        known = sql.clients.reputation(
            db, client_id=its.client_id, user_id=request.user.user_id, at_most=OTHERS_COUNTED + 1
        )
    return render(
        "authorize/consent",
        request,
        form_action=continue_sources(its.redirect_uri),
        no_referrer=True,
        summary=its,
        form=Form.of(scope=[one.scope for one in its.optional if one.scope not in declined]),
        left_out_before=bool(declined),
        host=consent_host(its.redirect_uri),
        on_this_device=is_native(its.redirect_uri),
        first_seen=known.created_at if known else None,
        others=others_text(known.others if known else 0),
        csrf=f"{request.csrf}.{ticket}",
        other_account=other_account,
    )


def others_text(others: int) -> str:
    """How many people besides the visitor use an app."""
    if not others:
        return "Nobody else uses it yet."
    if others == 1:
        return "One other person uses it."
    if others > OTHERS_COUNTED:
        return f"More than {pages.number(OTHERS_COUNTED)} other people use it."
    return f"{pages.number(others)} other people use it."
