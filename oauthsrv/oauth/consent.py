"""What a user allowed before, whether to ask again, and what an answer allows (RFC 8252 §8.6, rule 14)."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from oauthsrv.oauth.authorization_request import AuthorizationRequest
from oauthsrv.oauth.records import Consent
from oauthsrv.oauth.redirect_uris import consent_host, is_native
from oauthsrv.oauth.scopes import OFFLINE_ACCESS


class Remembered(NamedTuple):
    """What earlier answers say about a request.

    With `is_enough` the user need not be asked, and `allowed` is what the request gets. Prompts are up to the caller.
    """

    allowed: tuple[str, ...]
    declined: frozenset[str]
    is_enough: bool


def remembered(request: AuthorizationRequest, consents: Iterable[Consent]) -> Remembered:
    """From the active grant's `consents`, the latest first: scopes, resources and redirect host count together.

    For each scope the latest answer counts. Optional scopes that the user left out are not asked for again; all
    others must have been allowed.
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
    return Remembered(allowed, declined, is_enough and not may_be_impersonated(request))


def may_be_impersonated(request: AuthorizationRequest) -> bool:
    """Any program on the device can claim to be this client, and would get tokens without the user's knowledge."""
    return request.client.is_public and is_native(request.redirect.redirect_uri)


def optional(request: AuthorizationRequest) -> tuple[str, ...]:
    """What of the request a user may leave out."""
    return tuple(scope for scope in request.scopes if scope in request.client.optional_scopes)


def allowed(request: AuthorizationRequest, ticked: Collection[str]) -> tuple[str, ...]:
    """What Allow allows with these boxes `ticked`: they can only narrow it, and required scopes count anyway."""
    left_out = {scope for scope in optional(request) if scope not in ticked}
    return tuple(scope for scope in request.scopes if scope not in left_out)


def is_something(scopes: Collection[str]) -> bool:
    """Whether a client can do anything with these scopes."""
    return not {OFFLINE_ACCESS}.issuperset(scopes)


def covers(allowed: Collection[str], requested: Collection[str]) -> bool:
    """Whether consent for the resources `allowed` holds for `requested`.

    None means a token for every API that shares a scope. A token for named ones is different: neither covers the other.
    """
    return set(allowed) >= set(requested) if allowed and requested else not allowed and not requested
