"""The catalog of scopes, which is data: adding, changing and deprecating scopes.

A change deletes nothing in Redis. Processes cache a client's scopes in the order of the catalog, but their order means
nothing (RFC 6749 §3.3), and descriptions are read for each page. Deprecating a scope changes nothing for clients that
have it; other clients can no longer add it, as a change of a client reads the catalog.
"""

import contextlib
import re
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from typing import Any

from oauthsrv.flows import names, rights
from oauthsrv.flows.audit import Actor, audit
from oauthsrv.flows.fields import BOX, TEXT, Check, Checking, row, rows
from oauthsrv.flows.refusals import FieldsRefused, NotFound, check_unchanged
from oauthsrv.flows.rights import Role
from oauthsrv.oauth.scopes import OFFLINE_ACCESS, SCOPE
from oauthsrv.server import Server
from oauthsrv.store import StoreUnavailable
from oauthsrv.store.connection import Connection
from oauthsrv.store.database import reading, sql, transaction

DESCRIPTION_MAX = 200
CONSENT_TEXT_MAX = 200
DETAIL_MAX = 300
POSITION_MAX = 9999

# The icons of scopes (pages.icons), and their labels for administrators.
SCOPE_ICONS = {
    "person": "Person",
    "team": "People",
    "data": "Data",
    "file": "Files",
    "pencil": "Changes",
    "card": "Payments",
    "bell": "Notifications",
    "mail": "Mail",
    "calendar": "Calendar",
    "chart": "Figures",
    "picture": "Pictures",
    "place": "Location",
    "globe": "Internet",
}


# Checks


def check_scope(text: str, checking: Checking) -> str:
    """The name of a new scope, by the grammar of RFC 6749 §3.3."""
    scope = text.strip()
    if not scope:
        checking.problems.add("scope", "Enter a name, for example read:orders.")
    elif scope.casefold() == OFFLINE_ACCESS:
        checking.problems.add("scope", f"Every app may request {OFFLINE_ACCESS} already; it isn’t in the catalog.")
    elif not SCOPE.fullmatch(scope):
        checking.problems.add("scope", scope_problem(scope))
    return scope


def scope_problem(text: str) -> str:
    if len(text) > 100:
        return f"A name has at most 100 characters; this has {len(text):,}."
    bad = next(character for character in text if not SCOPE.fullmatch(character))
    what = "A space" if bad == " " else f"The character {bad}" if bad.isprintable() else f"U+{ord(bad):04X}"
    return f'{what} can’t be in a scope: use ASCII letters, digits and punctuation, without spaces, " and \\.'


def check_description(text: str, checking: Checking) -> str:
    description = " ".join(text.split())
    if not description:
        checking.problems.add("description", "Say what it allows, for example: Read orders.")
    elif problem := names.text_problem(description, DESCRIPTION_MAX):
        checking.problems.add("description", problem)
    return description


def check_line(field: str, most: int) -> Check:
    """A check for a line of text that may be empty."""

    def check_text(text: str, checking: Checking) -> str:
        line = " ".join(text.split())
        if problem := names.text_problem(line, most):
            checking.problems.add(field, problem)
        return line

    return check_text


def check_icon(text: str, checking: Checking) -> str:
    if text and text not in SCOPE_ICONS:
        checking.problems.add("icon", "Choose one of the icons.")
    return text


def check_position(text: str, checking: Checking) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text.strip()) or int(text) < 1:
        message = f"Enter a whole number from 1 to {POSITION_MAX:,}; the lowest is shown first."
        checking.problems.add("position", message)
        return 0
    return int(text)


@dataclass(frozen=True)
class ScopeFields:
    """The fields of a scope that can change; its name can't, as clients and tokens hold it."""

    description: str = row("Description", TEXT, check_description)
    position: int = row("Position", TEXT, check_position)
    is_sensitive: bool = row("Sensitive", BOX)
    for_self_registered: bool = row("For self-registered apps", BOX)
    consent_text: str = row("What users read", TEXT, check_line("consent_text", CONSENT_TEXT_MAX))
    detail: str = row("Details for users", TEXT, check_line("detail", DETAIL_MAX))
    icon: str = row("Icon", TEXT, check_icon)


