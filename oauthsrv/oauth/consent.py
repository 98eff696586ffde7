"""Earlier consent: what a user allowed before, whether to ask again, what an answer allows (RFC 8252 §8.6, rule 14)."""

from collections.abc import Collection, Iterable
from typing import NamedTuple, Protocol

from oauthsrv.oauth.authorization_request import AuthorizationRequest
from oauthsrv.oauth.records import Client, Consent
from oauthsrv.oauth.redirect_uris import consent_host, is_native
from oauthsrv.oauth.scopes import OFFLINE_ACCESS


class Requested(Protocol):
    """The request that a user decides about: an authorization request or a device's."""

    @property
    def client(self) -> Client: ...
    @property
    def scopes(self) -> tuple[str, ...]: ...
    @property
    def resources(self) -> tuple[str, ...]: ...


class Remembered(NamedTuple):
    """What the user's earlier decisions mean for a request.

    If `is_enough`, no page is needed and the request gets `allowed`. Otherwise the page asks only for the rest:
    `already` is what the client can do whatever the answer. prompt=consent asks for everything again, and the caller
    shows the page for it.
    """

    allowed: tuple[str, ...]
    declined: frozenset[str]
    is_enough: bool
    already: tuple[str, ...] = ()


def remembered(request: AuthorizationRequest, consents: Iterable[Consent]) -> Remembered:
    """Combine those `consents` of the active grant, latest first, that are for the same resources and redirect host.

    For each scope the latest decision counts. Optional scopes that the user declined don't bring the page back; all
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
    if may_be_impersonated(request):
        return Remembered(allowed, declined, False)
    is_enough = are_usable(allowed) and declined.issuperset(set(request.scopes) - set(allowed))
    return Remembered(allowed, declined, is_enough, () if "consent" in request.prompt else allowed)


def may_be_impersonated(request: AuthorizationRequest) -> bool:
    """Whether any program on the device could claim to be this client, and get tokens without the user's knowledge."""
    return request.client.is_public and is_native(request.redirect.redirect_uri)


def optional(request: Requested) -> tuple[str, ...]:
    """The requested scopes that the user may decline."""
    return tuple(scope for scope in request.scopes if scope in request.client.optional_scopes)


def allowed(request: Requested, ticked: Collection[str]) -> tuple[str, ...]:
    """The scopes that Allow grants with these boxes `ticked`; required scopes have no box."""
    left_out = {scope for scope in optional(request) if scope not in ticked}
    return tuple(scope for scope in request.scopes if scope not in left_out)


def are_usable(scopes: Collection[str]) -> bool:
    """Whether a client can do anything with these scopes."""
    return not {OFFLINE_ACCESS}.issuperset(scopes)


def covers(allowed: Collection[str], requested: Collection[str]) -> bool:
    """Whether consent for the resources `allowed` holds for `requested`.

    Without resources a token is for every API that shares a scope, with them for those APIs: neither covers the other.
    """
    return set(allowed) >= set(requested) if allowed and requested else not allowed and not requested
