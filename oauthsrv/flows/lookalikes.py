"""Names that look like another one (UTS #39): two names that share a skeleton look the same to most people.

A confusable name is refused for apps that people register. Self-registered ones are exempt, as the real app may
register itself too: for those, consent pages show the host first.
"""

import functools
import unicodedata
from collections.abc import Iterable
from typing import Any, NamedTuple

from oauthsrv.flows.refusals import FieldsRefused
from oauthsrv.server import Server
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import sql

VERIFIED_MOST = 5000  # names of verified apps to compare with
# White letters in black circles and squares, and those of flags, which Unicode does not class as letters.
BOXED = {first + place: chr(ord("A") + place) for first in (0x1F150, 0x1F170, 0x1F1E6) for place in range(26)}
LEAST_LENGTH = 4  # of a skeleton: in shorter ones, one different character means nothing


class TrustedName(NamedTuple):
    """A name that users know, and the reason."""

    name: str
    reason: str
    owner_id: str | None = None


def check(server: Server, db: Connection, name: str, *, owner_id: str | None, administrator: bool) -> str:
    """The known name that a client's new name is one edit away from, for administrators to look at; or empty.

    Raises FieldsRefused if it looks the same as a known one, unless both clients have one owner, or an administrator
    gives the name.
    """
    known = [one for one in known_names(server, db) if owner_id is None or one.owner_id != owner_id]
    if same := next((one for one in known if look_the_same(name, one.name)), None):
        if not administrator:
            raise FieldsRefused({"name": [message(same)]})
        return ""
    return next((one.name for one in known if differ_little(name, one.name)), "")


def message(known: TrustedName) -> str:
    return (
        f"This name looks like “{known.name}”, {known.reason}. Choose another name. If the app really is "
        "“{known.name}”, ask an administrator to set the name."
    )


def known_names(server: Server, db: Connection) -> Iterable[TrustedName]:
    yield TrustedName(server.settings.brand.name, "the name of this service")
    for row in sql.protected_names.every(db):
        yield TrustedName(row.name, "a protected name")
    for row in sql.clients.verified_names(db, rows=VERIFIED_MOST):
        yield TrustedName(row.name, "a verified app", row.owner_id)


def look_the_same(name: str, other: str) -> bool:
    return not skeletons(name).isdisjoint(skeletons(other))


def differ_little(name: str, other: str) -> bool:
    return any(
        is_one_edit(mine, theirs)
        for mine in skeletons(name)
        for theirs in skeletons(other)
        if min(len(mine), len(theirs)) >= LEAST_LENGTH
    )


@functools.lru_cache(10_000)
def skeletons(name: str) -> frozenset[str]:
    """The skeletons of a name in each case of its letters: a capital I looks like a small l, a small i does not."""
    return frozenset(filter(None, (skeleton(name), skeleton(name.casefold()), skeleton(name.upper()))))


def skeleton(name: str) -> str:
    shown = unicodedata.normalize("NFKD", name.translate(BOXED))
    prototypes = "".join(confusables().get(character, character) for character in shown)
    letters = (character for character in prototypes.casefold() if unicodedata.category(character)[0] in "LN")
    return "".join(letters)


@functools.cache
def confusables() -> dict[str, str]:
    """Unicode's table: what each character looks like."""
    # Loaded for the first name that needs it, as loading takes 16 MiB for a moment.
    from confusable_homoglyphs.utils import load

    table: dict[str, list[dict[str, Any]]] = load("confusables.json")
    return {
        character: prototype
        for character, others in table.items()
        if len(character) == 1 and (prototype := prototype_of(character, [one["c"] for one in others], table))
    }


def prototype_of(character: str, others: list[str], table: dict[str, Any]) -> str:
    """The character to compare by, or empty if it is `character` itself: the one in more pairs, or the plainer one.

    The table has each pair in both directions.
    """
    (first, *more) = others
    if more or (len(table.get(first, ())) <= 1 and rank(character) < rank(first)):
        return ""
    return first


def rank(text: str) -> tuple[bool, int, str]:
    return not text.isascii(), len(text), text


def is_one_edit(one: str, other: str) -> bool:
    """Whether one character was added, removed or replaced, or two neighboring ones were swapped."""
    short, long = sorted((one, other), key=len)
    if short == long or len(long) - len(short) > 1:
        return False
    start = next((place for place, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[start:] == long[start + 1 :]
    swapped = long[start + 1 : start + 2] + long[start : start + 1] + long[start + 2 :]
    return short[start + 1 :] == long[start + 1 :] or short[start:] == swapped