@dataclass(frozen=True)
class NewScope(ScopeFields):
    scope: str = row("Name", TEXT, check_scope)


def current(scope: Any) -> ScopeFields:
    """The fields of a scope, read from its row."""
    return ScopeFields(**{name: getattr(scope, name) for name in rows(ScopeFields)})


# The catalog


def all_scopes(server: Server) -> list[Any]:
    """All scopes, including deprecated ones, in display order."""
    with reading(server.database) as db:
        return sql.scopes.every(db)  # type: ignore[no-any-return]


def with_details(server: Server, scopes: Collection[str]) -> list[Any]:
    """These scopes with their details, in display order."""
    return [row for row in all_scopes(server) if row.scope in scopes]


def offered(server: Server, holds: Collection[str] = ()) -> list[Any]:
    """The scopes that an app or API can choose; deprecated ones only if it already has them (`holds`)."""
    return [row for row in all_scopes(server) if not row.deprecated or row.scope in holds]


def default_ceiling(server: Server) -> list[str]:
    """The scopes of a self-registered client that requested none; it can have no others."""
    return [row.scope for row in all_scopes(server) if row.for_self_registered and not row.deprecated]


def add(server: Server, scope: str, new: ScopeFields, *, by: Actor) -> None:
    """Raises FieldsRefused."""
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        if sql.scopes.add(db, **{**asdict(new), "scope": scope}) is None:
            raise FieldsRefused({"scope": [f"There is a scope {scope} already. A name can be used once."]})
        audit(db, "scope.added", by, scope=scope, description=new.description, sensitive=new.is_sensitive)
    refresh(server)


def change(server: Server, scope: str, new: ScopeFields, *, by: Actor, seen: str | None = None) -> None:
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        old = current(locked(db, scope))
        check_unchanged(seen, asdict(old))
        changed = [name for name, value in asdict(new).items() if value != getattr(old, name)]
        if changed:
            sql.scopes.change(db, scope=scope, **asdict(new))
            audit(db, "scope.changed", by, scope=scope, changed=changed)
    refresh(server)


READ_BY_USERS = ("description", "consent_text", "detail")


def gives_power(old: ScopeFields, new: ScopeFields) -> bool:
    """Whether the change gives apps power: users would read something else before they allow the scope, would no longer
    see it highlighted, or self-registered apps would get it from now on."""
    misleads = any(getattr(new, name) != getattr(old, name) for name in READ_BY_USERS)
    misleads = misleads or (old.is_sensitive and not new.is_sensitive)
    return misleads or (new.for_self_registered and not old.for_self_registered)


def deprecate(server: Server, scope: str, *, by: Actor) -> None:
    """Offer the scope to no further app; apps that have it keep it, and users can allow it as before."""
    set_deprecated(server, scope, sql.scopes.deprecate, "scope.retired", by)


def restore(server: Server, scope: str, *, by: Actor) -> None:
    set_deprecated(server, scope, sql.scopes.restore, "scope.restored", by)


def set_deprecated(server: Server, scope: str, perform: Callable[..., int], action: str, by: Actor) -> None:
    with transaction(server.database) as db:
        rights.lock(db, by, Role.ADMINISTRATOR)
        locked(db, scope)
        if perform(db, scope=scope):
            audit(db, action, by, scope=scope)
    refresh(server)


def refresh(server: Server) -> None:
    """Read the scopes again in this process. Housekeeping does so in the others, and here if PostgreSQL fails now."""
    with contextlib.suppress(StoreUnavailable):
        server.published.refresh()


def locked(db: Connection, scope: str) -> Any:
    row = sql.scopes.lock(db, scope=scope)
    if row is None:
        raise NotFound(scope)
    return row
