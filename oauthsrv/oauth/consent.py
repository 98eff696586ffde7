"""Whether a user must be asked again (RFC 8252 §8.6, rule 14)."""

from collections.abc import Collection, Iterable

from oauthsrv.oauth.authorization_request import AuthorizationRequest
from oauthsrv.oauth.records import Consent
from oauthsrv.oauth.redirect_uris import consent_host, is_native


def is_remembered(request: AuthorizationRequest, consents: Iterable[Consent]) -> bool:
    """Whether the living grant's `consents` cover all that is asked: scopes, resources and redirect host together.

    What prompt asks for is the caller's to obey.
    """
    redirect_uri = request.redirect.redirect_uri
    if request.client.is_public and is_native(redirect_uri):
        # Any program on the device can claim to be this client, and would get tokens without a word.
        return False
    host = consent_host(redirect_uri)
    allowed = {
        scope
        for consent in consents
        if consent.redirect_host == host and covers(consent.resources, request.resources)
        for scope in consent.scopes
    }
    return allowed.issuperset(request.scopes)


def covers(allowed: Collection[str], asked: Collection[str]) -> bool:
    """Whether consent for the resources `allowed` holds for `asked`.

    None means a token for every API that shares a scope. That is another thing than a token for
    named ones, in both directions: neither covers the other.
    """
    return set(allowed) >= set(asked) if allowed and asked else not allowed and not asked
