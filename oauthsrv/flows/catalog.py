"""The catalogue of scopes, which is data: adding, changing and retiring them.

Nothing is struck. A process keeps the scopes of a client in the order of the catalogue, but an order of scopes says
nothing (RFC 6749 §3.3), and a record is read anew within a day; details and the mark of a sensitive one are read for
each page; retiring changes nothing for who holds the scope, and for others counts when an app is changed, which
reads the catalogue.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from oauthsrv.flows import names, rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.names import Problems
from oauthsrv.flows.refusals import NotFound, check_unchanged
from oauthsrv.flows.rights import Role
from oauthsrv.oauth.scopes import OFFLINE_ACCESS, SCOPE
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.database import reading, sql, transaction

DESCRIPTION_MAX = 200


POSITION_MAX = 9999


class ScopeDetails(NamedTuple):
    """What can be changed of a scope: its name never can, since apps and tokens hold it."""

    description: str
    position: int
    is_sensitive: bool


def all_scopes(server: Server) -> list[Any]:
    """All scopes, retired ones too, in the order they are shown."""
    with reading(server.database) as db:
        return sql.scopes.every(db)  # type: ignore[no-any-return]


def held(server: Server, scopes: list[str]) -> list[Any]:
    """These scopes with their details, in the order they are shown."""
    return [row for row in all_scopes(server) if row.scope in scopes]


def offered(server: Server, holds: Collection[str] = ()) -> list[Any]:
    """What can be chosen for an app or API that has the scopes `holds`: a retired scope only if it is one of them."""
    return [row for row in all_scopes(server) if not row.deprecated or row.scope in holds]


def add(server: Server, scope: str, details: ScopeDetails, *, by: Actor) -> Problems | None:
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        added = sql.scopes.add(
            db, scope=scope, description=details.description, number=details.position, is_sensitive=details.is_sensitive
        )
        if added is None:
            return Problems(scope=[f"There is a scope {scope} already. Each name is given once, a retired one’s too."])
        audit(db, "scope.added", by, scope=scope, description=details.description, sensitive=details.is_sensitive)
    relist(server)
    return None


def change(server: Server, scope: str, details: ScopeDetails, *, by: Actor, seen: str | None = None) -> None:
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        old = locked(db, scope)
        check_unchanged(seen, details_of(old)._asdict())
        changed = [field for field in ScopeDetails._fields if getattr(details, field) != getattr(old, field)]
        if changed:
            sql.scopes.change(
                db,
                scope=scope,
                description=details.description,
                number=details.position,
                is_sensitive=details.is_sensitive,
            )
            audit(db, "scope.changed", by, scope=scope, changed=changed)
    relist(server)


def details_of(row: Any) -> ScopeDetails:
    return ScopeDetails(row.description, row.position, row.is_sensitive)


def misleads(old: ScopeDetails, new: ScopeDetails) -> bool:
    """Whether users would read something else before they allow it, or overlook it."""
    return new.description != old.description or (old.is_sensitive and not new.is_sensitive)


def deprecate(server: Server, scope: str, *, by: Actor) -> None:
    """No app gets it any more; those that have it go on, and can be allowed it as before."""
    turn(server, scope, sql.scopes.deprecate, "scope.deprecated", by)


def restore(server: Server, scope: str, *, by: Actor) -> None:
    turn(server, scope, sql.scopes.restore, "scope.restored", by)


def turn(server: Server, scope: str, perform: Callable[..., int], action: str, by: Actor) -> None:
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        locked(db, scope)
        if perform(db, scope=scope):
            audit(db, action, by, scope=scope)
    relist(server)


def relist(server: Server) -> None:
    """In this process at once; housekeeping does it in the others, and here where PostgreSQL left meanwhile."""
    with contextlib.suppress(StoreUnavailable):
        server.offered_scopes.refresh()


def locked(db: Any, scope: str) -> Any:
    row = sql.scopes.lock(db, scope=scope)
    if row is None:
        raise NotFound(scope)
    return row


# What is typed


def check_scope(text: str, problems: Problems) -> str:
    """The name of a new scope, by the grammar of RFC 6749 §3.3."""
    scope = text.strip()
    if not scope:
        problems.add("scope", "Give it a name, for example read:orders.")
    elif scope.casefold() == OFFLINE_ACCESS:
        problems.add("scope", f"Every app may ask for {OFFLINE_ACCESS} already; it stands outside the catalogue.")
    elif not SCOPE.fullmatch(scope):
        problems.add("scope", why_no_scope(scope))
    return scope


def why_no_scope(text: str) -> str:
    if len(text) > 100:
        return f"A name has at most 100 characters; this has {len(text):,}."
    bad = next(character for character in text if not SCOPE.fullmatch(character))
    told = "A space" if bad == " " else f"The character {bad}" if bad.isprintable() else f"U+{ord(bad):04X}"
    return f'{told} cannot be in a scope: use letters, digits and signs of ASCII, without spaces, " and \\.'


def check_details(description: str, position: str, is_sensitive: bool, problems: Problems) -> ScopeDetails:
    return ScopeDetails(check_description(description, problems), check_position(position, problems), is_sensitive)


def check_description(text: str, problems: Problems) -> str:
    description = " ".join(text.split())
    if not description:
        problems.add("description", "Say what it allows, as users read it: Read your orders.")
    elif refused := names.text_problem(description, DESCRIPTION_MAX):
        problems.add("description", refused)
    return description


def check_position(text: str, problems: Problems) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text.strip()) or int(text) < 1:
        problems.add("position", f"Give a whole number from 1 to {POSITION_MAX:,}; the lowest is shown first.")
        return 0
    return int(text)
