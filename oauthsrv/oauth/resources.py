"""Resource indicators: the APIs that a token is meant for (RFC 8707)."""

import re
from collections.abc import Collection, Iterable

from oauthsrv.oauth.errors import InvalidTarget
from oauthsrv.oauth.uris import LONGEST, check_authority, read, refused

MOST = 10  # resources that one request may name

ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?://[^/?#]*)?")


def check(texts: Iterable[str], known: Collection[str]) -> tuple[str, ...]:
    """The resources of a request without duplicates. Raises InvalidTarget for one that is not in `known`."""
    resources = tuple(dict.fromkeys(normalized(text) for text in texts))
    if not all(resource in known for resource in resources):
        raise InvalidTarget(problem="resource_unknown")
    # Consents are indexed by resources, and PostgreSQL limits the size of an index row.
    if len(resources) > MOST or sum(map(len, resources)) > LONGEST:
        raise InvalidTarget(problem="resource_too_much")
    return resources


def narrow(granted: Collection[str], requested: Iterable[str]) -> tuple[str, ...]:
    """The requested part of `granted`, in its order; all of it if nothing was requested (RFC 8707 §2.2).

    A grant without resources cannot be narrowed to one, as no user was asked about that API.
    """
    wanted = {normalized(text) for text in requested}
    if not wanted:
        return tuple(granted)
    if not wanted <= set(granted):
        raise InvalidTarget(problem="target_beyond")
    return tuple(resource for resource in granted if resource in wanted)


def normalized(text: str) -> str:
    """The URI in one spelling: scheme and host in lower case, no slash at the end. Raises InvalidTarget."""
    origin = ORIGIN.match(text)
    if origin is None or "#" in text:
        raise InvalidTarget(problem="resource_malformed")
    return (origin[0].lower() + text[origin.end() :]).removesuffix("/")


def check_resource_uri(text: str) -> str:
    """The resource URI of a new API, in the spelling to store. Raises UriRefused."""
    uri = read(text)
    if uri.fragment is not None:
        raise refused(text, "it has a # fragment, which a resource URI may not have")
    if uri.scheme.lower() in ("http", "https"):
        check_authority(text, uri.authority)
    elif uri.scheme.lower() != "urn" or uri.authority is not None or not uri.path:
        raise refused(text, "a resource URI begins with https://, http:// or urn:")
    return normalized(text)
