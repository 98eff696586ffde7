"""Scopes: the wire string, the ceiling of a client, and narrowing (RFC 6749 §3.3, §6)."""

import re
from collections.abc import Collection

from oauthsrv.oauth.errors import InvalidScope

# Every client may request it. It changes only the text of the consent page: every code gets a refresh token anyway.
OFFLINE_ACCESS = "offline_access"
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}")


def parse(text: str | None) -> tuple[str, ...] | None:
    """The scopes of a scope parameter in their order, without duplicates; None if it was not sent."""
    if text is None:
        return None
    # More than one space between scopes violates the grammar, but is common and harmless.
    scopes = tuple(dict.fromkeys(filter(None, text.split(" "))))
    if not scopes or not all(map(SCOPE.fullmatch, scopes)):
        raise InvalidScope(problem="scope_malformed")
    return scopes


def within_ceiling(requested: Collection[str] | None, ceiling: Collection[str]) -> tuple[str, ...]:
    """The part of `requested` that a client may have, in the order of its ceiling; all of it if nothing was requested.

    offline_access alone counts as nothing: clients add it by themselves if they know no scope of the API.
    The rest is left out, and the token response lists what was granted (RFC 6749 §3.3). InvalidScope if none is left.
    """
    everything = requested is None or set(requested) == {OFFLINE_ACCESS}
    scopes = tuple(scope for scope in ceiling if scope != OFFLINE_ACCESS and (everything or scope in (requested or ())))
    if not scopes:
        raise InvalidScope(problem="scope_unknown")
    return (*scopes, OFFLINE_ACCESS) if requested is not None and OFFLINE_ACCESS in requested else scopes


def still_allowed(granted: Collection[str], ceiling: Collection[str]) -> tuple[str, ...]:
    """The part of `granted` that its client may still have; nothing if only offline_access would be left."""
    scopes = tuple([scope for scope in granted if scope in ceiling or scope == OFFLINE_ACCESS])
    return () if {OFFLINE_ACCESS}.issuperset(scopes) else scopes


def narrow(granted: Collection[str], requested: Collection[str] | None, ceiling: Collection[str]) -> tuple[str, ...]:
    """The part of `granted` that is requested and still allowed to the client, in the order of `granted` (RFC 6749 §6).

    The rest is left out, and the token response lists what was granted: clients repeat the scope of their
    authorization request, and the user may have allowed less. Raises InvalidScope if nothing is left.
    """
    if requested is not None:
        granted = [scope for scope in granted if scope in requested]
    scopes = still_allowed(granted, ceiling)
    if not scopes:
        raise InvalidScope(problem="scope_beyond")
    return scopes
