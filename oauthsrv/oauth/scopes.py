"""Scopes: the wire string, the ceiling of a client, and narrowing (RFC 6749 §3.3, §6)."""

import re
from collections.abc import Collection

from oauthsrv.oauth.errors import InvalidScope

# Every client may ask for it, and it changes only the consent text: every exchange gives a refresh token.
OFFLINE_ACCESS = "offline_access"
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}")


def parse(text: str | None) -> tuple[str, ...] | None:
    """The scopes of a scope parameter, in its order, each once; None when it was not sent."""
    if text is None:
        return None
    # More than one space between two scopes is against the grammar, but common and without danger.
    scopes = tuple(dict.fromkeys(part for part in text.split(" ") if part))
    if not scopes:
        raise InvalidScope(
            description="scope names no scope: leave it out to ask for all that this app may have.",
            problem="scope_malformed",
        )
    if not all(SCOPE.fullmatch(scope) for scope in scopes):
        raise InvalidScope(
            description="scope must be names with single spaces between them, in printable ASCII without quotes "
            "and backslashes, each at most 100 characters long.",
            problem="scope_malformed",
        )
    return scopes


def within_ceiling(asked: Collection[str] | None, ceiling: Collection[str]) -> tuple[str, ...]:
    """What of `asked` a client may have, in the order of its ceiling; all of it when nothing was asked for.

    The rest is left out, and the token answer says what was granted (RFC 6749 §3.3); InvalidScope when none is left.
    """
    scopes = tuple(scope for scope in ceiling if scope != OFFLINE_ACCESS and (asked is None or scope in asked))
    if not scopes:
        raise InvalidScope(
            description="This app may ask for none of these scopes: see the scopes of the app in the developer portal.",
            problem="scope_unknown",
        )
    return (*scopes, OFFLINE_ACCESS) if asked is not None and OFFLINE_ACCESS in asked else scopes


def still_allowed(granted: Collection[str], ceiling: Collection[str]) -> tuple[str, ...]:
    """What of `granted` its client may still have; nothing where only offline_access would be left."""
    scopes = tuple(scope for scope in granted if scope in ceiling or scope == OFFLINE_ACCESS)
    return () if {OFFLINE_ACCESS}.issuperset(scopes) else scopes


def narrow(granted: Collection[str], asked: Collection[str] | None, ceiling: Collection[str]) -> tuple[str, ...]:
    """What of `granted` is asked for and still allowed to the client, in the order of `granted` (RFC 6749 §6).

    Whatever goes beyond that is left out, and the token answer says what was given: clients repeat the scope of
    their authorization request, of which the user may have allowed less. InvalidScope when nothing is left.
    """
    allowed = still_allowed(granted, ceiling)
    scopes = still_allowed([scope for scope in allowed if asked is None or scope in asked], ceiling)
    if not scopes:
        raise InvalidScope(
            description="None of the scopes in scope was granted to this app and is still allowed for it: request them "
            "in a new authorization request."
            if allowed
            else "None of the granted scopes is still allowed for this app: see its scopes in the "
            "developer portal, and send the user through a new authorization request.",
            problem="scope_beyond",
        )
    return scopes
