"""Redirect URIs whose scheme has no dot, such as those of some editors: public clients may register listed ones.

Any program can claim such a scheme, so a whole URI is listed, and users are always asked (rule 4, rule 14).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from oauthsrv.flows import rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.fields import LINES, Change, Checking, row
from oauthsrv.flows.refusals import check_unchanged
from oauthsrv.flows.rights import Role
from oauthsrv.oauth.redirect_uris import check_listed
from oauthsrv.oauth.uris import UriRefused
from oauthsrv.server import Server
from oauthsrv.store.database import reading, sql, transaction

MOST = 100


def check_uris(typed: Sequence[str], checking: Checking) -> list[str]:
    good: list[str] = []
    given = [(number, text) for number, text in enumerate(typed, 1) if text]
    if len(given) > MOST:
        checking.problems.add("uris", f"At most {MOST} addresses; these are {len(given):,}.")
        return good
    for number, text in given:
        try:
            good.append(check_listed(text))
        except UriRefused as reason:
            checking.problems.add("uris", f"{checking.each_uri} {number}, {reason}.")
    return sorted(set(good))


@dataclass(frozen=True)
class ListedUris:
    uris: Sequence[str] = row("Redirect URIs", LINES, check_uris, Change.GIVES_POWER)


def all_of(server: Server) -> frozenset[str]:
    with reading(server.database) as db:
        return frozenset(row.uri for row in sql.listed_uris.every(db))


def current(server: Server) -> ListedUris:
    return ListedUris(sorted(all_of(server)))


def change(server: Server, new: ListedUris, *, by: Actor, seen: str | None = None) -> None:
    """Change the list. Apps that registered a URI that is now removed keep it."""
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        sql.installation.lock(db)  # no one else changes the list, which may be empty
        old = {row.uri for row in sql.listed_uris.every(db)}
        check_unchanged(seen, asdict(ListedUris(sorted(old))))
        added, removed = sorted(set(new.uris) - old), sorted(old - set(new.uris))
        if added or removed:
            sql.listed_uris.add(db, uris=added)
            sql.listed_uris.delete(db, uris=removed)
            audit(db, "registration.uris_changed", by, added=added, removed=removed)
