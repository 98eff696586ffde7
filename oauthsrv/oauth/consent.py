"""What a user allowed before, what must be asked, and what an answer allows (RFC 8252 §8.6, rule 14)."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from oauthsrv.oauth.authorization_request import AuthorizationRequest
from oauthsrv.oauth.records import Consent
from oauthsrv.oauth.redirect_uris import consent_host, is_native
from oauthsrv.oauth.scopes import OFFLINE_ACCESS


class Remembered(NamedTuple):
    """What earlier answers say about a request.

    `is_enough`: the user need not be asked, and the request is allowed `allowed`. What prompt asks for is the
    caller's to obey.
    """

    allowed: tuple[str, ...]
    declined: frozenset[str]
    is_enough: bool


def remembered(request: AuthorizationRequest, consents: Iterable[Consent]) -> Remembered:
    """From the living grant's `consents`, the latest first: scopes, resources and redirect host count together.

    About each scope the latest answer counts. What the client may do without, and the user left out, is not asked
    for again; everything else must have been allowed.
    """
    host = consent_host(request.redirect.redirect_uri)
    answers: dict[str, bool] = {}
    for consent in consents:
        if consent.redirect_host == host and covers(consent.resources, request.resources):
            for scopes, answer in ((consent.declined, False), (consent.scopes, True)):
                for scope in scopes:
                    answers.setdefault(scope, answer)
    allowed = tuple(scope for scope in request.scopes if answers.get(scope))
    declined = frozenset(scope for scope in optional(request) if answers.get(scope) is False)
    is_enough = is_something(allowed) and declined.issuperset(set(request.scopes) - set(allowed))
    return Remembered(allowed, declined, is_enough and not is_anybody(request))


def is_anybody(request: AuthorizationRequest) -> bool:
    """Any program on the device can claim to be this client, and would get tokens without a word."""
    return request.client.is_public and is_native(request.redirect.redirect_uri)


def optional(request: AuthorizationRequest) -> tuple[str, ...]:
    """What of the request a user may leave out."""
    return tuple(scope for scope in request.scopes if scope in request.client.optional_scopes)


def allowed(request: AuthorizationRequest, ticked: Collection[str]) -> tuple[str, ...]:
    """What Allow allows with these boxes `ticked`: they can only narrow, and what is required counts anyway."""
    left_out = {scope for scope in optional(request) if scope not in ticked}
    return tuple(scope for scope in request.scopes if scope not in left_out)


def is_something(scopes: Collection[str]) -> bool:
    """Whether a client can do anything with these scopes."""
    return not {OFFLINE_ACCESS}.issuperset(scopes)


def covers(allowed: Collection[str], asked: Collection[str]) -> bool:
    """Whether consent for the resources `allowed` holds for `asked`.

    None means a token for every API that shares a scope. That is another thing than a token for
    named ones, in both directions: neither covers the other.
    """
    return set(allowed) >= set(asked) if allowed and asked else not allowed and not asked
